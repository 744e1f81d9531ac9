/* SPDX-License-Identifier: MIT */
/* What becomes of a FINISH text on its way through the reference: a text that looks like a
 * boolean, whole or other number turns into one (pydantic 1, Union[bool, int, float, str]). */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

enum coerced_kind { COERCED_BOOL, COERCED_INT, COERCED_FLOAT, COERCED_TEXT };

struct coerced {
    enum coerced_kind kind;
    double number; /* of all but texts */
};

struct coerced coerce_text(grasp_str text);
/* The second passage. */
struct coerced coerce_again(struct coerced value);
/* Python's float() of the text is nan or infinite: the reference's server cannot send that, and
 * the episode is lost. */
bool coerced_is_unsendable(struct coerced value);
