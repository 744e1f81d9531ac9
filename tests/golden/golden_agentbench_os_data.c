/* SPDX-License-Identifier: MIT */
/* The benchmark's own problems: their keys, what they are made of, and how the splits name them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "golden_agentbench_os.h"
#include "golden_agentbench_os_db.h"
#include "tasks/agentbench/os/dataset.h"

static int32_t no_script(grasp_call *call, void *context, grasp_str name, struct pool *pool,
                         grasp_str *out)
{
    *out = grasp_cstr("");
    return GRASP_OK;
}

static const struct script_files without_scripts = {no_script, NULL};

static struct str out_of(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}

static const struct problem *find(const struct os_dataset *set, struct str key)
{
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq(out_of(set->problems[i].key), key))
            return &set->problems[i];
    }
    return NULL;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct problem *)a)->key.ptr, ((const struct problem *)b)->key.ptr);
}

static void check_keys(struct golden *g, const struct os_dataset *set)
{
    CLEANUP_JSON struct json *keys = json_new_array();
    struct problem *sorted = mem_array(set->count, sizeof(*sorted));
    memcpy(sorted, set->problems, set->count * sizeof(*sorted));
    qsort(sorted, set->count, sizeof(*sorted), by_key);
    for (size_t i = 0; i < set->count; i++)
        json_push(keys, json_new_str(out_of(sorted[i].key)));
    mem_free(sorted);
    golden_case(g, "os.os_std_keys_sorted");
    golden_expect_json(g, "keys", keys, json_path(g->root, "os.os_std_keys_sorted"));
}

static void check_sample(struct golden *g, const struct problem *problem, const struct json *want)
{
    char hex[HASH_HEX];
    hash_sha256_hex(out_of(problem->description), hex);
    golden_expect_str(g, "description_sha256", str_of(hex),
                      json_str(json_get(want, "description_sha256")));
    golden_expect_str(g, "image", out_of(problem->image), json_str(json_get(want, "image")));
    golden_expect_str(g, "file", out_of(problem->file), json_str(json_get(want, "file")));
    golden_expect_str(g, "eval", problem->has_match ? STR("match") : STR("check"),
                      json_str(json_get(want, "eval")));
    golden_expect_int(g, "n_init", (int64_t)problem->init_count,
                      json_int(json_get(want, "n_init"), -1));
    golden_expect_int(g, "start", problem->start.present,
                      json_bool(json_get(want, "start"), false));
    const struct json *checks = json_get(want, "checks");
    golden_expect_int(g, "checks", (int64_t)problem->check_count, (int64_t)json_count(checks));
    for (size_t i = 0; i < problem->check_count && i < json_count(checks); i++) {
        const struct script *check = &problem->checks[i];
        golden_expect_str(g, "check", check->present ? out_of(check->language) : STR(""),
                          json_str(json_at(checks, i)));
    }
}

static void check_samples(struct golden *g, const struct os_dataset *set)
{
    const struct json *all = json_path(g->root, "os.os_std_samples");
    for (struct json_iter it = json_members(all); json_next(&it);) {
        const struct problem *problem = find(set, it.key);
        golden_case(g, "os.os_std_samples");
        if (golden_expect(g, problem != NULL, it.key.ptr))
            check_sample(g, problem, it.value);
    }
}

static bool holds(const struct json *list, grasp_str text)
{
    for (size_t i = 0; i < json_count(list); i++) {
        if (str_eq(json_str(json_at(list, i)), out_of(text)))
            return true;
    }
    return false;
}

static bool is_sampled(const struct os_dataset *set, const struct problem *problem)
{
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++) {
        for (size_t k = 0; k < set->splits[i].count; k++) {
            if (set->splits[i].samples[k].problem == problem)
                return true;
        }
    }
    return false;
}

/* set: with the ids as the reference takes them. */
static void check_audit(struct golden *g, const struct os_dataset *set)
{
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++) {
        const struct os_split *split = &set->splits[i];
        CLEANUP_FREE char *path = mem_printf("os.os_split_audit.%s", split->name);
        const struct json *want = json_path(g->root, path);
        CLEANUP_JSON struct json *missing = json_new_array();
        golden_case(g, "os.os_split_audit");
        for (size_t k = 0; k < split->count; k++) {
            if (!split->samples[k].problem)
                json_push(missing, json_new_str(out_of(split->samples[k].id)));
        }
        golden_expect_int(g, "n", (int64_t)split->count, json_int(json_get(want, "n"), -1));
        golden_expect_int(g, "missing", (int64_t)json_count(missing),
                          (int64_t)json_count(json_get(want, "missing_in_worker")));
        for (size_t k = 0; k < split->count; k++) {
            if (!split->samples[k].problem)
                golden_expect(g, holds(json_get(want, "missing_in_worker"), split->samples[k].id),
                              split->samples[k].id.ptr);
        }
    }
    golden_case(g, "os.os_worker_keys_never_referenced");
    const struct json *never = json_path(g->root, "os.os_worker_keys_never_referenced");
    for (size_t i = 0; i < set->count; i++)
        golden_expect_int(g, set->problems[i].key.ptr, holds(never, set->problems[i].key),
                          !is_sampled(set, &set->problems[i]));
}

