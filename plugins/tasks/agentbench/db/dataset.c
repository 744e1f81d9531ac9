/* SPDX-License-Identifier: MIT */
#include "dataset.h"

#include <grasp/helpers.h>

#include "../agentbench.h"
#include "../data.h"
#include "common/slice.h"

static const char *const split_names[DB_SPLIT_COUNT] = {"dev", "val", "test"};

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

/* own: ids are in the entries; else they are positions. */
static int32_t read_entries(grasp_call *call, struct dataset *set, const grasp_json_value *list,
                            const char *name, bool own)
{
    const grasp_json *json = grasp_json_of(call);
    set->count = json->count(list);
    set->entries = pool_array(&set->pool, set->count + 1, sizeof(*set->entries));
    for (size_t i = 0; i < set->count; i++) {
        const grasp_json_value *object = json->at(list, i);
        struct entry *entry = &set->entries[i];
        int32_t status = db_entry_read(call, &set->pool, object,
                                       grasp_format(call, "%s: entry %zu", name, i).ptr, entry);
        if (status)
            return status;
        entry->id = own ? pool_dup(&set->pool, json->as_string(json->get(object, SLICE("id"))))
                        : pool_format(&set->pool, "%zu", i);
    }
    return GRASP_OK;
}

/* description and type: the split's own, which may differ from the entry's. */
static void add_sample(struct dataset *set, struct db_split *split, const struct entry *entry,
                       grasp_str description, grasp_str type)
{
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "{\"id\": ");
    text_json(&out, entry->id);
    text_put(&out, ", \"type\": ");
    text_json(&out, type);
    text_put(&out, ", \"description\": ");
    text_json(&out, description);
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

static int32_t load_folder(grasp_call *call, struct dataset *set, grasp_str given)
{
    static const char file[] = "standard_with_test.jsonl";
    const grasp_json_value *list = NULL;
    grasp_str folder = SLICE("");
    int32_t status = data_folder(call, given, "dbbench", file, &folder);
    if (status || (status = data_list(call, folder, file, &list)) ||
        (status = read_entries(call, set, list, file, false)))
        return status;
    for (int i = 0; i < DB_SPLIT_COUNT && !status; i++)
        status = read_split(call, set, folder, &set->splits[i]);
    return status;
}

static int32_t load_own(grasp_call *call, struct dataset *set)
{
    static const char file[] = "dbbench.jsonl";
    const struct embedded_file *built_in = agentbench_prompts;
    const grasp_json_value *list = NULL;
    while (built_in->name && strcmp(built_in->name, file) != 0)
        built_in++;
    int32_t status = data_parse(call, (grasp_str){built_in->text, built_in->len}, file, 1, &list);
    if (status || (status = read_entries(call, set, list, file, true)))
        return status;
    for (int i = 0; i < DB_SPLIT_COUNT; i++) {
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
    for (int i = 0; i < DB_SPLIT_COUNT; i++)
        out->splits[i].name = split_names[i];
    return folder.len ? load_folder(call, out, folder) : load_own(call, out);
}
