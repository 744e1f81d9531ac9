/* SPDX-License-Identifier: MIT */
/* The writer's part of a rehearsal: a note about the failure tag of the prompt. */
#include "common/slice.h"
#include "common/understudy.h"
#include "memory.h"

static void answer_note(struct text *out, struct part *part)
{
    grasp_str advice = part_sentence(part, part_advice(part, 5), part_tag(part));
    grasp_str task = utf8_prefix(part_field(part, "task: "), 60);
    text_put(out, "when asked about tasks such as \"");
    text_line(out, task);
    text_put(out, "\", ");
    text_str(out, advice);
    text_char(out, '.');
}

static const struct role roles[] = {{"# Write one note\n", answer_note}, {NULL, NULL}};
UNDERSTUDY(memory, roles)
