/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "golden_agentbench_os.h"
#include "io/child.h"
#include "plugin/os_machines.h"
#include "tasks/agentbench/os/check.h"

static grasp_str in(struct str text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

static const grasp_json_value *value_of(grasp_call *call, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, value, 0);
    return grasp_json_of(call)->parse(call, in(buf_view(&text)), NULL);
}

static void read_match(const struct json *given, struct match *out, struct buf *pattern)
{
    const struct json *answer = json_get(given, "answer"), *regex = json_get(given, "regex");
    const struct json *value = answer ? answer : regex, *strip = json_get(given, "strip");
    *out = (struct match){.kind = answer  ? "answer"
                                  : regex ? "regex"
                                          : NULL,
                          .is_text = json_is(value, JSON_STRING),
                          .has_strip = strip != NULL,
                          .strip = json_bool(strip, false)};
    if (!out->is_text)
        json_write(pattern, value, 0);
    out->pattern = out->is_text ? in(json_str(value)) : in(buf_view(pattern));
}

static void expect_result(struct golden *g, const struct check_result *got, const struct json *want)
{
    bool exception = json_is(want, JSON_STRING);
    bool error = exception || json_bool(json_get(want, "error"), false);
    bool right = json_is(want, JSON_BOOL) ? json_bool(want, false)
                                          : json_bool(json_get(want, "success"), false);
    golden_expect_int(g, "error", got->end == CHECK_ERROR, error);
    golden_expect_int(g, "right", got->right, right && !error);
}

static void match_eval(struct golden *g, struct mock_host *host)
{
    golden_section(g, "os.match_eval");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        CLEANUP_BUF struct buf pattern = {0};
        struct check_result got;
        struct match match;
        grasp_call *call = mock_call(host);
        read_match(json_get(c, "match"), &match, &pattern);
        check_match(call, &pool, &match, value_of(call, json_get(c, "answer")), &got);
        expect_result(g, &got, json_get(c, "out"));
    }
}

static int32_t run_scripted(grasp_call *call, void *context, grasp_str argv, int32_t *out_status,
                            grasp_str *out_text)
{
    const grasp_machines *machines = call->host->extension(call, grasp_cstr(GRASP_EXT_MACHINE));
    grasp_machine_command command = {.size = sizeof(command), .argv = argv};
    grasp_machine_result result = {.size = sizeof(result)};
    int32_t status = machines->run(call, NULL, &command, &result);
    *out_status = result.status;
    *out_text = result.out;
    return status;
}

static struct script script_of(const struct json *pair)
{
    return (struct script){json_count(pair) == 2, in(json_str(json_at(pair, 0))),
                           in(json_str(json_at(pair, 1)))};
}

static void check_eval(struct golden *g, struct mock_host *host)
{
    static const struct check_runner runner = {run_scripted, NULL};
    golden_section(g, "os.check_eval");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct scripted_machines machines = {.exec_returns = json_get(c, "returns")};
        const struct json *list = json_get(c, "check");
        struct script checks[16];
        struct problem problem = {.checks = checks,
                                  .check_count = json_count(list) < 16 ? json_count(list) : 16,
                                  .example = script_of(json_get(c, "example"))};
        struct check_result got;
        for (size_t i = 0; i < problem.check_count; i++)
            checks[i] = script_of(json_at(list, i));
        scripted_machines_serve(&machines, host);
        grasp_call *call = mock_call(host);
        check_scripts(call, &pool, &problem, value_of(call, json_get(c, "answer")), &runner, &got);
        expect_result(g, &got, json_get(c, "out"));
        CLEANUP_JSON struct json *execs = json_new_array();
        for (size_t i = 0; i < json_count(machines.log); i++)
            json_push(execs, json_copy(json_at(json_at(machines.log, i), 1)));
        golden_expect_json(g, "execs", execs, json_get(c, "execs"));
        scripted_machines_clear(&machines);
    }
}

/* The checkers are the data's own, and run as they are. */
static void checkers(struct golden *g)
{
    const char *data = getenv("AGENTBENCH_DATA");
    golden_section(g, "os.checkers");
    for (const struct json *c; (c = golden_next(g));) {
        CLEANUP_FREE char *script =
            mem_printf("%s/os_interaction/scripts/7/check/%s", data ? data : "",
                       json_str(json_get(c, "script")).ptr);
        const struct json *args = json_get(c, "args");
        if (!data || !file_exists(script)) {
            golden_skip(g, "AGENTBENCH_DATA is no data folder of AgentBench with its scripts");
            continue;
        }
        const char *argv[8] = {"/usr/bin/python3", script};
        for (size_t i = 0; i < json_count(args) && i < 5; i++)
            argv[2 + i] = json_str(json_at(args, i)).ptr;
        struct child_result result = {0};
        struct err err;
        if (child_run(&(struct child_request){.argv = argv, .timeout_ms = 60000}, &result, &err))
            golden_fail(g, "%s", err.text);
        else
            golden_expect_int(g, "exit_code", result.status,
                              json_int(json_get(c, "exit_code"), -1));
        buf_free(&result.out);
        buf_free(&result.err);
    }
}

void golden_os_check_sections(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    match_eval(g, host);
    check_eval(g, host);
    checkers(g);
    mock_host_destroy(host);
}
