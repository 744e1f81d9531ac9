/* SPDX-License-Identifier: MIT */
/* Reading a search parameter: its modifier, and values according to its kind. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/slice.h"
#include "common/text.h"
#include "query.h"
#include "value.h"

bool fault_set(struct fault *fault, struct pool *pool, int32_t status, const char *code,
               const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len >= (int)sizeof(text))
        len = sizeof(text) - 1;
    fault->status = status;
    fault->code = code;
    fault->text = pool_dup(pool, (grasp_str){text, len > 0 ? (size_t)len : 0});
    return false;
}

grasp_str cond_part(grasp_str *rest, char separator)
{
    for (size_t i = 0; i < rest->len; i++) {
        if (rest->ptr[i] == '\\') {
            i++;
        } else if (rest->ptr[i] == separator) {
            grasp_str part = {rest->ptr, i};
            *rest = slice_from(*rest, i + 1);
            return part;
        }
    }
    grasp_str part = *rest;
    *rest = slice_from(*rest, rest->len);
    return part;
}

grasp_str cond_unescape(grasp_str text, struct pool *pool)
{
    if (!text.len || !memchr(text.ptr, '\\', text.len))
        return text;
    char *out = pool_alloc(pool, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len)
            i++;
        out[len++] = text.ptr[i];
    }
    return (grasp_str){out, len};
}

static bool read_modifier(const struct r4_param *param, grasp_str text, enum modifier *out)
{
    static const struct {
        const char *name;
        enum modifier modifier;
        uint32_t kinds; /* bits of enum r4_kind */
    } modifiers[] = {
        {"not", MODIFIER_NOT, 1u << R4_TOKEN},
        {"text", MODIFIER_TEXT, 1u << R4_TOKEN},
        {"exact", MODIFIER_EXACT, 1u << R4_STRING},
        {"contains", MODIFIER_CONTAINS, 1u << R4_STRING},
        {"identifier", MODIFIER_IDENTIFIER, 1u << R4_REFERENCE},
        {"above", MODIFIER_ABOVE, 1u << R4_URI},
        {"below", MODIFIER_BELOW, 1u << R4_URI},
        {"missing", MODIFIER_MISSING, ~0u},
    };
    for (size_t i = 0; i < sizeof(modifiers) / sizeof(*modifiers); i++) {
        grasp_str name = {modifiers[i].name, strlen(modifiers[i].name)};
        if (slice_eq(text, name) && modifiers[i].kinds & 1u << param->kind) {
            *out = modifiers[i].modifier;
            return true;
        }
    }
    *out = MODIFIER_TYPE;
    return param->kind == R4_REFERENCE && r4_type_find(text);
}

static enum prefix take_prefix(grasp_str *text)
{
    static const char names[] = "eqnegtltgelesaebap";
    for (int i = 0; text->len > 2 && i < 9; i++) {
        if (memcmp(text->ptr, names + 2 * i, 2) == 0) {
            *text = slice_from(*text, 2);
            return (enum prefix)i;
        }
    }
    return PREFIX_EQ;
}

static bool read_date(grasp_str text, struct want *want)
{
    enum instant_precision precision;
    want->prefix = take_prefix(&text);
    return instant_read(text, &want->range, &precision);
}

static void read_token(grasp_str text, struct want *want, struct pool *pool)
{
    grasp_str rest = text, first = cond_part(&rest, '|');
    want->has_system = first.len < text.len;
    if (want->has_system) {
        want->system = cond_unescape(first, pool);
        want->code = cond_unescape(rest, pool);
    } else {
        want->code = cond_unescape(first, pool);
    }
    want->has_code = want->code.len > 0;
}

/* number|system|code; an equal number is one that rounds to what was written. */
static bool read_quantity(grasp_str text, struct want *want, struct pool *pool)
{
    int digits;
    want->prefix = take_prefix(&text);
    grasp_str number = cond_part(&text, '|');
    if (!value_number(number, &want->number, &digits))
        return false;
    double half = 0.5 * pow(10, -digits);
    if (want->prefix == PREFIX_AP)
        half = fabs(want->number) * 0.1;
    want->low = want->number - half;
    want->high = want->number + half;
    want->system = cond_unescape(cond_part(&text, '|'), pool);
    want->code = cond_unescape(text, pool);
    want->has_system = want->system.len > 0;
    want->has_code = want->code.len > 0;
    return true;
}

static bool read_reference(const struct r4_param *param, grasp_str text, grasp_str type,
                           struct want *want, struct pool *pool)
{
    struct value_reference reference = value_reference_read(cond_unescape(text, pool));
    want->text = reference.text;
    want->type = reference.type.len ? reference.type : type;
    want->id = reference.id;
    if (!want->type.len && param->target_count == 1)
        want->type = param->targets[0];
    return true;
}

