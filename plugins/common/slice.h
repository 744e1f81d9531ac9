/* SPDX-License-Identifier: MIT */
/* Borrowed texts, as Python's str methods treat them where that matters. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>
#include <stddef.h>

#define SLICE(literal) ((grasp_str){"" literal, sizeof(literal) - 1})

bool slice_eq(grasp_str a, grasp_str b);
int slice_cmp(grasp_str a, grasp_str b); /* by bytes, which is by code points in UTF-8 */
bool slice_ends(grasp_str text, const char *suffix);
grasp_str slice_from(grasp_str text, size_t at); /* the rest */
grasp_str slice_cut(grasp_str text, size_t from, size_t to);
bool slice_find(grasp_str text, grasp_str part, size_t from, size_t *out_at);
/* The next line without its end; false when there is none. */
bool slice_line(grasp_str *rest, grasp_str *out_line);
grasp_str slice_trim(grasp_str text); /* white space in the sense of Unicode, as str.strip() */
uint64_t slice_hash(grasp_str text);
/* A name or value of a query, with '+' and %XX decoded; what is no escape stays. out: room for
 * text.len bytes; the return is how many it comes to. */
size_t slice_decode(grasp_str text, char *out);
int hex_digit(char c); /* -1 for another character */

bool utf8_valid(grasp_str text);
/* Bytes of the character at `at`, 1 if it is not valid; *out is its code point. */
size_t utf8_at(grasp_str text, size_t at, uint32_t *out);
grasp_str utf8_prefix(grasp_str text, size_t characters);
grasp_str utf8_suffix(grasp_str text, size_t characters);
size_t utf8_count(grasp_str text);
bool utf8_is_space(uint32_t code);
/* Part of a word, in the sense of a regular expression's \w. */
bool utf8_is_word(uint32_t code);
/* The lower-case form, for the scripts of Europe; others stay. */
uint32_t utf8_lower(uint32_t code);
