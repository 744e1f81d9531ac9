/* SPDX-License-Identifier: MIT */
#include "rehearsal_words.h"

#include <grasp/helpers.h>

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

void rehearsal_mentions(const grasp_rehearsal_request *request, const struct tag_table *table,
                        struct tag_mentions *out)
{
    *out = (struct tag_mentions){0};
    for (uint64_t i = 0; i < request->count; i++)
        if (!rehearsal_is_agent(request->messages[i]))
            tags_mentioned(table, request->messages[i]->content, out);
}
