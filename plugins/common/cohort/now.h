/* SPDX-License-Identifier: MIT */
/* The present time of a sample. */
#pragma once

#include "when.h"

#define NOW_V1 "2023-11-13T10:15:00+00:00"
#define NOW_V2 "2023-11-07T22:47:00+00:00"

/* What a v2 context states as now, else NOW_V2. *out_text, if not NULL, is how it is written.
 * lenient: times with Z, and a date whose time is malformed (read as midnight), count too. */
struct when now_of_context(grasp_str context, bool lenient, grasp_str *out_text);
