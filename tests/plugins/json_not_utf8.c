/* SPDX-License-Identifier: MIT */
/* R5: emits JSON that is not UTF-8. */
#include "base/task.h"

static int32_t bad_info(grasp_call *call, void *self)
{
    (void)self;
    return call->host->emit_json(call, grasp_cstr("{\"name\": \"caf\xe9\", \"splits\": [\"dev\"], "
                                                  "\"max_turns\": 1}"));
}
#define TASK_INFO bad_info
#include "base/task_table.h"
