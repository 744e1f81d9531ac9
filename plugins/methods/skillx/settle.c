/* SPDX-License-Identifier: MIT */
/* What becomes of extracted skills: each is judged, and those of one name are merged. */
#include <grasp/rng.h>

#include "common/lines.h"
#include "common/loose.h"
#include "common/slice.h"
#include "common/tokens.h"
#include "skillx.h"

#define GROUP_MAX 15

static bool is_good(struct pool *pool, const struct answer *answer, bool word)
{
    size_t at = 0;
    grasp_str lower = text_folded(pool, answer->text), first;
    if (!answer->ok)
        return false;
    if (!word)
        return slice_find(lower, SLICE("good"), 0, &at);
    return token_run(lower, &at, &first) && grasp_equal(first, "good");
}

int32_t ask_filter(struct lesson *lesson, const struct skillx *self, struct records *records)
{
    struct pool *pool = &lesson->pool;
    struct records asked = {0}, exempt = {0}, passed = {0};
    struct round round = {0};
    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->items[i];
        struct text skill CLEANUP_TEXT = {0};
        records_add(pool, record->skips_filter ? &exempt : &asked, record);
        if (record->skips_filter)
            continue;
        put_record(&skill, record, false);
        const struct binding bindings[] = {{"skill", text_view(&skill)}, {NULL, SLICE("")}};
        round_add(lesson, &round, self->filter, self->filter_user, bindings);
    }
    int32_t status = round_ask(lesson, &round);
    if (status)
        return status;
    for (size_t i = 0; i < asked.count; i++) {
        if (is_good(pool, &round.answers[i], self->options.filter_word))
            records_add(pool, &passed, &asked.items[i]);
    }
    for (size_t i = 0; i < exempt.count; i++)
        records_add(pool, &passed, &exempt.items[i]);
    *records = passed;
    return GRASP_OK;
}

size_t cluster_names(struct pool *pool, const struct records *records, struct cluster **out)
{
    struct strings keys = {0};
    *out = pool_array(pool, records->count, sizeof(**out));
    for (size_t i = 0; i < records->count; i++) {
        grasp_str key = text_folded(pool, records->items[i].name);
        struct cluster *cluster = &(*out)[strings_find(&keys, key)];
        if (cluster->count == 0)
            strings_add(pool, &keys, key);
        POOL_RESERVE(pool, cluster->members, cluster->count, cluster->capacity);
        cluster->members[cluster->count++] = i;
    }
    return keys.count;
}

const grasp_json_value *merged_in(grasp_call *call, grasp_str reply)
{
    grasp_str inside;
    if (!line_between(reply, "<skill>", "</skill>", &inside))
        return NULL;
    return grasp_json_of(call)->parse(call, slice_trim(inside), NULL);
}

/* The members of a cluster that are merged: if they are many, drawn ones. */
static int32_t draw(struct lesson *lesson, const struct cluster *cluster, size_t number,
                    struct cluster *out)
{
    struct pool *pool = &lesson->pool;
    uint64_t *room = pool_array(pool, cluster->count, sizeof(*room)), chosen[GROUP_MAX];
    grasp_rng *rng;
    *out = *cluster;
    if (cluster->count <= GROUP_MAX)
        return GRASP_OK;
    grasp_str label = pool_format(pool, "merge:%lld:%zu", (long long)lesson->epoch, number);
    int32_t status = lesson->lab->rng(lesson->call, label, &rng);
    if (status)
        return status;
    grasp_rng_sample(lesson->lab, rng, cluster->count, GROUP_MAX, room, chosen);
    out->members = pool_array(pool, GROUP_MAX, sizeof(*out->members));
    out->count = GROUP_MAX;
    for (size_t i = 0; i < GROUP_MAX; i++)
        out->members[i] = cluster->members[chosen[i]];
    return GRASP_OK;
}

static void ask_to_merge(struct lesson *lesson, const struct skillx *self, struct round *round,
                         const struct records *records, const struct cluster *cluster)
{
    struct text skills CLEANUP_TEXT = {0};
    for (size_t i = 0; i < cluster->count; i++) {
        struct text skill CLEANUP_TEXT = {0};
        put_record(&skill, &records->items[cluster->members[i]], false);
        text_put(&skills, i ? ",\n" : "[");
        text_str(&skills, text_view(&skill));
    }
    text_char(&skills, ']');
    const struct binding bindings[] = {{"skills", text_view(&skills)}, {NULL, SLICE("")}};
    round_add(lesson, round, self->merge, self->merge_user, bindings);
}

/* Adds what a merge came to; without `keep` only an object survives, as in the reference. */
static void take_merged(struct lesson *lesson, const struct answer *answer, bool keep,
                        struct records *out, size_t *out_results)
{
    const grasp_json *json = lesson->json;
    const grasp_json_value *value = answer->ok ? merged_in(lesson->call, answer->text) : NULL;
    struct record record;
    if (!value && keep && answer->ok)
        value = loose_find(lesson->call, answer->text, '[');
    *out_results += json->kind(value) != GRASP_JSON_NULL;
    if (record_read(lesson->call, &lesson->pool, value, &record))
        records_add(&lesson->pool, out, &record);
    for (uint64_t i = 0; keep && json->kind(value) == GRASP_JSON_ARRAY && i < json->count(value);
         i++) {
        if (record_read(lesson->call, &lesson->pool, json->at(value, i), &record))
            records_add(&lesson->pool, out, &record);
    }
}

int32_t ask_merge(struct lesson *lesson, const struct skillx *self, struct records *records,
                  size_t *out_merged)
{
    struct pool *pool = &lesson->pool;
    struct cluster *clusters, drawn;
    size_t count = cluster_names(pool, records, &clusters), asked = 0;
    struct round round = {0};
    struct records out = {0};
    for (size_t c = 0; c < count; c++) {
        if (clusters[c].count == 1) {
            records_add(pool, &out, &records->items[clusters[c].members[0]]);
            continue;
        }
        int32_t status = draw(lesson, &clusters[c], c, &drawn);
        if (status)
            return status;
        ask_to_merge(lesson, self, &round, records, &drawn);
    }
    int32_t status = round_ask(lesson, &round);
    *out_merged = out.count;
    for (size_t c = 0; c < count && !status; c++) {
        size_t before = out.count;
        if (clusters[c].count == 1)
            continue;
        take_merged(lesson, &round.answers[asked++], self->options.keep_clusters, &out, out_merged);
        bool lost = self->options.keep_clusters && out.count == before;
        for (size_t i = 0; i < clusters[c].count && lost; i++)
            records_add(pool, &out, &records->items[clusters[c].members[i]]);
    }
    *records = out;
    return status;
}
