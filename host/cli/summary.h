/* SPDX-License-Identifier: MIT */
/* What a finished run tells: the learning curve, what was kept and refused, and where it lies. */
#pragma once

#include "base/json.h"

/* From the files of a run directory. folder: of the knowledge, "skills". */
void summary_write(struct buf *out, const char *dir, const char *folder, bool rehearsal);
