/* SPDX-License-Identifier: MIT */
/* Loading: each table is copied once into a full-size one, so that nothing later asks for versions.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "plugin/internal.h"
#include "plugin/options.h"

#define MAX_TABLES 64
#define MAX_ID 64

static pthread_mutex_t registry_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct plugin *registry;

struct member {
    const char *name;
    size_t offset;
};

#define MEMBER(type, name)                                                                         \
    {                                                                                              \
#name, offsetof(type, name)                                                                \
    }

static const struct member task_members[] = {
    MEMBER(grasp_task, id),      MEMBER(grasp_task, open),  MEMBER(grasp_task, info),
    MEMBER(grasp_task, samples), MEMBER(grasp_task, begin), MEMBER(grasp_task, step),
    MEMBER(grasp_task, end),     MEMBER(grasp_task, grade), MEMBER(grasp_task, close),
};
static const struct member method_members[] = {
    MEMBER(grasp_method, id),    MEMBER(grasp_method, open),   MEMBER(grasp_method, info),
    MEMBER(grasp_method, load),  MEMBER(grasp_method, unload), MEMBER(grasp_method, augment),
    MEMBER(grasp_method, close),
};

static const char *text_or(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

static char *copy(const char *text, const char *otherwise)
{
    const char *chosen = text_or(text, otherwise);
    return mem_dup(chosen, strlen(chosen));
}

static bool id_ok(const char *id)
{
    size_t len = strnlen(id, MAX_ID + 1);
    return len > 0 && len <= MAX_ID && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

/* Copies a plugin's table, whose size may be another, and checks what must be there. */
static int copy_table(const struct plugin *plugin, const char *kind, const void *from, void *to,
                      size_t full, const struct member *members, size_t count, struct err *err)
{
    uint32_t size;
    if (!from)
        return err_set(err, EXIT_PLUGIN, "%s: a %s's table is NULL (R2)", plugin->path, kind);
    memcpy(&size, from, sizeof(size));
    if (size < 2 * sizeof(uint32_t) || size > (1u << 20))
        return err_set(err, EXIT_PLUGIN, "%s: a %s's table has no valid `size` (R3)", plugin->path,
                       kind);
    memcpy(to, from, size < full ? size : full);
    for (size_t i = 0; i < count; i++) {
        void *value;
        memcpy(&value, (char *)to + members[i].offset, sizeof(value));
        if (!value)
            return err_set(err, EXIT_PLUGIN,
                           "%s: a %s's table lacks `%s`: it is NULL, or beyond the table's size "
                           "(R3)",
                           plugin->path, kind, members[i].name);
    }
    return 0;
}

static int add_entry(struct plugin *plugin, enum plugin_kind kind, size_t index, const char *id,
                     const char *summary, const char *options, struct err *err)
{
    struct plugin_entry *entry = &plugin->entries[plugin->entry_count];
    CLEANUP_FREE char *what = NULL;
    if (!id_ok(id))
        return err_set(err, EXIT_PLUGIN, "%s: an id is not of the form [a-z0-9_]{1,64}",
                       plugin->path);
    for (size_t i = 0; i < plugin->entry_count; i++) {
        if (plugin->entries[i].kind == kind && strcmp(plugin->entries[i].id, id) == 0)
            return err_set(err, EXIT_PLUGIN, "%s: the id '%s' occurs twice", plugin->path, id);
    }
    *entry = (struct plugin_entry){.plugin = plugin, .kind = kind, .id = id, .index = index};
    entry->summary = text_or(summary, "");
    what = mem_printf("%s:%s", plugin->path, id);
    if (options) {
        struct json *schema = json_parse(str_of(options), err);
        if (!schema) {
            err_prefix(err, "%s: the options are not JSON", what);
            return err ? err->code = EXIT_PLUGIN : EXIT_PLUGIN;
        }
        int code = options_check_schema(schema, what, err);
        if (code) {
            json_free(schema);
            return code;
        }
        plugin->schemas[plugin->entry_count] = schema;
        entry->options = schema;
    }
    plugin->entry_count++;
    return 0;
}

static int copy_tasks(struct plugin *plugin, const grasp_plugin *table, struct err *err)
{
    int code = 0;
    for (uint64_t i = 0; i < table->task_count && !code; i++) {
        grasp_task *t = &plugin->tasks[i];
        code = copy_table(plugin, "task", table->tasks[i], t, sizeof(*t), task_members,
                          sizeof(task_members) / sizeof(task_members[0]), err);
        if (!code)
            code = add_entry(plugin, PLUGIN_TASK, i, t->id, t->summary, t->options, err);
    }
    return code;
}

static int copy_methods(struct plugin *plugin, const grasp_plugin *table, struct err *err)
{
    int code = 0;
    for (uint64_t i = 0; i < table->method_count && !code; i++) {
        grasp_method *m = &plugin->methods[i];
        code = copy_table(plugin, "method", table->methods[i], m, sizeof(*m), method_members,
                          sizeof(method_members) / sizeof(method_members[0]), err);
        if (!code)
            code = add_entry(plugin, PLUGIN_METHOD, i, m->id, m->summary, m->options, err);
    }
    return code;
}

