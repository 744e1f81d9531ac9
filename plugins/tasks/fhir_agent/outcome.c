/* SPDX-License-Identifier: MIT */
#include "outcome.h"

#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/slice.h"

static void add_ids(const grasp_json *json, struct pool *pool, const grasp_json_value *list,
                    struct strings *out)
{
    for (uint64_t i = 0; i < json->count(list); i++)
        strings_add(pool, out, json->as_string(json->at(list, i)));
}

static void put_id(struct text *out, grasp_str id, size_t *count)
{
    text_put(out, (*count)++ ? ", " : "");
    text_json(out, id);
}

static int by_text(const void *a, const void *b)
{
    return slice_cmp(*(const grasp_str *)a, *(const grasp_str *)b);
}

static bool is_true(const struct strings *sorted, grasp_str id)
{
    return sorted->count && bsearch(&id, sorted->items, sorted->count, sizeof(id), by_text) != NULL;
}

static void put_ids(struct text *out, const struct bucket *bucket, const struct strings *sorted)
{
    size_t count = 0, others = 0;
    text_char(out, '[');
    for (size_t i = 0; i < bucket->count; i++)
        if (is_true(sorted, bucket->items[i].id))
            put_id(out, bucket->items[i].id, &count);
    for (size_t i = 0; i < bucket->count && others < OUTCOME_IDS; i++) {
        if (bucket->items[i].id.len && !is_true(sorted, bucket->items[i].id)) {
            put_id(out, bucket->items[i].id, &count);
            others++;
        }
    }
    text_char(out, ']');
}

static size_t count_ids(const struct bucket *bucket)
{
    size_t count = 0;
    for (size_t i = 0; i < bucket->count; i++)
        count += bucket->items[i].id.len > 0;
    return count;
}

void outcome_write(struct text *out, const grasp_json *json, const struct retrieved *retrieved,
                   const grasp_json_value *truth, uint32_t failed_code)
{
    struct pool pool CLEANUP_POOL = {0};
    text_put(out, "{\"retrieved_fhir_resources\": {");
    for (size_t i = 0; i < retrieved->count; i++) {
        struct strings sorted = {0};
        const struct bucket *bucket = &retrieved->buckets[i];
        add_ids(json, &pool, json->get(truth, bucket->type), &sorted);
        if (sorted.count)
            qsort(sorted.items, sorted.count, sizeof(*sorted.items), by_text);
        text_put(out, i ? ", " : "");
        text_json(out, bucket->type);
        text_put(out, ": ");
        put_ids(out, bucket, &sorted);
    }
    text_put(out, "}, \"retrieved_counts\": {");
    for (size_t i = 0; i < retrieved->count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, retrieved->buckets[i].type);
        text_format(out, ": %zu", count_ids(&retrieved->buckets[i]));
    }
    text_format(out, "}, \"failed_code\": %u}", failed_code);
}

void outcome_read(const grasp_json *json, struct pool *pool, const grasp_json_value *raw,
                  const grasp_json_value *truth, struct retrieval *out_found,
                  struct strings *out_truth)
{
    const grasp_json_value *ids = json->get(raw, SLICE("retrieved_fhir_resources"));
    const grasp_json_value *counts = json->get(raw, SLICE("retrieved_counts"));
    *out_found = (struct retrieval){0};
    *out_truth = (struct strings){0};
    for (uint64_t i = 0; i < json->count(truth); i++) {
        grasp_str type;
        const grasp_json_value *wanted = json->member(truth, i, &type);
        const grasp_json_value *kept = json->get(ids, type);
        int64_t all = json->as_int(json->get(counts, type), 0);
        add_ids(json, pool, wanted, out_truth);
        add_ids(json, pool, kept, &out_found->ids);
        if (all > (int64_t)json->count(kept))
            out_found->others += (uint64_t)all - json->count(kept);
    }
}
