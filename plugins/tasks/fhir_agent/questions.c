/* SPDX-License-Identifier: MIT */
#include "questions.h"

#include "common/slice.h"
#include "common/text.h"
#include "csv.h"
#include "pyliteral.h"

enum column {
    COLUMN_SPLIT,
    COLUMN_ID,
    COLUMN_QUESTION,
    COLUMN_TRUTH,
    COLUMN_ASSUMPTION,
    COLUMN_PATIENT,
    COLUMN_RESOURCES,
    REQUIRED_COUNT,
    COLUMN_TEMPLATE = REQUIRED_COUNT,
    COLUMN_TABLE,
    COLUMN_MAPPABLE,
    COLUMN_COUNT,
};

static const char *const names[COLUMN_COUNT] = {
    "split",           "question_id",   "question", "true_answer",     "assumption",
    "patient_fhir_id", "true_fhir_ids", "template", "main_table_name", "mappable_to_fhir"};

struct reading {
    grasp_call *call;
    struct pool *pool; /* of the instance */
    const char *file;
    size_t places[COLUMN_COUNT], width;
    struct split *splits;
};

static int32_t find_columns(struct reading *r, const struct strings *header)
{
    struct text missing CLEANUP_TEXT = {0};
    r->width = header->count;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        r->places[i] = strings_find(header, grasp_cstr(names[i]));
        if (i < REQUIRED_COUNT && r->places[i] == header->count)
            text_format(&missing, "%s%s", missing.len ? ", " : "", names[i]);
    }
    if (!missing.len)
        return GRASP_OK;
    return grasp_fail(r->call, GRASP_E_INVALID,
                      "%s:1: the header lacks %.*s; it is to be the benchmark's "
                      "questions_answers_sql_fhir.csv",
                      r->file, (int)missing.len, missing.ptr);
}

static grasp_str field(const struct reading *r, const struct strings *record, enum column column)
{
    size_t place = r->places[column];
    return place < record->count ? record->items[place] : SLICE("");
}

static void put_member(struct text *out, const char *name, grasp_str value)
{
    text_format(out, "%s\"%s\": ", out->len > 1 ? ", " : "", name);
    text_json(out, value);
}

static int32_t put_sample(struct reading *r, const struct strings *record, size_t line,
                          struct text *out)
{
    static const struct {
        const char *name;
        enum column column;
    } members[] = {{"id", COLUMN_ID},           {"description", COLUMN_QUESTION},
                   {"answer", COLUMN_TRUTH},    {"assumption", COLUMN_ASSUMPTION},
                   {"patient", COLUMN_PATIENT}, {"template", COLUMN_TEMPLATE},
                   {"table", COLUMN_TABLE}};
    grasp_str template = field(r, record, COLUMN_TEMPLATE);
    grasp_str resources = slice_trim(field(r, record, COLUMN_RESOURCES));
    text_char(out, '{');
    for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
        put_member(out, members[i].name, field(r, record, members[i].column));
    put_member(out, "type", template.len ? template : field(r, record, COLUMN_TABLE));
    text_put(out, ", \"resources\": ");
    if (!resources.len || grasp_equal(resources, "nan"))
        text_put(out, "{}");
    else if (*resources.ptr != '{' || !pyliteral_to_json(out, resources))
        return grasp_fail(r->call, GRASP_E_INVALID,
                          "%s:%zu: true_fhir_ids is no dictionary as Python writes it", r->file,
                          line);
    text_char(out, '}');
    return out->failed ? grasp_fail(r->call, GRASP_E_NOMEM, "no memory for a question") : GRASP_OK;
}

static struct split *split_of(const struct reading *r, const struct strings *record)
{
    grasp_str value = field(r, record, COLUMN_SPLIT);
    for (size_t i = 0; i < SPLIT_COUNT; i++)
        if (strings_have(&r->splits[i].values, value))
            return &r->splits[i];
    return NULL;
}

static bool is_known(const struct reading *r, grasp_str id)
{
    for (size_t i = 0; i < SPLIT_COUNT; i++)
        for (size_t k = 0; k < r->splits[i].count; k++)
            if (slice_eq(r->splits[i].questions[k].id, id))
                return true;
    return false;
}

