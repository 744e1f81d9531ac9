/* SPDX-License-Identifier: MIT */
#include "run/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/yaml.h"

static bool is_leftover(const char *name)
{
    const char *base = strrchr(name, '/');
    base = base ? base + 1 : name;
    return base[0] == '.' && str_ends(str_of(base), ".tmp");
}

/* Nothing there but what a process left that was killed before it wrote its config.yaml. */
static bool is_empty(const char *path)
{
    char **names = NULL;
    size_t count = 0;
    if (file_list(path, true, 16, &names, &count, NULL))
        return false;
    bool empty = true;
    for (size_t i = 0; i < count; i++) {
        empty = empty && (is_leftover(names[i]) || strcmp(names[i], "run.json") == 0);
        mem_free(names[i]);
    }
    mem_free(names);
    return empty;
}

bool rundir_is_run(const char *path)
{
    CLEANUP_FREE char *file = file_join(path, "config.yaml");
    return file_exists(file);
}

static int check_mode(const char *path, enum rundir_mode mode, struct err *err)
{
    bool is_run = rundir_is_run(path);
    if (mode == RUNDIR_RESUME && !is_run)
        return err_set(err, EXIT_USAGE, "%s: no run to resume (no config.yaml there)", path);
    if (mode == RUNDIR_RESUME || !file_exists(path))
        return 0;
    if (!file_is_dir(path))
        return err_set(err, EXIT_USAGE, "%s: exists and is not a folder", path);
    if (is_empty(path))
        return 0;
    if (mode == RUNDIR_NEW)
        return err_set(err, EXIT_USAGE,
                       "%s: exists already; go on with --resume, start over with --force, or "
                       "choose another folder with --out",
                       path);
    if (!is_run)
        return err_set(err, EXIT_USAGE,
                       "%s: is not a run of ours (no config.yaml), so --force does not remove it",
                       path);
    return file_remove_tree(path, err);
}

static int lock(struct rundir *rundir, struct err *err)
{
    rundir->lock_fd = open(rundir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (rundir->lock_fd < 0)
        return err_set(err, EXIT_INTERNAL, "%s: %s", rundir->path, strerror(errno));
    if (flock(rundir->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(err, EXIT_TEMPORARY, "%s: another process works on this run", rundir->path);
    return 0;
}

/* Temporary files of atomic writes that a kill left behind, in a folder that is ours. */
static int remove_leftovers(const char *path, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    int code = file_list(path, true, 1000000, &names, &count, err);
    for (size_t i = 0; i < count; i++) {
        if (is_leftover(names[i])) {
            CLEANUP_FREE char *file = file_join(path, names[i]);
            unlink(file);
        }
        mem_free(names[i]);
    }
    mem_free(names);
    return code;
}

int rundir_open(const char *path, enum rundir_mode mode, struct rundir *out, struct err *err)
{
    *out = (struct rundir){.lock_fd = -1};
    int code = check_mode(path, mode, err);
    if (!code)
        code = file_make_dirs(path, err);
    if (code)
        return code;
    out->path = realpath(path, NULL);
    if (!out->path)
        return err_set(err, EXIT_INTERNAL, "%s: %s", path, strerror(errno));
    code = lock(out, err);
    if (!code)
        code = remove_leftovers(out->path, err);
    return code;
}

void rundir_close(struct rundir *rundir)
{
    if (rundir->lock_fd >= 0)
        close(rundir->lock_fd);
    mem_free(rundir->path);
    *rundir = (struct rundir){.lock_fd = -1};
}

int rundir_read_config(const char *path, struct json **out, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *file = file_join(path, "config.yaml");
    int code = file_read(file, FILE_MAX_CONFIG, &text, err);
    if (code)
        return code;
    struct json *tree = yaml_parse(buf_view(&text), file, NULL, err);
    if (!tree)
        return EXIT_CONFIG;
    *out = tree;
    return 0;
}

int rundir_write_config(const struct rundir *rundir, const struct json *tree, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *file = file_join(rundir->path, "config.yaml");
    yaml_write(&text, tree);
    return file_write_atomic(file, buf_view(&text), err);
}

struct json *rundir_read_state(const char *path)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *file = file_join(path, "run.json");
    if (file_read(file, FILE_MAX_CONFIG, &text, NULL))
        return NULL;
    return json_parse(buf_view(&text), NULL);
}
