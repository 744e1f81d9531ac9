/* SPDX-License-Identifier: MIT */
/* The run directory as a whole: made, locked against a second process, taken up again. */
#pragma once

#include "base/json.h"

struct rundir {
    char *path;
    int lock_fd;
};

enum rundir_mode { RUNDIR_NEW, RUNDIR_RESUME, RUNDIR_FORCE };

/* NEW: must not exist (an empty folder is fine). RESUME: must hold a config.yaml; files left
 * half-written by a killed process are removed. FORCE: an old run there is removed first, anything
 * else is refused. EXIT_USAGE for each of these, EXIT_TEMPORARY if another process works there. */
int rundir_open(const char *path, enum rundir_mode mode, struct rundir *out, struct err *err);
void rundir_close(struct rundir *rundir);

/* Is there a run in this folder? */
bool rundir_is_run(const char *path);
/* The configuration of the run in a folder: its config.yaml. */
int rundir_read_config(const char *path, struct json **out, struct err *err);
int rundir_write_config(const struct rundir *rundir, const struct json *tree, struct err *err);
/* run.json; NULL without error if there is none yet. */
struct json *rundir_read_state(const char *path);
