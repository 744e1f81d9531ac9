/* SPDX-License-Identifier: MIT */
/*
 * Shared objects with tasks and methods. This layer alone knows the SDK: it loads plugins, copies
 * their tables into full-size ones, makes the call contexts, checks what plugins give out, and
 * offers tasks and methods to the layers above in the host's own types.
 */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "io/http.h"

struct plugin;

/* What plugins' host extensions need. http may be NULL: grasp.http/1 is then not offered.
 * scratch_root: folder below which scratch folders are made; NULL: $TMPDIR or /tmp. Call once,
 * before plugins are opened. */
struct plugin_services {
    struct http_client *http;
    const char *scratch_root;
};
void plugin_services_set(const struct plugin_services *services);
/* Before the HTTP client goes, when no plugin is called any more. */
void plugin_services_clear(void);

/* Finds NAME or PATH: a path with '/' as it is, else in GRASP_PLUGIN_PATH (colon-separated), the
 * folder beside the program (../plugins and ../lib/grasp/plugins from the executable), the user's
 * $XDG_DATA_HOME/grasp-host/plugins, then the installed one. Returns an absolute path, or NULL
 * with EXIT_USAGE, the folders looked in, and the nearest name there is. */
char *plugin_find(const char *name, struct err *err);
/* All plugin files in those folders, sorted, first one of a name wins. */
char **plugin_search(size_t *out_count);

/* Checks the ELF header (EXIT_PLUGIN: not a shared object, other architecture, other ABI major,
 * each said plainly), then loads. Never unloaded; the same path gives the same plugin. */
int plugin_load(const char *path, struct plugin **out, struct err *err);

const char *plugin_path(const struct plugin *plugin);
const char *plugin_name(const struct plugin *plugin);
const char *plugin_version(const struct plugin *plugin);
const char *plugin_license(const struct plugin *plugin);
void plugin_digest(const struct plugin *plugin, char out_hex[65]); /* SHA-256 of the file */

enum plugin_kind { PLUGIN_TASK, PLUGIN_METHOD };

/* A task or method of a plugin. */
struct plugin_entry {
    struct plugin *plugin;
    enum plugin_kind kind;
    const char *id;
    const char *summary;
    const struct json *options; /* the schema, parsed; NULL if there is none */
    size_t index;
};
size_t plugin_entry_count(const struct plugin *plugin);
const struct plugin_entry *plugin_entry(const struct plugin *plugin, size_t index);

/* "file.so", "file.so:id" or "name": finds, loads and picks. Unknown id: EXIT_USAGE with the
 * ids there are. */
int plugin_pick(const char *spec, enum plugin_kind kind, const struct plugin_entry **out,
                struct err *err);
