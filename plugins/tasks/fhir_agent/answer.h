/* SPDX-License-Identifier: MIT */
/* Answers and truths as texts: what is compared, and what is in them. */
#pragma once

#include <stdbool.h>

#include "common/string_list.h"
#include "common/text.h"

#define ANSWER_MARKER "the final answer is:"

/* Does the text hold the marker, in any case? */
bool answer_has_marker(grasp_str text);
/* What follows the last marker, trimmed and without markup around it; the whole text, trimmed, if
 * there is none. */
grasp_str answer_behind_marker(grasp_str text);

/* Without all but letters, digits, '_', white space and []. : -, trimmed and in lower case. */
void answer_normalize(struct text *out, grasp_str text);
/* Are they the same once normalized, and not empty? */
bool answer_equal(grasp_str a, grasp_str b);

/* The values of an array as NumPy prints it ([['F']], [[201.]], several rows): each without its
 * quotes. None and nan are left out: what remains of [[None]] is nothing. */
struct strings answer_cells(struct pool *pool, grasp_str truth);

/* What a value is. */
enum cell_kind { CELL_TEXT, CELL_NUMBER, CELL_TIME };
enum cell_kind answer_cell_kind(grasp_str cell, double *out_number);

/* Does the text say that there is nothing, as in "not found" or "no data"? */
bool answer_denies(grasp_str text);
/* Is the value in the text: a number among its numbers, rounded as it is there; a time to the day,
 * with its time of day to the minute if the text has one for that day; other texts in any case? */
bool answer_holds(grasp_str text, grasp_str cell);
/* 1 for yes, 0 for no, -1 for neither, by its first word or its only one of them. */
int answer_yes_no(grasp_str text);
/* The numbers in a text that are no part of a time or of a word. Returns how many were found, of
 * which at most `most` are written. */
size_t answer_numbers(grasp_str text, double *out, size_t most);
/* Seconds since 1970 of the first time of the form YYYY-MM-DD[ T]HH:MM[:SS]; false if there is
 * none. */
bool answer_time(grasp_str text, int64_t *out);
