/* SPDX-License-Identifier: MIT */
/* R6: reads in step what begin was given. */
#include "base/task.h"

struct kept {
    struct episode episode;
    grasp_str sample;
};

static int32_t bad_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    long sum;
    int32_t status = sum_of(call, sample, &sum);
    struct kept *kept = status ? NULL : calloc(1, sizeof(*kept));
    (void)self, (void)seed;
    if (!kept)
        return status;
    kept->sample = sample;
    *out = kept;
    return grasp_say(call, "user", grasp_cstr("Add the numbers."));
}

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    struct kept *kept = episode;
    (void)self, (void)reply;
    return grasp_done(call, "completed", grasp_format(call, "%s", kept->sample.ptr), "{}");
}
#define TASK_BEGIN bad_begin
#define TASK_STEP bad_step
#include "base/task_table.h"
