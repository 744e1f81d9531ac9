/* SPDX-License-Identifier: MIT */
/* R14: what it advises depends on how often it was asked. */
#include "base/method.h"

static int32_t bad_augment(grasp_call *call, void *self, const void *knowledge,
                           const grasp_turn *turn)
{
    static int count;
    (void)self, (void)turn, (void)knowledge;
    return grasp_guide(call, GRASP_PLACE_TASK, grasp_format(call, "Hint %d.", count++), NULL);
}
#define METHOD_AUGMENT bad_augment
#include "base/method_table.h"
