/* SPDX-License-Identifier: MIT */
#include "common/overlap.h"
#include "common/put.h"
#include "common/slice.h"
#include "common/transcript.h"
#include "expel.h"

static void put(struct pool *pool, struct experiences *list, const struct experience *experience)
{
    POOL_RESERVE(pool, list->items, list->count, list->capacity);
    list->items[list->count++] = *experience;
}

void store_add(struct pool *pool, struct store *store, bool success,
               const struct experience *experience)
{
    put(pool, success ? &store->successes : &store->failures, experience);
}

static void read_list(struct pool *pool, const grasp_json *json, const grasp_json_value *list,
                      struct experiences *out)
{
    for (uint64_t i = 0; i < json->count(list); i++) {
        const grasp_json_value *item = json->at(list, i);
        const struct experience experience = {
            .id = member_copy(json, pool, item, "task_id"),
            .instruction = member_copy(json, pool, item, "instruction"),
            .history = member_copy(json, pool, item, "history_text"),
        };
        put(pool, out, &experience);
    }
}

void store_read(grasp_call *call, struct pool *pool, grasp_str text, struct store *out)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *root = json->parse(call, text, NULL);
    if (json->kind(root) != GRASP_JSON_OBJECT) {
        grasp_log(call, GRASP_LOG_WARNING, "expel_store.json is no JSON object; begun anew");
        return;
    }
    read_list(pool, json, member_of(json, root, "successes"), &out->successes);
    read_list(pool, json, member_of(json, root, "failures"), &out->failures);
}

/* Without what the sample did before, so that each counts once. */
static void forget(struct experiences *list, grasp_str id)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!slice_eq(list->items[i].id, id))
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

void store_rollouts(struct lesson *lesson, struct store *store, const struct expel_options *options)
{
    if (options->recent_failures)
        store->failures.count = 0;
    for (size_t i = 0; i < lesson->count; i++) {
        const struct rollout *rollout = &lesson->rollouts[i];
        struct text history CLEANUP_TEXT = {0};
        bool success = rollout->correct && rollout->available;
        if (!rollout->available && options->skip_unavailable)
            continue;
        if (success && options->recent_failures)
            forget(&store->successes, rollout->id);
        transcript_lines(&history, lesson->json, rollout->history);
        const struct experience experience = {
            .id = rollout->id,
            .instruction = rollout_task(rollout),
            .history = pool_dup(&lesson->pool, text_view(&history)),
            .tags = rollout->tags,
            .fresh = true,
        };
        store_add(&lesson->pool, store, success, &experience);
    }
}

static void put_list(struct text *out, const char *key, const struct experiences *list)
{
    put_open(out, key, '[');
    for (size_t i = 0; i < list->count; i++) {
        put_open(out, NULL, '{');
        put_string(out, "task_id", list->items[i].id);
        put_string(out, "instruction", list->items[i].instruction);
        put_string(out, "history_text", list->items[i].history);
        put_close(out, '}');
    }
    put_close(out, ']');
}

grasp_str store_file(grasp_call *call, const struct store *store)
{
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '{');
    put_list(&out, "successes", &store->successes);
    put_list(&out, "failures", &store->failures);
    put_close(&out, '}');
    return pretty_json(call, text_view(&out));
}

static struct bag *bags_of(struct pool *pool, const struct experiences *list)
{
    struct bag *bags = pool_array(pool, list->count, sizeof(*bags));
    for (size_t i = 0; i < list->count; i++)
        bags[i] = bag_make(pool, list->items[i].instruction);
    return bags;
}

size_t store_pairs(struct pool *pool, const struct store *store, bool fresh, struct pair **out)
{
    const struct experiences *failures = &store->failures, *successes = &store->successes;
    size_t count = 0;
    *out = pool_array(pool, failures->count, sizeof(**out));
    if (successes->count == 0)
        return 0;
    struct bag *wrong = bags_of(pool, failures), *right = bags_of(pool, successes);
    for (size_t i = 0; i < failures->count; i++) {
        size_t best = 0;
        if (fresh && !failures->items[i].fresh)
            continue;
        for (size_t k = 1; k < successes->count; k++) {
            if (bag_jaccard(&wrong[i], &right[k]) > bag_jaccard(&wrong[i], &right[best]))
                best = k;
        }
        (*out)[count++] = (struct pair){&successes->items[best], &failures->items[i]};
    }
    return count;
}
