/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <string.h>

#include "common/slice.h"
#include "json_scan.h"

struct walk {
    value_visit *visit;
    void *arg;
};

static bool walk_steps(const struct walk *walk, const struct r4_step *step, uint32_t left,
                       grasp_str value);

static bool walk_value(const struct walk *walk, const struct r4_step *step, uint32_t left,
                       grasp_str value)
{
    grasp_str item;
    if (!value.len)
        return false;
    if (*value.ptr != '[')
        return left ? walk_steps(walk, step, left, value) : walk->visit(walk->arg, value);
    while (scan_item_next(&value, &item))
        if (*item.ptr != '[' && walk_value(walk, step, left, item))
            return true;
    return false;
}

static bool is_choice(grasp_str name, grasp_str key)
{
    return key.len > name.len && memcmp(key.ptr, name.ptr, name.len) == 0 &&
           key.ptr[name.len] >= 'A' && key.ptr[name.len] <= 'Z';
}

static grasp_str get_choice(grasp_str object, grasp_str name)
{
    grasp_str key, value;
    while (scan_member_next(&object, &key, &value))
        if (is_choice(name, key))
            return value;
    return (grasp_str){"", 0};
}

/* An array of objects, of which only some count. */
static bool walk_where(const struct walk *walk, const struct r4_step *step, uint32_t left,
                       grasp_str array)
{
    grasp_str item;
    while (scan_item_next(&array, &item)) {
        grasp_str is = scan_get(item, step->where_member);
        if (is.len == step->where_value.len + 2 &&
            memcmp(is.ptr + 1, step->where_value.ptr, is.len - 2) == 0 &&
            walk_value(walk, step + 1, left - 1, item))
            return true;
    }
    return false;
}

static bool walk_steps(const struct walk *walk, const struct r4_step *step, uint32_t left,
                       grasp_str object)
{
    grasp_str value =
        step->any_type ? get_choice(object, step->name) : scan_get(object, step->name);
    if (step->exists)
        return walk->visit(walk->arg, value.len && !slice_eq(value, SLICE("false"))
                                          ? SLICE("true")
                                          : SLICE("false"));
    if (step->where_member.len)
        return walk_where(walk, step, left, value);
    return walk_value(walk, step + 1, left - 1, value);
}

bool value_each(const struct r4_param *param, grasp_str resource, value_visit *visit, void *arg)
{
    struct walk walk = {visit, arg};
    if (!resource.len || *resource.ptr != '{')
        return false;
    for (uint32_t i = 0; i < param->path_count; i++)
        if (walk_steps(&walk, param->paths[i].steps, param->paths[i].count, resource))
            return true;
    return false;
}

struct tokens {
    struct pool *pool;
    value_token_visit *visit;
    void *arg;
};

static grasp_str get_string(grasp_str object, grasp_str key, struct pool *pool)
{
    return scan_string(scan_get(object, key), pool);
}

static bool visit_coding(const struct tokens *t, grasp_str coding)
{
    struct value_token token = {
        .system = get_string(coding, SLICE("system"), t->pool),
        .code = get_string(coding, SLICE("code"), t->pool),
        .text = get_string(coding, SLICE("display"), t->pool),
    };
    token.has_code = token.code.len > 0;
    return t->visit(t->arg, &token);
}

static bool visit_concept(const struct tokens *t, grasp_str concept, grasp_str codings)
{
    grasp_str coding;
    struct value_token token = {.text = get_string(concept, SLICE("text"), t->pool)};
    if (token.text.len && t->visit(t->arg, &token))
        return true;
    while (scan_item_next(&codings, &coding))
        if (visit_coding(t, coding))
            return true;
    return false;
}

static bool visit_token(void *arg, grasp_str value)
{
    const struct tokens *t = arg;
    struct value_token token = {.has_code = true};
    if (*value.ptr != '{') {
        token.any_system = true;
        token.code = scan_is_string(value) ? scan_string(value, t->pool) : value;
        return t->visit(t->arg, &token);
    }
    grasp_str codings = scan_get(value, SLICE("coding"));
    if (codings.len)
        return visit_concept(t, value, codings);
    token.code = get_string(value, SLICE("value"), t->pool); /* Identifier, ContactPoint */
    if (!token.code.len) {
        grasp_str text = scan_get(value, SLICE("text"));
        return text.len ? visit_concept(t, value, (grasp_str){"", 0}) : visit_coding(t, value);
    }
    token.system = get_string(value, SLICE("system"), t->pool);
    token.text = get_string(scan_get(value, SLICE("type")), SLICE("text"), t->pool);
    return t->visit(t->arg, &token);
}

bool value_tokens(const struct r4_param *param, grasp_str resource, struct pool *pool,
                  value_token_visit *visit, void *arg)
{
    struct tokens tokens = {pool, visit, arg};
    return value_each(param, resource, visit_token, &tokens);
}

struct strings {
    struct pool *pool;
    value_visit *visit;
    void *arg;
};

