/* SPDX-License-Identifier: MIT */
#include "window.h"

void window_write(struct text *out, grasp_str notice, int reference)
{
    text_format(out,
                "\"history\": {\"max_segments\": %d, \"whole\": %s, \"notice\": ", WINDOW_SEGMENTS,
                reference ? "false" : "true");
    text_json(out, notice);
    text_put(out, "}");
}
