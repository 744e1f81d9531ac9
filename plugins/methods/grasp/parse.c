/* SPDX-License-Identifier: MIT */
/* Finds the JSON in the writer's replies. */
#include <grasp/helpers.h>

#include "common/payload.h"
#include "common/slice.h"
#include "proposal.h"

static const grasp_json_value *try_parse(grasp_call *call, grasp_str text, bool strict)
{
    struct text mended CLEANUP_TEXT = {0};
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *value = json->parse(call, text, NULL);
    if (value)
        return value;
    payload_mend(&mended, text, strict ? PAYLOAD_NAN : PAYLOAD_NAN | PAYLOAD_LOOSE);
    return mended.failed ? NULL : json->parse(call, text_view(&mended), NULL);
}

static bool has_objects(const grasp_json *json, const grasp_json_value *array)
{
    for (uint64_t i = 0; i < json->count(array); i++) {
        if (json->kind(json->at(array, i)) == GRASP_JSON_OBJECT)
            return true;
    }
    return false;
}

const grasp_json_value *reply_array(grasp_call *call, grasp_str reply, bool strict)
{
    const grasp_json *json = grasp_json_of(call);
    struct payload_search search = {.text = reply, .open = '[', .close = ']', .strict = strict};
    const grasp_json_value *first = NULL;
    grasp_str found;
    while (payload_next(&search, &found)) {
        const grasp_json_value *value = try_parse(call, found, strict);
        if (json->kind(value) != GRASP_JSON_ARRAY)
            continue;
        if (strict || has_objects(json, value))
            return value;
        first = first ? first : value;
    }
    return first;
}

/* The reference looks at one place only: the fenced text, or, without one, all of it. */
static const grasp_json_value *only_object(grasp_call *call, grasp_str reply)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str found, fenced, where = reply;
    if (payload_fenced(reply, &fenced) && fenced.len)
        where = fenced;
    if (!payload_balanced(where, 0, '{', '}', &found))
        return NULL;
    const grasp_json_value *value = try_parse(call, found, true);
    return json->kind(value) == GRASP_JSON_OBJECT ? value : NULL;
}

const grasp_json_value *reply_object(grasp_call *call, grasp_str reply, bool strict)
{
    const grasp_json *json = grasp_json_of(call);
    struct payload_search search = {.text = reply, .open = '{', .close = '}'};
    grasp_str found;
    if (strict)
        return only_object(call, reply);
    while (payload_next(&search, &found)) {
        const grasp_json_value *value = try_parse(call, found, false);
        if (json->kind(value) == GRASP_JSON_OBJECT)
            return value;
    }
    return NULL;
}

size_t proposal_values(grasp_call *call, struct pool *pool, grasp_str reply, bool strict,
                       const grasp_json_value ***out)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *array = reply_array(call, reply, strict);
    size_t count = 0;
    *out = pool_array(pool, json->count(array), sizeof(**out));
    for (uint64_t i = 0; i < json->count(array); i++) {
        const grasp_json_value *value = json->at(array, i);
        if (json->kind(value) == GRASP_JSON_OBJECT)
            (*out)[count++] = value;
    }
    return count;
}
