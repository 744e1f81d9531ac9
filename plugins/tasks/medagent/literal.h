/* SPDX-License-Identifier: MIT */
/* Answers written as Python literals, as in [85, None] or 85, 90. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

enum literal_kind { LITERAL_NONE, LITERAL_NUMBER, LITERAL_STRING, LITERAL_OTHER };

struct literal {
    enum literal_kind kind;
    double number;
    grasp_str text; /* of a string, between its quotes, escapes as they are */
};

/* A list or tuple of two elements. False for everything else; *out_valid tells whether the text is
 * a literal at all: with blanks in front it is none (as for Python 3.9). */
bool literal_pair(grasp_str text, struct literal out[2], bool *out_valid);