static int32_t check_record(const struct reading *r, const struct strings *record, size_t line)
{
    static const enum column needed[] = {COLUMN_ID, COLUMN_QUESTION, COLUMN_PATIENT};
    if (record->count != r->width)
        return grasp_fail(r->call, GRASP_E_INVALID, "%s:%zu: %zu fields where the header has %zu",
                          r->file, line, record->count, r->width);
    for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
        if (!field(r, record, needed[i]).len)
            return grasp_fail(r->call, GRASP_E_INVALID, "%s:%zu: %s is empty", r->file, line,
                              names[needed[i]]);
    return GRASP_OK;
}

static int32_t take_record(struct reading *r, const struct strings *record, size_t line)
{
    struct text json CLEANUP_TEXT = {0};
    int32_t status = check_record(r, record, line);
    struct split *split = status ? NULL : split_of(r, record);
    grasp_str id = status ? SLICE("") : field(r, record, COLUMN_ID);
    bool full = split && split->limit && split->count >= (size_t)split->limit;
    if (!split || full || grasp_equal(field(r, record, COLUMN_MAPPABLE), "False"))
        return status;
    if (!slice_trim(field(r, record, COLUMN_TRUTH)).len)
        return grasp_fail(r->call, GRASP_E_INVALID,
                          "%s:%zu: true_answer is empty; an answer of no rows is []", r->file,
                          line);
    if (is_known(r, id))
        return grasp_fail(r->call, GRASP_E_INVALID, "%s:%zu: question_id %.*s is there twice",
                          r->file, line, (int)(id.len < 64 ? id.len : 64), id.ptr);
    if ((status = put_sample(r, record, line, &json)))
        return status;
    POOL_RESERVE(r->pool, split->questions, split->count, split->capacity);
    split->questions[split->count++] = (struct question){
        pool_dup(r->pool, id), pool_dup(r->pool, field(r, record, COLUMN_PATIENT)),
        pool_dup(r->pool, text_view(&json))};
    return GRASP_OK;
}

static int32_t check_splits(const struct reading *r)
{
    for (size_t i = 0; i < SPLIT_COUNT; i++) {
        const struct split *split = &r->splits[i];
        if (!split->count && split->values.count)
            return grasp_fail(
                r->call, GRASP_E_INVALID,
                "%s: no question for the split %s: none has '%.*s' in its column "
                "split (option %s)",
                r->file, split->name,
                (int)(split->values.items[0].len < 64 ? split->values.items[0].len : 64),
                split->values.items[0].ptr, split->option);
    }
    return GRASP_OK;
}

static int32_t check_bytes(const struct reading *r, grasp_str text)
{
    size_t line = 1;
    for (size_t i = 0; i < text.len; i++) {
        if (!text.ptr[i])
            return grasp_fail(r->call, GRASP_E_INVALID, "%s:%zu: a NUL byte; the file is damaged",
                              r->file, line);
        line += text.ptr[i] == '\n';
    }
    return GRASP_OK;
}

int32_t questions_read(grasp_call *call, struct pool *pool, grasp_str text, const char *file,
                       struct split splits[SPLIT_COUNT])
{
    struct reading r = {.call = call, .pool = pool, .file = file, .splits = splits};
    struct csv csv = csv_start(text);
    const char *fault;
    int32_t status = check_bytes(&r, text);
    if (status)
        return status;
    for (size_t row = 0;; row++) {
        struct pool scratch CLEANUP_POOL = {0};
        struct strings record;
        size_t line;
        if (!csv_record(&csv, &scratch, &record, &line, &fault))
            break;
        status = row ? take_record(&r, &record, line) : find_columns(&r, &record);
        if (status)
            return status;
    }
    if (fault)
        return grasp_fail(call, GRASP_E_INVALID, "%s:%zu: %s", file, csv.line, fault);
    if (!r.width)
        return grasp_fail(call, GRASP_E_INVALID, "%s: the file is empty", file);
    return check_splits(&r);
}
