/* SPDX-License-Identifier: MIT */
/* R1: built for another major version, whose entry has another name. */
#include <grasp/grasp.h>

GRASP_EXPORT const void *grasp_plugin_v2(void);
const void *grasp_plugin_v2(void)
{
    return NULL;
}
