/* SPDX-License-Identifier: MIT */
#include "action.h"

#include <grasp/helpers.h>

#include "common/slice.h"

/* Appends the text without any occurrence of `word`. */
static void without(struct text *out, grasp_str text, grasp_str word)
{
    size_t at = 0, found;
    while (slice_find(text, word, at, &found)) {
        text_str(out, slice_cut(text, at, found));
        at = found + word.len;
    }
    text_str(out, slice_from(text, at));
}

static grasp_str without_fences(grasp_str reply, struct text *copy)
{
    size_t at;
    struct text first CLEANUP_TEXT = {0};
    reply = slice_trim(reply);
    if (!slice_find(reply, SLICE("```"), 0, &at))
        return reply;
    without(&first, reply, SLICE("```tool_code"));
    without(copy, text_view(&first), SLICE("```"));
    copy->failed |= first.failed;
    return copy->failed ? SLICE("") : slice_trim(text_view(copy));
}

static struct action read_post(grasp_str text)
{
    size_t end;
    struct action action = {.kind = ACTION_POST, .body = SLICE("")};
    if (!slice_find(text, SLICE("\n"), 0, &end))
        end = text.len;
    else
        action.body = slice_from(text, end + 1);
    action.argument = slice_trim(slice_cut(text, 4, end));
    return action;
}

struct action action_read(grasp_str reply, struct text *copy)
{
    grasp_str text = without_fences(reply, copy);
    if (grasp_starts(text, "GET"))
        return (struct action){.kind = ACTION_GET, .argument = slice_trim(slice_from(text, 3))};
    if (grasp_starts(text, "POST"))
        return read_post(text);
    if (!grasp_starts(text, "FINISH("))
        return (struct action){.kind = ACTION_INVALID, .argument = text};
    /* The last character goes, whatever it is; a character of several bytes as a whole. */
    size_t end = text.len;
    do
        end--;
    while (end > 7 && ((unsigned char)text.ptr[end] & 0xc0) == 0x80);
    return (struct action){.kind = ACTION_FINISH,
                           .argument = end > 7 ? slice_cut(text, 7, end) : SLICE("")};
}
