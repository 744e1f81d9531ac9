/* SPDX-License-Identifier: MIT */
/* Texts with {{placeholders}}: filled in two steps, once when the task is opened with what is
 * the same for all samples, then for each sample or reply. */
#pragma once

#include "text.h"

struct binding {
    const char *name;
    grasp_str value;
};

/* Appends `source` with the bound placeholders replaced; others stay. escape: values go into a
 * JSON string. bindings end with a NULL name. */
void template_expand(struct text *out, grasp_str source, const struct binding *bindings,
                     bool escape);

#define TEMPLATE_MAX_PARTS 16

/* Literal text, then a hole, and so on; the last hole is -1. */
struct template
{
    char *source;
    uint32_t count;
    struct template_part {
        uint32_t at;
        uint32_t len;
        int32_t hole;
    } parts[TEMPLATE_MAX_PARTS];
};

/* names: the placeholders that may be left, ended by NULL; a hole is the position of its name.
 * Copies the source. False for other placeholders, for too many, and when memory runs out;
 * *out_unknown is then the placeholder's name, or empty. */
bool template_compile(struct template *template, grasp_str source, const char *const *names,
                      grasp_str *out_unknown);
/* values: one for each name. */
void template_fill(struct text *out, const struct template *template, const grasp_str *values);
void template_clear(struct template *template);
