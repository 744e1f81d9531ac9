/* SPDX-License-Identifier: MIT */
/*
 * Texts with {{name}}, replaced by a value, and sections: {{#name}}...{{/name}} stays if the
 * value is not empty, {{^name}}...{{/name}} if it is. A section's tag alone in a line takes the
 * line with it. Values are put in as they are.
 */
#pragma once

#include "common/text.h"

struct binding {
    const char *name;
    grasp_str value;
};

/* bindings end with a NULL name; a name that is not bound is empty. */
void template_fill(struct text *out, grasp_str source, const struct binding *bindings);
/* Are all placeholders among `names` (ended by NULL), and all sections closed? If not, *out_tag
 * is the tag at fault. */
bool template_check(grasp_str source, const char *const *names, grasp_str *out_tag);
