/* SPDX-License-Identifier: MIT */
#include "text_reply.h"

#include "common/slice.h"

/* The rest of the line after the first `mark`. */
static bool line_after(grasp_str text, grasp_str mark, grasp_str *out)
{
    size_t at, end;
    if (!slice_find(text, mark, 0, &at))
        return false;
    text = slice_from(text, at + mark.len);
    if (slice_find(text, SLICE("\n"), 0, &end))
        text.len = end;
    *out = slice_trim(text);
    return true;
}

static bool sql_block(grasp_str text, struct text *out)
{
    size_t start, end;
    if (!slice_find(text, SLICE("```sql\n"), 0, &start))
        return false;
    text = slice_from(text, start + 7);
    if (!slice_find(text, SLICE("\n```"), 0, &end))
        return false;
    for (size_t i = 0; i < end; i++)
        text_char(out, text.ptr[i] == '\n' ? ' ' : text.ptr[i]);
    return slice_trim(text_view(out)).len > 0;
}

enum text_action text_reply_read(grasp_str reply, struct text *out)
{
    grasp_str action, answer;
    if (!line_after(reply, SLICE("Action:"), &action))
        return TEXT_INVALID;
    if (slice_eq(action, SLICE("Operation")))
        return sql_block(reply, out) ? TEXT_SQL : TEXT_INVALID;
    if (!slice_eq(action, SLICE("Answer")) || !line_after(reply, SLICE("Final Answer:"), &answer))
        return TEXT_INVALID;
    text_str(out, answer);
    return TEXT_ANSWER;
}
