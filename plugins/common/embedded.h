/* SPDX-License-Identifier: MIT */
/* Text files that the build puts into a plugin (tools/embed.py). */
#pragma once

#include <stddef.h>

struct embedded_file {
    const char *name; /* base name; NULL ends the list */
    size_t len;
    const char *text; /* NUL-terminated */
};
