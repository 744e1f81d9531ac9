/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdlib.h>

#include "common/slice.h"

/* The name without its number; false for an id that stands for itself. */
static bool base_of(struct world *world, const struct entity *entity, grasp_str *out)
{
    size_t bar, basin;
    if (!slice_find(entity->id, SLICE("_bar_"), 0, &bar))
        return false;
    grasp_str base = slice_cut(entity->id, 0, bar);
    bool has_basin = slice_find(entity->id, SLICE("basin"), 0, &basin);
    *out = has_basin ? pool_format(&world->pool, "%.*sbasin", (int)base.len, base.ptr) : base;
    return true;
}

struct numbered {
    grasp_str base;
    uint16_t entity;
};

static int by_base(const void *a, const void *b)
{
    const struct numbered *left = a, *right = b;
    int order = slice_cmp(left->base, right->base);
    return order ? order : (int)left->entity - (int)right->entity;
}

void names_give(struct world *world, const bool *used)
{
    struct numbered *list = pool_array(&world->pool, world->count + 1u, sizeof(*list));
    size_t count = 0;
    for (uint16_t i = 0; i < world->count; i++) {
        struct entity *entity = &world->entities[i];
        list[count].entity = i;
        if (!used[i])
            entity->name = entity->id;
        else if (base_of(world, entity, &list[count].base))
            count++;
        else
            entity->name = pool_format(&world->pool, "%.*s ", (int)entity->id.len, entity->id.ptr);
    }
    qsort(list, count, sizeof(*list), by_base);
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start; end < count && slice_eq(list[start].base, list[end].base);)
            end++;
        for (size_t i = start; i < end; i++)
            world->entities[list[i].entity].name = pool_format(
                &world->pool, "%.*s %zu", (int)list[i].base.len, list[i].base.ptr, end - i);
    }
}
