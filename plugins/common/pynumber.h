/* SPDX-License-Identifier: MIT */
/* Numbers as Python reads them. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#define PYNUMBER_MAX 400

/* Digits with single underscores between them, copied without them into PYNUMBER_MAX bytes. */
bool pynumber_plain(grasp_str text, char *out);
/* A decimal number of digits, point and exponent, without a sign. */
bool pynumber_decimal(const char *text, double *out);
/* As float() reads a string: with blanks around it and with '_' between digits, digits of any
 * script, also nan and infinity. */
bool pynumber_float(grasp_str text, double *out);
