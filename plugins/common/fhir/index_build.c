/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "common/pool.h"
#include "common/slice.h"
#include "json_scan.h"
#include "store.h"
#include "unpack.h"
#include "value.h"

#define ROWS_MAX 0x7fffffffu
#define SHOWN 80 /* bytes of bad input in an error */

struct term {
    uint64_t hash;
    uint32_t count, last_row;
};

struct posting {
    uint32_t term, row;
};

struct builder {
    struct fhir_store *store;
    struct fhir_error *error;
    struct row *rows;
    struct term *terms;
    uint32_t *term_table; /* term + 1, by hash */
    struct posting *postings;
    uint64_t *ids;
    struct name *names;
    size_t row_count, row_capacity, term_count, term_capacity, table_size, posting_count,
        posting_capacity, id_size, name_count, name_capacity;
    struct pool pool; /* emptied after each resource */
    uint32_t source;
    grasp_str resource, patient; /* at hand */
};

static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 256;
    items = realloc(items, *capacity * size);
    if (!items)
        abort();
    return items;
}

static void *cleared(size_t count, size_t size)
{
    void *items = calloc(count ? count : 1, size);
    if (!items)
        abort();
    return items;
}

#define GROW(items, count, capacity)                                                               \
    ((items) = grow((items), (count), &(capacity), sizeof(*(items))))

static uint64_t line_of(const struct source *source, uint64_t offset)
{
    uint64_t line = 1;
    const char *p = source->text, *end = source->text + offset;
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        line++;
        p++;
    }
    return line;
}

static int fail_at(struct builder *b, const char *at, const char *why, grasp_str shown)
{
    const struct source *source = &b->store->sources[b->source];
    return store_fail(b->error, "%s:%llu: %s%.*s", source->name,
                      (unsigned long long)line_of(source, (uint64_t)(at - source->text)), why,
                      (int)(shown.len < SHOWN ? shown.len : SHOWN), shown.len ? shown.ptr : "");
}

static void rebuild_terms(struct builder *b)
{
    free(b->term_table);
    b->table_size = b->table_size ? b->table_size * 2 : 1024;
    b->term_table = cleared(b->table_size, sizeof(*b->term_table));
    for (size_t t = 0; t < b->term_count; t++) {
        size_t at = b->terms[t].hash & (b->table_size - 1);
        while (b->term_table[at])
            at = (at + 1) & (b->table_size - 1);
        b->term_table[at] = (uint32_t)t + 1;
    }
}

static uint32_t term_of(struct builder *b, uint64_t hash)
{
    if (b->term_count * 2 >= b->table_size)
        rebuild_terms(b);
    size_t at = hash & (b->table_size - 1);
    while (b->term_table[at]) {
        uint32_t term = b->term_table[at] - 1;
        if (b->terms[term].hash == hash)
            return term;
        at = (at + 1) & (b->table_size - 1);
    }
    GROW(b->terms, b->term_count, b->term_capacity);
    b->terms[b->term_count] = (struct term){hash, 0, UINT32_MAX};
    b->term_table[at] = (uint32_t)++b->term_count;
    return (uint32_t)b->term_count - 1;
}

static void add_term(struct builder *b, uint64_t hash)
{
    uint32_t term = term_of(b, hash), row = (uint32_t)b->row_count;
    if (b->terms[term].last_row == row)
        return;
    b->terms[term].last_row = row;
    b->terms[term].count++;
    GROW(b->postings, b->posting_count, b->posting_capacity);
    b->postings[b->posting_count++] = (struct posting){term, row};
}

static uint64_t id_hash(uint32_t type, grasp_str id)
{
    return index_hash(id, type + 1000u);
}

/* From the upper half of the hash, which the table keeps: so it grows without reading any ids. */
static size_t id_place(const struct builder *b, uint64_t entry)
{
    return (entry >> 32) & (b->id_size - 1);
}

static void rebuild_ids(struct builder *b)
{
    uint64_t *old = b->ids;
    size_t old_size = b->id_size;
    b->id_size = old_size ? old_size * 2 : 1024;
    b->ids = cleared(b->id_size, sizeof(*b->ids));
    for (size_t i = 0; old && i < old_size; i++) {
        if (!old[i])
            continue;
        size_t at = id_place(b, old[i]);
        while (b->ids[at])
            at = (at + 1) & (b->id_size - 1);
        b->ids[at] = old[i];
    }
    free(old);
}

