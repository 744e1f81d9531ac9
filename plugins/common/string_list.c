/* SPDX-License-Identifier: MIT */
#include "common/string_list.h"

#include "common/slice.h"
#include "common/text.h"

struct strings strings_with_room(struct pool *pool, size_t count)
{
    return (struct strings){pool_array(pool, count, sizeof(grasp_str)), 0, count};
}

void strings_add(struct pool *pool, struct strings *list, grasp_str text)
{
    POOL_RESERVE(pool, list->items, list->count, list->capacity);
    list->items[list->count++] = text;
}

size_t strings_find(const struct strings *list, grasp_str text)
{
    size_t at = 0;
    while (at < list->count && !slice_eq(list->items[at], text))
        at++;
    return at;
}

bool strings_have(const struct strings *list, grasp_str text)
{
    return strings_find(list, text) < list->count;
}

grasp_str strings_joined(struct pool *pool, const struct strings *list)
{
    struct text out CLEANUP_TEXT = {0};
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            text_char(&out, ' ');
        text_str(&out, list->items[i]);
    }
    return pool_dup(pool, text_view(&out));
}
