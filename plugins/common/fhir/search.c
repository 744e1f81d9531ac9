/* SPDX-License-Identifier: MIT */
/* Finding what a search asks for: candidates from the index, then the conditions that the index
 * has not answered. */
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "json_scan.h"
#include "value.h"
#include "view.h"

#define AHEAD 16 /* rows that are on their way from memory while one is looked at */

struct list {
    const uint32_t *rows;
    uint64_t count;
};

struct lists {
    struct list *items;
    size_t count, capacity;
    uint64_t total; /* rows of all */
};

static void add_list(struct lists *lists, struct pool *pool, struct postings found)
{
    if (!found.count)
        return;
    POOL_RESERVE(pool, lists->items, lists->count, lists->capacity);
    lists->items[lists->count++] = (struct list){found.rows, found.count};
    lists->total += found.count;
}

static int by_row(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* All rows of the lists, in order and once each. */
static struct list merge(const struct lists *lists, struct pool *pool)
{
    if (lists->count == 0)
        return (struct list){NULL, 0};
    if (lists->count == 1)
        return lists->items[0];
    uint32_t *rows = pool_array(pool, lists->total, sizeof(*rows));
    uint64_t count = 0, kept = 0;
    for (size_t i = 0; i < lists->count; i++) {
        memcpy(rows + count, lists->items[i].rows, lists->items[i].count * sizeof(*rows));
        count += lists->items[i].count;
    }
    qsort(rows, count, sizeof(*rows), by_row);
    for (uint64_t i = 0; i < count; i++)
        if (kept == 0 || rows[kept - 1] != rows[i])
            rows[kept++] = rows[i];
    return (struct list){rows, kept};
}

/* A set of rows in which all matches of some conditions are. */
struct plan {
    struct lists lists;
    struct cond *answered[2]; /* conditions that need no other look */
    bool usable;
};

static bool is_plain(const struct cond *cond)
{
    return cond->modifier == MODIFIER_NONE;
}

/* An id alone is a patient's where only a patient can be meant. */
static bool is_patient(const struct query *query, const struct cond *cond, const struct want *want)
{
    bool only = cond->param == query->type->patient && !want->type.len;
    return want->id.len && (only || slice_eq(want->type, SLICE("Patient")));
}

/* Does the parameter look where the type's patient is, as "subject" mostly does? */
static bool is_same_path(const struct query *query, const struct cond *cond)
{
    const struct r4_param *a = cond->param, *b = query->type->patient;
    return a == b ||
           (a->path_count == 1 && b->path_count == 1 && a->paths->count == 1 &&
            b->paths->count == 1 && slice_eq(a->paths->steps->name, b->paths->steps->name));
}

static void consider(struct plan *best, const struct plan *plan)
{
    if (plan->usable && (!best->usable || plan->lists.total < best->lists.total))
        *best = *plan;
}

static void plan_terms(const struct fhir_view *view, const struct query *query, struct cond *cond,
                       enum term_kind kind, struct pool *pool, struct plan *best)
{
    struct plan plan = {.usable = true, .answered = {cond}};
    uint32_t type = r4_type_index(query->type);
    for (uint32_t i = 0; i < cond->want_count; i++) {
        const struct want *want = &cond->wants[i];
        grasp_str value = kind == TERM_PATIENT ? want->id : want->code;
        if (kind == TERM_PATIENT ? !is_patient(query, cond, want) : !want->has_code)
            return;
        if (want->has_system)
            plan.answered[0] = NULL;
        add_list(
            &plan.lists, pool,
            index_find(&view->store->index, index_term(kind, type, value, (grasp_str){"", 0})));
    }
    if (kind == TERM_PATIENT && !is_same_path(query, cond))
        plan.answered[0] = NULL;
    consider(best, &plan);
}

static void plan_patient_code(const struct fhir_view *view, const struct query *query,
                              struct cond *patient, struct cond *code, struct pool *pool,
                              struct plan *best)
{
    struct plan plan = {.usable = true, .answered = {patient, code}};
    uint32_t type = r4_type_index(query->type);
    for (uint32_t i = 0; i < patient->want_count; i++) {
        for (uint32_t j = 0; j < code->want_count; j++) {
            if (!is_patient(query, patient, &patient->wants[i]) || !code->wants[j].has_code)
                return;
            if (code->wants[j].has_system)
                plan.answered[1] = NULL;
            add_list(&plan.lists, pool,
                     index_find(&view->store->index,
                                index_term(TERM_PATIENT_CODE, type, patient->wants[i].id,
                                           code->wants[j].code)));
        }
    }
    if (!is_same_path(query, patient))
        plan.answered[0] = NULL;
    consider(best, &plan);
}

static void plan_ids(const struct fhir_view *view, const struct query *query, struct cond *cond,
                     struct pool *pool, struct plan *best)
{
    struct plan plan = {.usable = true, .answered = {cond}};
    for (uint32_t i = 0; i < cond->want_count; i++) {
        if (cond->wants[i].has_system || !cond->wants[i].has_code)
            return;
        uint32_t row = store_find(view->store, r4_type_index(query->type), cond->wants[i].code);
        if (row == UINT32_MAX)
            continue;
        uint32_t *one = pool_alloc(pool, sizeof(*one));
        *one = row;
        add_list(&plan.lists, pool, (struct postings){one, 1});
    }
    consider(best, &plan);
}

static void plan_names(const struct fhir_view *view, const struct query *query, struct cond *cond,
                       struct pool *pool, struct plan *best)
{
    struct plan plan = {.usable = true};
    for (uint32_t i = 0; i < cond->want_count; i++) {
        const struct name *names;
        uint64_t count;
        grasp_str text = cond->wants[i].text;
        if (!text.len)
            return;
        if (cond->modifier == MODIFIER_EXACT)
            text = value_fold(text, pool);
        index_find_names(&view->store->index, r4_type_index(query->type), text, &names, &count);
        if (count > UINT32_MAX || (best->usable && count > best->lists.total))
            return;
        uint32_t *rows = pool_array(pool, count, sizeof(*rows));
        for (uint64_t n = 0; n < count; n++)
            rows[n] = names[n].row;
        if (count > 1)
            qsort(rows, count, sizeof(*rows), by_row);
        uint64_t kept = 0;
        for (uint64_t n = 0; n < count; n++)
            if (kept == 0 || rows[kept - 1] != rows[n])
                rows[kept++] = rows[n];
        add_list(&plan.lists, pool, (struct postings){rows, (uint32_t)kept});
    }
    consider(best, &plan);
}

/* Does the condition ask for strings that are in the index of names? */
static bool is_name(const struct query *query, const struct cond *cond)
{
    return query->type->names && cond->param->kind == R4_STRING &&
           (cond->modifier == MODIFIER_NONE || cond->modifier == MODIFIER_EXACT) &&
           (cond->param == query->type->names || slice_eq(cond->param->name, SLICE("family")) ||
            slice_eq(cond->param->name, SLICE("given")));
}

static struct list candidates(const struct fhir_view *view, struct query *query, struct pool *pool)
{
    struct plan best = {.usable = false};
    struct cond *patient = NULL, *code = NULL;
    for (uint32_t i = 0; i < query->cond_count; i++) {
        struct cond *cond = &query->conds[i];
        grasp_str name = cond->param->name;
        cond->answered = false;
        if (is_name(query, cond))
            plan_names(view, query, cond, pool, &best);
        if (!is_plain(cond) &&
            !(cond->modifier == MODIFIER_TYPE && slice_eq(name, SLICE("subject"))))
            continue;
        if (slice_eq(name, SLICE("_id")))
            plan_ids(view, query, cond, pool, &best);
        else if (query->type->patient &&
                 (cond->param == query->type->patient || slice_eq(name, SLICE("subject"))))
            patient = cond;
        else if (cond->param == query->type->code)
            code = cond;
        else if (slice_eq(name, SLICE("identifier")) && cond->param->kind == R4_TOKEN)
            plan_terms(view, query, cond, TERM_IDENTIFIER, pool, &best);
    }
    if (patient && code && (uint64_t)patient->want_count * code->want_count <= 256)
        plan_patient_code(view, query, patient, code, pool, &best);
    if (patient && !best.usable)
        plan_terms(view, query, patient, TERM_PATIENT, pool, &best);
    if (code && !best.usable)
        plan_terms(view, query, code, TERM_CODE, pool, &best);
    if (!best.usable) {
        struct postings all =
            index_find(&view->store->index, index_term(TERM_TYPE, r4_type_index(query->type),
                                                       (grasp_str){"", 0}, (grasp_str){"", 0}));
        return (struct list){all.rows, all.count};
    }
    for (int i = 0; i < 2; i++)
        if (best.answered[i])
            best.answered[i]->answered = true;
    return merge(&best.lists, pool);
}

/* The date that the index holds, if it answers. */
static bool date_of(const struct row *row, const struct cond *cond, const struct r4_type *type)
{
    return cond->param == type->date && cond->modifier == MODIFIER_NONE &&
           !(row->flags & ROW_DATES);
}

/* What the store shows as meta.lastUpdated of a resource that came without it. */
static bool filled_matches(const struct fhir_view *view, const struct row *row,
                           const struct cond *cond, grasp_str text)
{
    enum instant_precision precision;
    struct instant_range range;
    if (row->flags & ROW_META || view->store->as_stored || cond->modifier != MODIFIER_NONE ||
        !slice_eq(cond->param->name, SLICE("_lastUpdated")) ||
        scan_get(scan_get(text, SLICE("meta")), SLICE("lastUpdated")).len)
        return false;
    instant_read(SLICE(FHIR_LAST_UPDATED), &range, &precision);
    return cond_date_matches(cond, range);
}

static bool row_matches(const struct fhir_view *view, const struct query *query, uint32_t number,
                        struct pool *pool)
{
    const struct row *row = &view->store->index.rows[number];
    bool read = false;
    for (uint32_t i = 0; i < query->cond_count; i++) {
        const struct cond *cond = &query->conds[i];
        if (cond->answered || !date_of(row, cond, query->type))
            continue;
        if (row->low == INSTANT_NONE ||
            !cond_date_matches(cond, (struct instant_range){row->low, row->low + row->span}))
            return false;
    }
    for (uint32_t i = 0; i < query->cond_count; i++) {
        const struct cond *cond = &query->conds[i];
        if (cond->answered || date_of(row, cond, query->type))
            continue;
        if (!read)
            store_touch(view->store, row);
        read = true;
        grasp_str text = store_text(view->store, number);
        if (!cond_matches(cond, text, pool) && !filled_matches(view, row, cond, text))
            return false;
    }
    return true;
}

static bool text_matches(const struct query *query, grasp_str text, struct pool *pool)
{
    for (uint32_t i = 0; i < query->cond_count; i++)
        if (!cond_matches(&query->conds[i], text, pool))
            return false;
    return true;
}

struct found {
    uint32_t *items;
    uint32_t count, capacity;
};

static void add_found(struct found *found, uint32_t handle)
{
    if (found->count == found->capacity) {
        found->capacity = found->capacity ? found->capacity * 2 : 64;
        found->items = realloc(found->items, found->capacity * sizeof(*found->items));
        if (!found->items)
            abort();
    }
    found->items[found->count++] = handle;
}

/* Strings that a match had to decode are dropped now and then. */
static void trim(struct pool *pool, uint64_t step)
{
    if (step % 64 == 63)
        pool_free(pool);
}

static void find_rows(const struct fhir_view *view, struct query *query, struct pool *pool,
                      struct found *found)
{
    struct list list = candidates(view, query, pool);
    const struct row *rows = view->store->index.rows;
    CLEANUP_POOL struct pool scratch = {0};
    for (uint64_t i = 0; i < list.count && i < AHEAD; i++)
        __builtin_prefetch(rows + list.rows[i]);
    for (uint64_t i = 0; i < list.count; i++) {
        uint32_t row = list.rows[i];
        if (i + AHEAD < list.count)
            __builtin_prefetch(rows + list.rows[i + AHEAD]);
        trim(&scratch, i);
        if (view->change_count && view_hides(view, row))
            continue;
        if (row_matches(view, query, row, &scratch))
            add_found(found, row);
    }
}

static void find_changes(const struct fhir_view *view, const struct query *query,
                         struct found *found)
{
    CLEANUP_POOL struct pool scratch = {0};
    for (size_t i = 0; i < view->change_count; i++) {
        const struct change *change = &view->changes[i];
        trim(&scratch, i);
        if (change->is_latest && change->text.len && change->type == query->type &&
            text_matches(query, change->text, &scratch))
            add_found(found, VIEW_CHANGE + (uint32_t)i);
    }
}

bool search_run(const struct fhir_view *view, struct query *query, struct pool *pool,
                uint32_t **out_found, uint32_t *out_count, struct fault *fault)
{
    struct found found = {0};
    find_rows(view, query, pool, &found);
    find_changes(view, query, &found);
    if (query->sort_count && found.count > 1)
        sort_found(view, query, found.items, found.count);
    *out_found = found.items;
    *out_count = found.count;
    return true;
}

/* One search inside another. */
struct nested {
    const struct fhir_view *view;
    int depth;
};

static bool run_nested(const struct nested *nested, const struct r4_type *type, grasp_str raw,
                       struct pool *pool, struct found *out, struct fault *fault);

static bool nested_ids(void *arg, const struct r4_type *type, grasp_str raw, struct pool *pool,
                       grasp_str **out_ids, uint32_t *out_count, struct fault *fault)
{
    const struct nested *nested = arg;
    struct found found = {0};
    if (!run_nested(nested, type, raw, pool, &found, fault))
        return false;
    *out_ids = pool_array(pool, found.count, sizeof(**out_ids));
    *out_count = found.count;
    for (uint32_t i = 0; i < found.count; i++)
        (*out_ids)[i] = pool_dup(pool, view_id(nested->view, found.items[i]));
    free(found.items);
    return true;
}

struct targets {
    grasp_str type;
    struct pool *pool;
    grasp_str *ids;
    size_t count, capacity;
};

static bool add_target(void *arg, const struct value_reference *reference)
{
    struct targets *targets = arg;
    if (!reference->id.len || (reference->type.len && !slice_eq(reference->type, targets->type)))
        return false;
    POOL_RESERVE(targets->pool, targets->ids, targets->count, targets->capacity);
    targets->ids[targets->count++] = pool_dup(targets->pool, reference->id);
    return false;
}

static int by_text(const void *a, const void *b)
{
    return slice_cmp(*(const grasp_str *)a, *(const grasp_str *)b);
}

static bool nested_targets(void *arg, const struct r4_type *type, const struct r4_param *reference,
                           grasp_str target, grasp_str raw, struct pool *pool, grasp_str **out_ids,
                           uint32_t *out_count, struct fault *fault)
{
    const struct nested *nested = arg;
    struct found found = {0};
    struct targets targets = {.type = target, .pool = pool};
    uint32_t kept = 0;
    if (!run_nested(nested, type, raw, pool, &found, fault))
        return false;
    for (uint32_t i = 0; i < found.count; i++)
        value_references(reference, view_text(nested->view, found.items[i]), pool, add_target,
                         &targets);
    free(found.items);
    if (targets.count)
        qsort(targets.ids, targets.count, sizeof(*targets.ids), by_text);
    for (size_t i = 0; i < targets.count; i++)
        if (kept == 0 || !slice_eq(targets.ids[kept - 1], targets.ids[i]))
            targets.ids[kept++] = targets.ids[i];
    *out_ids = targets.ids;
    *out_count = kept;
    return true;
}

static bool run_nested(const struct nested *nested, const struct r4_type *type, grasp_str raw,
                       struct pool *pool, struct found *out, struct fault *fault)
{
    struct nested deeper = {nested->view, nested->depth + 1};
    struct resolver resolver = {nested_ids, nested_targets, &deeper};
    struct query *query = pool_alloc(pool, sizeof(*query));
    if (deeper.depth > QUERY_CHAIN)
        return fault_set(fault, pool, 400, "too-costly", "more than %d chained parameters",
                         QUERY_CHAIN);
    return query_read(type, raw, &resolver, pool, query, fault) &&
           search_run(nested->view, query, pool, &out->items, &out->count, fault);
}

bool search_read(const struct fhir_view *view, const struct r4_type *type, grasp_str raw,
                 struct pool *pool, struct query *out, struct fault *fault)
{
    struct nested top = {view, 0};
    struct resolver resolver = {nested_ids, nested_targets, &top};
    return query_read(type, raw, &resolver, pool, out, fault);
}
