/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "sweep/local_internal.h"

static int64_t part(int64_t limit, size_t parts)
{
    return limit < 0 ? -1 : limit / (int64_t)parts;
}

/* Processes that cannot see each other, shards or the tasks of a cluster, get equal parts of the
 * budget: so the sum stays within it without a word between them. */
static struct share_options options_of(const struct sweep *s, size_t budget_parts,
                                       size_t quota_parts)
{
    int64_t cost = s->max_cost < 0 ? -1 : (int64_t)floor(s->max_cost * PRICE_DOLLAR);
    return (struct share_options){
        .limits = {part(s->max_calls, budget_parts), part(s->max_tokens, budget_parts),
                   part(cost, budget_parts)},
        .parts = s->limits_per_sweep ? (double)quota_parts : 0,
    };
}

int limits_open(struct local *l, struct err *err)
{
    const struct sweep_local *o = l->options;
    struct share_options options = options_of(l->sweep, o->shards, o->shards);
    if (o->only != SWEEP_NO_CELL)
        return 0;
    CLEANUP_FREE char *prefix =
        mem_printf("%s/state/share-%zu-of-%zu", l->folder->path, o->shard + 1, o->shards);
    int code = share_create(prefix, &options, &l->share_path, err);
    return code ? code : share_open(l->share_path, &l->share, err);
}

int limits_path(struct local *l, size_t cell, char **out, struct err *err)
{
    if (l->share_path) {
        *out = mem_dup(l->share_path, strlen(l->share_path));
        return 0;
    }
    size_t side_by_side = l->sweep->parallel ? l->sweep->parallel : l->sweep->count;
    struct share_options options = options_of(l->sweep, l->sweep->count, side_by_side);
    CLEANUP_FREE char *prefix = sweep_state_path(l->folder, cell, "share");
    return share_create(prefix, &options, out, err);
}

bool limits_over(const struct local *l)
{
    struct budget_use wanted;
    return l->share && share_over(l->share, &wanted);
}

void limits_close(struct local *l)
{
    share_close(l->share);
    mem_free(l->share_path);
}
