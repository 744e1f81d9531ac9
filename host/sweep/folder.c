/* SPDX-License-Identifier: MIT */
#include "sweep/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/yaml.h"
#include "run/config.h"

#define PLAN_LIMIT (256u << 20)
#define SHOWN 12 /* lines of what differs */

static struct json *cell_json(const struct sweep *s, size_t index)
{
    const struct sweep_cell *cell = &s->cells[index];
    struct json *out = json_new_object();
    json_set(out, "name", json_new_str(str_of(cell->name)));
    json_set(out, "axes", json_copy(cell->axes));
    json_set(out, "task", json_new_str(str_of(cell->task)));
    json_set(out, "method", json_new_str(str_of(cell->method)));
    json_set(out, "agent", json_new_str(str_of(cell->agent)));
    json_set(out, "implied", json_new_bool(cell->implied));
    if (cell->baseline != SWEEP_NO_CELL)
        json_set(out, "baseline", json_new_str(str_of(s->cells[cell->baseline].name)));
    json_set(out, "config", json_copy(cell->config));
    return out;
}

static struct json *plan_json(const struct sweep *s)
{
    struct json *out = json_new_object(), *cells = json_new_array();
    for (size_t i = 0; i < s->count; i++)
        json_push(cells, cell_json(s, i));
    json_set(out, "schema", json_new_str(STR("grasp-host/sweep")));
    json_set(out, "v", json_new_int(1));
    json_set(out, "cells", cells);
    return out;
}

static char *plan_path(const char *folder)
{
    return file_join(folder, "sweep.json");
}

bool sweep_folder_is(const char *path)
{
    CLEANUP_FREE char *plan = plan_path(path);
    return file_exists(plan);
}

int sweep_folder_read(const char *path, struct json **out, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *file = plan_path(path);
    int code = file_read(file, PLAN_LIMIT, &text, err);
    struct json *plan = code ? NULL : json_parse(buf_view(&text), err);
    if (code)
        return code;
    if (!plan)
        return err_prefix(err, "%s", file);
    if (!str_is(json_str(json_get(plan, "schema")), "grasp-host/sweep") ||
        json_int(json_get(plan, "v"), 0) != 1) {
        json_free(plan);
        return err_set(err, EXIT_CONFIG, "%s: is not a sweep of this version", file);
    }
    *out = plan;
    return 0;
}

static void index_cells(const struct json *plan, struct map *out)
{
    const struct json *cells = json_get(plan, "cells");
    for (size_t i = 0; i < json_count(cells); i++)
        map_set(out, json_str(json_get(json_at(cells, i), "name")), json_at(cells, i));
}

/* Cells of a that b does not have, or has with another configuration. */
static void write_differences(struct buf *out, const struct json *a, const struct json *b,
                              const char *what, bool configs)
{
    const struct json *cells = json_get(a, "cells");
    struct map others = {0};
    index_cells(b, &others);
    for (size_t i = 0; i < json_count(cells) && out->len < 800; i++) {
        const struct json *cell = json_at(cells, i);
        struct str name = json_str(json_get(cell, "name"));
        const struct json *other = map_get(&others, name);
        CLEANUP_BUF struct buf diff = {0};
        if (!other) {
            buf_printf(out, "  %s %s\n", name.ptr, what);
            continue;
        }
        if (configs)
            config_diff(json_get(cell, "config"), json_get(other, "config"), &diff);
        for (struct str rest = buf_view(&diff); rest.len;) {
            struct str line = str_cut(&rest, '\n');
            buf_printf(out, "  %s: %.*s\n", name.ptr, (int)(line.len < 200 ? line.len : 200),
                       line.ptr);
        }
    }
    map_clear(&others);
}

/* The first lines, and how many more there are: a grid may differ in every cell. */
static void cut_short(struct buf *text)
{
    size_t lines = 0, end = 0;
    for (size_t i = 0; i < text->len; i++) {
        lines += text->ptr[i] == '\n';
        if (text->ptr[i] == '\n' && lines <= SHOWN)
            end = i + 1;
    }
    if (lines <= SHOWN)
        return;
    text->len = end;
    buf_printf(text, "  and %zu more\n", lines - SHOWN);
}

/* The folder is for the cells of this file, and no others. */
static int compare(const struct sweep *s, const char *path, struct err *err)
{
    struct json *read = NULL;
    int code = sweep_folder_read(path, &read, err);
    if (code)
        return code;
    CLEANUP_JSON struct json *then = read;
    CLEANUP_JSON struct json *now = plan_json(s);
    CLEANUP_BUF struct buf diff = {0};
    write_differences(&diff, then, now, "is in the folder, but no longer in the file", true);
    write_differences(&diff, now, then, "is not in the folder", false);
    if (!diff.len)
        return 0;
    cut_short(&diff);
    return err_set(err, EXIT_CONFIG,
                   "%s: this sweep has other cells than %s; go on with the file that it was made "
                   "with, or give another folder with --out. What differs (folder -> file):\n%s",
                   path, s->file, diff.ptr);
}

