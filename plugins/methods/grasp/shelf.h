/* SPDX-License-Identifier: MIT */
/* What the writer is told about the library. */
#pragma once

#include "update.h"

enum shelf_hint {
    SHELF_NONE,
    SHELF_WORSE, /* an earlier version had a better score */
    SHELF_OFTEN, /* there are several earlier versions */
};

/* history: the archived versions of a skill. */
enum shelf_hint shelf_hint(const struct skill *present, const struct skill *history, size_t count);
/* A line per skill: version, origin, effect, hint. */
void shelf_list(struct text *out, struct update *u);
/* The full text of each. */
void shelf_bodies(struct text *out, const struct update *u);
/* The fixed skills as JSON; empty if there are none. */
void shelf_base(struct text *out, const struct update *u);

/* The room there is. `full` can only be in the default when more skills than allowed are there. */
struct shelf_room {
    int64_t free;
    bool full, nearly_full;
    int64_t max_edits;
};
struct shelf_room shelf_room(int64_t learned, int64_t capacity, int64_t max_edits, bool reference);
