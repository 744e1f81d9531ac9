/* SPDX-License-Identifier: MIT */
#include "model/slice.h"

static struct str skip(struct str text, size_t count)
{
    return (struct str){text.ptr + count, text.len - count};
}

bool slice_enter(struct str text, char open, struct str *out_inside)
{
    char close = open == '[' ? ']' : '}';
    text = str_trim(text);
    if (text.len < 2 || text.ptr[0] != open || text.ptr[text.len - 1] != close)
        return false;
    *out_inside = (struct str){text.ptr + 1, text.len - 2};
    return true;
}

/* The length of the string literal that text begins with, quotes included. */
static size_t string_length(struct str text)
{
    size_t at = 1;
    while (at < text.len && text.ptr[at] != '"')
        at += text.ptr[at] == '\\' ? 2 : 1;
    return at + 1 < text.len ? at + 1 : text.len;
}

/* The length of what comes before a comma outside of strings and brackets. */
static size_t value_length(struct str text)
{
    size_t at = 0, depth = 0;
    while (at < text.len) {
        char c = text.ptr[at];
        if (c == ',' && depth == 0)
            break;
        if (c == '"') {
            at += string_length(skip(text, at));
            continue;
        }
        if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
        at++;
    }
    return at;
}

bool slice_element(struct str *inside, struct str *out_value)
{
    size_t len = value_length(*inside);
    struct str value = str_trim((struct str){inside->ptr, len});
    if (!value.len)
        return false;
    *inside = skip(*inside, len < inside->len ? len + 1 : len);
    *out_value = value;
    return true;
}

bool slice_member(struct str *inside, struct str *out_key, struct str *out_value)
{
    struct str member;
    if (!slice_element(inside, &member) || member.ptr[0] != '"')
        return false;
    size_t len = string_length(member);
    struct str rest = str_trim(skip(member, len));
    if (len < 2 || !str_starts(rest, ":"))
        return false;
    *out_key = (struct str){member.ptr + 1, len - 2};
    *out_value = str_trim(skip(rest, 1));
    return true;
}
