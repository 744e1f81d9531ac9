/* SPDX-License-Identifier: MIT */
#include "common/put.h"
#include "common/slice.h"
#include "common/tokens.h"
#include "skillx.h"

void records_add(struct pool *pool, struct records *list, const struct record *record)
{
    POOL_RESERVE(pool, list->items, list->count, list->capacity);
    struct record *added = &list->items[list->count++];
    *added = *record;
    added->words =
        bag_make(pool, pool_format(pool, "%.*s %.*s", (int)record->name.len, record->name.ptr,
                                   (int)record->document.len, record->document.ptr));
}

static grasp_str tools_text(grasp_call *call, struct pool *pool, const grasp_json_value *tools)
{
    const grasp_json *json = grasp_json_of(call);
    return json->kind(tools) == GRASP_JSON_ARRAY ? pool_dup(pool, json->print(call, tools, 0))
                                                 : SLICE("[]");
}

bool record_read(grasp_call *call, struct pool *pool, const grasp_json_value *value,
                 struct record *out)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *metadata = member_of(json, value, "metadata");
    *out = (struct record){
        .name = pool_dup(pool, value_text(call, member_of(json, value, "name"))),
        .document = pool_dup(pool, value_text(call, member_of(json, value, "document"))),
        .content = pool_dup(pool, value_text(call, member_of(json, value, "content"))),
        .tools = tools_text(call, pool, member_of(json, value, "tools")),
        .atomic = grasp_equal(member_text(json, metadata, "skill_type"), "atomic"),
        .skips_filter = grasp_equal(member_text(json, value, "skill_type"), "atomic"),
        .epoch = json->as_int(member_of(json, metadata, "extraction_epoch"), 0),
        .created = member_copy(json, pool, metadata, "created_at"),
        .modified = member_copy(json, pool, metadata, "modified_at"),
    };
    return json->kind(value) == GRASP_JSON_OBJECT && out->name.len > 0;
}

static bool read_list(grasp_call *call, struct pool *pool, const grasp_json_value *list,
                      struct records *out)
{
    const grasp_json *json = grasp_json_of(call);
    for (uint64_t i = 0; i < json->count(list); i++) {
        struct record record;
        const grasp_json_value *item = json->at(list, i);
        bool whole = json->kind(member_of(json, item, "document")) == GRASP_JSON_STRING &&
                     json->kind(member_of(json, item, "content")) == GRASP_JSON_STRING;
        if (!record_read(call, pool, item, &record) || !whole)
            return false;
        records_add(pool, out, &record);
    }
    return true;
}

bool library_read(grasp_call *call, struct pool *pool, grasp_str text, struct library *out,
                  grasp_str *out_why)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *root = json->parse(call, text, out_why);
    const grasp_json_value *skills = member_of(json, root, "skills");
    *out = (struct library){.created = member_copy(json, pool, root, "created_at")};
    if (json->kind(root) == GRASP_JSON_OBJECT &&
        read_list(call, pool, member_of(json, skills, "functional"), &out->functional) &&
        read_list(call, pool, member_of(json, skills, "atomic"), &out->atomic))
        return true;
    if (!out_why->len)
        *out_why = SLICE("a library has skills with \"name\", \"document\" and \"content\"");
    *out = (struct library){0};
    return false;
}

void put_record(struct text *out, const struct record *record, bool whole)
{
    put_open(out, NULL, '{');
    put_string(out, "name", record->name);
    put_string(out, "document", record->document);
    put_string(out, "content", record->content);
    put_json(out, "tools", record->tools);
    if (whole) {
        put_open(out, "metadata", '{');
        put_string(out, "skill_type", record->atomic ? SLICE("atomic") : SLICE("functional"));
        put_json(out, "source_tasks", SLICE("[]"));
        put_json(out, "source_tool", SLICE("null"));
        put_json(out, "cluster_id", SLICE("null"));
        put_int(out, "extraction_epoch", record->epoch);
        put_string(out, "created_at", record->created);
        put_string(out, "modified_at", record->modified);
        put_close(out, '}');
    }
    put_close(out, '}');
}