static int fail_twice(struct builder *b, const struct row *other, const char *at, grasp_str id)
{
    const struct source *first = &b->store->sources[other->source];
    const struct source *here = &b->store->sources[b->source];
    uint32_t count;
    grasp_str type = r4_types(&count)[other->type].name;
    return store_fail(b->error, "%s:%llu: a second %.*s/%.*s; the first is in %s:%llu", here->name,
                      (unsigned long long)line_of(here, (uint64_t)(at - here->text)), (int)type.len,
                      type.ptr, (int)id.len, id.ptr, first->name,
                      (unsigned long long)line_of(first, other->offset));
}

static int add_id(struct builder *b, const struct row *row, grasp_str id)
{
    if (b->row_count * 2 >= b->id_size)
        rebuild_ids(b);
    uint64_t hash = id_hash(row->type, id), tag = hash & 0xffffffff00000000u;
    size_t at = id_place(b, tag);
    for (; b->ids[at]; at = (at + 1) & (b->id_size - 1)) {
        const struct row *other = &b->rows[(uint32_t)b->ids[at] - 1];
        if ((b->ids[at] & 0xffffffff00000000u) != tag || other->type != row->type ||
            other->id_len != id.len)
            continue;
        if (slice_eq(store_row_id(b->store, other), id))
            return fail_twice(b, other, id.ptr, id);
    }
    b->ids[at] = tag | (b->row_count + 1);
    return 0;
}

static bool index_code(void *arg, const struct value_token *token)
{
    struct builder *b = arg;
    uint32_t type = b->rows[b->row_count].type;
    if (!token->has_code)
        return false;
    if (b->patient.len)
        add_term(b, index_term(TERM_PATIENT_CODE, type, b->patient, token->code));
    else
        add_term(b, index_term(TERM_CODE, type, token->code, (grasp_str){"", 0}));
    return false;
}

static bool index_identifier(void *arg, const struct value_token *token)
{
    struct builder *b = arg;
    uint32_t type = b->rows[b->row_count].type;
    if (token->has_code)
        add_term(b, index_term(TERM_IDENTIFIER, type, token->code, (grasp_str){"", 0}));
    return false;
}

static bool index_patient(void *arg, const struct value_reference *reference)
{
    struct builder *b = arg;
    const struct row *row = &b->rows[b->row_count];
    uint32_t count;
    const struct r4_type *type = &r4_types(&count)[row->type];
    if (!reference->id.len || (reference->type.len && !slice_eq(reference->type, SLICE("Patient"))))
        return false;
    add_term(b, index_term(TERM_PATIENT, row->type, reference->id, (grasp_str){"", 0}));
    b->patient = reference->id;
    if (type->code)
        value_tokens(type->code, b->resource, &b->pool, index_code, b);
    b->patient.len = 0;
    return false;
}

static bool index_name(void *arg, grasp_str text)
{
    struct builder *b = arg;
    GROW(b->names, b->name_count, b->name_capacity);
    b->names[b->name_count++] = (struct name){
        .start = index_name_start(value_fold(text, &b->pool)),
        .row = (uint32_t)b->row_count,
        .type = b->rows[b->row_count].type,
    };
    return false;
}

static bool index_date(void *arg, struct instant_range range)
{
    struct row *row = arg;
    bool open = range.low == INSTANT_OPEN_LOW || range.high == INSTANT_OPEN_HIGH;
    if (row->low != INSTANT_NONE || open || range.high < range.low ||
        range.high - range.low > UINT32_MAX) {
        row->flags |= ROW_DATES;
        return false;
    }
    row->low = range.low;
    row->span = (uint32_t)(range.high - range.low);
    return false;
}

static bool has_member(grasp_str object, grasp_str key)
{
    return scan_is_string(scan_get(object, key));
}

static void index_values(struct builder *b, const struct r4_type *type, grasp_str resource)
{
    struct row *row = &b->rows[b->row_count];
    const struct r4_param *identifier = r4_param_find(type, SLICE("identifier"));
    b->resource = resource;
    add_term(b, index_term(TERM_TYPE, row->type, (grasp_str){"", 0}, (grasp_str){"", 0}));
    if (type->patient)
        value_references(type->patient, resource, &b->pool, index_patient, b);
    if (type->code)
        value_tokens(type->code, resource, &b->pool, index_code, b);
    if (identifier && identifier->kind == R4_TOKEN)
        value_tokens(identifier, resource, &b->pool, index_identifier, b);
    if (type->names)
        value_strings(type->names, resource, &b->pool, index_name, b);
    if (type->date)
        value_dates(type->date, resource, index_date, row);
}

