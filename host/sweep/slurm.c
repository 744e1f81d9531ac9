/* SPDX-License-Identifier: MIT */
#include "sweep/slurm_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "sweep/process.h"

#define ANSWER_S 60
#define RECORD_LIMIT (64u << 20)
#define MISSING_PROGRAM 127

static char *record_path(const struct sweep_folder *folder)
{
    return mem_printf("%s/state/slurm.json", folder->path);
}

/* {"job": id, "cells": [name]} of the last array; NULL if there was none. */
static struct json *read_record(const struct sweep_folder *folder)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = record_path(folder);
    if (!file_exists(path) || file_read(path, RECORD_LIMIT, &text, NULL))
        return NULL;
    return json_parse(buf_view(&text), NULL);
}

static int write_record(const struct sweep_folder *folder, const char *id, const size_t *cells,
                        size_t count, struct err *err)
{
    CLEANUP_JSON struct json *record = json_new_object();
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = record_path(folder);
    struct json *names = json_new_array();
    for (size_t i = 0; i < count; i++)
        json_push(names, json_new_str(str_of(folder->sweep->cells[cells[i]].name)));
    json_set(record, "job", json_new_str(str_of(id)));
    json_set(record, "cells", names);
    json_write(&text, record, JSON_INDENT2);
    buf_char(&text, '\n');
    return file_write_atomic(path, buf_view(&text), err);
}

/* Runs a program of Slurm; what went wrong is said in its own words. */
static int ask(const char *const *argv, struct buf *out, struct err *err)
{
    CLEANUP_BUF struct buf errors = {0}, shown = {0};
    int status = sweep_tool_run(argv, ANSWER_S, out, &errors);
    if (status == 0)
        return 0;
    if (status == MISSING_PROGRAM)
        return err_set(err, EXIT_UNAVAILABLE,
                       "%s: cannot be started; the executor slurm needs Slurm's commands on this "
                       "host (package slurm-client)",
                       argv[0]);
    if (status < 0)
        return err_set(err, EXIT_UNAVAILABLE, "%s: no answer within %d s; is slurmctld up?",
                       argv[0], ANSWER_S);
    buf_escaped(&shown, str_trim(buf_view(&errors)));
    return err_set(err, EXIT_UNAVAILABLE, "%s: %s", argv[0],
                   shown.len ? shown.ptr : "failed without a word");
}

/* Lines "INDEX STATE" of the tasks that are in the queue. An array that Slurm does not know any
 * more has none. */
static int queue_of(const char *id, struct buf *out, struct err *err)
{
    struct err failed = {0};
    const char *const argv[] = {"squeue", "-h", "-r", "-j", id, "-o", "%K %T", NULL};
    int code = ask(argv, out, &failed);
    if (code && strstr(failed.text, "Invalid job id"))
        return 0;
    if (code && err)
        *err = failed;
    return code;
}

static int refuse_second(const struct sweep_folder *folder, struct err *err)
{
    CLEANUP_JSON struct json *record = read_record(folder);
    CLEANUP_BUF struct buf queue = {0};
    const char *id = json_str(json_get(record, "job")).ptr;
    size_t tasks = 0;
    if (!id || !*id)
        return 0;
    int code = queue_of(id, &queue, err);
    for (size_t i = 0; i < queue.len; i++)
        tasks += queue.ptr[i] == '\n';
    if (code || !tasks)
        return code;
    return err_set(err, EXIT_TEMPORARY,
                   "%s: array %s of this sweep still has %zu tasks in the queue; --status shows "
                   "them, 'scancel %s' takes them out",
                   folder->path, id, tasks, id);
}

/* Names with spaces and quotes cannot stand in the script: its directives have rules of their own.
 */
static void name_options(const struct sweep_folder *folder, struct buf *name, struct buf *output)
{
    const char *base = strrchr(folder->path, '/');
    buf_printf(name, "--job-name=%s", base && base[1] ? base + 1 : "sweep");
    buf_text(output, "--output=");
    for (const char *c = folder->path; *c; c++) {
        buf_char(output, *c);
        if (*c == '%')
            buf_char(output, '%');
    }
    buf_text(output, "/state/slurm-%A_%a.log");
}

