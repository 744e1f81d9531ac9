/* SPDX-License-Identifier: MIT */
#include "verdicts.h"

#include <stdlib.h>

#include "common/pool.h"
#include "common/prompts.h"
#include "common/slice.h"

#define FILE_MAX ((size_t)256 << 20)

struct entry {
    char key[SHA256_HEX];
    bool right;
};

struct verdict_cache {
    struct entry *entries; /* in order of their keys */
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static int32_t take(grasp_call *call, const grasp_json *json, const grasp_json_value *object,
                    const char *path, bool all, struct verdict_cache *cache)
{
    size_t count = json->count(object);
    cache->entries = calloc(count + 1, sizeof(*cache->entries));
    if (!cache->entries)
        return grasp_fail(call, GRASP_E_NOMEM, "%s: no memory for it", path);
    for (size_t i = 0; i < count; i++) {
        grasp_str key;
        const grasp_json_value *value = json->member(object, i, &key);
        if (key.len != SHA256_HEX - 1 || json->kind(value) != GRASP_JSON_BOOL)
            return grasp_fail(call, GRASP_E_INVALID,
                              "%s: member %zu is no SHA-256 with true or false; it is to be the "
                              "eval_cache.json of a run",
                              path, i + 1);
        struct entry *entry = &cache->entries[cache->count];
        memcpy(entry->key, key.ptr, key.len);
        entry->right = json->as_bool(value, 0) != 0;
        cache->count += entry->right || all;
    }
    qsort(cache->entries, cache->count, sizeof(*cache->entries), compare);
    return GRASP_OK;
}

int32_t verdicts_open(grasp_call *call, grasp_str path, grasp_str judge, bool all,
                      struct verdict_cache **out)
{
    struct pool pool CLEANUP_POOL = {0};
    const grasp_json *json = grasp_json_of(call);
    grasp_str text, error = SLICE("");
    *out = NULL;
    if (!path.len)
        return GRASP_OK;
    if (!judge.len)
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'verdicts' needs 'judge_name', the judge in its keys, as in "
                          "openai/gpt-oss-120b");
    int32_t status = prompt_read_file(call, &pool, path.ptr, FILE_MAX, &text);
    if (status == GRASP_E_NOT_FOUND)
        return grasp_fail(call, GRASP_E_INVALID, "%s: no such file (option 'verdicts')", path.ptr);
    if (status)
        return status;
    const grasp_json_value *object = json->parse(call, text, &error);
    if (json->kind(object) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: not a JSON object of verdicts%s%.*s (option 'verdicts')", path.ptr,
                          error.len ? ": " : "", (int)error.len, error.ptr);
    if (!(*out = calloc(1, sizeof(**out))))
        return grasp_fail(call, GRASP_E_NOMEM, "%s: no memory for it", path.ptr);
    return take(call, json, object, path.ptr, all, *out);
}

void verdicts_close(struct verdict_cache *cache)
{
    if (!cache)
        return;
    free(cache->entries);
    free(cache);
}

int verdicts_find(const struct verdict_cache *cache, const char key[SHA256_HEX])
{
    struct entry wanted = {0};
    if (!cache)
        return -1;
    memcpy(wanted.key, key, SHA256_HEX);
    const struct entry *found =
        bsearch(&wanted, cache->entries, cache->count, sizeof(wanted), compare);
    return found ? found->right : -1;
}
