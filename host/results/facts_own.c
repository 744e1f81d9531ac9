/* SPDX-License-Identifier: MIT */
/* Run directories of our own, below any folder: run.json says what was run. */
#include <string.h>

#include "base/file.h"
#include "results/facts.h"

#define MAX_FILES 200000

static const char *const benchmark_names[][2] = {
    {"medagent", "MedAgentBench"},
    {"medagentbench", "MedAgentBench"},
    {"v2", "MedAgentBench-v2"},
    {"fhir_agent", "FHIR-AgentBench"},
};
static const char *const model_names[][2] = {
    {"gptoss", "gpt-oss-120b"},
    {"deepseek", "deepseek-v4-flash"},
};

static const char *known(const char *const (*names)[2], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i][0], name) == 0)
            return names[i][1];
    }
    return name;
}

/* The benchmark as the release calls it; version 2 of MedAgentBench is a benchmark of its own. */
static const char *benchmark_of(const struct json *task, const char *id)
{
    const char *name = known(benchmark_names, 4, id);
    struct str version = json_str(json_path(task, "options.version"));
    if (strcmp(name, "MedAgentBench") == 0 &&
        (str_is(version, "v2") || json_int(json_path(task, "options.version"), 1) == 2))
        return "MedAgentBench-v2";
    return name;
}

static char *text_of(const struct json *value, const char *otherwise)
{
    struct str text = json_str(value);
    return text.len ? mem_dup(text.ptr, text.len) : mem_printf("%s", otherwise);
}

static void read_own(struct facts *facts, const char *dir)
{
    CLEANUP_BUF struct buf text = {0};
    const char *path = facts_path(facts, dir, "run.json");
    CLEANUP_JSON struct json *state = facts_json(facts, NULL, path, &text);
    if (!str_is(json_str(json_get(state, "schema")), "grasp-host/run")) {
        if (state)
            facts_problem(facts, NULL, path, 1, "is no record of a run of grasp-host");
        return;
    }
    CLEANUP_FREE char *model = text_of(json_get(state, "model"), "unknown");
    CLEANUP_FREE char *task = text_of(json_path(state, "task.id"), "unknown");
    CLEANUP_FREE char *id = text_of(json_path(state, "method.id"), "unknown");
    bool is_eval = str_is(json_str(json_get(state, "command")), "eval");
    CLEANUP_FREE char *method = mem_printf("%s%s", id, is_eval ? ", eval" : "");
    const char *benchmark = benchmark_of(json_get(state, "task"), task);
    struct run_key key = {"main", "", known(model_names, 2, model), benchmark, method, dir};
    struct run_facts *run = facts_run(facts, &key);
    run->own = true;
    run->rehearsal = strcmp(model, "rehearsal") == 0;
    facts_read_run(facts, run, dir);
    if (!json_bool(json_get(state, "complete"), false))
        facts_problem(facts, run, path, 1, "the run is not complete; go on with --resume");
}

int facts_read_own(struct facts *facts, const char *dir, struct err *err)
{
    char **names = NULL;
    size_t count = 0, runs = 0;
    int code = file_list(dir, true, MAX_FILES, &names, &count, err);
    for (size_t i = 0; i < count; i++) {
        struct str name = str_of(names[i]);
        if (str_is(name, "run.json")) {
            read_own(facts, dir);
            runs++;
        } else if (str_ends(name, "/run.json")) {
            names[i][name.len - strlen("/run.json")] = 0;
            read_own(facts, facts_path(facts, dir, names[i]));
            runs++;
        }
        mem_free(names[i]);
    }
    mem_free(names);
    if (!code && !runs)
        return err_set(err, EXIT_USAGE,
                       "%s: holds neither run directories of grasp-host (run.json) nor the layout "
                       "of the released results (main/, ablations/, ...)",
                       dir);
    return code;
}
