/* SPDX-License-Identifier: MIT */
#include "template.h"

#include <grasp/helpers.h>
#include <stdlib.h>
#include <string.h>

static bool is_name(grasp_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((name.ptr[i] < 'a' || name.ptr[i] > 'z') && name.ptr[i] != '_')
            return false;
    return name.len > 0;
}

/* Finds the next {{name}} in *rest: *out_before is what precedes it, *rest what follows. */
static bool next_placeholder(grasp_str *rest, grasp_str *out_before, grasp_str *out_name)
{
    const char *end = rest->ptr + rest->len, *from = rest->ptr, *open, *close;
    while ((open = memmem(from, (size_t)(end - from), "{{", 2)) &&
           (close = memmem(open, (size_t)(end - open), "}}", 2))) {
        grasp_str name = {open + 2, (size_t)(close - open) - 2};
        if (is_name(name)) {
            *out_before = (grasp_str){rest->ptr, (size_t)(open - rest->ptr)};
            *out_name = name;
            *rest = (grasp_str){close + 2, (size_t)(end - close) - 2};
            return true;
        }
        from = open + 1;
    }
    return false;
}

static const struct binding *find_binding(const struct binding *bindings, grasp_str name)
{
    for (; bindings->name; bindings++)
        if (grasp_equal(name, bindings->name))
            return bindings;
    return NULL;
}

void template_expand(struct text *out, grasp_str source, const struct binding *bindings,
                     bool escape)
{
    grasp_str before, name;
    while (next_placeholder(&source, &before, &name)) {
        const struct binding *binding = find_binding(bindings, name);
        text_str(out, before);
        if (!binding)
            text_add(out, name.ptr - 2, name.len + 4);
        else if (escape)
            text_escaped(out, binding->value);
        else
            text_str(out, binding->value);
    }
    text_str(out, source);
}

static int32_t find_name(const char *const *names, grasp_str name)
{
    for (int32_t i = 0; names[i]; i++)
        if (grasp_equal(name, names[i]))
            return i;
    return -1;
}

static void add_part(struct template *template, grasp_str literal, const char *base, int32_t hole)
{
    template->parts[template->count++] =
        (struct template_part){(uint32_t)(literal.ptr - base), (uint32_t)literal.len, hole};
}

bool template_compile(struct template *template, grasp_str source, const char *const *names,
                      grasp_str *out_unknown)
{
    grasp_str rest, before, name;
    *template = (struct template){0};
    *out_unknown = (grasp_str){"", 0};
    template->source = malloc(source.len + 1);
    if (!template->source)
        return false;
    memcpy(template->source, source.ptr, source.len);
    rest = (grasp_str){template->source, source.len};
    while (next_placeholder(&rest, &before, &name)) {
        int32_t hole = find_name(names, name);
        if (hole < 0 || template->count == TEMPLATE_MAX_PARTS - 1) {
            *out_unknown = (grasp_str){source.ptr + (name.ptr - template->source), name.len};
            template_clear(template);
            return false;
        }
        add_part(template, before, template->source, hole);
    }
    add_part(template, rest, template->source, -1);
    return true;
}

void template_fill(struct text *out, const struct template *template, const grasp_str *values)
{
    for (uint32_t i = 0; i < template->count; i++) {
        const struct template_part *part = &template->parts[i];
        text_add(out, template->source + part->at, part->len);
        if (part->hole >= 0)
            text_str(out, values[part->hole]);
    }
}

void template_clear(struct template *template)
{
    free(template->source);
    *template = (struct template){0};
}
