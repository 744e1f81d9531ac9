/* SPDX-License-Identifier: MIT */
#include "run/figures.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_')
            return false;
    }
    return name.len > 0 && name.len < FIGURE_NAME;
}

static struct figure *find(struct figures *figures, struct str name)
{
    for (size_t i = 0; i < figures->count; i++) {
        if (str_is(name, figures->items[i].name))
            return &figures->items[i];
    }
    if (figures->count == FIGURES_MAX)
        return NULL;
    struct figure *figure = &figures->items[figures->count++];
    *figure = (struct figure){0};
    memcpy(figure->name, name.ptr, name.len);
    return figure;
}

void figures_add(struct figures *figures, struct str detail)
{
    if (!str_find(detail, STR("\"figures\""), NULL))
        return;
    CLEANUP_JSON struct json *object = json_parse(detail, NULL);
    for (struct json_iter it = json_members(json_get(object, "figures")); json_next(&it);) {
        double value = json_double(it.value, NAN);
        struct figure *figure = isfinite(value) && is_name(it.key) ? find(figures, it.key) : NULL;
        if (!figure)
            continue;
        figure->sum += value;
        figure->count++;
    }
}

void figures_set(struct json *out, const struct figures *figures)
{
    if (!figures->count)
        return;
    struct json *all = json_new_object();
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->items[i];
        struct json *one = json_new_object();
        json_set(one, "mean", json_new_double(figure->sum / (double)figure->count));
        json_set(one, "n", json_new_int((int64_t)figure->count));
        json_set(all, figure->name, one);
    }
    json_set(out, "figures", all);
}

void figures_show(struct buf *out, const struct json *member)
{
    const char *joint = "";
    for (struct json_iter it = json_members(member); json_next(&it);) {
        buf_printf(out, "%s%.*s %.3f", joint, (int)it.key.len, it.key.ptr,
                   json_double(json_get(it.value, "mean"), 0));
        joint = ", ";
    }
}
