/* SPDX-License-Identifier: MIT */
/* A result set as Python prints the list of tuples that MySQL's driver makes of it. */
#pragma once

#include "connection.h"

/* [ROW, ROW], row by row: the text is "[" + rows joined by ", " + "]". */
void pyrow_write(struct text *out, const struct value *values, size_t count);
void pyrow_value(struct text *out, const struct value *value);
