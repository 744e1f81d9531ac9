/* SPDX-License-Identifier: MIT */
/* Our words for the placeholders of the recorded cases. */
#pragma once

#include "common/block.h"
#include "common/lines.h"
#include "methods/evo_memory/evo.h"
#include "methods/expel/expel.h"
#include "methods/memory/memory.h"
#include "methods/skillx/skillx.h"

static const struct word_of_ours {
    const char *name; /* NULL ends the list */
    const char *text;
} words_of_ours[] = {
    {"{{MEM_HEADER}}", NOTES_HEADER},
    {"{{NO_RESPONSE}}", NO_RESPONSE},
    {"{{NO_RULES}}", EXPEL_NO_RULES},
    {"{{SEMANTIC_HEADER}}", EVO_SEMANTIC_HEADER},
    {"{{EPISODIC_HEADER}}", EVO_EPISODIC_HEADER},
    {"{{EPISODE_LABEL}}", EVO_EPISODE_LABEL},
    {"{{REFLECTION_FAILED}}", EVO_FAILED},
    {"{{SKILLX_OPEN}}", SKILLX_OPEN},
    {"{{SKILLX_CLOSE}}", SKILLX_CLOSE},
    {"{{TASK_HEADER}}", TASK_LINE},
    {NULL, NULL},
};
