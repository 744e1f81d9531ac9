/* SPDX-License-Identifier: MIT */
#include "pyvalue.h"

#include <grasp/helpers.h>
#include <stdlib.h>
#include <strings.h>

#include "common/payload.h"
#include "common/slice.h"

const grasp_json_value *py_at(const grasp_json *json, const grasp_json_value *value,
                              const char *path)
{
    while (*path && value) {
        size_t len = strcspn(path, ".");
        if (json->kind(value) == GRASP_JSON_ARRAY)
            value = json->at(value, strtoul(path, NULL, 10));
        else
            value = json->get(value, (grasp_str){path, len});
        path += len + (path[len] == '.');
    }
    return value;
}

bool py_member(const grasp_json *json, const grasp_json_value *object, const char *name,
               const grasp_json_value **out)
{
    grasp_str key;
    *out = NULL;
    if (!py_is_object(json, object))
        return false;
    for (uint64_t i = 0; i < json->count(object); i++) {
        const grasp_json_value *value = json->member(object, i, &key);
        if (grasp_equal(key, name)) {
            *out = value;
            return true;
        }
    }
    return false;
}

bool py_is(const grasp_json *json, const grasp_json_value *value, const char *text)
{
    return json->kind(value) == GRASP_JSON_STRING && grasp_equal(json->as_string(value), text);
}

bool py_is_object(const grasp_json *json, const grasp_json_value *value)
{
    return json->kind(value) == GRASP_JSON_OBJECT;
}

bool py_is_null(const grasp_json *json, const grasp_json_value *value)
{
    return json->kind(value) == GRASP_JSON_NULL;
}

bool py_number(const grasp_json *json, const grasp_json_value *value, double *out)
{
    switch (json->kind(value)) {
    case GRASP_JSON_INT:
    case GRASP_JSON_DOUBLE:
        *out = json->as_double(value, 0);
        return true;
    case GRASP_JSON_BOOL:
        *out = json->as_bool(value, 0);
        return true;
    default:
        return false;
    }
}

static bool equal_members(const grasp_json *json, const grasp_json_value *a,
                          const grasp_json_value *b)
{
    for (uint64_t i = 0; i < json->count(a); i++) {
        grasp_str key, other;
        const grasp_json_value *mine = json->member(a, i, &key), *found = NULL;
        uint64_t k = 0;
        for (; k < json->count(b); k++) {
            found = json->member(b, k, &other);
            if (slice_eq(key, other))
                break;
        }
        if (k == json->count(b) || !py_equal(json, mine, found))
            return false;
    }
    return true;
}

bool py_equal(const grasp_json *json, const grasp_json_value *a, const grasp_json_value *b)
{
    double x, y;
    if (py_number(json, a, &x))
        return py_number(json, b, &y) && x == y;
    if (json->kind(a) != json->kind(b) || json->count(a) != json->count(b))
        return false;
    switch (json->kind(a)) {
    case GRASP_JSON_STRING:
        return slice_eq(json->as_string(a), json->as_string(b));
    case GRASP_JSON_ARRAY:
        for (uint64_t i = 0; i < json->count(a); i++)
            if (!py_equal(json, json->at(a, i), json->at(b, i)))
                return false;
        return true;
    case GRASP_JSON_OBJECT:
        return equal_members(json, a, b);
    default:
        return true;
    }
}

bool text_mentions(grasp_str text, const char *token, bool fold)
{
    size_t len = strlen(token);
    for (size_t at = 0; at + len <= text.len; at++)
        if (fold ? strncasecmp(text.ptr + at, token, len) == 0
                 : memcmp(text.ptr + at, token, len) == 0)
            return true;
    return false;
}

static bool number_mentions(const grasp_json *json, const grasp_json_value *value,
                            const char *token)
{
    char digits[32];
    struct text text CLEANUP_TEXT = {0};
    if (json->kind(value) == GRASP_JSON_INT) {
        snprintf(digits, sizeof(digits), "%lld", (long long)json->as_int(value, 0));
        return text_mentions(grasp_cstr(digits), token, false);
    }
    text_double(&text, json->as_double(value, 0));
    return text_mentions(text_view(&text), token, false);
}

bool py_mentions(const grasp_json *json, const grasp_json_value *value, const char *token,
                 bool fold)
{
    grasp_str key;
    switch (json->kind(value)) {
    case GRASP_JSON_NULL:
        return text_mentions(SLICE("None"), token, fold);
    case GRASP_JSON_BOOL:
        return text_mentions(grasp_cstr(json->as_bool(value, 0) ? "True" : "False"), token, fold);
    case GRASP_JSON_INT:
    case GRASP_JSON_DOUBLE:
        return number_mentions(json, value, token);
    case GRASP_JSON_STRING:
        return text_mentions(json->as_string(value), token, fold);
    case GRASP_JSON_ARRAY:
        for (uint64_t i = 0; i < json->count(value); i++)
            if (py_mentions(json, json->at(value, i), token, fold))
                return true;
        return false;
    default:
        for (uint64_t i = 0; i < json->count(value); i++) {
            const grasp_json_value *member = json->member(value, i, &key);
            if (text_mentions(key, token, fold) || py_mentions(json, member, token, fold))
                return true;
        }
        return false;
    }
}

bool py_parse(grasp_call *call, const grasp_json *json, grasp_str text,
              const grasp_json_value **out)
{
    struct text mended CLEANUP_TEXT = {0};
    grasp_str error = {NULL, 0};
    const grasp_json_value *value = json->parse(call, text, &error);
    if (!value && error.ptr) {
        payload_mend(&mended, text, PAYLOAD_NAN);
        error.ptr = NULL;
        value = mended.failed ? NULL : json->parse(call, text_view(&mended), &error);
    }
    *out = value;
    return value || (!error.ptr && !mended.failed);
}
