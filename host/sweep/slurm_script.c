/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/yaml.h"
#include "sweep/plan_internal.h"
#include "sweep/slurm_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STOP_BEFORE_S 120

/* Keys of the block that are options of sbatch under the same name. */
static const char *const options[] = {"partition", "account", "qos",  "constraint",
                                      "mem",       "cpus",    "gres", "nodelist"};
static const char *const keys[] = {"partition", "account",     "qos",     "constraint",
                                   "mem",       "cpus",        "gres",    "nodelist",
                                   "time",      "stop_before", "prelude", "sbatch"};

static const struct json *block_of(const struct sweep *sweep)
{
    return json_get(sweep->tree, "slurm");
}

static const char *where(const struct sweep *sweep, const char *key)
{
    char dotted[128];
    snprintf(dotted, sizeof(dotted), "slurm.%s", key);
    return sweep_where(sweep, dotted);
}

/* One word: what stands on a line that sbatch reads. */
static bool is_word(const struct json *value)
{
    struct str text = json_str(value);
    if (json_is(value, JSON_INT))
        return json_int(value, -1) >= 0;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f)
            return false;
    }
    return text.len > 0;
}

static bool are_lines(const struct json *value)
{
    if (!json_is(value, JSON_ARRAY))
        return false;
    for (size_t i = 0; i < json_count(value); i++) {
        struct str line = json_str(json_at(value, i));
        if (!line.len || memchr(line.ptr, '\n', line.len) || memchr(line.ptr, '\0', line.len))
            return false;
    }
    return true;
}

static int check_key(const struct sweep *sweep, struct str key, struct err *err)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (str_is(key, keys[i]))
            return 0;
    }
    const char *near = nearest(key, keys, COUNT(keys));
    return err_set(err, EXIT_CONFIG, "%s: unknown key 'slurm.%s'%s%s%s", where(sweep, key.ptr),
                   key.ptr, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int check_value(const struct sweep *sweep, const char *key, const struct json *value,
                       struct err *err)
{
    bool lines = strcmp(key, "prelude") == 0 || strcmp(key, "sbatch") == 0;
    bool number = strcmp(key, "cpus") == 0 || strcmp(key, "stop_before") == 0;
    if (lines && !are_lines(value))
        return err_set(err, EXIT_CONFIG, "%s: slurm.%s must be a list of lines", where(sweep, key),
                       key);
    if (number &&
        !(json_is(value, JSON_INT) && json_int(value, -1) >= 1 && json_int(value, -1) <= 65535))
        return err_set(err, EXIT_CONFIG, "%s: slurm.%s must be a whole number from 1 to 65535",
                       where(sweep, key), key);
    if (!lines && !is_word(value))
        return err_set(err, EXIT_CONFIG, "%s: slurm.%s must be one word or a number",
                       where(sweep, key), key);
    return 0;
}

int slurm_check(const struct sweep *sweep, struct err *err)
{
    const struct json *block = block_of(sweep);
    if (json_is(block, JSON_NULL))
        return 0;
    if (!json_is(block, JSON_OBJECT))
        return err_set(err, EXIT_CONFIG, "%s: slurm must be a mapping, as in {partition: gpu}",
                       sweep_where(sweep, "slurm"));
    for (struct json_iter it = json_members(block); json_next(&it);) {
        int code = check_key(sweep, it.key, err);
        if (!code)
            code = check_value(sweep, it.key.ptr, it.value, err);
        if (code)
            return code;
    }
    return 0;
}

static void add_value(struct buf *out, const struct json *value)
{
    if (json_is(value, JSON_INT))
        buf_i64(out, json_int(value, 0));
    else
        buf_str(out, json_str(value));
}

/* For the shell, in single quotes. */
static void add_quoted(struct buf *out, const char *text)
{
    buf_char(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_text(out, "'\\''");
        else
            buf_char(out, *text);
    }
    buf_char(out, '\'');
}

/* Seconds (YAML reads 1:30:00 as such), or as Slurm has it. */
static void add_time(struct buf *out, const struct json *time)
{
    if (json_is(time, JSON_NULL))
        return;
    buf_text(out, "#SBATCH --time=");
    if (json_is(time, JSON_INT))
        buf_printf(out, "%lld", (long long)(json_int(time, 0) + 59) / 60);
    else
        buf_str(out, json_str(time));
    buf_char(out, '\n');
}

static void add_options(struct buf *out, const struct sweep *sweep, size_t count)
{
    const struct json *block = block_of(sweep);
    buf_printf(out, "#SBATCH --array=0-%zu", count - 1);
    if (sweep->parallel && sweep->parallel < count)
        buf_printf(out, "%%%zu", sweep->parallel);
    buf_text(out, "\n#SBATCH --open-mode=append\n#SBATCH --requeue\n");
    buf_printf(out, "#SBATCH --signal=B:TERM@%lld\n",
               (long long)json_int(json_get(block, "stop_before"), STOP_BEFORE_S));
    add_time(out, json_get(block, "time"));
    for (size_t i = 0; i < COUNT(options); i++) {
        const struct json *value = json_get(block, options[i]);
        if (json_is(value, JSON_NULL))
            continue;
        bool cpus = strcmp(options[i], "cpus") == 0;
        buf_printf(out, "#SBATCH --%s=", cpus ? "cpus-per-task" : options[i]);
        add_value(out, value);
        buf_char(out, '\n');
    }
    const struct json *more = json_get(block, "sbatch");
    for (size_t i = 0; i < json_count(more); i++)
        buf_printf(out, "#SBATCH %s\n", json_str(json_at(more, i)).ptr);
}

void slurm_script(struct buf *out, const struct sweep_folder *folder, const char *program,
                  const size_t *cells, size_t count)
{
    const struct sweep *sweep = folder->sweep;
    const struct json *prelude = json_get(block_of(sweep), "prelude");
    CLEANUP_FREE char *file = realpath(sweep->file, NULL);
    buf_text(out, "#!/bin/bash\n");
    add_options(out, sweep, count);
    buf_text(out, "\ncells=(\n");
    for (size_t i = 0; i < count; i++) {
        buf_text(out, "  ");
        add_quoted(out, sweep->cells[cells[i]].name);
        buf_char(out, '\n');
    }
    buf_text(out, ")\n");
    for (size_t i = 0; i < json_count(prelude); i++)
        buf_printf(out, "%s\n", json_str(json_at(prelude, i)).ptr);
    add_quoted(out, program);
    buf_text(out, " sweep ");
    add_quoted(out, file ? file : sweep->file);
    buf_text(out, " --out ");
    add_quoted(out, folder->path);
    buf_text(
        out,
        " --executor local --quiet --cell \"${cells[$SLURM_ARRAY_TASK_ID]}\" &\n"
        "cell=$!\n"
        "trap 'stopped=1; kill -TERM \"$cell\"' TERM\n"
        "wait \"$cell\"\n"
        "code=$?\n"
        "# A signal ends the first wait; the cell then finishes the calls that are out.\n"
        "while kill -0 \"$cell\" 2>/dev/null; do\n"
        "  wait \"$cell\"\n"
        "  code=$?\n"
        "done\n"
        "# Stopped before its time limit: it goes on in another attempt. A task that somebody\n"
        "# cancelled is no longer running here, and stays cancelled.\n"
        "if [ -n \"$stopped\" ] && [ \"$code\" -gt 128 ] &&\n"
        "  [ \"$(squeue -h -j \"$SLURM_JOB_ID\" -o %T)\" = RUNNING ]; then\n"
        "  scontrol requeue \"$SLURM_JOB_ID\"\n"
        "fi\n"
        "exit \"$code\"\n");
}
