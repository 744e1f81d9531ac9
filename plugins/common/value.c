/* SPDX-License-Identifier: MIT */
#include "common/value.h"

#include "common/slice.h"

bool member_find(const grasp_json *json, const grasp_json_value *object, const char *key,
                 const grasp_json_value **out)
{
    grasp_str name;
    for (uint64_t i = 0; i < json->count(object); i++) {
        *out = json->member(object, i, &name);
        if (grasp_equal(name, key))
            return true;
    }
    return false;
}

grasp_str member_copy(const grasp_json *json, struct pool *pool, const grasp_json_value *object,
                      const char *key)
{
    return pool_dup(pool, member_text(json, object, key));
}

grasp_str value_text(grasp_call *call, const grasp_json_value *value)
{
    const grasp_json *json = grasp_json_of(call);
    switch (json->kind(value)) {
    case GRASP_JSON_NULL:
        return SLICE("");
    case GRASP_JSON_STRING:
        return json->as_string(value);
    default:
        return json->print(call, value, 0);
    }
}

struct strings value_strings(grasp_call *call, struct pool *pool, const grasp_json_value *list)
{
    const grasp_json *json = grasp_json_of(call);
    size_t count = json->kind(list) == GRASP_JSON_ARRAY ? json->count(list) : 0;
    struct strings out = strings_with_room(pool, count);
    for (size_t i = 0; i < count; i++)
        strings_add(pool, &out, pool_dup(pool, value_text(call, json->at(list, i))));
    return out;
}

bool value_is_true(const grasp_json *json, const grasp_json_value *value)
{
    switch (json->kind(value)) {
    case GRASP_JSON_BOOL:
        return json->as_bool(value, 0);
    case GRASP_JSON_STRING:
        return json->as_string(value).len > 0;
    case GRASP_JSON_ARRAY:
    case GRASP_JSON_OBJECT:
        return json->count(value) > 0;
    default:
        return json->as_double(value, 0) != 0;
    }
}

grasp_str pretty_json(grasp_call *call, grasp_str text)
{
    const grasp_json *json = grasp_json_of(call);
    return json->print(call, json->parse(call, text, NULL), 2);
}