static bool visit_part(const struct strings *s, grasp_str value)
{
    grasp_str item;
    if (scan_is_string(value))
        return s->visit(s->arg, scan_string(value, s->pool));
    if (value.len && *value.ptr == '[')
        while (scan_item_next(&value, &item))
            if (scan_is_string(item) && s->visit(s->arg, scan_string(item, s->pool)))
                return true;
    return false;
}

/* The members of HumanName and Address that a search for strings sees. */
static bool is_part(grasp_str key)
{
    static const char *const parts[] = {"text", "family",   "given", "prefix",  "suffix",    "line",
                                        "city", "district", "state", "country", "postalCode"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        if (slice_eq(key, (grasp_str){parts[i], strlen(parts[i])}))
            return true;
    return false;
}

static bool visit_string(void *arg, grasp_str value)
{
    const struct strings *s = arg;
    grasp_str key, part;
    if (*value.ptr != '{')
        return visit_part(s, value);
    while (scan_member_next(&value, &key, &part))
        if (is_part(key) && visit_part(s, part))
            return true;
    return false;
}

bool value_strings(const struct r4_param *param, grasp_str resource, struct pool *pool,
                   value_visit *visit, void *arg)
{
    struct strings strings = {pool, visit, arg};
    return value_each(param, resource, visit_string, &strings);
}

struct dates {
    value_range_visit *visit;
    void *arg;
};

static bool read_date(grasp_str value, struct instant_range *out)
{
    enum instant_precision precision;
    if (!scan_is_string(value))
        return false;
    return instant_read((grasp_str){value.ptr + 1, value.len - 2}, out, &precision);
}

static bool read_period(grasp_str period, struct instant_range *out)
{
    struct instant_range start = {.low = INSTANT_OPEN_LOW}, end = {.high = INSTANT_OPEN_HIGH};
    bool has_start = read_date(scan_get(period, SLICE("start")), &start);
    bool has_end = read_date(scan_get(period, SLICE("end")), &end);
    *out = (struct instant_range){start.low, end.high};
    return has_start || has_end;
}

/* From the first to the last event, or the bounds of what repeats. */
static bool read_timing(grasp_str timing, struct instant_range *out)
{
    grasp_str events = scan_get(timing, SLICE("event")), item;
    bool any = read_period(scan_get(scan_get(timing, SLICE("repeat")), SLICE("boundsPeriod")), out);
    while (scan_item_next(&events, &item)) {
        struct instant_range range;
        if (!read_date(item, &range))
            continue;
        if (!any || range.low < out->low)
            out->low = range.low;
        if (!any || range.high > out->high)
            out->high = range.high;
        any = true;
    }
    return any;
}

static bool visit_date(void *arg, grasp_str value)
{
    const struct dates *dates = arg;
    struct instant_range range;
    bool is = *value.ptr == '{' ? read_period(value, &range) || read_timing(value, &range)
                                : read_date(value, &range);
    return is && dates->visit(dates->arg, range);
}

bool value_dates(const struct r4_param *param, grasp_str resource, value_range_visit *visit,
                 void *arg)
{
    struct dates dates = {visit, arg};
    return value_each(param, resource, visit_date, &dates);
}

static bool last_slash(grasp_str text, size_t *out_at)
{
    for (size_t i = text.len; i-- > 0;) {
        if (text.ptr[i] == '/') {
            *out_at = i;
            return true;
        }
    }
    return false;
}

struct value_reference value_reference_read(grasp_str text)
{
    struct value_reference out = {.text = text, .type = SLICE(""), .id = SLICE("")};
    size_t at;
    grasp_str rest = text;
    bool plain = !memchr(text.ptr, '/', text.len);
    if (!plain && slice_find(rest, SLICE("/_history/"), 0, &at))
        rest.len = at;
    if (rest.len > 9 && memcmp(rest.ptr, "urn:uuid:", 9) == 0)
        out.id = slice_from(rest, 9);
    else if (!last_slash(rest, &at))
        out.id = rest;
    else {
        grasp_str id = slice_from(rest, at + 1), before = {rest.ptr, at};
        grasp_str type = last_slash(before, &at) ? slice_from(before, at + 1) : before;
        if (r4_type_find(type)) {
            out.type = type;
            out.id = id;
        }
    }
    return out;
}

struct references {
    struct pool *pool;
    value_reference_visit *visit;
    void *arg;
};

static bool visit_reference(void *arg, grasp_str value)
{
    const struct references *r = arg;
    grasp_str text = *value.ptr == '{' ? scan_get(value, SLICE("reference")) : value;
    struct value_reference reference = value_reference_read(scan_string(text, r->pool));
    if (*value.ptr == '{')
        reference.identifier = scan_get(value, SLICE("identifier"));
    return (reference.text.len || reference.identifier.len) && r->visit(r->arg, &reference);
}

bool value_references(const struct r4_param *param, grasp_str resource, struct pool *pool,
                      value_reference_visit *visit, void *arg)
{
    struct references references = {pool, visit, arg};
    return value_each(param, resource, visit_reference, &references);
}
