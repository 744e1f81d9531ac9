/* SPDX-License-Identifier: MIT */
#include "common/reply.h"

#include <string.h>

#include "common/loose.h"
#include "common/slice.h"

static grasp_json_value *parse_object(grasp_call *call, grasp_str text)
{
    const grasp_json *json = grasp_json_of(call);
    size_t from, to = text.len;
    if (!slice_find(text, SLICE("{"), 0, &from))
        return NULL;
    while (to > from && text.ptr[to - 1] != '}')
        to--;
    grasp_json_value *value = json->parse(call, slice_cut(text, from, to), NULL);
    return json->kind(value) == GRASP_JSON_OBJECT ? value : NULL;
}

/* The first fence that holds "{...}" and nothing else. */
static bool fenced_object(grasp_str reply, grasp_str *out)
{
    for (size_t at = 0, to; slice_find(reply, SLICE("```"), at, &at); at += 3) {
        size_t from = at + 3;
        if (slice_eq(slice_cut(reply, from, from + 4), SLICE("json")))
            from += 4;
        for (to = from; slice_find(reply, SLICE("```"), to, &to); to += 3) {
            grasp_str inside = slice_trim(slice_cut(reply, from, to));
            if (!inside.len || inside.ptr[0] != '{')
                break;
            if (inside.ptr[inside.len - 1] == '}') {
                *out = inside;
                return true;
            }
        }
    }
    return false;
}

grasp_json_value *object_in_reply(grasp_call *call, grasp_str reply, bool loose)
{
    grasp_str fenced;
    grasp_json_value *value = fenced_object(reply, &fenced) ? parse_object(call, fenced) : NULL;
    if (!value)
        value = parse_object(call, reply);
    return value || !loose ? value : (grasp_json_value *)loose_find(call, reply, '{');
}

/* The first fence with this language, up to the next fence. */
static bool fenced(grasp_str text, const char *language, grasp_str *out)
{
    size_t from, to, len = strlen(language);
    char mark[16] = "```";
    memcpy(mark + 3, language, len + 1);
    if (!slice_find(text, grasp_cstr(mark), 0, &from))
        return false;
    from += 3 + len;
    while (!len && from < text.len && utf8_is_word((unsigned char)text.ptr[from]))
        from++;
    if (!slice_find(text, SLICE("```"), from, &to))
        return false;
    *out = slice_trim(slice_cut(text, from, to));
    return true;
}

static size_t skip_blanks(grasp_str text, size_t at)
{
    while (at < text.len && strchr(" \t\r\n", text.ptr[at]) && text.ptr[at])
        at++;
    return at;
}

/* The shortest "[ {" ... "} ]". */
static bool bare_list(grasp_str text, grasp_str *out)
{
    for (size_t from = 0; slice_find(text, SLICE("["), from, &from); from++) {
        size_t at = skip_blanks(text, from + 1);
        if (at == text.len || text.ptr[at] != '{')
            continue;
        while (slice_find(text, SLICE("}"), at, &at)) {
            size_t end = skip_blanks(text, ++at);
            if (end < text.len && text.ptr[end] == ']') {
                *out = slice_cut(text, from, end + 1);
                return true;
            }
        }
    }
    return false;
}

static bool is_skill(const grasp_json *json, const grasp_json_value *value)
{
    return json->kind(value) == GRASP_JSON_OBJECT &&
           (member_of(json, value, "skill") || member_of(json, value, "name"));
}

static const grasp_json_value *in_list(grasp_call *call, const grasp_json_value *value)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_json_value *list = json->new_array(call);
    json->append(call, list, (grasp_json_value *)value);
    return list;
}

const grasp_json_value *list_in_reply(grasp_call *call, grasp_str reply, bool loose)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *value = NULL;
    grasp_str text;
    if (fenced(reply, "json", &text) || fenced(reply, "", &text) || bare_list(reply, &text))
        value = json->parse(call, text, NULL);
    if (!loose)
        return value;
    if (json->kind(value) != GRASP_JSON_ARRAY && !is_skill(json, value))
        value = loose_find(call, reply, '[');
    if (json->count(value) == 0 || !(json->kind(json->at(value, 0)) == GRASP_JSON_OBJECT))
        value = is_skill(json, value) ? value : loose_find(call, reply, '{');
    return is_skill(json, value) ? in_list(call, value) : value;
}
