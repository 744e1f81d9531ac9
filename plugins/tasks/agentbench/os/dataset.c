/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include <grasp/helpers.h>
#include <stdlib.h>
#include <string.h>

#include "../data.h"
#include "../describe.h"
#include "common/prompts.h"
#include "common/slice.h"

#define NUMBER_DIGITS 5 /* of a key */
#define SCRIPT_MAX ((size_t)1 << 20)

/* The files of the benchmark, in its order, what its keys begin with, and where the scripts that
 * they name are. */
static const struct source {
    const char *file, *prefix, *scripts;
} sources[] = {
    {"data/1/stock.json", "std-001-", "scripts/1"},
    {"data/2/environment.json", "std-002-", "scripts/2"},
    {"data/3/ac.json", "std-003-", "scripts/3"},
    {"data/4/N11.json", "std-004-", "scripts/4"},
    {"data/4/N225.json", "std-004-", "scripts/4"},
    {"data/4/N37.json", "std-004-", "scripts/4"},
    {"data/4/N4.json", "std-004-", "scripts/4"},
    {"data/4/N41.json", "std-004-", "scripts/4"},
    {"data/4/Q09.json", "std-004-", "scripts/4"},
    {"data/4/Q19.json", "std-004-", "scripts/4"},
    {"data/4/Q30.json", "std-004-", "scripts/4"},
    {"data/4/Q47.json", "std-004-", "scripts/4"},
    {"data/4/Q49.json", "std-004-", "scripts/4"},
    {"data/5/new.json", "std-005-", "scripts/5"},
    {"data/6/new.json", "std-006-", "scripts/6"},
    {"data/7/bootstrap.json", "std-007-", "scripts/7"},
    {"data/dev.json", "dev-001-", "scripts/dev"},
};

struct problem *os_dataset_add(struct os_dataset *set)
{
    POOL_RESERVE(&set->pool, set->problems, set->count, set->capacity);
    return &set->problems[set->count++];
}

void os_dataset_free(struct os_dataset *set)
{
    pool_free(&set->pool);
}

const struct os_sample *os_dataset_find(const struct os_dataset *set, grasp_str id)
{
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++)
        for (size_t k = 0; k < set->splits[i].count; k++)
            if (slice_eq(set->splits[i].samples[k].id, id))
                return &set->splits[i].samples[k];
    return NULL;
}

static int32_t read_script(grasp_call *call, void *context, grasp_str name, struct pool *pool,
                           grasp_str *out)
{
    const grasp_str *folder = context;
    grasp_str path =
        grasp_format(call, "%.*s/%.*s", (int)folder->len, folder->ptr, (int)name.len, name.ptr);
    return prompt_read_file(call, pool, path.ptr, SCRIPT_MAX, out);
}

/* stock.json -> stock */
static grasp_str base_name(const char *file)
{
    const char *name = strrchr(file, '/') + 1;
    return (grasp_str){name, (uint64_t)(strrchr(name, '.') - name)};
}

static int32_t read_source(grasp_call *call, struct os_dataset *set, grasp_str folder,
                           const struct source *source, const struct script_files *given)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = NULL;
    grasp_str scripts = grasp_format(call, "%s/%s", folder.ptr, source->scripts);
    const struct script_files own = {read_script, &scripts};
    grasp_str name = base_name(source->file);
    int32_t status = data_json(call, grasp_format(call, "%s/%s", folder.ptr, source->file), &list);
    if (status)
        return status;
    bool single = json->kind(list) == GRASP_JSON_OBJECT;
    for (uint64_t i = 0; i < (single ? 1 : json->count(list)) && !status; i++) {
        const char *place =
            grasp_format(call, "%s: item %llu", source->file, (unsigned long long)i + 1).ptr;
        struct problem problem;
        status = problem_read(call, &set->pool, given ? given : &own,
                              single ? list : json->at(list, i), place, &problem);
        if (status)
            break;
        problem.key = pool_format(&set->pool, "%s%.*s-%05llu", source->prefix, (int)name.len,
                                  name.ptr, (unsigned long long)i + 1);
        problem.file = pool_format(&set->pool, "data/os_interaction/%s", source->file);
        *os_dataset_add(set) = problem;
    }
    return status;
}

static const struct problem *find_problem(const struct os_dataset *set, grasp_str key)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_eq(set->problems[i].key, key))
            return &set->problems[i];
    return NULL;
}

/* Ids of the splits count from 0, keys from 1. */
static grasp_str next_key(struct pool *pool, grasp_str id)
{
    size_t digits = 0;
    unsigned number = 0;
    while (digits < id.len && digits < 6 && id.ptr[id.len - 1 - digits] >= '0' &&
           id.ptr[id.len - 1 - digits] <= '9')
        digits++;
    for (size_t i = id.len - digits; i < id.len; i++)
        number = number * 10 + (unsigned)(id.ptr[i] - '0');
    return pool_format(pool, "%.*s%05u", (int)(id.len - digits), id.ptr, number + 1);
}

static grasp_str write_sample(struct pool *pool, grasp_str id, grasp_str type,
                              grasp_str description)
{
    struct text out CLEANUP_TEXT = {0};
    describe_sample(&out, id, type.len ? type : SLICE("other"), description);
    text_put(&out, "}");
    return pool_dup(pool, text_view(&out));
}

