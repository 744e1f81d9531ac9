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
    struct request *requests = pool_array(pool, records->count, sizeof(*requests));
    struct answer *answers = pool_array(pool, records->count, sizeof(*answers));
    struct records passed = {0};
    size_t count = 0, at = 0;
    for (size_t i = 0; i < records->count; i++) {
        struct text skill CLEANUP_TEXT = {0};
        if (records->items[i].skips_filter)
            continue;
        put_record(&skill, &records->items[i], false);
        const struct binding bindings[] = {{"skill", text_view(&skill)}, {NULL, SLICE("")}};
        requests[count++] = lesson_request(lesson, self->filter, self->filter_user, bindings);
    }
    int32_t status = lesson_ask(lesson, requests, count, answers);
    if (status)
        return status;
    for (size_t i = 0; i < records->count; i++) {
        if (!records->items[i].skips_filter &&
            is_good(pool, &answers[at++], self->options.filter_word))
            records_add(pool, &passed, &records->items[i]);
    }
    for (size_t i = 0; i < records->count; i++) {
        if (records->items[i].skips_filter)
            records_add(pool, &passed, &records->items[i]);
    }
    *records = passed;
    return GRASP_OK;
}

size_t cluster_names(struct pool *pool, const struct records *records, size_t *out)
{
    struct strings keys = {0};
    for (size_t i = 0; i < records->count; i++) {
        grasp_str key = text_folded(pool, records->items[i].name);
        out[i] = strings_find(&keys, key);
        if (out[i] == keys.count)
            strings_add(pool, &keys, key);
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

/* Up to 15 members of a cluster, drawn if there are more. */
static int32_t members_of(struct lesson *lesson, const size_t *clusters, size_t total,
                          size_t cluster, uint64_t *out, size_t *out_count)
{
    struct pool *pool = &lesson->pool;
    uint64_t *members = pool_array(pool, total, sizeof(*members));
    uint64_t *room = pool_array(pool, total, sizeof(*room)), chosen[GROUP_MAX];
    size_t count = 0;
    grasp_rng *rng;
    for (size_t i = 0; i < total; i++) {
        if (clusters[i] == cluster)
            members[count++] = i;
    }
    *out_count = count < GROUP_MAX ? count : GROUP_MAX;
    for (size_t i = 0; i < *out_count; i++)
        out[i] = members[i];
    if (count <= GROUP_MAX)
        return GRASP_OK;
    grasp_str label = pool_format(pool, "merge:%lld:%zu", (long long)lesson->epoch, cluster);
    int32_t status = lesson->lab->rng(lesson->call, label, &rng);
    if (status)
        return status;
    grasp_rng_sample(lesson->lab, rng, count, GROUP_MAX, room, chosen);
    for (size_t i = 0; i < GROUP_MAX; i++)
        out[i] = members[chosen[i]];
    return GRASP_OK;
}

static struct request merge_request(struct lesson *lesson, const struct skillx *self,
                                    const struct records *records, const uint64_t *members,
                                    size_t count)
{
    struct text skills CLEANUP_TEXT = {0};
    for (size_t i = 0; i < count; i++) {
        struct text skill CLEANUP_TEXT = {0};
        put_record(&skill, &records->items[members[i]], false);
        text_put(&skills, i ? ",\n" : "[");
        text_str(&skills, text_view(&skill));
    }
    text_char(&skills, ']');
    const struct binding bindings[] = {{"skills", text_view(&skills)}, {NULL, SLICE("")}};
    return lesson_request(lesson, self->merge, self->merge_user, bindings);
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

static size_t size_of(const size_t *clusters, size_t total, size_t cluster)
{
    size_t size = 0;
    for (size_t i = 0; i < total; i++)
        size += clusters[i] == cluster;
    return size;
}

int32_t ask_merge(struct lesson *lesson, const struct skillx *self, struct records *records,
                  size_t *out_merged)
{
    struct pool *pool = &lesson->pool;
    size_t *clusters = pool_array(pool, records->count, sizeof(*clusters));
    size_t total = records->count, count = cluster_names(pool, records, clusters), asked = 0;
    struct request *requests = pool_array(pool, count, sizeof(*requests));
    struct answer *answers = pool_array(pool, count, sizeof(*answers));
    size_t *of = pool_array(pool, count, sizeof(*of));
    struct records out = {0};
    bool keep = self->options.keep_clusters;
    for (size_t i = 0; i < total; i++) {
        if (size_of(clusters, total, clusters[i]) == 1)
            records_add(pool, &out, &records->items[i]);
    }
    *out_merged = out.count;
    for (size_t c = 0; c < count; c++) {
        uint64_t members[GROUP_MAX];
        size_t member_count;
        if (size_of(clusters, total, c) == 1)
            continue;
        int32_t status = members_of(lesson, clusters, total, c, members, &member_count);
        if (status)
            return status;
        requests[asked] = merge_request(lesson, self, records, members, member_count);
        of[asked++] = c;
    }
    int32_t status = lesson_ask(lesson, requests, asked, answers);
    for (size_t i = 0; i < asked && !status; i++) {
        size_t before = out.count;
        take_merged(lesson, &answers[i], keep, &out, out_merged);
        bool lost = keep && out.count == before;
        for (size_t k = 0; k < total && lost; k++) {
            if (clusters[k] == of[i])
                records_add(pool, &out, &records->items[k]);
        }
    }
    *records = out;
    return status;
}
