/* SPDX-License-Identifier: MIT */
/* Loaded plugins, with their tables in the host's full size. */
#pragma once

#include <grasp/grasp.h>

#include "plugin/plugin.h"

struct plugin {
    char *path;
    char *name, *version, *license;
    uint32_t abi_minor; /* of the headers it was built with */
    struct plugin_entry *entries;
    size_t entry_count;
    grasp_task *tasks; /* by entry->index */
    grasp_method *methods;
    struct json **schemas;
    struct plugin *next;
};

const grasp_task *plugin_task_table(const struct plugin_entry *entry);
const grasp_method *plugin_method_table(const struct plugin_entry *entry);

/* Is the file a shared object for this machine that exports grasp_plugin_v1? */
int elf_check(const char *path, struct err *err);
/* Names of the symbols that it exports besides `entry`, separated by ", ". */
int elf_exports(const char *path, const char *entry, struct buf *out_others, struct err *err);
