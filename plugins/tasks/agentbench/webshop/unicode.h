/* SPDX-License-Identifier: MIT */
/* What Python's and Lucene's text functions know of characters of all scripts. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/text.h"

enum unicode_class {
    UNICODE_OTHER,
    UNICODE_LETTER,
    UNICODE_DIGIT,
    UNICODE_JOIN,      /* an underscore and its like */
    UNICODE_IDEOGRAPH, /* a word by itself */
    UNICODE_EXTEND,    /* belongs to the character before it */
};

/* By the word break property (UAX 29). */
enum unicode_class unicode_class(uint32_t code);
/* Matched by \w: letters, numbers, underscore. */
bool unicode_is_word(uint32_t code);
/* A sign such as (R) or an emoji, the degree sign not among them. */
bool unicode_is_sign(uint32_t code);
bool unicode_is_currency(uint32_t code);
uint32_t unicode_lower_char(uint32_t code);
/* As str.lower(), the characters that become two included. */
void unicode_lower(struct text *out, grasp_str text);
/* The same character by character, as Lucene does it. */
void unicode_lower_simple(struct text *out, grasp_str text);
