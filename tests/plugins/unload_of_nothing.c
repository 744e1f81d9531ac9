/* SPDX-License-Identifier: MIT */
/* R8: unload asks its call for something, and there is none when the host leaves in a hurry. */
#include "base/method.h"

static void bad_unload(grasp_call *call, void *self, void *knowledge)
{
    (void)self;
    grasp_log(call, GRASP_LOG_DEBUG, "unloading %s", (const char *)knowledge);
    free(knowledge);
}
#define METHOD_UNLOAD bad_unload
#include "base/method_table.h"