/* given: the id that the reference's splits have. False, unless reference, when it means nothing.
 */
static bool add_sample(struct os_dataset *set, struct os_split *split, bool reference,
                       grasp_str given, grasp_str description)
{
    grasp_str key = reference ? given : next_key(&set->pool, given);
    const struct problem *problem = find_problem(set, key);
    if (!problem && !reference)
        return false;
    /* The split describes many problems in words that were changed later on. */
    split->samples[split->count++] = (struct os_sample){
        problem, key,
        write_sample(&set->pool, key, SLICE(""), reference ? description : problem->description)};
    return true;
}

/* The id under which the reference's splits have a problem. */
static grasp_str id_below(struct pool *pool, grasp_str key)
{
    size_t name = key.len - NUMBER_DIGITS;
    return pool_format(pool, "%.*s%05ld", (int)name, key.ptr, strtol(key.ptr + name, NULL, 10) - 1);
}

/* The splits of a checkout that has none: world by world, all but one of which are drawn from; the
 * test has that world, the sixth, and the problems of AgentBench's own dev. */
static void draw_splits(struct os_dataset *set, bool reference)
{
    static const char *const worlds[] = {"std-001-", "std-002-", "std-003-", "std-004-",
                                         "std-005-", "std-007-", "std-006-", "dev-001-"};
    const size_t drawn_worlds = 6;
    struct twister random;
    uint32_t *items = pool_array(&set->pool, set->count + 1, sizeof(*items));
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++)
        set->splits[i].samples =
            pool_array(&set->pool, set->count + 1, sizeof(*set->splits[i].samples));
    twister_seed(&random, DATA_SPLIT_SEED);
    for (size_t w = 0; w < sizeof(worlds) / sizeof(*worlds); w++) {
        size_t count = 0, dev = 0;
        for (size_t i = 0; i < set->count; i++)
            if (grasp_starts(set->problems[i].key, worlds[w]))
                items[count++] = (uint32_t)i;
        if (w < drawn_worlds)
            data_draw_split(&random, items, count, &dev);
        for (size_t i = 0; i < count; i++) {
            const struct problem *problem = &set->problems[items[i]];
            struct os_split *split = &set->splits[w >= drawn_worlds ? 2 : i < dev ? 0 : 1];
            add_sample(set, split, reference, id_below(&set->pool, problem->key),
                       problem->description);
        }
    }
}

static int32_t read_split(grasp_call *call, struct os_dataset *set, grasp_str folder,
                          bool reference, struct os_split *split)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = NULL;
    const char *file = grasp_format(call, "split_%s.json", split->name).ptr;
    int32_t status = data_list(call, folder, file, &list);
    if (status)
        return status;
    split->samples = pool_array(&set->pool, json->count(list) + 1, sizeof(*split->samples));
    for (uint64_t i = 0; i < json->count(list); i++) {
        const grasp_json_value *item = json->at(list, i);
        grasp_str given = pool_dup(&set->pool, json->as_string(json->get(item, SLICE("id"))));
        if (!add_sample(set, split, reference, given,
                        json->as_string(json->get(item, SLICE("description")))))
            return grasp_fail(call, GRASP_E_INVALID,
                              "%s/%s: item %llu: there is no problem for the id '%s'", folder.ptr,
                              file, (unsigned long long)i + 1, given.ptr);
    }
    return GRASP_OK;
}

static int32_t load_folder(grasp_call *call, struct os_dataset *set, grasp_str given,
                           bool reference, const struct script_files *files)
{
    grasp_str folder = SLICE("");
    int32_t status = data_folder(call, given, "os_interaction", "data/dev.json", &folder);
    for (size_t i = 0; i < sizeof(sources) / sizeof(*sources) && !status; i++)
        status = read_source(call, set, folder, &sources[i], files);
    if (!status && !data_has(call, folder, "split_dev.json"))
        draw_splits(set, reference);
    else
        for (size_t i = 0; i < DATA_SPLIT_COUNT && !status; i++)
            status = read_split(call, set, folder, reference, &set->splits[i]);
    return status;
}

static int32_t load_own(grasp_call *call, struct os_dataset *set)
{
    int32_t status = families_load(call, set);
    if (status)
        return status;
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++) {
        struct os_split *split = &set->splits[i];
        split->samples = pool_array(&set->pool, set->count + 1, sizeof(*split->samples));
        for (size_t k = 0; k < set->count; k++) {
            const struct problem *problem = &set->problems[k];
            if (grasp_equal(problem->split, split->name))
                split->samples[split->count++] = (struct os_sample){
                    problem, problem->key,
                    write_sample(&set->pool, problem->key, problem->type, problem->description)};
        }
    }
    return GRASP_OK;
}

int32_t os_dataset_load_with(grasp_call *call, struct os_dataset *out, grasp_str folder,
                             bool reference, const struct script_files *files)
{
    *out = (struct os_dataset){0};
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++)
        out->splits[i].name = data_split_names[i];
    return folder.len ? load_folder(call, out, folder, reference, files) : load_own(call, out);
}

int32_t os_dataset_load(grasp_call *call, struct os_dataset *out, grasp_str folder, bool reference)
{
    return os_dataset_load_with(call, out, folder, reference, NULL);
}
