/* SPDX-License-Identifier: MIT */
/* The one symbol of a plugin. A shared object may hold several tasks and methods; the first of
 * each is the default, the others are named `plugin.so:id`. */
#ifndef GRASP_PLUGIN_H
#define GRASP_PLUGIN_H

#include <grasp/method.h>
#include <grasp/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct grasp_plugin {
    uint32_t size;
    uint32_t abi_minor; /* GRASP_ABI_MINOR of the headers it was built with */
    const char *name;
    const char *version;
    const char *license;            /* SPDX expression */
    const grasp_task *const *tasks; /* arrays of pointers, because the tables grow */
    uint64_t task_count;
    const grasp_method *const *methods;
    uint64_t method_count;
} grasp_plugin;

#if defined(__GNUC__)
#define GRASP_EXPORT __attribute__((visibility("default")))
#else
#define GRASP_EXPORT
#endif

/* [scan] */
GRASP_EXPORT const grasp_plugin *grasp_plugin_v1(void);

#ifdef __cplusplus
}
#endif

#endif