void put_records(struct text *out, const char *key, const struct records *list)
{
    put_open(out, key, '[');
    for (size_t i = 0; i < list->count; i++)
        put_record(out, &list->items[i], true);
    put_close(out, ']');
}

grasp_str library_file(grasp_call *call, const struct library *library)
{
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "{\"version\": \"1.0\", \"benchmark\": \"appworld\"");
    put_string(&out, "created_at", library->created);
    put_open(&out, "skills", '{');
    put_json(&out, "planning", SLICE("{}"));
    put_records(&out, "functional", &library->functional);
    put_records(&out, "atomic", &library->atomic);
    text_put(&out, "}, \"embeddings\": {\"model\": \"Qwen3-Embedding-8B\", \"index_type\": "
                   "\"FAISS-HNSW\"}}");
    return pretty_json(call, text_view(&out));
}

static struct record *find(struct pool *pool, const struct records *list, grasp_str name, bool fold)
{
    for (size_t i = 0; i < list->count; i++) {
        if (slice_eq(list->items[i].name, name) ||
            (fold && slice_eq(text_folded(pool, list->items[i].name), text_folded(pool, name))))
            return &list->items[i];
    }
    return NULL;
}

/* Is it among the tools of a functional skill, old or new? */
static bool is_covered(const struct records *list, grasp_str name)
{
    struct text quoted CLEANUP_TEXT = {0};
    size_t at;
    text_json(&quoted, name);
    for (size_t i = 0; i < list->count; i++) {
        if (slice_find(list->items[i].tools, text_view(&quoted), 0, &at))
            return true;
    }
    return false;
}

static void drop_oldest(struct records *list, size_t most)
{
    while (list->count > most) {
        size_t oldest = 0;
        for (size_t i = 1; i < list->count; i++) {
            if (list->items[i].epoch < list->items[oldest].epoch)
                oldest = i;
        }
        for (size_t i = oldest + 1; i < list->count; i++)
            list->items[i - 1] = list->items[i];
        list->count--;
    }
}

void library_merge(struct pool *pool, struct library *library, const struct records *records,
                   int64_t epoch, grasp_str clock, const struct skillx_options *options)
{
    if (!library->created.len)
        library->created = clock;
    for (int atomic = 0; atomic < 2; atomic++) {
        struct records *list = atomic ? &library->atomic : &library->functional;
        for (size_t i = 0; i < records->count; i++) {
            struct record record = records->items[i];
            if (record.atomic != (atomic == 1) ||
                (atomic && is_covered(&library->functional, record.name)))
                continue;
            struct record *known = find(pool, list, record.name, options->fold_names);
            record.epoch = epoch;
            record.created = record.modified = clock;
            if (known)
                *known = record;
            else
                records_add(pool, list, &record);
        }
        if (options->limit_library)
            drop_oldest(list, (size_t)options->max_skills);
    }
}

size_t library_find(struct pool *pool, const struct library *library, grasp_str query, int64_t most,
                    size_t **out)
{
    const struct records *list = &library->functional;
    double *scores = pool_array(pool, list->count, sizeof(*scores));
    struct bag wanted = bag_make(pool, query);
    int64_t count = (int64_t)list->count;
    *out = pool_array(pool, list->count, sizeof(**out));
    for (size_t i = 0; i < list->count; i++)
        scores[i] = bag_jaccard(&wanted, &list->items[i].words);
    rank_by_score(scores, list->count, *out);
    if (count == 0 || scores[(*out)[0]] <= 0)
        return 0;
    if (most < 0) /* as a Python slice counts */
        most = count + most > 0 ? count + most : 0;
    return (size_t)(most < count ? most : count);
}