/* Is there nothing that is not hidden, but for folders of these names that are bare themselves? */
static bool is_bare(const char *path, const char *const *may, size_t count)
{
    DIR *folder = opendir(path);
    bool bare = folder != NULL;
    for (struct dirent *e = folder ? readdir(folder) : NULL; e && bare; e = readdir(folder)) {
        bool known = e->d_name[0] == '.';
        for (size_t i = 0; i < count && !known; i++) {
            CLEANUP_FREE char *below = file_join(path, e->d_name);
            known = strcmp(e->d_name, may[i]) == 0 && is_bare(below, NULL, 0);
        }
        bare = known;
    }
    if (folder)
        closedir(folder);
    return bare;
}

/* What a process that was killed before sweep.json has left is nothing. */
static bool is_empty(const char *path)
{
    static const char *const ours[] = {"state", "cells"};
    return is_bare(path, ours, 2);
}

/* sweep.json appears whole and once, whoever comes first. */
static int write_plan(const struct sweep *sweep, const char *path, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_JSON struct json *plan = plan_json(sweep);
    CLEANUP_FREE char *file = plan_path(path);
    CLEANUP_FREE char *made = mem_printf("%s/state/.plan-%ld-%llx.tmp", path, (long)getpid(),
                                         (unsigned long long)(uintptr_t)&text);
    json_write(&text, plan, JSON_INDENT2);
    buf_char(&text, '\n');
    int code = file_write_atomic(made, buf_view(&text), err);
    if (code)
        return code;
    bool mine = link(made, file) == 0;
    int number = errno;
    unlink(made);
    if (mine)
        return file_sync_dir(path, err);
    return number == EEXIST ? 0 : err_system(err, number, "write", file);
}

static int make(const struct sweep *sweep, const char *path, struct err *err)
{
    CLEANUP_FREE char *state = file_join(path, "state");
    CLEANUP_FREE char *cells = file_join(path, "cells");
    int code = file_make_dirs(state, err);
    if (!code)
        code = file_make_dirs(cells, err);
    return code ? code : write_plan(sweep, path, err);
}

int sweep_folder_look(const struct sweep *sweep, const char *path, struct sweep_folder *out,
                      struct err *err)
{
    struct sweep_folder folder = {.sweep = sweep};
    int code = compare(sweep, path, err);
    if (code)
        return code;
    folder.path = realpath(path, NULL);
    if (!folder.path)
        return err_system(err, errno, "open", path);
    *out = folder;
    return 0;
}

int sweep_folder_open(const struct sweep *sweep, const char *path, struct sweep_folder *out,
                      struct err *err)
{
    struct sweep_folder folder = {0};
    bool there = sweep_folder_is(path);
    if (!there && file_exists(path) && (!file_is_dir(path) || !is_empty(path)))
        return err_set(err, EXIT_USAGE,
                       "%s: exists and is no sweep (no sweep.json); give another folder with --out",
                       path);
    int code = there ? 0 : make(sweep, path, err);
    /* Somebody else may have made it meanwhile, of another file. */
    if (!code)
        code = sweep_folder_look(sweep, path, &folder, err);
    if (!code && folder.path && access(folder.path, W_OK | X_OK) != 0)
        code = err_system(err, errno, "write into", folder.path);
    if (code)
        sweep_folder_close(&folder);
    else
        *out = folder;
    return code;
}

int sweep_folder_add_cell(const struct sweep_folder *f, size_t cell, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *file = sweep_state_path(f, cell, "config.yaml");
    CLEANUP_FREE char *folder = file_dir_name(file);
    int code = file_exists(file) ? 0 : file_make_dirs(folder, err);
    if (code || file_exists(file))
        return code;
    yaml_write(&text, f->sweep->cells[cell].config);
    return file_write_atomic(file, buf_view(&text), err);
}

void sweep_folder_close(struct sweep_folder *folder)
{
    mem_free(folder->path);
    *folder = (struct sweep_folder){0};
}

char *sweep_run_path(const struct sweep_folder *folder, size_t cell)
{
    return mem_printf("%s/cells/%s", folder->path, folder->sweep->cells[cell].name);
}

char *sweep_state_path(const struct sweep_folder *folder, size_t cell, const char *name)
{
    return mem_printf("%s/state/%s/%s", folder->path, folder->sweep->cells[cell].name, name);
}
