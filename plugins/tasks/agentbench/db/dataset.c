/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include <grasp/helpers.h>
#include <stdlib.h>

#include "../data.h"
#include "../describe.h"
#include "common/slice.h"

const struct entry *dataset_find(const struct dataset *set, grasp_str id)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_eq(set->entries[i].id, id))
            return &set->entries[i];
    return NULL;
}

void dataset_free(struct dataset *set)
{
    pool_free(&set->pool);
}

/* Appends. own: ids are in the entries; else they are positions. */
static int32_t read_entries(grasp_call *call, struct dataset *set, const grasp_json_value *list,
                            const char *name, bool own)
{
    const grasp_json *json = grasp_json_of(call);
    size_t count = json->count(list);
    struct entry *entries = pool_array(&set->pool, set->count + count + 1, sizeof(*entries));
    if (set->count)
        memcpy(entries, set->entries, set->count * sizeof(*entries));
    set->entries = entries;
    for (size_t i = 0; i < count; i++) {
        const grasp_json_value *object = json->at(list, i);
        struct entry *entry = &set->entries[set->count];
        int32_t status = db_entry_read(call, &set->pool, object,
                                       grasp_format(call, "%s: entry %zu", name, i).ptr, entry);
        if (status)
            return status;
        entry->id = own ? pool_dup(&set->pool, json->as_string(json->get(object, SLICE("id"))))
                        : pool_format(&set->pool, "%zu", set->count);
        set->count++;
    }
    return GRASP_OK;
}

/* description and type: the split's own, which may differ from the entry's. */
static void add_sample(struct dataset *set, struct db_split *split, const struct entry *entry,
                       grasp_str description, grasp_str type)
{
    struct text out CLEANUP_TEXT = {0};
    describe_sample(&out, entry->id, type, description);
    text_put(&out, ", \"answer\": ");
    text_str(&out, entry->truth);
    if (entry->has_std_sql) {
        text_put(&out, ", \"std_sql\": ");
        text_json(&out, entry->std_sql);
    }
    text_put(&out, "}");
    split->samples[split->count++] =
        (struct db_sample){entry, pool_dup(&set->pool, text_view(&out))};
}

static int32_t read_split(grasp_call *call, struct dataset *set, grasp_str folder,
                          struct db_split *split)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = NULL;
    const char *file = grasp_format(call, "split_%s.json", split->name).ptr;
    int32_t status = data_list(call, folder, file, &list);
    if (status)
        return status;
    split->samples = pool_array(&set->pool, json->count(list) + 1, sizeof(*split->samples));
    for (size_t i = 0; i < json->count(list); i++) {
        const grasp_json_value *item = json->at(list, i);
        int64_t id = json->as_int(json->get(item, SLICE("id")), -1);
        if (id < 0 || (uint64_t)id >= set->count)
            return grasp_fail(call, GRASP_E_INVALID,
                              "%.*s/%s: item %zu: there is no entry with the id %lld",
                              (int)folder.len, folder.ptr, file, i, (long long)id);
        grasp_str description = json->as_string(json->get(item, SLICE("description")));
        grasp_str type = json->as_string(json->get(item, SLICE("type")));
        const struct entry *entry = &set->entries[id];
        add_sample(set, split, entry, description.len ? description : entry->description,
                   type.len && type_is_mutation(type) == type_is_mutation(entry->type)
                       ? type
                       : entry->type);
    }
    return GRASP_OK;
}

static int32_t read_file(grasp_call *call, struct dataset *set, grasp_str folder, const char *file)
{
    const grasp_json_value *list = NULL;
    int32_t status = data_list(call, folder, file, &list);
    return status ? status : read_entries(call, set, list, file, false);
}

static void add_entry(struct dataset *set, struct db_split *split, const struct entry *entry)
{
    add_sample(set, split, entry, entry->description, entry->type);
}

static int by_type(const void *a, const void *b)
{
    const struct entry *const *one = a, *const *other = b;
    int order = slice_cmp((*one)->type, (*other)->type);
    return order ? order : (*one > *other) - (*one < *other);
}

/* The splits of a checkout that has none: type by type of the first `standard` entries; the rest
 * is for the test. */
static void draw_splits(struct dataset *set, size_t standard)
{
    struct twister random;
    const struct entry **sorted = pool_array(&set->pool, standard + 1, sizeof(*sorted));
    uint32_t *drawn = pool_array(&set->pool, standard + 1, sizeof(*drawn));
    size_t from, to, dev;
    for (int i = 0; i < DATA_SPLIT_COUNT; i++)
        set->splits[i].samples =
            pool_array(&set->pool, set->count + 1, sizeof(*set->splits[i].samples));
    for (size_t i = 0; i < standard; i++)
        sorted[i] = &set->entries[i];
    qsort(sorted, standard, sizeof(*sorted), by_type);
    twister_seed(&random, DATA_SPLIT_SEED);
    for (from = 0; from < standard; from = to) {
        for (to = from; to < standard && slice_eq(sorted[to]->type, sorted[from]->type); to++)
            drawn[to - from] = (uint32_t)to;
        data_draw_split(&random, drawn, to - from, &dev);
        for (size_t i = 0; i < to - from; i++)
            add_entry(set, &set->splits[i < dev ? 0 : 1], sorted[drawn[i]]);
    }
    for (size_t i = standard; i < set->count; i++)
        add_entry(set, &set->splits[2], &set->entries[i]);
}

/* As AgentBench has it: two files, and no splits. */
static int32_t load_plain(grasp_call *call, struct dataset *set, grasp_str folder)
{
    int32_t status = read_file(call, set, folder, "standard.jsonl");
    size_t standard = set->count;
    if (!status)
        status = read_file(call, set, folder, "dev.jsonl");
    if (!status)
        draw_splits(set, standard);
    return status;
}

static int32_t load_folder(grasp_call *call, struct dataset *set, grasp_str given)
{
    static const char file[] = "standard_with_test.jsonl";
    grasp_str folder = SLICE("");
    if (!data_find(call, given, "dbbench", file, &folder) &&
        data_find(call, given, "dbbench", "standard.jsonl", &folder) &&
        !data_has(call, folder, "split_dev.json"))
        return load_plain(call, set, folder);
    int32_t status = data_folder(call, given, "dbbench", file, &folder);
    if (!status)
        status = read_file(call, set, folder, file);
    for (int i = 0; i < DATA_SPLIT_COUNT && !status; i++)
        status = read_split(call, set, folder, &set->splits[i]);
    return status;
}

static int32_t load_own(grasp_call *call, struct dataset *set)
{
    static const char file[] = "dbbench.jsonl";
    const grasp_json_value *list = NULL;
    int32_t status = data_parse(call, data_own_file(file), file, 1, &list);
    if (status || (status = read_entries(call, set, list, file, true)))
        return status;
    for (int i = 0; i < DATA_SPLIT_COUNT; i++) {
        struct db_split *split = &set->splits[i];
        split->samples = pool_array(&set->pool, set->count + 1, sizeof(*split->samples));
        for (size_t k = 0; k < set->count; k++)
            if (grasp_equal(set->entries[k].split, split->name))
                add_sample(set, split, &set->entries[k], set->entries[k].description,
                           set->entries[k].type);
    }
    return GRASP_OK;
}

int32_t dataset_load(grasp_call *call, struct dataset *out, grasp_str folder)
{
    *out = (struct dataset){0};
    for (int i = 0; i < DATA_SPLIT_COUNT; i++)
        out->splits[i].name = data_split_names[i];
    return folder.len ? load_folder(call, out, folder) : load_own(call, out);
}
