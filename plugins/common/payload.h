/* SPDX-License-Identifier: MIT */
/* Finds JSON in what a model wrote around it. */
#pragma once

#include "common/pool.h"
#include "common/text.h"
#include <stdbool.h>

/* The inside of the first code fence, without white space around it. */
bool payload_fenced(grasp_str text, grasp_str *out);
/* From the first `open` at or after `from` to its counterpart; strings are skipped. */
bool payload_balanced(grasp_str text, size_t from, char open, char close, grasp_str *out);

enum payload_repair {
    PAYLOAD_NAN = 1,   /* NaN and the infinities, which Python's json reads, become null */
    PAYLOAD_LOOSE = 2, /* also control characters in strings, and commas before a bracket */
};
/* The text with these made into JSON. */
void payload_mend(struct text *out, grasp_str text, unsigned repairs);

/* What may be the JSON value wanted, best first: call until it is false. A zeroed `search` with
 * the text and the brackets set starts it. In `strict` searches only the fenced text and the
 * whole text count, each from its first bracket on. */
struct payload_search {
    grasp_str text;
    char open, close;
    bool strict;
    int stage;
    size_t at;
    unsigned tried;
};
bool payload_next(struct payload_search *search, grasp_str *out);
