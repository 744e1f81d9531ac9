/* SPDX-License-Identifier: MIT */
/* The presets that are built in (benchmarks/agents/, made into an array by tools/embed.py). */
#pragma once

#include <stddef.h>

struct embedded_preset {
    const char *name; /* file name; NULL ends the list */
    size_t len;
    const char *text;
};

extern const struct embedded_preset embedded_presets[];
