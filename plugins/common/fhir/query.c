/* SPDX-License-Identifier: MIT */
/* Reading the parameters of a search. */
#include "query.h"

#include <string.h>

#include "common/slice.h"
#include "common/text.h"
#include "fhir.h"
#include "value.h"

static grasp_str decode(grasp_str text, struct pool *pool)
{
    char *out = pool_alloc(pool, text.len + 1);
    return (grasp_str){out, slice_decode(text, out)};
}

static bool is_plain(char c)
{
    static const bool plain[256] = {
        ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true,
        ['_'] = true,         ['.'] = true,         ['~'] = true,         [':'] = true,
        [','] = true,         ['|'] = true,         ['$'] = true,         ['/'] = true,
    };
    return plain[(unsigned char)c];
}

void query_encode(struct text *out, grasp_str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (is_plain(text.ptr[i]))
            continue;
        text_add(out, text.ptr + from, i - from);
        text_format(out, "%%%02X", (unsigned char)text.ptr[i]);
        from = i + 1;
    }
    text_add(out, text.ptr + from, text.len - from);
}

bool query_is_canonical(grasp_str raw)
{
    bool named = false, valued = false;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (is_plain(c)) {
            named = true;
        } else if (c == '=' && named && !valued) {
            valued = true;
        } else if (c == '&' && valued) {
            named = valued = false;
        } else {
            return false;
        }
    }
    return valued;
}

bool query_pair(grasp_str *rest, struct pool *pool, struct pair *out)
{
    while (rest->len) {
        size_t len = 0, equals = SIZE_MAX;
        bool escaped = false;
        for (; len < rest->len && rest->ptr[len] != '&'; len++) {
            char c = rest->ptr[len];
            if (c == '=' && equals == SIZE_MAX)
                equals = len;
            escaped |= c == '%' || c == '+';
        }
        grasp_str pair = {rest->ptr, len};
        *rest = slice_from(*rest, len + 1);
        if (!len || !equals)
            continue;
        out->name = slice_cut(pair, 0, equals);
        out->value = equals < len ? slice_from(pair, equals + 1) : SLICE("");
        if (escaped) {
            out->name = decode(out->name, pool);
            out->value = decode(out->value, pool);
        }
        return true;
    }
    return false;
}

static bool read_number(const struct pair *pair, struct pool *pool, uint32_t *out,
                        struct fault *fault)
{
    uint64_t number = 0;
    size_t i = 0;
    for (; i < pair->value.len && pair->value.ptr[i] >= '0' && pair->value.ptr[i] <= '9'; i++)
        number = number > UINT32_MAX ? number : number * 10 + (uint64_t)(pair->value.ptr[i] - '0');
    if (i < pair->value.len)
        return fault_set(fault, pool, 400, "invalid", "%.*s takes a number, not \"%.*s\"",
                         (int)pair->name.len, pair->name.ptr,
                         (int)(pair->value.len < 200 ? pair->value.len : 200), pair->value.ptr);
    *out = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
    return true;
}

static bool read_summary(grasp_str value, struct pool *pool, struct shape *out, struct fault *fault)
{
    static const char *const names[] = {"false", "true", "text", "data", "count"};
    for (int i = 0; i < 5; i++) {
        if (slice_eq(value, (grasp_str){names[i], strlen(names[i])})) {
            out->summary = (enum summary)i;
            return true;
        }
    }
    return fault_set(fault, pool, 400, "invalid",
                     "_summary is true, false, text, data or count, not \"%.*s\"",
                     (int)(value.len < 200 ? value.len : 200), value.ptr);
}

static bool read_format(grasp_str value, struct pool *pool, struct fault *fault)
{
    size_t at;
    if (slice_find(value, SLICE("json"), 0, &at))
        return true;
    return fault_set(fault, pool, 406, "not-supported",
                     "this server answers in JSON only (_format=json), not \"%.*s\"",
                     (int)(value.len < 200 ? value.len : 200), value.ptr);
}

static bool read_shape(const struct pair *pair, struct pool *pool, struct shape *out,
                       bool *out_taken, struct fault *fault)
{
    *out_taken = true;
    if (slice_eq(pair->name, SLICE("_format")))
        return !pair->value.len || read_format(pair->value, pool, fault);
    if (slice_eq(pair->name, SLICE("_summary")))
        return !pair->value.len || read_summary(pair->value, pool, out, fault);
    if (slice_eq(pair->name, SLICE("_pretty")))
        out->pretty = slice_eq(pair->value, SLICE("true"));
    else if (slice_eq(pair->name, SLICE("_elements")))
        out->elements = out->elements.len
                            ? pool_format(pool, "%.*s,%.*s", (int)out->elements.len,
                                          out->elements.ptr, (int)pair->value.len, pair->value.ptr)
                            : pair->value;
    else
        *out_taken = false;
    return true;
}