/* With the ids repaired, every sample is the problem that its split describes; those of world 7 are
 * described there in other words. */
static void check_repair(struct golden *g, const struct os_dataset *plain,
                         const struct os_dataset *repaired, struct mock_host *host)
{
    golden_case(g, "splits, repaired");
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++) {
        for (size_t k = 0; k < repaired->splits[i].count; k++) {
            const struct os_sample *sample = &repaired->splits[i].samples[k];
            grasp_str text =
                grasp_json_string(mock_call(host), plain->splits[i].samples[k].json, "description");
            if (!grasp_starts(sample->id, "std-007"))
                golden_expect_str(g, sample->id.ptr, out_of(sample->problem->description),
                                  out_of(text));
        }
    }
}

/* Without its splits they are drawn, and are the same. */
static void check_drawn(struct golden *g, const struct os_dataset *listed, bool reference,
                        struct mock_host *host)
{
    static const char *const files[] = {"data", NULL};
    CLEANUP_FREE char *folder = golden_agentbench_plain("os_interaction", files);
    struct os_dataset drawn = {0};
    golden_case(g, "os splits, drawn");
    if (!folder || os_dataset_load_with(mock_call(host), &drawn, grasp_cstr(folder), reference,
                                        &without_scripts))
        golden_fail(g, "%s", host->fail_text.ptr ? host->fail_text.ptr : "no folder");
    for (size_t i = 0; drawn.count && i < DATA_SPLIT_COUNT; i++) {
        golden_expect_int(g, "count", (int64_t)drawn.splits[i].count,
                          (int64_t)listed->splits[i].count);
        for (size_t k = 0; k < drawn.splits[i].count && k < listed->splits[i].count; k++)
            golden_expect_str(g, "id", out_of(drawn.splits[i].samples[k].id),
                              out_of(listed->splits[i].samples[k].id));
    }
    os_dataset_free(&drawn);
    if (folder)
        file_remove_tree(folder, NULL);
}

static const char *data_folder_path(void)
{
    static char path[4096];
    const char *shared = getenv("GRASP_SHARED");
    snprintf(path, sizeof(path), "%s/data/AgentBench",
             shared && *shared ? shared : SOURCE_ROOT "/../shared");
    return path;
}

void golden_os_data_sections(struct golden *g)
{
    const char *data = data_folder_path();
    if (!file_is_dir(data)) {
        golden_case(g, "os.os_std_keys_sorted");
        golden_skip(g, "%s is not there", data);
        return;
    }
    struct mock_host *host = mock_host_create();
    struct os_dataset plain, repaired;
    if (os_dataset_load_with(mock_call(host), &plain, grasp_cstr(data), true, &without_scripts) ||
        os_dataset_load_with(mock_call(host), &repaired, grasp_cstr(data), false,
                             &without_scripts)) {
        golden_case(g, "os.os_std_keys_sorted");
        golden_fail(g, "%s", host->fail_text.ptr);
    } else {
        check_keys(g, &plain);
        check_samples(g, &plain);
        check_audit(g, &plain);
        check_repair(g, &plain, &repaired, host);
        check_drawn(g, &plain, true, host);
        check_drawn(g, &repaired, false, host);
    }
    os_dataset_free(&plain);
    os_dataset_free(&repaired);
    mock_host_destroy(host);
}
