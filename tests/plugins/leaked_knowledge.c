/* SPDX-License-Identifier: MIT */
/* R19: leaves its knowledge behind. */
#include "base/method.h"

static void bad_unload(grasp_call *call, void *self, void *knowledge)
{
    (void)call, (void)self, (void)knowledge;
}
#define METHOD_UNLOAD bad_unload
#include "base/method_table.h"
