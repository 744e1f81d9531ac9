/* SPDX-License-Identifier: MIT */
/* _sort: by the least value of a parameter, or the greatest when descending. What has none comes
 * last either way, as on a HAPI server; equals stay in the order of the store. */
#include <stdlib.h>

#include "common/slice.h"
#include "value.h"
#include "view.h"

struct key {
    int64_t number; /* dates */
    double quantity;
    grasp_str text;
    bool has;
};

struct sorter {
    const struct query *query;
    const struct key *keys; /* sort_count for each item */
};

struct gather {
    struct key *key;
    bool descending;
};

static bool replaces(const struct gather *gather, int order)
{
    return !gather->key->has || (gather->descending ? order > 0 : order < 0);
}

static bool on_text(void *arg, grasp_str text)
{
    struct gather *gather = arg;
    if (replaces(gather, gather->key->has ? slice_cmp(text, gather->key->text) : 0))
        gather->key->text = text;
    gather->key->has = true;
    return false;
}

static bool on_token(void *arg, const struct value_token *token)
{
    return token->has_code && on_text(arg, token->code);
}

static bool on_reference(void *arg, const struct value_reference *reference)
{
    return on_text(arg, reference->id.len ? reference->id : reference->text);
}

static bool on_date(void *arg, struct instant_range range)
{
    struct gather *gather = arg;
    int64_t have = gather->key->number;
    if (replaces(gather, range.low < have ? -1 : range.low > have))
        gather->key->number = range.low;
    gather->key->has = true;
    return false;
}

static bool on_quantity(void *arg, const struct value_quantity *quantity)
{
    struct gather *gather = arg;
    double have = gather->key->quantity;
    if (replaces(gather, quantity->low < have ? -1 : quantity->low > have))
        gather->key->quantity = quantity->low;
    gather->key->has = true;
    return false;
}

/* Strings are compared folded; the folded ones live in the pool. */
struct folding {
    struct gather *gather;
    struct pool *pool;
};

static bool on_string(void *arg, grasp_str text)
{
    struct folding *folding = arg;
    return on_text(folding->gather, value_fold(text, folding->pool));
}

static void gather_key(const struct r4_param *param, grasp_str text, struct gather *gather,
                       struct pool *pool)
{
    struct folding folding = {gather, pool};
    switch (param->kind) {
    case R4_DATE:
        value_dates(param, text, on_date, gather);
        break;
    case R4_TOKEN:
        value_tokens(param, text, pool, on_token, gather);
        break;
    case R4_REFERENCE:
        value_references(param, text, pool, on_reference, gather);
        break;
    case R4_QUANTITY:
    case R4_NUMBER:
        value_quantities(param, text, pool, on_quantity, gather);
        break;
    case R4_STRING:
    case R4_URI:
    case R4_COMPOSITE:
    case R4_SPECIAL:
        value_strings(param, text, pool, on_string, &folding);
        break;
    }
}

static void key_of(const struct fhir_view *view, const struct sort_key *sort,
                   const struct r4_type *type, uint32_t handle, struct pool *pool, struct key *out)
{
    struct gather gather = {out, sort->descending};
    if (handle < VIEW_CHANGE && sort->param == type->date) {
        const struct row *row = &view->store->index.rows[handle];
        if (!(row->flags & ROW_DATES)) {
            out->number = row->low;
            out->has = row->low != INSTANT_NONE;
            return;
        }
    }
    gather_key(sort->param, view_text(view, handle), &gather, pool);
    if (!out->has && handle < VIEW_CHANGE && !view->store->as_stored &&
        slice_eq(sort->param->name, SLICE("_lastUpdated"))) {
        enum instant_precision precision;
        struct instant_range range;
        instant_read(SLICE(FHIR_LAST_UPDATED), &range, &precision);
        out->number = range.low;
        out->has = true;
    }
}

static int compare_keys(const struct key *a, const struct key *b)
{
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if (a->quantity != b->quantity)
        return a->quantity < b->quantity ? -1 : 1;
    return slice_cmp(a->text, b->text);
}

static int compare(const void *a, const void *b, void *arg)
{
    const struct sorter *sorter = arg;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint32_t width = sorter->query->sort_count;
    for (uint32_t i = 0; i < width; i++) {
        const struct key *left = &sorter->keys[(size_t)x * width + i];
        const struct key *right = &sorter->keys[(size_t)y * width + i];
        if (left->has != right->has)
            return left->has ? -1 : 1;
        int order = compare_keys(left, right);
        if (order)
            return sorter->query->sorts[i].descending ? -order : order;
    }
    return x < y ? -1 : x > y;
}

void sort_found(const struct fhir_view *view, const struct query *query, uint32_t *found,
                uint32_t count)
{
    CLEANUP_POOL struct pool pool = {0};
    uint32_t width = query->sort_count;
    struct key *keys = pool_array(&pool, (size_t)count * width, sizeof(*keys));
    uint32_t *order = pool_array(&pool, count, sizeof(*order));
    uint32_t *sorted = pool_array(&pool, count, sizeof(*sorted));
    struct sorter sorter = {query, keys};
    for (uint32_t i = 0; i < count; i++) {
        order[i] = i;
        for (uint32_t k = 0; k < width; k++) {
            struct key *key = &keys[(size_t)i * width + k];
            key->text = SLICE("");
            key_of(view, &query->sorts[k], query->type, found[i], &pool, key);
        }
    }
    qsort_r(order, count, sizeof(*order), compare, &sorter);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = found[order[i]];
    for (uint32_t i = 0; i < count; i++)
        found[i] = sorted[i];
}
