/* SPDX-License-Identifier: MIT */
/* Lines and bullets of what a model wrote, as Python's str methods and regular expressions treat
 * them (spec/baselines.md). */
#pragma once

#include "common/pool.h"
#include "common/text.h"
#include <stdbool.h>

/* The first line of a block of notes, which a model may repeat. */
#define NOTES_HEADER "Notes from earlier tasks. Follow those that fit the task at hand:"

/* The next line in the sense of str.splitlines(); false at the end. */
bool line_next(grasp_str *rest, grasp_str *out_line);
/* The next line that says something, trimmed and without its bullet: neither blank nor
 * NOTES_HEADER. */
bool line_of_notes(grasp_str *rest, grasp_str *out_line);
/* Does it begin with `prefix`, which is ASCII in lower case, whatever the case of the text? */
bool line_starts(grasp_str text, const char *prefix);
/* Without one leading '-' or '*' and the white space after it; as it is if there is none. */
grasp_str line_unbulleted(grasp_str line);
/* The text with `<tag>` and `</tag>`, in any case, as line ends; whether there was any. */
bool line_untag(struct text *out, grasp_str text, const char *const *tags, size_t count);
/* The inside of the first fence: after the language, if it is one of these, up to the next fence,
 * without white space around it. languages: ended by NULL. */
bool line_fenced(grasp_str text, const char *const *languages, grasp_str *out);
/* The first match of the ASCII words as words, in any case. */
bool line_find_words(grasp_str text, const char *words, size_t *out_at);
/* ASCII, in any case, at that place? */
bool line_at(grasp_str text, size_t at, const char *words);
/* What stands between the first `open` and the next `close`. */
bool line_between(grasp_str text, const char *open, const char *close, grasp_str *out);
