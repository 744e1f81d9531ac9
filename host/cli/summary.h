/* SPDX-License-Identifier: MIT */
/* What a finished run tells: the learning curve, what was kept and refused, and where it lies. */
#pragma once

#include "base/json.h"

/* The same as a JSON object: {"event": "done", "dir", "curve", "tests", "edits": [{"epoch",
 * "kept", "action", "name", "fixes", "regressions", "score"}], "best": folder or null,
 * "rehearsal"}. */
struct json *summary_json(const char *dir, const char *folder, bool rehearsal);

/* From the files of a run directory. folder: of the knowledge, "skills". */
void summary_write(struct buf *out, const char *dir, const char *folder, bool rehearsal);
