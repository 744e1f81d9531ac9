/* SPDX-License-Identifier: MIT */
/* Does a resource have what a search asks for? */
#include <string.h>

#include "common/slice.h"
#include "query.h"
#include "value.h"

struct matcher {
    const struct cond *cond;
    struct pool *pool;
};

static bool starts(grasp_str text, grasp_str start)
{
    return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

static bool token_matches(const struct want *want, const struct value_token *token)
{
    if (!token->has_code || (want->has_code && !slice_eq(want->code, token->code)))
        return false;
    if (!want->has_system || token->any_system)
        return want->has_code || want->has_system;
    return slice_eq(want->system, token->system);
}

static bool on_token(void *arg, const struct value_token *token)
{
    const struct matcher *m = arg;
    for (uint32_t i = 0; i < m->cond->want_count; i++) {
        const struct want *want = &m->cond->wants[i];
        bool is = m->cond->modifier == MODIFIER_TEXT
                      ? token->text.len && starts(value_fold(token->text, m->pool), want->text)
                      : token_matches(want, token);
        if (is)
            return true;
    }
    return false;
}

static bool on_string(void *arg, grasp_str text)
{
    const struct matcher *m = arg;
    size_t at;
    grasp_str have = m->cond->modifier == MODIFIER_EXACT ? text : value_fold(text, m->pool);
    for (uint32_t i = 0; i < m->cond->want_count; i++) {
        grasp_str want = m->cond->wants[i].text;
        bool is = m->cond->modifier == MODIFIER_EXACT      ? slice_eq(have, want)
                  : m->cond->modifier == MODIFIER_CONTAINS ? slice_find(have, want, 0, &at)
                                                           : starts(have, want);
        if (is)
            return true;
    }
    return false;
}

static bool range_matches(const struct want *want, struct instant_range have)
{
    const struct instant_range *range = &want->range;
    switch (want->prefix) {
    case PREFIX_EQ:
        return have.low >= range->low && have.high <= range->high;
    case PREFIX_NE:
        return have.low < range->low || have.high > range->high;
    case PREFIX_GT:
        return have.high > range->high;
    case PREFIX_LT:
        return have.low < range->low;
    case PREFIX_GE:
        return have.high >= range->low;
    case PREFIX_LE:
        return have.low <= range->high;
    case PREFIX_SA:
        return have.low > range->high;
    case PREFIX_EB:
        return have.high < range->low;
    case PREFIX_AP:
        break;
    }
    return have.low <= range->high && have.high >= range->low;
}

bool cond_date_matches(const struct cond *cond, struct instant_range have)
{
    for (uint32_t i = 0; i < cond->want_count; i++)
        if (range_matches(&cond->wants[i], have))
            return true;
    return false;
}

static bool on_date(void *arg, struct instant_range range)
{
    return cond_date_matches(((const struct matcher *)arg)->cond, range);
}

static bool reference_matches(const struct want *want, const struct value_reference *have)
{
    if (!want->id.len || !have->id.len)
        return slice_eq(want->text, have->text);
    return slice_eq(want->id, have->id) &&
           (!want->type.len || !have->type.len || slice_eq(want->type, have->type));
}

static bool identifier_matches(const struct matcher *m, grasp_str identifier)
{
    static const struct r4_step step = {.name = {"identifier", 10}};
    static const struct r4_path path = {&step, 1};
    static const struct r4_param param = {.kind = R4_TOKEN, .paths = &path, .path_count = 1};
    if (!identifier.len)
        return false;
    grasp_str wrapped =
        pool_format(m->pool, "{\"identifier\":%.*s}",
                    (int)(identifier.len < 4096 ? identifier.len : 0), identifier.ptr);
    return value_tokens(&param, wrapped, m->pool, on_token, (void *)m);
}

static bool may_target(const struct r4_param *param, grasp_str type)
{
    for (uint32_t i = 0; i < param->target_count; i++)
        if (slice_eq(param->targets[i], type))
            return true;
    return !param->target_count || !type.len;
}

static bool on_reference(void *arg, const struct value_reference *reference)
{
    const struct matcher *m = arg;
    if (m->cond->modifier == MODIFIER_IDENTIFIER)
        return identifier_matches(m, reference->identifier);
    if (!may_target(m->cond->param, reference->type))
        return false;
    for (uint32_t i = 0; i < m->cond->want_count; i++)
        if (reference_matches(&m->cond->wants[i], reference))
            return true;
    return false;
}

static bool number_matches(const struct want *want, const struct value_quantity *have)
{
    switch (want->prefix) {
    case PREFIX_EQ:
    case PREFIX_AP:
        return have->low >= want->low && have->high <= want->high;
    case PREFIX_NE:
        return have->low < want->low || have->high > want->high;
    case PREFIX_GT:
    case PREFIX_SA:
        return have->high > want->number;
    case PREFIX_LT:
    case PREFIX_EB:
        return have->low < want->number;
    case PREFIX_GE:
        return have->high >= want->number;
    case PREFIX_LE:
        break;
    }
    return have->low <= want->number;
}

static bool on_quantity(void *arg, const struct value_quantity *have)
{
    const struct matcher *m = arg;
    for (uint32_t i = 0; i < m->cond->want_count; i++) {
        const struct want *want = &m->cond->wants[i];
        if (want->has_system && !slice_eq(want->system, have->system))
            continue;
        if (want->has_code && !slice_eq(want->code, have->code) &&
            !(!want->has_system && slice_eq(want->code, have->unit)))
            continue;
        if (number_matches(want, have))
            return true;
    }
    return false;
}

static bool uri_matches(enum modifier modifier, grasp_str want, grasp_str have)
{
    if (modifier == MODIFIER_BELOW)
        return starts(have, want);
    if (modifier == MODIFIER_ABOVE)
        return starts(want, have);
    return slice_eq(want, have);
}

static bool on_uri(void *arg, grasp_str text)
{
    const struct matcher *m = arg;
    for (uint32_t i = 0; i < m->cond->want_count; i++)
        if (uri_matches(m->cond->modifier, m->cond->wants[i].text, text))
            return true;
    return false;
}

static bool on_any(void *arg, grasp_str value)
{
    return !slice_eq(value, SLICE("null"));
}

bool cond_matches(const struct cond *cond, grasp_str resource, struct pool *pool)
{
    struct matcher matcher = {cond, pool};
    if (cond->modifier == MODIFIER_MISSING)
        return value_each(cond->param, resource, on_any, NULL) != cond->missing;
    switch (cond->param->kind) {
    case R4_TOKEN:
        return value_tokens(cond->param, resource, pool, on_token, &matcher) !=
               (cond->modifier == MODIFIER_NOT);
    case R4_STRING:
        return value_strings(cond->param, resource, pool, on_string, &matcher);
    case R4_DATE:
        return value_dates(cond->param, resource, on_date, &matcher);
    case R4_REFERENCE:
        return value_references(cond->param, resource, pool, on_reference, &matcher);
    case R4_NUMBER:
    case R4_QUANTITY:
        return value_quantities(cond->param, resource, pool, on_quantity, &matcher);
    case R4_URI:
        return value_strings(cond->param, resource, pool, on_uri, &matcher);
    case R4_COMPOSITE:
    case R4_SPECIAL:
        break;
    }
    return false;
}
