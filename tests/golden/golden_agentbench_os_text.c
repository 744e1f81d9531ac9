/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/mem.h"
#include "golden_agentbench_os.h"
#include "tasks/agentbench/os/action.h"
#include "tasks/agentbench/os/problem.h"
#include "tasks/agentbench/os/shell_output.h"

static grasp_str in(struct str text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

static struct str out_of(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}

static const grasp_json_value *value_of(grasp_call *call, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, value, 0);
    return grasp_json_of(call)->parse(call, in(buf_view(&text)), NULL);
}

static struct json *action_json(const struct action *action, bool has_thought, grasp_str thought)
{
    struct json *out = json_new_object();
    json_set(out, "thought", has_thought ? json_new_str(out_of(thought)) : NULL);
    json_set(out, "action",
             action->act == ACT_BASH     ? json_new_str(STR("bash"))
             : action->act == ACT_COMMIT ? json_new_str(STR("commit"))
                                         : NULL);
    json_set(out, "content",
             action->has_text ? json_new_str(out_of(action->text))
                              : json_parse(out_of(action->json), NULL));
    return out;
}

static void extract(struct golden *g, struct mock_host *host)
{
    struct pool pool CLEANUP_POOL = {0};
    struct action action;
    golden_section(g, "os.extract_action");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_str thought;
        action_of_text(mock_call(host), &pool, in(json_str(json_get(c, "raw"))), &thought, &action);
        CLEANUP_JSON struct json *got = action_json(&action, true, thought);
        golden_expect_json(g, "action", got, json_get(c, "out"));
    }
    golden_section(g, "os.extract_function");
    for (const struct json *c; (c = golden_next(g));) {
        CLEANUP_JSON struct json *object = json_new_object();
        const struct json *arguments = json_get(c, "arguments"), *thought = json_get(c, "thought");
        for (size_t i = 0; i < json_count(arguments); i++) {
            char name[32];
            snprintf(name, sizeof(name), "p%zu", i);
            json_set(object, name, json_copy(json_at(arguments, i)));
        }
        grasp_call *call = mock_call(host);
        action_of_tool(call, in(json_str(json_get(c, "name"))), value_of(call, object), &action);
        if (json_get(c, "exception")) {
            golden_expect(g, action.act == ACT_ERROR, "this should be an error");
            continue;
        }
        CLEANUP_JSON struct json *got =
            action_json(&action, json_is(thought, JSON_STRING), in(json_str(thought)));
        golden_expect_json(g, "action", got, json_get(c, "out"));
    }
}

static size_t unhex(struct str hex, char *out)
{
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        unsigned byte = 0;
        char digits[3] = {hex.ptr[i], hex.ptr[i + 1], '\0'};
        sscanf(digits, "%2x", &byte);
        out[i / 2] = (char)byte;
    }
    return hex.len / 2;
}

static void output(struct golden *g)
{
    golden_section(g, "os.shell_output");
    for (const struct json *c; (c = golden_next(g));) {
        struct str raw = json_str(json_get(c, "raw_hex"));
        struct str clean = json_str(json_get(c, "clean_hex"));
        struct text got CLEANUP_TEXT = {0};
        CLEANUP_FREE char *bytes = mem_alloc(raw.len + 2), *want = mem_alloc(clean.len + 2);
        if (!json_get(c, "raw_hex"))
            continue; /* a command that is no text: a dialogue's business */
        shell_output_clean(&got, (grasp_str){bytes, unhex(raw, bytes)});
        golden_expect_str(g, "clean", out_of(text_view(&got)),
                          (struct str){want, unhex(clean, want)});
    }
}