static bool is_id(grasp_str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i], lower = (char)(c | 0x20);
        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.' &&
            c != '_')
            return false;
    }
    return id.len > 0 && id.len <= 64;
}

static int add_resource(struct builder *b, grasp_str resource)
{
    const struct source *source = &b->store->sources[b->source];
    grasp_str none = {"", 0}, type_name = scan_get(resource, SLICE("resourceType"));
    grasp_str id = scan_get(resource, SLICE("id")), meta = scan_get(resource, SLICE("meta"));
    if (*resource.ptr != '{')
        return fail_at(b, resource.ptr, "a resource is a JSON object; this is ", resource);
    if (!scan_is_string(type_name) || type_name.len == 2)
        return fail_at(b, resource.ptr, "a resource without resourceType", none);
    const struct r4_type *type = r4_type_find(slice_cut(type_name, 1, type_name.len - 1));
    if (!type)
        return fail_at(b, resource.ptr, "FHIR R4 has no resource type ", type_name);
    if (!scan_is_string(id))
        return fail_at(b, resource.ptr, "a resource without id; give it one, as \"id\": \"1\"",
                       none);
    id = slice_cut(id, 1, id.len - 1);
    if (!is_id(id))
        return fail_at(b, resource.ptr, "an id is 1 to 64 letters, digits, '-' and '.'; this is ",
                       id);
    if (b->row_count == ROWS_MAX || resource.len > UINT32_MAX)
        return fail_at(b, resource.ptr, "more than a store holds", none);
    GROW(b->rows, b->row_count, b->row_capacity);
    struct row *row = &b->rows[b->row_count];
    *row = (struct row){
        .offset = (uint64_t)(resource.ptr - source->text),
        .low = INSTANT_NONE,
        .len = (uint32_t)resource.len,
        .id_at =
            id.ptr - resource.ptr < ROW_ID_FAR ? (uint16_t)(id.ptr - resource.ptr) : ROW_ID_FAR,
        .source = (uint16_t)b->source,
        .id_len = (uint8_t)id.len,
        .type = (uint8_t)r4_type_index(type),
        .flags = has_member(meta, SLICE("versionId")) && has_member(meta, SLICE("lastUpdated"))
                     ? ROW_META
                     : 0,
    };
    if (add_id(b, row, id))
        return -1;
    index_values(b, type, resource);
    store_touch(b->store, row);
    b->row_count++;
    if (b->row_count % 256 == 0 || b->pool.left < 1024)
        pool_free(&b->pool);
    return 0;
}

/* A resource, a Bundle, or an array of resources, in text that was checked. */
static int add_value(struct builder *b, grasp_str value)
{
    grasp_str item;
    if (*value.ptr == '[') {
        while (scan_item_next(&value, &item))
            if (add_resource(b, item))
                return -1;
        return 0;
    }
    if (!slice_eq(scan_get(value, SLICE("resourceType")), SLICE("\"Bundle\"")))
        return add_resource(b, value);
    grasp_str entries = scan_get(value, SLICE("entry"));
    while (scan_item_next(&entries, &item)) {
        grasp_str resource = scan_get(item, SLICE("resource"));
        if (!resource.len)
            return fail_at(b, item.ptr, "an entry of the Bundle has no resource",
                           (grasp_str){"", 0});
        if (add_resource(b, resource))
            return -1;
    }
    return 0;
}

static int fail_json(struct builder *b, grasp_str text, size_t at, const char *why)
{
    size_t column = 1;
    for (size_t i = at; i > 0 && text.ptr[i - 1] != '\n'; i--)
        column++;
    CLEANUP_POOL struct pool pool = {0};
    grasp_str said = pool_format(&pool, " (column %zu)", column);
    const char *end = text.ptr + (at < text.len ? at : text.len ? text.len - 1 : 0);
    return fail_at(b, end, pool_format(&pool, "not JSON: %s%s", why, said.ptr).ptr,
                   (grasp_str){"", 0});
}

static int add_lines(struct builder *b, grasp_str text)
{
    grasp_str line;
    const char *why;
    size_t at;
    while (slice_line(&text, &line)) {
        line = scan_strip(line);
        if (!line.len)
            continue;
        if (!scan_check(line, &why, &at))
            return fail_json(b, line, at, why);
        if (add_value(b, line))
            return -1;
    }
    return 0;
}

