/* SPDX-License-Identifier: MIT */
/* Dialogues: scripted agents on scripted machines, and what the latter were asked. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "golden_agentbench_os.h"
#include "golden_agentbench_os_db.h"
#include "golden_agentbench_turn.h"
#include "plugin/os_machines.h"
#include "tasks/agentbench/agentbench.h"
#include "tasks/agentbench/os/os.h"

static struct os *open_task(struct mock_host *host, struct scripted_machines *machines)
{
    void *self = NULL;
    char *config = mock_config(agentbench_os_task.options, "{\"compat\": \"reference\"}");
    scripted_machines_serve(machines, host);
    if (os_open(mock_call(host), grasp_cstr(config), &self))
        abort();
    scripted_machines_reset(machines);
    free(config);
    return self;
}

/* The problem in the case stands in for the data. */
static void set_problem(grasp_call *call, struct os *self, const struct json *item)
{
    static const struct script_files files = {NULL, NULL};
    CLEANUP_BUF struct buf text = {0};
    struct os_dataset *set = &self->set;
    struct os_split *split = &set->splits[0];
    json_write(&text, item, 0);
    const grasp_json_value *object = self->json->parse(call, golden_in(buf_view(&text)), NULL);
    set->problems = pool_array(&set->pool, 1, sizeof(*set->problems));
    if (problem_read(call, &set->pool, &files, object, "case", set->problems))
        abort();
    set->problems->key = grasp_cstr("t-x-00001");
    set->problems->file = grasp_cstr("<file>");
    split->samples = pool_array(&set->pool, 1, sizeof(*split->samples));
    split->samples[0] = (struct os_sample){set->problems, grasp_cstr("case"), grasp_cstr("{}")};
    split->count = 1;
}

static void set_any_problem(grasp_call *call, struct os *self)
{
    struct err err;
    CLEANUP_JSON struct json *item =
        json_parse(STR("{\"description\": \"Q?\", \"evaluation\": {\"match\": \"5\"}}"), &err);
    set_problem(call, self, item);
}

/* The recorded text with ours in place of its names for them. */
static void fill(struct buf *out, const struct os *self, struct str text)
{
    const struct os_texts *texts = &self->texts;
    grasp_str intro = texts->task, prefix = texts->output;
    intro.len = (size_t)(strstr(intro.ptr, "\n\n{{") - intro.ptr);
    prefix.len = (size_t)(strstr(prefix.ptr, "\n\n{{") - prefix.ptr);
    const struct golden_name names[] = {{"<SYSTEM_PROMPT>", texts->system},
                                        {"<OS_TASK_INTRO>", intro},
                                        {"<OS_NO_TOOL_CALL>", texts->no_tool_call},
                                        {"<OS_INVALID_FUNCTION>", texts->invalid_function},
                                        {"<OS_OUTPUT_PREFIX>", prefix},
                                        {"<OS_OUTPUT_EMPTY>", texts->output_empty},
                                        {"<OS_TRUNCATION_MARK>", texts->truncated},
                                        {"<OS_UNDECODABLE>", texts->undecodable}};
    golden_fill(out, names, sizeof(names) / sizeof(*names), text);
}

static bool is_agent(const struct mock_message *message)
{
    return strcmp(message->role.ptr, "agent") == 0;
}

static void check_message(struct golden *g, const struct os *self, const struct mock_message *got,
                          const struct json *want)
{
    CLEANUP_BUF struct buf content = {0};
    fill(&content, self, json_str(json_get(want, "content")));
    golden_expect_str(g, "role", is_agent(got) ? STR("assistant") : str_of(got->role.ptr),
                      json_str(json_get(want, "role")));
    golden_expect_str(g, "content", (struct str){got->content.ptr, got->content.len},
                      buf_view(&content));
    if (!is_agent(got))
        golden_expect_str(g, "tool_call_id",
                          str_of(got->tool_call_id.ptr ? got->tool_call_id.ptr : ""),
                          json_str(json_get(want, "tool_call_id")));
}

static void check_history(struct golden *g, const struct os *self,
                          const struct mock_episode *episode, const struct json *want)
{
    if (!golden_expect_int(g, "history", (int64_t)episode->count, (int64_t)json_count(want)))
        return;
    for (size_t i = 0; i < episode->count; i++)
        check_message(g, self, &episode->messages[i], json_at(want, i));
}

/* What an error says is ours to word. */
static void check_end(struct golden *g, const struct mock_episode *episode, const struct json *c)
{
    CLEANUP_JSON struct json *raw =
        json_parse((struct str){episode->raw.ptr, episode->raw.len}, NULL);
    const struct json *got = raw, *want = json_get(c, "result");
    golden_expect_str(g, "status", (struct str){episode->status.ptr, episode->status.len},
                      json_str(json_get(c, "status")));
    for (struct json_iter it = json_members(want); json_next(&it);) {
        if (str_is(it.key, "error"))
            golden_expect(g, json_str(json_get(got, "error")).len > 0, "there is no error");
        else
            golden_expect_json(g, it.key.ptr, json_get_str(got, it.key), it.value);
    }
}

/* The log in the words of the reference's controller. */
static struct json *controller_log(const struct os *self, const struct json *log)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < json_count(log); i++) {
        const struct json *line = json_at(log, i);
        struct str what = json_str(json_at(line, 0));
        struct json *copy = json_new_array();
        bool open = str_is(what, "open"), end = str_is(what, "close");
        grasp_str image = self->set.problems->image;
        json_push(copy, json_new_str(open  ? STR("start_session")
                                     : end ? STR("end_session")
                                           : what));
        json_push(copy, open  ? json_new_str((struct str){image.ptr, image.len})
                        : end ? json_new_str(STR("SID"))
                              : json_copy(json_at(line, 1)));
        json_push(out, copy);
    }
    return out;
}

