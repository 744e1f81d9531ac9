/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "common/cohort/roster.h"

static const char usage[] =
    "usage: grasp-host fhir cohort [--seed N] [--patients N] [--tasks DIR] [--out FILE]\n\n"
    "Writes invented patients with charts for the medagent tasks, as NDJSON: a resource a line. "
    "The\n"
    "first 120 are those of the tasks' own questions, with the same seed. With --tasks, the\n"
    "patients that the benchmark's own task files name come first.\n\n"
    "  grasp-host fhir cohort --patients 200 --out cohort.ndjson\n"
    "  grasp-host fhir serve cohort.ndjson --port 8080\n";

#define PATIENTS "120"
#define MOST_PATIENTS 3000000
#define FILE_LIMIT ((size_t)32 << 20)

struct options {
    const char *seed, *patients, *tasks, *out;
    bool help;
};

static struct cohort_text text_of(const struct json *object, const char *name)
{
    struct str text = json_str(json_get(object, name));
    return (struct cohort_text){text.ptr, text.len};
}

static int add_tasks(struct cohort_roster *roster, int version, const char *path, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    char why[256];
    struct err cause = {0};
    int code = file_read(path, FILE_LIMIT, &text, err);
    if (code)
        return code;
    CLEANUP_JSON struct json *list = json_parse(buf_view(&text), &cause);
    if (!json_is(list, JSON_ARRAY) || !json_count(list))
        return err_set(err, EXIT_CONFIG, "%s: %s", path,
                       list ? "not a list of tasks, or an empty one" : cause.text);
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *item = json_at(list, i);
        struct cohort_task task = {version, text_of(item, "id"), text_of(item, "eval_MRN"),
                                   text_of(item, "instruction"), text_of(item, "context")};
        if (cohort_roster_add(roster, &task, why))
            return err_set(err, EXIT_CONFIG, "%s: sample %zu (%.*s): %s", path, i + 1,
                           task.id.len > 40 ? 40 : (int)task.id.len, task.id.ptr ? task.id.ptr : "",
                           why);
    }
    return 0;
}

/* The task file of a version below the folder, where the plugin looks for it too. */
static int add_version(struct cohort_roster *roster, const char *dir, int version, bool *found,
                       struct err *err)
{
    const char *name = version == 1 ? "MedAgentBench" : "MedAgentBench-v2";
    const char *file = version == 1 ? "test_data_v2.json" : "new_patient_tasks.json";
    char *paths[] = {
        mem_printf("%s/%s", dir, file),
        mem_printf("%s/%s/%s", dir, name, file),
        mem_printf("%s/data/medagentbench/%s", dir, file),
        mem_printf("%s/benchmarks/%s/data/medagentbench/%s", dir, name, file),
    };
    int code = 0;
    bool here = false;
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        if (!here && !code && file_exists(paths[i])) {
            here = *found = true;
            code = add_tasks(roster, version, paths[i], err);
        }
        free(paths[i]);
    }
    return code;
}

static int add_named(struct cohort_roster *roster, const char *dir, struct err *err)
{
    bool found = false;
    int code = add_version(roster, dir, 1, &found, err);
    if (!code)
        code = add_version(roster, dir, 2, &found, err);
    if (!code && !found)
        code = err_set(err, EXIT_CONFIG,
                       "--tasks %s: no test_data_v2.json (v1) or new_patient_tasks.json (v2) there",
                       dir);
    return code;
}

/* All in memory first, so that a file is either whole or not there. */
static int write_roster(const struct cohort_roster *roster, const char *path, struct err *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    if (!file)
        return err_set(err, EXIT_INTERNAL, "no memory for the patients");
    cohort_roster_write(roster, file);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed) {
        free(text);
        return err_set(err, EXIT_INTERNAL, "no memory for the patients");
    }
    struct str all = {text, len};
    int code = path ? file_write_atomic(path, all, err) : cli_print(all);
    free(text);
    return code;
}

static int write_cohort(const struct options *o, struct err *err)
{
    int64_t seed, patients;
    int code = args_int("seed", o->seed ? o->seed : "1", 0, INT64_MAX, &seed, err);
    if (!code)
        code = args_int("patients", o->patients ? o->patients : PATIENTS, 1, MOST_PATIENTS,
                        &patients, err);
    if (code)
        return code;
    struct cohort_roster *roster = cohort_roster_new((uint64_t)seed);
    if (o->tasks)
        code = add_named(roster, o->tasks, err);
    size_t named = cohort_roster_count(roster);
    if (!code && named > (size_t)patients)
        code =
            o->patients
                ? err_set(err, EXIT_USAGE,
                          "--patients %lld: the task files name %zu patients; give at least that "
                          "many, or leave it out",
                          (long long)patients, named)
                : 0;
    if (!code && named < (size_t)patients && (!o->tasks || o->patients))
        cohort_roster_invent(roster, (uint32_t)named, (uint32_t)patients - 1);
    if (!code)
        code = write_roster(roster, o->out, err);
    cohort_roster_free(roster);
    return code;
}

int cmd_fhir_cohort(int argc, char **argv)
{
    struct options o = {0};
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"seed", 0, "N", "other patients for another seed (default: 1)", .text = &o.seed},
        {"patients", 'n', "N", "how many (default: " PATIENTS ", or as many as the tasks name)",
         .text = &o.patients},
        {"tasks", 0, "DIR", "folder with the benchmark's own task files", .text = &o.tasks},
        {"out", 'o', "FILE", "where to write (default: standard output)", .text = &o.out},
        {"help", 'h', NULL, "this text", .flag = &o.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && o.help)
        code = cli_help(usage, args);
    else if (!code && rest.count)
        code = err_set(&err, EXIT_USAGE, "fhir cohort takes options only; see --help");
    else if (!code)
        code = write_cohort(&o, &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    return code;
}