static int hand_in(const struct sweep_folder *folder, const size_t *cells, size_t count, char **id,
                   struct err *err)
{
    CLEANUP_BUF struct buf script = {0}, answer = {0}, name = {0}, output = {0};
    CLEANUP_FREE char *path = mem_printf("%s/state/slurm.sh", folder->path);
    char program[4096];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len <= 0)
        return err_set(err, EXIT_INTERNAL, "cannot tell where grasp-host is: /proc/self/exe");
    program[len] = '\0';
    slurm_script(&script, folder, program, cells, count);
    int code = file_write_atomic(path, buf_view(&script), err);
    name_options(folder, &name, &output);
    const char *const argv[] = {"sbatch", "--parsable", name.ptr, output.ptr, path, NULL};
    if (!code)
        code = ask(argv, &answer, err);
    if (code)
        return code;
    /* "ID" or "ID;CLUSTER" */
    struct str rest = str_trim(buf_view(&answer)), number = str_cut(&rest, ';');
    int64_t value;
    if (!str_to_i64(number, &value) || value < 1)
        return err_set(err, EXIT_UNAVAILABLE, "sbatch: answered without a job's number");
    *id = mem_printf("%lld", (long long)value);
    return write_record(folder, *id, cells, count, err);
}

int slurm_submit(const struct sweep_local *local, struct slurm_job *job, struct err *err)
{
    const struct sweep_folder *folder = local->folder;
    const struct sweep *sweep = folder->sweep;
    *job = (struct slurm_job){0};
    int code = refuse_second(folder, err);
    if (code)
        return code;
    size_t *cells = mem_array(sweep->count, sizeof(*cells));
    for (size_t i = 0; i < sweep->count && !code; i++) {
        struct cell_state state = {0};
        claim_look(folder, i, sweep->claim_timeout, &state);
        bool failed = state.phase == CELL_ENDED && !sweep_is_done(&state) &&
                      !sweep_may_go_on(&sweep->cells[i], &state);
        if (local->selected[i] && failed && local->retry_failed)
            code = claim_forgive(folder, i, &state, err);
        if (local->selected[i] && !sweep_is_done(&state) && (!failed || local->retry_failed))
            cells[job->cells++] = i;
    }
    if (!code && job->cells)
        code = hand_in(folder, cells, job->cells, &job->id, err);
    mem_free(cells);
    return code;
}

static struct json *find(const struct json *cells, struct str name)
{
    for (size_t i = 0; i < json_count(cells); i++) {
        if (str_eq(json_str(json_get(json_at(cells, i), "name")), name))
            return json_at(cells, i);
    }
    return NULL;
}

static void move_count(struct json *counts, struct str from, const char *to)
{
    int64_t left = json_int(json_get_str(counts, from), 0) - 1;
    if (left > 0)
        json_set_str(counts, from, json_new_int(left));
    else
        json_remove(counts, from.ptr);
    json_set(counts, to, json_new_int(json_int(json_get(counts, to), 0) + 1));
}

static void mark_queued(struct json *status, struct json *cell)
{
    static const char *const other[] = {"done", "missing", "running", "queued"};
    struct str state = json_str(json_get(cell, "state"));
    for (size_t i = 0; cell && i < sizeof(other) / sizeof(other[0]); i++) {
        if (str_is(state, other[i]))
            return;
    }
    if (!cell)
        return;
    move_count(json_get(status, "counts"), state, "queued");
    json_set(cell, "state", json_new_str(STR("queued")));
}

void slurm_add_status(const struct sweep_folder *folder, struct json *status)
{
    CLEANUP_JSON struct json *record = read_record(folder);
    CLEANUP_BUF struct buf queue = {0};
    const char *id = json_str(json_get(record, "job")).ptr;
    if (!id || !*id || queue_of(id, &queue, NULL))
        return;
    for (struct str rest = buf_view(&queue); rest.len;) {
        struct str line = str_cut(&rest, '\n'), index = str_cut(&line, ' ');
        int64_t task;
        if (!str_is(line, "PENDING") || !str_to_i64(index, &task) || task < 0)
            continue;
        const struct json *name = json_at(json_get(record, "cells"), (size_t)task);
        mark_queued(status, find(json_get(status, "cells"), json_str(name)));
    }
}