bool query_read_shape(grasp_str raw, struct pool *pool, struct shape *out, struct fault *fault)
{
    struct pair pair;
    bool taken;
    while (query_pair(&raw, pool, &pair))
        if (!read_shape(&pair, pool, out, &taken, fault))
            return false;
    return true;
}

static bool read_sorts(struct query *query, grasp_str value, struct pool *pool, struct fault *fault)
{
    while (value.len) {
        grasp_str name = cond_part(&value, ',');
        struct sort_key key = {.descending = name.len && *name.ptr == '-'};
        if (key.descending)
            name = slice_from(name, 1);
        key.param = r4_param_find(query->type, name);
        if (!key.param || key.param->kind >= R4_COMPOSITE)
            return fault_set(fault, pool, 400, "processing",
                             "%.*s cannot be sorted by \"%.*s\": _sort takes its search parameters",
                             (int)query->type->name.len, query->type->name.ptr,
                             (int)(name.len < 200 ? name.len : 200), name.ptr);
        if (query->sort_count < QUERY_SORTS)
            query->sorts[query->sort_count++] = key;
    }
    return true;
}

static bool refuse_include(const struct pair *pair, struct pool *pool, struct fault *fault)
{
    return fault_set(fault, pool, 400, "processing",
                     "%.*s=%.*s names no reference; it takes Type:parameter or "
                     "Type:parameter:Target, as Observation:subject",
                     (int)pair->name.len, pair->name.ptr,
                     (int)(pair->value.len < 200 ? pair->value.len : 200), pair->value.ptr);
}

static bool read_include(struct query *query, const struct pair *pair, bool reverse, bool iterate,
                         struct pool *pool, struct fault *fault)
{
    grasp_str rest = pair->value, type = cond_part(&rest, ':'), name = cond_part(&rest, ':');
    struct include include = {.reverse = reverse, .iterate = iterate, .target = rest};
    include.source = r4_type_find(type);
    if (slice_eq(pair->value, SLICE("*")) && !reverse) {
        include.source = query->type;
    } else {
        include.param = include.source ? r4_param_find(include.source, name) : NULL;
        if (!slice_eq(name, SLICE("*")) && (!include.param || include.param->kind != R4_REFERENCE))
            return refuse_include(pair, pool, fault);
        if (!include.source || (rest.len && !r4_type_find(rest)))
            return refuse_include(pair, pool, fault);
    }
    if (query->include_count == QUERY_INCLUDES)
        return fault_set(fault, pool, 400, "too-costly", "more than %d includes", QUERY_INCLUDES);
    query->includes[query->include_count++] = include;
    return true;
}

static bool is_include(struct query *query, const struct pair *pair, struct pool *pool,
                       bool *out_taken, struct fault *fault)
{
    grasp_str rest = pair->name, name = cond_part(&rest, ':');
    bool forward = slice_eq(name, SLICE("_include")),
         reverse = slice_eq(name, SLICE("_revinclude"));
    *out_taken = forward || reverse;
    if (!*out_taken || !pair->value.len)
        return true;
    bool iterate = slice_eq(rest, SLICE("iterate")) || slice_eq(rest, SLICE("recurse"));
    return read_include(query, pair, reverse, iterate, pool, fault);
}

bool query_read_result(struct query *query, const struct pair *pair, struct pool *pool,
                       bool *out_taken, struct fault *fault)
{
    *out_taken = false;
    if (*pair->name.ptr != '_')
        return true;
    if (!read_shape(pair, pool, &query->shape, out_taken, fault))
        return false;
    if (!*out_taken && !is_include(query, pair, pool, out_taken, fault))
        return false;
    if (*out_taken)
        return true;
    *out_taken = true;
    if (slice_eq(pair->name, SLICE("_count")))
        return !pair->value.len || read_number(pair, pool, &query->count, fault);
    if (slice_eq(pair->name, SLICE("_offset")))
        return !pair->value.len || read_number(pair, pool, &query->offset, fault);
    if (slice_eq(pair->name, SLICE("_sort")))
        return read_sorts(query, pair->value, pool, fault);
    if (slice_eq(pair->name, SLICE("_total")))
        query->no_total = slice_eq(pair->value, SLICE("none"));
    else
        *out_taken = slice_eq(pair->name, SLICE("_contained")) ||
                     slice_eq(pair->name, SLICE("_containedType"));
    return true;
}

/* Makes a condition of the ids that another search found. */
static bool add_ids(struct query *query, const struct r4_param *param, const struct r4_type *target,
                    const grasp_str *ids, uint32_t count, struct pool *pool, struct fault *fault)
{
    if (query->cond_count == QUERY_CONDS)
        return fault_set(fault, pool, 400, "too-costly", "more than %d parameters", QUERY_CONDS);
    struct cond *cond = &query->conds[query->cond_count++];
    *cond = (struct cond){.param = param, .want_count = count};
    cond->wants = pool_array(pool, count, sizeof(*cond->wants));
    for (uint32_t i = 0; i < count; i++) {
        cond->wants[i].text = cond->wants[i].code = cond->wants[i].id = ids[i];
        cond->wants[i].has_code = true;
        if (param->kind == R4_REFERENCE)
            cond->wants[i].type = target->name;
    }
    return true;
}

