/* SPDX-License-Identifier: MIT */
#include "stratify.h"

#include "common/slice.h"

struct stratum {
    grasp_str type;
    size_t *items;
    size_t count;
};

static size_t make_strata(const struct draw *draw, const size_t *from, size_t count,
                          struct stratum *strata)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        grasp_str type = draw->dev->samples[from[i]].type;
        size_t at = 0;
        while (at < used && !slice_eq(strata[at].type, type))
            at++;
        if (at == used)
            strata[used++] = (struct stratum){
                .type = type, .items = pool_array(draw->pool, count, sizeof(size_t))};
        strata[at].items[strata[at].count++] = from[i];
    }
    return used;
}

/* k of the items, in the order drawn. */
static size_t take(const struct draw *draw, const size_t *items, size_t count, size_t k,
                   size_t *out)
{
    uint64_t *room = pool_array(draw->pool, count, sizeof(*room));
    uint64_t *chosen = pool_array(draw->pool, k, sizeof(*chosen));
    grasp_rng_sample(draw->lab, draw->rng, count, k, room, chosen);
    for (size_t i = 0; i < k; i++)
        out[i] = items[chosen[i]];
    return k;
}

static bool is_in(const size_t *items, size_t count, size_t item)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i] == item)
            return true;
    }
    return false;
}

/* Leaves `wanted` of the strata. */
static size_t cap(const struct draw *draw, struct stratum *strata, size_t count, size_t wanted)
{
    size_t *all = pool_array(draw->pool, count, sizeof(*all));
    size_t *chosen = pool_array(draw->pool, wanted, sizeof(*chosen));
    struct stratum *copy = pool_array(draw->pool, wanted, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        all[i] = i;
    take(draw, all, count, wanted, chosen);
    for (size_t i = 0; i < wanted; i++)
        copy[i] = strata[chosen[i]];
    for (size_t i = 0; i < wanted; i++)
        strata[i] = copy[i];
    return wanted;
}

size_t stratify(const struct draw *draw, const size_t *from, size_t count, size_t wanted,
                size_t *out)
{
    size_t drawn = 0, left = 0;
    if (wanted == 0 || count == 0)
        return 0;
    struct stratum *strata = pool_array(draw->pool, count, sizeof(*strata));
    size_t strata_count = make_strata(draw, from, count, strata);
    if (draw->capped && strata_count > wanted)
        strata_count = cap(draw, strata, strata_count, wanted);
    size_t each = wanted / strata_count ? wanted / strata_count : 1;
    for (size_t i = 0; i < strata_count; i++) {
        size_t k = each < strata[i].count ? each : strata[i].count;
        drawn += take(draw, strata[i].items, strata[i].count, k, out + drawn);
    }
    if (drawn >= wanted)
        return drawn;
    size_t *rest = pool_array(draw->pool, count, sizeof(*rest));
    for (size_t i = 0; i < count; i++) {
        if (!is_in(out, drawn, from[i]))
            rest[left++] = from[i];
    }
    size_t k = wanted - drawn < left ? wanted - drawn : left;
    return drawn + take(draw, rest, left, k, out + drawn);
}
