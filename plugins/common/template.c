/* SPDX-License-Identifier: MIT */
#include "common/template.h"

#include <string.h>

#include "common/slice.h"

#define DEPTH_MAX 16

struct tag {
    size_t from, to; /* with the braces, and with the line if it stands alone */
    char kind;       /* '#', '^', '/', or 0 for a value */
    grasp_str name;
};

static void take_line(grasp_str source, struct tag *tag)
{
    bool starts = tag->from == 0 || source.ptr[tag->from - 1] == '\n';
    if (starts && tag->to < source.len && source.ptr[tag->to] == '\n')
        tag->to++;
}

static bool next_tag(grasp_str source, size_t from, struct tag *out)
{
    size_t end;
    if (!slice_find(source, SLICE("{{"), from, &out->from) ||
        !slice_find(source, SLICE("}}"), out->from + 2, &end))
        return false;
    out->to = end + 2;
    out->name = slice_trim(slice_cut(source, out->from + 2, end));
    out->kind = 0;
    if (out->name.len && strchr("#^/", out->name.ptr[0]) && out->name.ptr[0]) {
        out->kind = out->name.ptr[0];
        out->name = slice_trim(slice_from(out->name, 1));
        take_line(source, out);
    }
    return true;
}

static grasp_str value_of(const struct binding *bindings, grasp_str name)
{
    for (; bindings->name; bindings++) {
        if (slice_eq(name, (grasp_str){bindings->name, strlen(bindings->name)}))
            return bindings->value;
    }
    return SLICE("");
}

void template_fill(struct text *out, grasp_str source, const struct binding *bindings)
{
    struct tag tag;
    size_t at = 0, hidden = 0;
    for (; next_tag(source, at, &tag); at = tag.to) {
        if (!hidden)
            text_str(out, slice_cut(source, at, tag.from));
        grasp_str value = value_of(bindings, tag.name);
        if (tag.kind == '/')
            hidden -= hidden > 0;
        else if (tag.kind && (hidden || (value.len > 0) != (tag.kind == '#')))
            hidden++;
        else if (!tag.kind && !hidden)
            text_str(out, value);
    }
    if (!hidden)
        text_str(out, slice_from(source, at));
}

static bool is_known(grasp_str name, const char *const *names)
{
    for (; *names; names++) {
        if (slice_eq(name, (grasp_str){*names, strlen(*names)}))
            return true;
    }
    return false;
}

bool template_check(grasp_str source, const char *const *names, grasp_str *out_tag)
{
    grasp_str open[DEPTH_MAX];
    struct tag tag;
    size_t depth = 0;
    for (size_t at = 0; next_tag(source, at, &tag); at = tag.to) {
        *out_tag = slice_cut(source, tag.from, tag.to);
        if (!is_known(tag.name, names))
            return false;
        if ((tag.kind == '#' || tag.kind == '^') && depth == DEPTH_MAX)
            return false;
        if (tag.kind == '#' || tag.kind == '^')
            open[depth++] = tag.name;
        if (tag.kind == '/' && (depth == 0 || !slice_eq(open[--depth], tag.name)))
            return false;
    }
    if (depth)
        *out_tag = open[depth - 1];
    return depth == 0;
}