static int read_root(struct plugin *plugin, const grasp_plugin *root, struct err *err)
{
    if (!root)
        return err_set(err, EXIT_PLUGIN, "%s: grasp_plugin_v%d returned NULL (R2)", plugin->path,
                       GRASP_ABI_MAJOR);
    if (root->size < sizeof(grasp_plugin))
        return err_set(err, EXIT_PLUGIN, "%s: the plugin's table has no valid `size` (R3)",
                       plugin->path);
    if (root->task_count > MAX_TABLES || root->method_count > MAX_TABLES ||
        (root->task_count && !root->tasks) || (root->method_count && !root->methods))
        return err_set(err, EXIT_PLUGIN,
                       "%s: the plugin's lists of tasks and methods are not "
                       "valid (R2)",
                       plugin->path);
    size_t count = root->task_count + root->method_count;
    if (!count)
        return err_set(err, EXIT_PLUGIN, "%s: holds neither task nor method", plugin->path);
    plugin->abi_minor = root->abi_minor;
    plugin->name = copy(root->name, "unnamed");
    plugin->version = copy(root->version, "unknown");
    plugin->license = copy(root->license, "unknown");
    plugin->entries = mem_array(count, sizeof(*plugin->entries));
    plugin->schemas = mem_array(count, sizeof(*plugin->schemas));
    plugin->tasks = mem_array(root->task_count + 1, sizeof(*plugin->tasks));
    plugin->methods = mem_array(root->method_count + 1, sizeof(*plugin->methods));
    int code = copy_tasks(plugin, root, err);
    return code ? code : copy_methods(plugin, root, err);
}

static int open_object(struct plugin *plugin, struct err *err)
{
    const grasp_plugin *(*entry)(void);
    int code = elf_check(plugin->path, err);
    if (code)
        return code;
    void *object = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!object)
        return err_set(err, EXIT_PLUGIN, "cannot load the plugin: %s", dlerror());
    void *symbol = dlsym(object, "grasp_plugin_v1");
    if (!symbol)
        return err_set(err, EXIT_PLUGIN, "%s: not a plugin: it does not export grasp_plugin_v1",
                       plugin->path);
    memcpy(&entry, &symbol, sizeof(entry));
    return read_root(plugin, entry(), err);
}

static void plugin_free(struct plugin *plugin)
{
    for (size_t i = 0; i < plugin->entry_count; i++)
        json_free(plugin->schemas[i]);
    mem_free(plugin->schemas);
    mem_free(plugin->entries);
    mem_free(plugin->tasks);
    mem_free(plugin->methods);
    mem_free(plugin->name);
    mem_free(plugin->version);
    mem_free(plugin->license);
    mem_free(plugin->path);
    mem_free(plugin);
}

int plugin_load(const char *path, struct plugin **out, struct err *err)
{
    int code = 0;
    pthread_mutex_lock(&registry_mutex);
    struct plugin *plugin = registry;
    while (plugin && strcmp(plugin->path, path) != 0)
        plugin = plugin->next;
    if (!plugin) {
        plugin = mem_alloc(sizeof(*plugin));
        plugin->path = mem_dup(path, strlen(path));
        code = open_object(plugin, err);
        if (code) {
            plugin_free(plugin);
        } else {
            plugin->next = registry;
            registry = plugin;
        }
    }
    pthread_mutex_unlock(&registry_mutex);
    if (!code)
        *out = plugin;
    return code;
}

const char *plugin_path(const struct plugin *plugin)
{
    return plugin->path;
}

const char *plugin_name(const struct plugin *plugin)
{
    return plugin->name;
}

const char *plugin_version(const struct plugin *plugin)
{
    return plugin->version;
}

const char *plugin_license(const struct plugin *plugin)
{
    return plugin->license;
}

void plugin_digest(const struct plugin *plugin, char out_hex[65])
{
    CLEANUP_BUF struct buf text = {0};
    if (file_read(plugin->path, 1u << 30, &text, NULL))
        buf_reset(&text);
    hash_sha256_hex(buf_view(&text), out_hex);
}

size_t plugin_entry_count(const struct plugin *plugin)
{
    return plugin->entry_count;
}

const struct plugin_entry *plugin_entry(const struct plugin *plugin, size_t index)
{
    return &plugin->entries[index];
}

const grasp_task *plugin_task_table(const struct plugin_entry *entry)
{
    return &entry->plugin->tasks[entry->index];
}

const grasp_method *plugin_method_table(const struct plugin_entry *entry)
{
    return &entry->plugin->methods[entry->index];
}

static int no_entry(const struct plugin *plugin, enum plugin_kind kind, struct str id,
                    struct err *err)
{
    const char *what = kind == PLUGIN_TASK ? "task" : "method";
    CLEANUP_BUF struct buf names = {0};
    for (size_t i = 0; i < plugin->entry_count; i++) {
        if (plugin->entries[i].kind == kind)
            buf_printf(&names, "%s%s", names.len ? ", " : "", plugin->entries[i].id);
    }
    if (!names.len)
        return err_set(err, EXIT_USAGE, "%s: holds no %s", plugin->path, what);
    return err_set(err, EXIT_USAGE, "%s: holds no %s '%.*s'; it has: %s", plugin->path, what,
                   (int)id.len, id.ptr, names.ptr);
}

int plugin_pick(const char *spec, enum plugin_kind kind, const struct plugin_entry **out,
                struct err *err)
{
    struct str id = str_of(spec), file = str_cut(&id, ':');
    CLEANUP_FREE char *name = mem_dup(file.ptr, file.len);
    CLEANUP_FREE char *path = plugin_find(name, err);
    struct plugin *plugin;
    if (!path)
        return EXIT_USAGE;
    int code = plugin_load(path, &plugin, err);
    if (code)
        return code;
    for (size_t i = 0; i < plugin->entry_count; i++) {
        if (plugin->entries[i].kind != kind || (id.len && !str_is(id, plugin->entries[i].id)))
            continue;
        *out = &plugin->entries[i];
        return 0;
    }
    return no_entry(plugin, kind, id, err);
}
