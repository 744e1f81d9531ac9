/* SPDX-License-Identifier: MIT */
#include "rehearsal_words.h"

#include <grasp/helpers.h>
#include <strings.h>

bool rehearsal_is_agent(const grasp_message *message)
{
    return grasp_equal(message->role, "agent") || grasp_equal(message->role, "assistant");
}

uint32_t rehearsal_number(grasp_str text)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 1099511628211u;
    hash ^= hash >> 32;
    return (uint32_t)((hash * 0x9e3779b97f4a7c15u >> 33) % 100);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Does "always" stand before the word at `at`, apart from blanks and quotes? */
static bool is_demanded(grasp_str text, size_t at)
{
    static const char always[] = "always";
    size_t len = sizeof(always) - 1;
    while (at > 0 && memchr(" \t`'\"*", text.ptr[at - 1], 6))
        at--;
    if (at < len || strncasecmp(text.ptr + at - len, always, len) != 0)
        return false;
    at -= len;
    return at == 0 || !is_word(text.ptr[at - 1]);
}

static void look(grasp_str text, int (*find)(grasp_str name), struct mentions *out)
{
    const char *found;
    for (size_t at = 0; at < text.len && (found = memchr(text.ptr + at, '_', text.len - at));) {
        size_t start = (size_t)(found - text.ptr), end = start;
        while (start > at && is_word(text.ptr[start - 1]))
            start--;
        while (end < text.len && is_word(text.ptr[end]))
            end++;
        int tag = find((grasp_str){text.ptr + start, end - start});
        if (tag >= 0) {
            out->mentioned |= 1u << tag;
            if (is_demanded(text, start))
                out->always |= 1u << tag;
        }
        at = end;
    }
}

void mentions_find(const grasp_rehearsal_request *request, int (*find)(grasp_str name),
                   struct mentions *out)
{
    *out = (struct mentions){0};
    for (uint64_t i = 0; i < request->count; i++)
        if (!rehearsal_is_agent(request->messages[i]))
            look(request->messages[i]->content, find, out);
}
