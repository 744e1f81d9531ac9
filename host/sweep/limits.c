/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "sweep/local_internal.h"

/*
 * Processes that cannot see each other have a part of the budget each: shards, and cells that are
 * run one by one. What was spent in other ways is taken off first, and of a cell that is done, and
 * so spends nothing more, only what it has spent. So the sum stays within the budget without a word
 * between them: a part only grows, and all parts together are never more than what is left.
 */
struct parts {
    int64_t *spent[3]; /* calls, tokens, cost: by member */
    bool *is_over;     /* by member: it spends nothing more */
    size_t count, open;
    struct budget_use others;
};

static void parts_init(struct parts *parts, size_t count)
{
    *parts = (struct parts){.count = count, .open = count};
    for (int i = 0; i < 3; i++)
        parts->spent[i] = mem_array(count, sizeof(int64_t));
    parts->is_over = mem_array(count, sizeof(bool));
}

static void parts_clear(struct parts *parts)
{
    for (int i = 0; i < 3; i++)
        mem_free(parts->spent[i]);
    mem_free(parts->is_over);
}

static void set_spent(struct parts *parts, size_t member, const struct budget_use *use)
{
    parts->spent[0][member] = use->calls;
    parts->spent[1][member] = use->tokens;
    parts->spent[2][member] = use->cost;
}

static bool holds(const struct parts *parts, const int64_t *spent, int64_t part, int64_t left)
{
    for (size_t i = 0; i < parts->count && left >= 0; i++)
        left -= spent[i] > part || parts->is_over[i] ? spent[i] : part;
    return left >= 0;
}

/* The largest part that each member may have spent in the end. */
static int64_t part_of(const struct parts *parts, const int64_t *spent, int64_t limit, int64_t used)
{
    int64_t low = 0, high = limit > used ? limit - used : 0, left = high;
    if (limit < 0)
        return -1;
    while (low < high) {
        int64_t middle = high - (high - low) / 2;
        if (holds(parts, spent, middle, left))
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static bool has_budget(const struct sweep *s)
{
    return s->max_calls >= 0 || s->max_tokens >= 0 || s->max_cost >= 0;
}

static struct share_options options_of(const struct sweep *s, const struct parts *parts,
                                       size_t quota_parts)
{
    int64_t cost = s->max_cost < 0 ? -1 : (int64_t)floor(s->max_cost * PRICE_DOLLAR);
    return (struct share_options){
        .limits = {part_of(parts, parts->spent[0], s->max_calls, parts->others.calls),
                   part_of(parts, parts->spent[1], s->max_tokens, parts->others.tokens),
                   part_of(parts, parts->spent[2], cost, parts->others.cost)},
        .parts = s->limits_per_sweep ? (double)quota_parts : 0,
    };
}

/* --- What has been spent --- */

static void add(struct budget_use *to, const struct budget_use *use)
{
    to->calls += use->calls;
    to->tokens += use->tokens;
    to->cost += use->cost;
}

/* Of a file share-I-of-N-DIGEST: I, N and how long its name is without the digest. */
static bool read_name(const char *name, size_t *out_shard, size_t *out_shards, size_t *out_length)
{
    unsigned shard, shards;
    int length = 0;
    if (sscanf(name, "share-%5u-of-%5u%n", &shard, &shards, &length) != 2 || name[length] != '-')
        return false;
    *out_shard = shard;
    *out_shards = shards;
    *out_length = (size_t)length;
    return shard >= 1 && shard <= shards;
}

/* shards: how many they are now, who are the members; 0: none are. */
static void read_shards(const struct local *l, size_t shards, struct parts *parts)
{
    CLEANUP_FREE char *state = mem_printf("%s/state", l->folder->path);
    struct map seen = {0};
    DIR *folder = opendir(state);
    for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder)) {
        size_t shard, of, length;
        struct budget_use use;
        if (!read_name(e->d_name, &shard, &of, &length) ||
            map_has(&seen, (struct str){e->d_name, length}))
            continue;
        CLEANUP_FREE char *prefix = mem_printf("%s/%.*s", state, (int)length, e->d_name);
        map_set(&seen, (struct str){e->d_name, length}, &seen);
        share_spent(prefix, &use);
        if (of == shards)
            set_spent(parts, shard - 1, &use);
        else
            add(&parts->others, &use);
    }
    if (folder)
        closedir(folder);
    map_clear(&seen);
}

static struct budget_use cell_spent(const struct local *l, size_t cell)
{
    CLEANUP_FREE char *prefix = sweep_state_path(l->folder, cell, "share");
    struct budget_use use;
    share_spent(prefix, &use);
    return use;
}

/* What is done with samples missing may be tried again. Whether a cell is done comes first: what it
 * has spent then is all it will. */
static void read_cells(const struct local *l, struct parts *parts)
{
    for (size_t i = 0; i < l->sweep->count; i++) {
        struct cell_state state = {0};
        claim_look(l->folder, i, l->sweep->claim_timeout, &state);
        struct budget_use use = cell_spent(l, i);
        parts->is_over[i] = state.phase == CELL_ENDED && state.end == CELL_DONE;
        parts->open -= parts->is_over[i];
        set_spent(parts, i, &use);
    }
}

int limits_open(struct local *l, struct err *err)
{
    const struct sweep_local *o = l->options;
    struct parts parts;
    if (o->only != SWEEP_NO_CELL)
        return 0;
    parts_init(&parts, o->shards);
    if (has_budget(l->sweep)) {
        read_shards(l, o->shards, &parts);
        for (size_t i = 0; i < l->sweep->count; i++) {
            struct budget_use use = cell_spent(l, i);
            add(&parts.others, &use);
        }
    }
    struct share_options options = options_of(l->sweep, &parts, o->shards);
    parts_clear(&parts);
    CLEANUP_FREE char *prefix =
        mem_printf("%s/state/share-%zu-of-%zu", l->folder->path, o->shard + 1, o->shards);
    int code = share_create(prefix, &options, &l->share_path, err);
    return code ? code : share_open(l->share_path, &l->share, err);
}

/* Of the quotas, a cell on its own has the part of those that may run beside it. */
int limits_path(struct local *l, size_t cell, char **out, struct err *err)
{
    struct parts parts;
    if (l->share_path) {
        *out = mem_dup(l->share_path, strlen(l->share_path));
        return 0;
    }
    parts_init(&parts, l->sweep->count);
    read_cells(l, &parts);
    if (has_budget(l->sweep))
        read_shards(l, 0, &parts);
    size_t most = l->sweep->parallel, open = parts.open ? parts.open : 1;
    struct share_options options = options_of(l->sweep, &parts, most && most < open ? most : open);
    parts_clear(&parts);
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