static bool read_want(const struct cond *cond, grasp_str text, grasp_str type, struct want *want,
                      struct pool *pool)
{
    switch (cond->param->kind) {
    case R4_DATE:
        return read_date(text, want);
    case R4_NUMBER:
    case R4_QUANTITY:
        return read_quantity(text, want, pool);
    case R4_TOKEN:
        if (cond->modifier == MODIFIER_TEXT)
            want->text = value_fold(cond_unescape(text, pool), pool);
        else
            read_token(text, want, pool);
        return true;
    case R4_REFERENCE:
        if (cond->modifier == MODIFIER_IDENTIFIER)
            read_token(text, want, pool);
        else
            return read_reference(cond->param, text, type, want, pool);
        return true;
    case R4_STRING:
        want->text = cond_unescape(text, pool);
        if (cond->modifier != MODIFIER_EXACT)
            want->text = value_fold(want->text, pool);
        return true;
    case R4_URI:
        want->text = cond_unescape(text, pool);
        return true;
    case R4_COMPOSITE:
    case R4_SPECIAL:
        break;
    }
    return false;
}

static bool refuse_value(const struct r4_type *type, const struct cond *cond, grasp_str text,
                         struct pool *pool, struct fault *fault)
{
    static const char *const examples[] = {
        [R4_DATE] = "a date, as 2023-11-13 or ge2023-11-13T10:15:00Z",
        [R4_QUANTITY] = "a quantity, as gt5.4|http://unitsofmeasure.org|mg",
        [R4_NUMBER] = "a number, as gt5",
    };
    return fault_set(
        fault, pool, 400, "invalid", "\"%.*s\" is not a value for %.*s of %.*s, which takes %s",
        (int)(text.len < 200 ? text.len : 200), text.ptr, (int)cond->param->name.len,
        cond->param->name.ptr, (int)type->name.len, type->name.ptr,
        cond->param->kind <= R4_NUMBER && examples[cond->param->kind] ? examples[cond->param->kind]
                                                                      : "other values");
}

static bool read_wants(const struct r4_type *type, struct cond *out, grasp_str value,
                       grasp_str modifier, struct pool *pool, struct fault *fault)
{
    size_t capacity = 1, count = 0;
    for (size_t i = 0; i < value.len && capacity < QUERY_WANTS; i++)
        capacity += value.ptr[i] == ',';
    out->wants = pool_array(pool, capacity, sizeof(*out->wants));
    while (value.len) {
        grasp_str text = cond_part(&value, ',');
        if (!text.len)
            continue;
        if (count == QUERY_WANTS)
            return fault_set(fault, pool, 400, "too-costly", "more than %d values for %.*s",
                             QUERY_WANTS, (int)out->param->name.len, out->param->name.ptr);
        out->wants[count] = (struct want){.text = SLICE("")};
        if (!read_want(out, text, modifier, &out->wants[count], pool))
            return refuse_value(type, out, text, pool, fault);
        count++;
    }
    out->want_count = (uint32_t)count;
    return true;
}

static bool refuse_name(const struct r4_type *type, grasp_str name, struct pool *pool,
                        struct fault *fault)
{
    CLEANUP_TEXT struct text known = {0};
    for (uint32_t i = 0; i < type->param_count; i++) {
        text_put(&known, i ? ", " : "");
        text_str(&known, type->params[i].name);
    }
    return fault_set(fault, pool, 400, "processing",
                     "%.*s has no search parameter \"%.*s\"; it has: %.*s", (int)type->name.len,
                     type->name.ptr, (int)(name.len < 200 ? name.len : 200), name.ptr,
                     (int)known.len, known.ptr ? known.ptr : "");
}

bool cond_read(const struct r4_type *type, struct cond *out, grasp_str name, grasp_str value,
               struct pool *pool, struct fault *fault)
{
    grasp_str modifier = name, plain = cond_part(&modifier, ':');
    out->param = r4_param_find(type, plain);
    if (!out->param)
        return refuse_name(type, plain, pool, fault);
    if (out->param->kind == R4_COMPOSITE || out->param->kind == R4_SPECIAL)
        return fault_set(fault, pool, 400, "not-supported",
                         "searching by %.*s (a %s parameter) is not supported", (int)plain.len,
                         plain.ptr, r4_kind_name(out->param->kind));
    if (modifier.len && !read_modifier(out->param, modifier, &out->modifier))
        return fault_set(fault, pool, 400, "processing",
                         "%.*s, a %s parameter, has no modifier :%.*s", (int)plain.len, plain.ptr,
                         r4_kind_name(out->param->kind),
                         (int)(modifier.len < 200 ? modifier.len : 200), modifier.ptr);
    if (out->modifier != MODIFIER_MISSING)
        return read_wants(type, out, value, modifier, pool, fault);
    out->missing = slice_eq(value, SLICE("true"));
    if (!out->missing && !slice_eq(value, SLICE("false")))
        return fault_set(fault, pool, 400, "invalid", "%.*s:missing is true or false",
                         (int)plain.len, plain.ptr);
    out->want_count = 1;
    return true;
}