static void play(struct golden *g, const struct json *c)
{
    struct mock_host *host = mock_host_create();
    struct mock_episode episode;
    struct scripted_machines machines = {0};
    struct os *self = open_task(host, &machines);
    const struct json *outputs = json_get(c, "agent_outputs");
    size_t used = 0;
    machines.shell_returns = json_get(c, "shell_returns");
    machines.exec_returns = json_get(c, "exec_returns");
    self->max_turns = (int32_t)json_int(json_get(c, "round_limit"), 8);
    set_problem(mock_call(host), self, json_get(c, "item"));
    mock_episode_begin(&episode, host, &agentbench_os_task, self, "{\"id\": \"case\"}");
    while (used < json_count(outputs) && !episode.done)
        golden_take_turn(&episode, json_at(outputs, used++), "");
    golden_expect_int(g, "agent_turns_used", (int64_t)used,
                      json_int(json_get(c, "agent_turns_used"), -1));
    check_history(g, self, &episode, json_get(c, "history"));
    if (golden_expect(g, episode.done, "the episode is not done"))
        check_end(g, &episode, c);
    mock_episode_end(&episode);
    CLEANUP_JSON struct json *log = controller_log(self, machines.log);
    golden_expect_json(g, "controller_log", log, json_get(c, "controller_log"));
    os_close(mock_call(host), self);
    scripted_machines_clear(&machines);
    mock_host_destroy(host);
}

/* One command whose output is the case's, as the agent is shown it. */
static void play_output(struct golden *g, struct mock_host *host, struct os *self,
                        struct scripted_machines *machines, const struct json *c)
{
    struct mock_episode episode;
    CLEANUP_JSON struct json *returns = json_new_array();
    const struct json *command = json_get(c, "nonstring_command");
    CLEANUP_BUF struct buf raw = {0}, calls = {0};
    struct str hex = json_str(json_get(c, "raw_hex"));
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        unsigned byte = 0;
        char digits[3] = {hex.ptr[i], hex.ptr[i + 1], '\0'};
        sscanf(digits, "%2x", &byte);
        buf_char(&raw, (char)byte);
    }
    json_push(returns, json_new_str(buf_view(&raw)));
    machines->shell_returns = returns;
    scripted_machines_reset(machines);
    buf_text(&calls,
             "[{\"id\": \"call_1\", \"name\": \"bash_action\", \"arguments\": {\"script\": ");
    if (command)
        json_write(&calls, command, 0);
    else
        buf_text(&calls, "\"x\"");
    buf_text(&calls, "}}]");
    mock_episode_begin(&episode, host, &agentbench_os_task, self, "{\"id\": \"case\"}");
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_TEXT,
                         .text = grasp_cstr(""),
                         .tool_calls = golden_in(buf_view(&calls)),
                         .finish_reason = grasp_cstr("stop")};
    mock_episode_step(&episode, &reply);
    check_message(g, self, &episode.messages[episode.count - 1], json_get(c, "message"));
    if (command)
        golden_expect_int(g, "shell_calls", (int64_t)machines->shell_next,
                          json_int(json_get(c, "shell_calls"), -1));
    mock_episode_end(&episode);
}

static void outputs(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    struct scripted_machines machines = {0};
    struct os *self = open_task(host, &machines);
    set_any_problem(mock_call(host), self);
    golden_section(g, "os.shell_output");
    for (const struct json *c; (c = golden_next(g));)
        play_output(g, host, self, &machines, c);
    os_close(mock_call(host), self);
    scripted_machines_clear(&machines);
    mock_host_destroy(host);
}

static bool grade_one(struct mock_host *host, struct os *self, const struct json *result)
{
    CLEANUP_BUF struct buf rollout = {0};
    buf_text(&rollout, "{\"status\": \"completed\", \"answer\": \"\", \"raw\": ");
    json_write(&rollout, result, 0);
    buf_text(&rollout, ", \"history\": [], \"agent_actions\": []}");
    grasp_call *call = mock_call(host);
    if (os_grade(call, self, grasp_cstr("{\"id\": \"case\"}"), golden_in(buf_view(&rollout)),
                 grasp_cstr("")))
        abort();
    return host->correct;
}

static void grades(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    struct scripted_machines machines = {0};
    struct os *self = open_task(host, &machines);
    set_any_problem(mock_call(host), self);
    golden_section(g, "grasp.os_eval");
    for (const struct json *c; (c = golden_next(g));)
        golden_expect_int(g, "correct", grade_one(host, self, json_get(c, "result")),
                          json_bool(json_get(c, "out"), false));
    golden_section(g, "os.overall");
    for (const struct json *c; (c = golden_next(g));) {
        const struct json *results = json_get(c, "in"), *want = json_path(c, "out.overall");
        int64_t pass = 0, total = (int64_t)json_count(results);
        for (int64_t i = 0; i < total; i++)
            pass += grade_one(host, self, json_at(results, (size_t)i));
        if (want) {
            golden_expect_int(g, "total", total, json_int(json_get(want, "total"), -1));
            golden_expect_int(g, "pass", pass, json_int(json_get(want, "pass"), -1));
            golden_expect_int(g, "wrong", total - pass, json_int(json_get(want, "wrong"), -1));
        }
    }
    os_close(mock_call(host), self);
    scripted_machines_clear(&machines);
    mock_host_destroy(host);
}

void golden_os_dialogue_section(struct golden *g)
{
    golden_section(g, "os.dialogues");
    for (const struct json *c; (c = golden_next(g));)
        play(g, c);
    outputs(g);
    grades(g);
}
