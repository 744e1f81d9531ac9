/* SPDX-License-Identifier: MIT */
/* From text to the terms of the index, as Lucene's English analyser finds them (spec section 3.4).
 */
#pragma once

#include <grasp/abi.h>

typedef void (*term_sink)(void *context, grasp_str term);

/* Gives the terms of a text in their order; a term lives until the sink returns. */
void analyse(grasp_str text, term_sink sink, void *context);