/* reference[:Type].rest=value */
static bool read_chain(struct query *query, const struct pair *pair, size_t dot,
                       const struct resolver *resolver, struct pool *pool, struct fault *fault)
{
    grasp_str rest = {pair->name.ptr, dot}, name = cond_part(&rest, ':');
    const struct r4_param *param = r4_param_find(query->type, name);
    if (!param || param->kind != R4_REFERENCE) {
        struct cond unused = {0};
        if (!param)
            return cond_read(query->type, &unused, name, pair->value, pool, fault);
        return fault_set(fault, pool, 400, "processing",
                         "%.*s is not a reference; nothing of it "
                         "can be searched",
                         (int)name.len, name.ptr);
    }
    if (!rest.len && param->target_count != 1)
        return fault_set(fault, pool, 400, "processing",
                         "%.*s may refer to several types; say which, as in %.*s:Patient.name",
                         (int)name.len, name.ptr, (int)name.len, name.ptr);
    const struct r4_type *target = r4_type_find(rest.len ? rest : param->targets[0]);
    if (!target)
        return fault_set(fault, pool, 400, "processing", "FHIR R4 has no type %.*s",
                         (int)(rest.len < 200 ? rest.len : 200), rest.ptr);
    grasp_str further = slice_from(pair->name, dot + 1), *ids;
    uint32_t count;
    CLEANUP_TEXT struct text raw = {0};
    query_encode(&raw, further);
    text_char(&raw, '=');
    query_encode(&raw, pair->value);
    return resolver->ids(resolver->arg, target, text_view(&raw), pool, &ids, &count, fault) &&
           add_ids(query, param, target, ids, count, pool, fault);
}

/* _has:Type:reference:rest=value */
static bool read_has(struct query *query, const struct pair *pair, const struct resolver *resolver,
                     struct pool *pool, struct fault *fault)
{
    grasp_str rest = slice_from(pair->name, 5), type = cond_part(&rest, ':');
    grasp_str name = cond_part(&rest, ':'), *ids;
    uint32_t count;
    const struct r4_type *source = r4_type_find(type);
    const struct r4_param *reference = source ? r4_param_find(source, name) : NULL;
    if (!reference || reference->kind != R4_REFERENCE || !rest.len)
        return fault_set(fault, pool, 400, "processing",
                         "_has takes Type:reference:parameter, as _has:Observation:patient:code");
    CLEANUP_TEXT struct text raw = {0};
    query_encode(&raw, rest);
    text_char(&raw, '=');
    query_encode(&raw, pair->value);
    return resolver->targets(resolver->arg, source, reference, query->type->name, text_view(&raw),
                             pool, &ids, &count, fault) &&
           add_ids(query, r4_param_find(query->type, SLICE("_id")), query->type, ids, count, pool,
                   fault);
}

static bool read_cond(struct query *query, const struct pair *pair, const struct resolver *resolver,
                      struct pool *pool, struct fault *fault)
{
    const char *dot = memchr(pair->name.ptr, '.', pair->name.len);
    struct cond cond = {0};
    if (pair->name.len > 5 && memcmp(pair->name.ptr, "_has:", 5) == 0)
        return read_has(query, pair, resolver, pool, fault);
    if (dot)
        return read_chain(query, pair, (size_t)(dot - pair->name.ptr), resolver, pool, fault);
    if (!cond_read(query->type, &cond, pair->name, pair->value, pool, fault))
        return false;
    if (!cond.want_count)
        return true; /* without a value it asks for nothing */
    if (query->cond_count == QUERY_CONDS)
        return fault_set(fault, pool, 400, "too-costly", "more than %d parameters", QUERY_CONDS);
    query->conds[query->cond_count++] = cond;
    return true;
}

bool query_read(const struct r4_type *type, grasp_str raw, const struct resolver *resolver,
                struct pool *pool, struct query *out, struct fault *fault)
{
    struct pair pair;
    out->type = type;
    out->raw = raw;
    out->count = FHIR_PAGE;
    out->offset = 0;
    out->cond_count = out->sort_count = out->include_count = 0;
    out->shape = (struct shape){0};
    out->no_total = false;
    fault->status = 0;
    while (query_pair(&raw, pool, &pair)) {
        bool taken;
        if (!query_read_result(out, &pair, pool, &taken, fault))
            return false;
        if (!taken && !read_cond(out, &pair, resolver, pool, fault))
            return false;
    }
    if (out->count == 0)
        out->shape.summary = SUMMARY_COUNT;
    if (out->count > FHIR_PAGE_MAX)
        out->count = FHIR_PAGE_MAX;
    return true;
}
