/* SPDX-License-Identifier: MIT */
/* R15: refuses members that it does not know. */
#include "base/task.h"

static int32_t bad_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    const grasp_json *json = grasp_json_of(call);
    if (json->count(json->parse(call, sample, NULL)) > 3)
        return grasp_fail(call, GRASP_E_INVALID, "the sample has members that are not known");
    return good_begin(call, self, sample, seed, out);
}
#define TASK_BEGIN bad_begin
#include "base/task_table.h"
