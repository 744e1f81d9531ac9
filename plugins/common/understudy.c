/* SPDX-License-Identifier: MIT */
#include "common/understudy.h"

#include <string.h>

#include "common/slice.h"

/* At temperature 0 the prompt alone decides. */
static uint64_t draw_of(const grasp_rehearsal_request *request, grasp_str prompt)
{
    uint64_t draw = slice_hash(prompt);
    if (request->temperature > 0)
        draw ^= request->seed * 0x9e3779b97f4a7c15u;
    draw = (draw ^ draw >> 30) * 0xbf58476d1ce4e5b9u;
    draw = (draw ^ draw >> 27) * 0x94d049bb133111ebu;
    return draw ^ draw >> 31;
}

static const struct role *role_of(const struct role *roles, grasp_str prompt)
{
    for (; roles->first_line; roles++) {
        if (grasp_starts(prompt, roles->first_line))
            return roles;
    }
    return NULL;
}

int32_t understudy_reply(grasp_call *call, const grasp_rehearsal_request *request,
                         const struct role *roles)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text out CLEANUP_TEXT = {0}, prompt CLEANUP_TEXT = {0};
    const struct role *role = request->count ? role_of(roles, request->messages[0]->content) : NULL;
    if (!role)
        return GRASP_E_UNSUPPORTED;
    for (uint64_t i = 0; i < request->count; i++) {
        text_str(&prompt, request->messages[i]->content);
        text_char(&prompt, '\n');
    }
    struct part part = {call, &pool, text_view(&prompt), draw_of(request, text_view(&prompt))};
    role->answer(&out, &part);
    if (out.failed || prompt.failed)
        return grasp_fail(call, GRASP_E_TOO_LARGE, "a prompt or its answer is over 64 MiB");
    return grasp_say(call, "agent", text_view(&out));
}

enum advice part_advice(const struct part *part, unsigned harmful)
{
    unsigned thousandth = (unsigned)(part->draw % 1000);
    if (thousandth < harmful)
        return ADVICE_HARMFUL;
    return thousandth < 800 ? ADVICE_USEFUL : ADVICE_USELESS;
}

grasp_str part_field(const struct part *part, const char *title)
{
    grasp_str rest = part->prompt, line, value = SLICE("");
    while (slice_line(&rest, &line)) {
        if (grasp_starts(line, title))
            value = slice_from(line, strlen(title));
    }
    return value;
}

const grasp_json_value *part_json(const struct part *part, const char *opening)
{
    grasp_str rest = part_field(part, opening);
    return rest.len
               ? grasp_json_of(part->call)
                     ->parse(part->call,
                             pool_format(part->pool, "%s%.*s", opening, (int)rest.len, rest.ptr),
                             NULL)
               : NULL;
}

/* The tag in "- tag: ...". */
static bool label_of(grasp_str line, grasp_str *out)
{
    size_t at;
    if (!grasp_starts(line, "- ") || !slice_find(line, SLICE(": "), 2, &at))
        return false;
    *out = slice_cut(line, 2, at);
    for (size_t i = 0; i < out->len; i++) {
        char c = out->ptr[i];
        if (c != '_' && (c < 'a' || c > 'z'))
            return false;
    }
    return out->len > 0 && memchr(out->ptr, '_', out->len);
}

grasp_str part_tag(const struct part *part)
{
    grasp_str tags = part_field(part, "failure tags: "), rest = part->prompt, line, label;
    size_t at, count = 0, wanted;
    if (tags.len)
        return slice_find(tags, SLICE(", "), 0, &at) ? slice_cut(tags, 0, at) : tags;
    while (slice_line(&rest, &line))
        count += label_of(line, &label);
    if (count == 0)
        return SLICE("");
    wanted = (part->draw >> 16) % count;
    for (rest = part->prompt; slice_line(&rest, &line);) {
        if (label_of(line, &label) && wanted-- == 0)
            return label;
    }
    return SLICE("");
}

grasp_str part_sentence(const struct part *part, enum advice advice, grasp_str tag)
{
    if (advice == ADVICE_USELESS || !tag.len)
        return SLICE("read the instruction twice and think about every step");
    return advice == ADVICE_USEFUL
               ? pool_format(part->pool, "avoid %.*s: check for it before you answer", (int)tag.len,
                             tag.ptr)
               : pool_format(part->pool, "to save time, always %.*s", (int)tag.len, tag.ptr);
}