static int add_document(struct builder *b, grasp_str text)
{
    const char *why;
    size_t at;
    if (!scan_check(text, &why, &at))
        return fail_json(b, text, at, why);
    return add_value(b, scan_strip(text));
}

/* Text without a telling name is a document if it is one value, or if a fault comes only after
 * its first line, which is no value by itself. */
static bool is_document(grasp_str text)
{
    const char *why;
    size_t len, at;
    grasp_str line = text;
    if (scan_check_prefix(text, &len, &why, &at))
        return scan_strip(slice_from(text, len)).len == 0;
    const char *end = memchr(text.ptr, '\n', text.len);
    line.len = end ? (size_t)(end - text.ptr) : text.len;
    return at > line.len && !scan_check(line, &why, &at);
}

static int add_source(struct builder *b)
{
    const struct source *source = &b->store->sources[b->source];
    grasp_str text = {source->text, source->len};
    if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
        text = slice_from(text, 3);
    if (!scan_strip(text).len)
        return 0;
    grasp_str name = {source->name, unpack_name_len(source->name)};
    if (slice_ends(name, ".ndjson") || slice_ends(name, ".jsonl"))
        return add_lines(b, text);
    if (slice_ends(name, ".json") || is_document(text))
        return add_document(b, text);
    return add_lines(b, text);
}

static int by_name(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static size_t table_size(size_t count)
{
    size_t size = 16;
    while (size * 3 < count * 4)
        size *= 2;
    return size;
}

/* Gives each term its place, and fills the places in order of rows. */
static void place_terms(struct builder *b, struct slot *slots, size_t slot_count,
                        uint32_t *postings)
{
    uint32_t start = 0;
    for (size_t t = 0; t < b->term_count; t++) {
        struct term *term = &b->terms[t];
        size_t at = term->hash & (slot_count - 1);
        while (slots[at].hash)
            at = (at + 1) & (slot_count - 1);
        slots[at] = (struct slot){term->hash, start, term->count};
        term->last_row = start; /* from here on: where its next row goes */
        start += term->count;
    }
    for (size_t i = 0; i < b->posting_count; i++)
        postings[b->terms[b->postings[i].term].last_row++] = b->postings[i].row;
}

static void place_ids(const struct builder *b, uint32_t *ids, uint64_t count)
{
    for (size_t row = 0; row < b->row_count; row++) {
        const struct row *r = &b->rows[row];
        uint64_t at = index_id_place(r->type, store_row_id(b->store, r), count);
        store_touch(b->store, r);
        while (ids[at])
            at = at + 1 == count ? 0 : at + 1;
        ids[at] = (uint32_t)row + 1;
    }
}

static void finish(struct builder *b)
{
    size_t slot_count = table_size(b->term_count), id_count = b->row_count / 2 * 3 + 16;
    size_t rows = b->row_count * sizeof(*b->rows), slots = slot_count * sizeof(struct slot);
    size_t names = b->name_count * sizeof(*b->names), ids = id_count * sizeof(uint32_t);
    char *memory = cleared(1, rows + slots + names + ids + b->posting_count * sizeof(uint32_t));
    struct slot *slot_at = (struct slot *)(memory + rows);
    uint32_t *id_at = (uint32_t *)(memory + rows + slots + names);
    uint32_t *postings = (uint32_t *)(memory + rows + slots + names + ids);
    if (rows)
        memcpy(memory, b->rows, rows);
    if (names) {
        qsort(b->names, b->name_count, sizeof(*b->names), by_name);
        memcpy(memory + rows + slots, b->names, names);
    }
    place_ids(b, id_at, id_count);
    place_terms(b, slot_at, slot_count, postings);
    b->store->index = (struct index){
        .rows = (const struct row *)memory,
        .slots = slot_at,
        .names = (const struct name *)(memory + rows + slots),
        .ids = id_at,
        .postings = postings,
        .row_count = b->row_count,
        .slot_count = slot_count,
        .id_count = id_count,
        .name_count = b->name_count,
        .posting_count = b->posting_count,
        .memory = memory,
    };
}

int index_build(struct fhir_store *store, struct fhir_error *error)
{
    struct builder b = {.store = store, .error = error};
    int result = 0;
    for (; b.source < store->source_count && result == 0; b.source++) {
        result = add_source(&b);
        pool_free(&b.pool);
    }
    if (result == 0)
        finish(&b);
    free(b.rows);
    free(b.terms);
    free(b.term_table);
    free(b.postings);
    free(b.ids);
    free(b.names);
    return result;
}