static void commands(struct golden *g)
{
    if (!json_count(json_path(g->root, "os.exec_argv")))
        return;
    golden_section(g, "os.exec_argv");
    for (const struct json *c; (c = golden_next(g));) {
        const struct json *one = json_get(c, "script"), *params = json_get(c, "params");
        struct script script = {true, in(json_str(json_at(one, 0))), in(json_str(json_at(one, 1)))};
        struct text got CLEANUP_TEXT = {0};
        grasp_str arguments[64];
        size_t count = json_count(params) < 64 ? json_count(params) : 64;
        for (size_t i = 0; i < count; i++)
            arguments[i] = in(json_str(json_at(params, i)));
        bool known = script_command(&script, arguments, count, &got);
        const struct json *want = json_get(c, "argv") ? json_get(c, "argv") : json_get(c, "out");
        if (!json_is(want, JSON_ARRAY)) {
            golden_expect(g, !known, "this language should not be known");
            continue;
        }
        if (!known) {
            golden_skip(g, "programs that are compiled are not run: their commands are broken");
            continue;
        }
        CLEANUP_JSON struct json *argv = json_parse(out_of(text_view(&got)), NULL);
        golden_expect_json(g, "argv", argv,
                           json_is(json_at(want, 0), JSON_ARRAY) ? json_at(want, 0) : want);
    }
}

static struct json *script_json(const struct script *script)
{
    if (!script->present)
        return NULL;
    struct json *out = json_new_array();
    json_push(out, json_new_str(out_of(script->language)));
    json_push(out, json_new_str(out_of(script->code)));
    return out;
}

static struct json *scripts_json(bool present, const struct script *scripts, size_t count)
{
    struct json *out = present ? json_new_array() : NULL;
    for (size_t i = 0; present && i < count; i++)
        json_push(out, script_json(&scripts[i]));
    return out;
}

static struct json *match_json(const struct problem *problem)
{
    const struct match *match = &problem->match;
    if (!problem->has_match)
        return NULL;
    struct json *out = json_new_object();
    if (match->kind)
        json_set(out, match->kind,
                 match->is_text ? json_new_str(out_of(match->pattern))
                                : json_parse(out_of(match->pattern), NULL));
    if (match->has_strip)
        json_set(out, "strip", json_new_bool(match->strip));
    return out;
}

static struct json *problem_json(const struct problem *problem)
{
    struct json *out = json_new_object();
    json_set(out, "image", json_new_str(out_of(problem->image)));
    json_set(out, "init", scripts_json(problem->has_init, problem->inits, problem->init_count));
    json_set(out, "start", script_json(&problem->start));
    json_set(out, "description", json_new_str(out_of(problem->description)));
    json_set(out, "check",
             scripts_json(problem->has_checks, problem->checks, problem->check_count));
    json_set(out, "match", match_json(problem));
    json_set(out, "example", script_json(&problem->example));
    return out;
}

static int32_t read_case_file(grasp_call *call, void *context, grasp_str name, struct pool *pool,
                              grasp_str *out)
{
    *out = grasp_cstr("echo F\n");
    return grasp_equal(name, "f.sh") ? GRASP_OK : GRASP_E_NOT_FOUND;
}

static void problems(struct golden *g, struct mock_host *host)
{
    static const struct script_files files = {read_case_file, NULL};
    golden_section(g, "os.load_config");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        const struct json *given = json_get(c, "in"), *want = json_get(c, "out");
        CLEANUP_JSON struct json *got = json_new_array();
        bool list = json_is(given, JSON_ARRAY), ok = true;
        for (size_t i = 0; ok && i < (list ? json_count(given) : 1); i++) {
            struct problem problem;
            grasp_call *call = mock_call(host);
            ok = problem_read(call, &pool, &files, value_of(call, list ? json_at(given, i) : given),
                              "case", &problem) == GRASP_OK;
            if (ok)
                json_push(got, problem_json(&problem));
        }
        if (json_is(want, JSON_OBJECT))
            golden_expect(g, !ok, "this should be refused");
        else if (golden_expect(g, ok, "this should be accepted"))
            golden_expect_json(g, "config", got, want);
    }
}

void golden_os_text_sections(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    extract(g, host);
    output(g);
    commands(g);
    problems(g, host);
    mock_host_destroy(host);
}
