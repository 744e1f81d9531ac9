/* SPDX-License-Identifier: MIT */
/* Our words for the placeholders of the recorded cases. */
#pragma once

#include "methods/memory/memory.h"

static const struct word_of_ours {
    const char *name; /* NULL ends the list */
    const char *text;
} words_of_ours[] = {
    {"{{MEM_HEADER}}", NOTES_HEADER},
    {"{{NO_RESPONSE}}", NO_RESPONSE},
    {NULL, NULL},
};
