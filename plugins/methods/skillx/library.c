/* SPDX-License-Identifier: MIT */
#include "common/overlap.h"
#include "common/slice.h"
#include "common/tokens.h"
#include "skillx.h"

grasp_str name_key(struct pool *pool, grasp_str name)
{
    struct text lower CLEANUP_TEXT = {0};
    text_lower(&lower, slice_trim(name));
    return pool_dup(pool, text_view(&lower));
}

void records_add(struct pool *pool, struct records *list, const struct record *record)
{
    POOL_RESERVE(pool, list->items, list->count, list->capacity);
    list->items[list->count++] = *record;
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
        .created = pool_dup(pool, member_text(json, metadata, "created_at")),
        .modified = pool_dup(pool, member_text(json, metadata, "modified_at")),
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
    *out = (struct library){.created = pool_dup(pool, member_text(json, root, "created_at"))};
    if (json->kind(root) == GRASP_JSON_OBJECT &&
        read_list(call, pool, member_of(json, skills, "functional"), &out->functional) &&
        read_list(call, pool, member_of(json, skills, "atomic"), &out->atomic))
        return true;
    if (!out_why->len)
        *out_why = SLICE("a library has skills with \"name\", \"document\" and \"content\"");
    *out = (struct library){0};
    return false;
}

void record_json(struct text *out, const struct record *record, bool whole)
{
    text_put(out, "{\"name\": ");
    text_json(out, record->name);
    text_put(out, ", \"document\": ");
    text_json(out, record->document);
    text_put(out, ", \"content\": ");
    text_json(out, record->content);
    text_put(out, ", \"tools\": ");
    text_str(out, record->tools);
    if (whole) {
        text_format(out,
                    ", \"metadata\": {\"skill_type\": \"%s\", \"source_tasks\": [], "
                    "\"source_tool\": null, \"cluster_id\": null, \"extraction_epoch\": %lld, "
                    "\"created_at\": ",
                    record->atomic ? "atomic" : "functional", (long long)record->epoch);
        text_json(out, record->created);
        text_put(out, ", \"modified_at\": ");
        text_json(out, record->modified);
        text_char(out, '}');
    }
    text_char(out, '}');
}

static void put_list(struct text *out, const struct records *list)
{
    text_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        text_put(out, i ? ", " : "");
        record_json(out, &list->items[i], true);
    }
    text_char(out, ']');
}

grasp_str library_file(grasp_call *call, const struct library *library)
{
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "{\"version\": \"1.0\", \"benchmark\": \"appworld\", \"created_at\": ");
    text_json(&out, library->created);
    text_put(&out, ", \"skills\": {\"planning\": {}, \"functional\": ");
    put_list(&out, &library->functional);
    text_put(&out, ", \"atomic\": ");
    put_list(&out, &library->atomic);
    text_put(&out, "}, \"embeddings\": {\"model\": \"Qwen3-Embedding-8B\", \"index_type\": "
                   "\"FAISS-HNSW\"}}");
    return pretty_json(call, text_view(&out));
}

static struct record *find(struct pool *pool, const struct records *list, grasp_str name, bool fold)
{
    for (size_t i = 0; i < list->count; i++) {
        if (slice_eq(list->items[i].name, name) ||
            (fold && slice_eq(name_key(pool, list->items[i].name), name_key(pool, name))))
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
    for (size_t i = 0; i < list->count; i++) {
        const struct record *record = &list->items[i];
        struct bag words =
            bag_make(pool, pool_format(pool, "%.*s %.*s", (int)record->name.len, record->name.ptr,
                                       (int)record->document.len, record->document.ptr));
        scores[i] = bag_jaccard(&wanted, &words);
    }
    rank_by_score(scores, list->count, *out);
    if (count == 0 || scores[(*out)[0]] <= 0)
        return 0;
    if (most < 0) /* as a Python slice counts */
        most = count + most > 0 ? count + most : 0;
    return (size_t)(most < count ? most : count);
}
