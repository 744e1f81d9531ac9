/* SPDX-License-Identifier: MIT */
/* Where plugins are looked for. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "plugin/plugin.h"

#define MAX_FOLDERS 32
#define MAX_NAMES 4096

#ifndef GRASP_HOST_PLUGIN_DIR
#define GRASP_HOST_PLUGIN_DIR "/usr/local/lib/grasp/plugins"
#endif

struct folders {
    char *paths[MAX_FOLDERS];
    size_t count;
};

static void add(struct folders *folders, char *path)
{
    if (path && folders->count < MAX_FOLDERS)
        folders->paths[folders->count++] = path;
    else
        mem_free(path);
}

static void add_environment(struct folders *folders)
{
    struct str rest = str_of(getenv("GRASP_PLUGIN_PATH"));
    while (rest.len) {
        struct str path = str_cut(&rest, ':');
        if (path.len)
            add(folders, mem_dup(path.ptr, path.len));
    }
}

/* Beside the program: as it is built, and as it is installed. */
static void add_program(struct folders *folders)
{
    static const char *const beside[] = {"../plugins", "../lib/grasp/plugins",
                                         "../lib/x86_64-linux-gnu/grasp/plugins",
                                         "../lib/aarch64-linux-gnu/grasp/plugins"};
    char program[4096];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len <= 0)
        return;
    program[len] = '\0';
    CLEANUP_FREE char *dir = file_dir_name(program);
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
        add(folders, file_join(dir, beside[i]));
}

static void add_user(struct folders *folders)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data && *data)
        add(folders, file_join(data, "grasp-host/plugins"));
    else if (home && *home)
        add(folders, file_join(home, ".local/share/grasp-host/plugins"));
}

static void folders_find(struct folders *out)
{
    out->count = 0;
    add_environment(out);
    add_program(out);
    add_user(out);
    add(out, mem_dup(GRASP_HOST_PLUGIN_DIR, strlen(GRASP_HOST_PLUGIN_DIR)));
}

static void folders_clear(struct folders *folders)
{
    for (size_t i = 0; i < folders->count; i++)
        mem_free(folders->paths[i]);
}

static char *absolute(const char *path)
{
    char *real = realpath(path, NULL);
    char *out = real ? mem_dup(real, strlen(real)) : NULL;
    free(real);
    return out;
}

char **plugin_search(size_t *out_count)
{
    struct folders folders;
    struct map seen = {0};
    char **found = NULL;
    size_t count = 0, capacity = 0;
    folders_find(&folders);
    for (size_t i = 0; i < folders.count; i++) {
        char **names = NULL;
        size_t name_count = 0;
        if (!file_is_dir(folders.paths[i]) ||
            file_list(folders.paths[i], false, MAX_NAMES, &names, &name_count, NULL))
            continue;
        for (size_t k = 0; k < name_count; k++) {
            CLEANUP_FREE char *path = file_join(folders.paths[i], names[k]);
            char *real = absolute(path);
            if (real && str_ends(str_of(names[k]), ".so") && !map_has(&seen, str_of(names[k]))) {
                map_set(&seen, str_of(names[k]), real);
                MEM_RESERVE(found, count, capacity);
                found[count++] = real;
            } else {
                mem_free(real);
            }
            mem_free(names[k]);
        }
        mem_free(names);
    }
    map_clear(&seen);
    folders_clear(&folders);
    *out_count = count;
    return found;
}

static int not_found(const char *name, const struct folders *folders, struct err *err)
{
    size_t count;
    char **paths = plugin_search(&count);
    const char **names = mem_array(count + 1, sizeof(*names));
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(paths[i], '/');
        names[i] = slash ? slash + 1 : paths[i];
    }
    const char *near = nearest(str_of(name), names, count);
    CLEANUP_BUF struct buf text = {0};
    buf_printf(&text, "%s: no such plugin", name);
    if (near)
        buf_printf(&text, "; did you mean %s?", near);
    buf_text(&text, " Looked in:");
    for (size_t i = 0; i < folders->count; i++)
        buf_printf(&text, " %s", folders->paths[i]);
    buf_text(&text, " (GRASP_PLUGIN_PATH adds folders)");
    int code = err_set(err, EXIT_USAGE, "%s", text.ptr);
    for (size_t i = 0; i < count; i++)
        mem_free(paths[i]);
    mem_free(paths);
    mem_free(names);
    return code;
}

char *plugin_find(const char *name, struct err *err)
{
    if (strchr(name, '/')) {
        char *path = absolute(name);
        if (!path)
            err_set(err, EXIT_USAGE, "%s: no such file", name);
        return path;
    }
    struct folders folders;
    char *found = NULL;
    CLEANUP_FREE char *file =
        str_ends(str_of(name), ".so") ? mem_dup(name, strlen(name)) : mem_printf("%s.so", name);
    folders_find(&folders);
    for (size_t i = 0; i < folders.count && !found; i++) {
        CLEANUP_FREE char *path = file_join(folders.paths[i], file);
        if (file_exists(path))
            found = absolute(path);
    }
    if (!found)
        not_found(file, &folders, err);
    folders_clear(&folders);
    return found;
}
