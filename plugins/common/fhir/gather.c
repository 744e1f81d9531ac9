/* SPDX-License-Identifier: MIT */
#include "gather.h"

#include <stdlib.h>
#include <string.h>

#include "common/pool.h"
#include "common/slice.h"
#include "common/text.h"
#include "json_scan.h"
#include "store.h"
#include "value.h"

#define ANSWER_LIMIT ((size_t)1 << 30)

struct gathering {
    const struct fhir_store *store;
    struct pool pool;
    uint32_t *rows;
    size_t count, capacity;
    struct text out;
};

static grasp_str from_fhir(struct fhir_text text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

static void add_row(struct gathering *g, uint32_t row)
{
    if (row == UINT32_MAX)
        return;
    POOL_RESERVE(&g->pool, g->rows, g->count, g->capacity);
    g->rows[g->count++] = row;
}

static void add_found(struct gathering *g, enum term_kind kind, const struct r4_type *type,
                      grasp_str a)
{
    uint64_t term = index_term(kind, r4_type_index(type), a, SLICE(""));
    struct postings found = index_find(&g->store->index, term);
    for (uint32_t i = 0; i < found.count; i++)
        add_row(g, found.rows[i]);
}

/* What {"reference": "Type/id"} refers to, if it is of the type and there. */
static void add_referred(struct gathering *g, const struct r4_type *type, grasp_str reference)
{
    grasp_str text = scan_string(scan_get(reference, SLICE("reference")), &g->pool);
    struct value_reference to = value_reference_read(text);
    if (to.id.len && (!to.type.len || slice_eq(to.type, type->name)))
        add_row(g, store_find(g->store, r4_type_index(type), to.id));
}

static void add_ingredients(struct gathering *g, const struct r4_type *type, grasp_str medication)
{
    grasp_str item, rest = scan_get(medication, SLICE("ingredient"));
    while (scan_item_next(&rest, &item))
        add_referred(g, type, scan_get(item, SLICE("itemReference")));
}

static void add_encounter_places(struct gathering *g, const struct r4_type *type,
                                 grasp_str encounter)
{
    grasp_str item, rest = scan_get(encounter, SLICE("location"));
    while (scan_item_next(&rest, &item))
        add_referred(g, type, scan_get(item, SLICE("location")));
}

static int by_row(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void once_each(struct gathering *g)
{
    size_t kept = 0;
    if (g->count)
        qsort(g->rows, g->count, sizeof(*g->rows), by_row);
    for (size_t i = 0; i < g->count; i++)
        if (kept == 0 || g->rows[kept - 1] != g->rows[i])
            g->rows[kept++] = g->rows[i];
    g->count = kept;
}

/* Calls `add` for the text of each of the patient's resources of a type. */
static void each_of_patient(struct gathering *g, grasp_str type_name, grasp_str patient,
                            const struct r4_type *wanted,
                            void (*add)(struct gathering *, const struct r4_type *, grasp_str))
{
    const struct r4_type *type = r4_type_find(type_name);
    uint64_t term = index_term(TERM_PATIENT, r4_type_index(type), patient, SLICE(""));
    struct postings found = index_find(&g->store->index, term);
    for (uint32_t i = 0; i < found.count; i++) {
        add(g, wanted, store_text(g->store, found.rows[i]));
        store_touch(g->store, &g->store->index.rows[found.rows[i]]);
    }
}

static void add_medication_of(struct gathering *g, const struct r4_type *type, grasp_str resource)
{
    add_referred(g, type, scan_get(resource, SLICE("medicationReference")));
}

static void add_medications(struct gathering *g, const struct r4_type *type, grasp_str patient)
{
    static const char *const users[] = {"MedicationRequest", "MedicationAdministration",
                                        "MedicationDispense", "MedicationStatement"};
    for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++)
        each_of_patient(g, (grasp_str){users[i], strlen(users[i])}, patient, type,
                        add_medication_of);
    once_each(g);
    for (size_t i = 0, count = g->count; i < count; i++)
        add_ingredients(g, type, store_text(g->store, g->rows[i]));
    once_each(g);
}

static void add_places(struct gathering *g, const struct r4_type *type, grasp_str patient)
{
    each_of_patient(g, SLICE("Encounter"), patient, type, add_encounter_places);
    once_each(g);
}

static void put_members(struct text *out, const char *from, const char *to, bool *first)
{
    if (!from)
        return;
    if (!*first)
        text_char(out, ',');
    *first = false;
    text_add(out, from, (size_t)(to - from));
}

/* The resource without its `text` and `meta`: what lies between them is copied as it is. */
static void put_bare(struct text *out, grasp_str resource)
{
    grasp_str key, value;
    const char *from = NULL, *to = NULL;
    bool first = true;
    text_char(out, '{');
    while (scan_member_next(&resource, &key, &value)) {
        if (slice_eq(key, SLICE("text")) || slice_eq(key, SLICE("meta"))) {
            put_members(out, from, to, &first);
            from = NULL;
            continue;
        }
        if (!from)
            from = key.ptr - 1;
        to = value.ptr + value.len;
    }
    put_members(out, from, to, &first);
    text_char(out, '}');
}

static int32_t finish(struct gathering *g, int32_t status, struct fhir_answer *answer)
{
    if (g->out.failed) {
        text_reset(&g->out);
        g->out.failed = false;
        text_put(&g->out, "{\"error\":\"the answer would be larger than 1 GiB\"}");
        status = 413;
    }
    text_char(&g->out, 0);
    answer->status = status;
    answer->total = status == 200 ? (uint32_t)g->count : 0;
    answer->body = g->out.ptr;
    answer->len = g->out.len - 1;
    answer->capacity = g->out.capacity;
    answer->location[0] = 0;
    pool_free(&g->pool);
    return status;
}

static int32_t give(struct gathering *g, struct fhir_answer *answer)
{
    text_char(&g->out, '[');
    for (size_t i = 0; i < g->count; i++) {
        if (i)
            text_char(&g->out, ',');
        put_bare(&g->out, store_text(g->store, g->rows[i]));
        store_touch(g->store, &g->store->index.rows[g->rows[i]]);
    }
    text_char(&g->out, ']');
    return finish(g, 200, answer);
}

static int32_t refuse(struct gathering *g, int32_t status, grasp_str why,
                      struct fhir_answer *answer)
{
    text_put(&g->out, "{\"error\":");
    text_json(&g->out, why);
    text_char(&g->out, '}');
    return finish(g, status, answer);
}

static int32_t give_type(struct gathering *g, const struct r4_type *type, uint32_t most,
                         struct fhir_answer *answer)
{
    uint64_t term = index_term(TERM_TYPE, r4_type_index(type), SLICE(""), SLICE(""));
    uint32_t count = index_find(&g->store->index, term).count;
    if (!most)
        most = FHIR_GATHER_MOST;
    if (count > most)
        return refuse(
            g, 413,
            pool_format(&g->pool,
                        "there are %u resources of type %.*s, and at most %u are given at "
                        "once; ask for those of one patient",
                        count, (int)type->name.len, type->name.ptr, most),
            answer);
    add_found(g, TERM_TYPE, type, SLICE(""));
    return give(g, answer);
}

static int32_t refuse_type(struct gathering *g, grasp_str name, struct fhir_answer *answer)
{
    int shown = name.len < 64 ? (int)name.len : 64;
    return refuse(g, 404,
                  pool_format(&g->pool, "404: there is no resource type '%.*s'", shown, name.ptr),
                  answer);
}

static struct gathering start(const struct fhir_store *store, struct fhir_answer *answer)
{
    return (struct gathering){
        .store = store,
        .out = {.ptr = answer->body, .capacity = answer->capacity, .limit = ANSWER_LIMIT},
    };
}

int32_t fhir_gather_patient(const struct fhir_store *store, enum fhir_gather_mode mode,
                            struct fhir_text type_name, struct fhir_text patient, uint32_t most,
                            struct fhir_answer *answer)
{
    struct gathering g = start(store, answer);
    const struct r4_type *type = r4_type_find(from_fhir(type_name));
    grasp_str id = from_fhir(patient);
    if (!type)
        return refuse_type(&g, from_fhir(type_name), answer);
    if (id.len > 8 && memcmp(id.ptr, "Patient/", 8) == 0)
        id = slice_from(id, 8);
    if (type->patient)
        add_found(&g, TERM_PATIENT, type, id);
    else if (mode == FHIR_GATHER_LENIENT)
        return give_type(&g, type, most, answer);
    else if (slice_eq(type->name, SLICE("Patient")))
        add_row(&g, store_find(store, r4_type_index(type), id));
    else if (slice_eq(type->name, SLICE("Medication")))
        add_medications(&g, type, id);
    else if (slice_eq(type->name, SLICE("Location")))
        add_places(&g, type, id);
    else
        return refuse(&g, 400,
                      pool_format(&g.pool, "resources of type %.*s belong to no patient",
                                  (int)type->name.len, type->name.ptr),
                      answer);
    return give(&g, answer);
}

int32_t fhir_gather_id(const struct fhir_store *store, enum fhir_gather_mode mode,
                       struct fhir_text type_name, struct fhir_text id, uint32_t most,
                       struct fhir_answer *answer)
{
    struct gathering g = start(store, answer);
    const struct r4_type *type = r4_type_find(from_fhir(type_name));
    if (!type)
        return refuse_type(&g, from_fhir(type_name), answer);
    if (mode == FHIR_GATHER_LENIENT || !id.len)
        return give_type(&g, type, most, answer);
    add_row(&g, store_find(store, r4_type_index(type), from_fhir(id)));
    return give(&g, answer);
}
