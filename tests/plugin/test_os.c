/* SPDX-License-Identifier: MIT */
/* The task os on scripted machines: what it does when they fail, and with hostile replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mock_episode.h"
#include "os_machines.h"
#include "tasks/agentbench/agentbench.h"
#include "tasks/agentbench/os/families.h"
#include "tasks/agentbench/os/os.h"
#include "tasks/agentbench/os/tags.h"

#include <cmocka.h>

#define SAMPLE "{\"id\": \"os_files_by_name_1\"}"
#define MATCH_SAMPLE "{\"id\": \"os_setting_in_section_1\"}"
#define CHANGE_SAMPLE "{\"id\": \"os_user_in_group_1\"}"

struct stage {
    struct mock_host *host;
    struct scripted_machines machines;
    struct os *self;
};

static struct stage *open_stage(const char *options)
{
    struct stage *stage = calloc(1, sizeof(*stage));
    void *self = NULL;
    char *config = mock_config(agentbench_os_task.options, options);
    stage->host = mock_host_create();
    scripted_machines_serve(&stage->machines, stage->host);
    assert_int_equal(os_open(mock_call(stage->host), grasp_cstr(config), &self), 0);
    stage->self = self;
    free(config);
    return stage;
}

static void close_stage(struct stage *stage)
{
    assert_int_equal(stage->machines.open, 0);
    os_close(mock_call(stage->host), stage->self);
    scripted_machines_clear(&stage->machines);
    mock_host_destroy(stage->host);
    free(stage);
}

static void begin(struct stage *stage, struct mock_episode *episode, const char *sample)
{
    mock_episode_begin(episode, stage->host, &agentbench_os_task, stage->self, sample);
}

static void call_tools(struct mock_episode *episode, const char *calls)
{
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_TEXT,
                         .text = grasp_cstr(""),
                         .tool_calls = grasp_cstr(calls),
                         .finish_reason = grasp_cstr("tool_calls")};
    mock_episode_step(episode, &reply);
}

static void call_tool(struct mock_episode *episode, const char *name, const char *arguments)
{
    char calls[1024];
    snprintf(calls, sizeof(calls), "[{\"id\": \"c1\", \"name\": \"%s\", \"arguments\": %s}]", name,
             arguments);
    call_tools(episode, calls);
}

static void expect_tags(struct stage *stage, struct mock_episode *episode, const char *tags)
{
    mock_episode_grade(episode);
    assert_int_equal(stage->host->correct, 0);
    mock_assert_text(stage->host->tags, tags);
    mock_episode_end(episode);
}

/* A step that fails: the sample is not available. */
static void expect_unavailable(struct stage *stage, struct mock_episode *episode, const char *name,
                               const char *arguments)
{
    char calls[256];
    snprintf(calls, sizeof(calls), "[{\"id\": \"c1\", \"name\": \"%s\", \"arguments\": %s}]", name,
             arguments);
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_TEXT,
                         .text = grasp_cstr(""),
                         .tool_calls = grasp_cstr(calls),
                         .finish_reason = grasp_cstr("tool_calls")};
    int32_t status = os_step(mock_call(stage->host), stage->self, episode->handle, &reply);
    mock_assert_failed(stage->host, status, GRASP_E_UNAVAILABLE);
    assert_false(stage->host->has_outcome);
    mock_episode_end(episode);
}

static struct json *parse(const char *text)
{
    return json_parse(str_of(text), NULL);
}

static void a_lost_machine_is_not_wrong(void **state)
{
    struct stage *stage = open_stage(NULL);
    struct mock_episode episode;
    begin(stage, &episode, SAMPLE);
    stage->machines.shell_lost = true;
    expect_unavailable(stage, &episode, "bash_action", "{\"script\": \"ls\"}");
    stage->machines.shell_lost = false;
    begin(stage, &episode, SAMPLE);
    stage->machines.exec_lost = true;
    expect_unavailable(stage, &episode, "answer_action", "{\"answer\": \"5\"}");
    close_stage(stage);
}

static void a_machine_that_cannot_be_set_up_is_not_wrong(void **state)
{
    struct stage *stage = open_stage(NULL);
    struct json *returns = parse("[[1, \"\", \"no room\"]]"), *error = parse("\"no namespaces\"");
    void *episode = NULL;
    scripted_machines_reset(&stage->machines);
    stage->machines.exec_returns = returns;
    int32_t status = os_begin(mock_call(stage->host), stage->self, grasp_cstr(SAMPLE), 1, &episode);
    mock_assert_failed(stage->host, status, GRASP_E_UNAVAILABLE);
    mock_assert_contains(stage->host->fail_text, "no room");
    stage->machines.open_error = error;
    status = os_begin(mock_call(stage->host), stage->self, grasp_cstr(SAMPLE), 1, &episode);
    mock_assert_failed(stage->host, status, GRASP_E_UNAVAILABLE);
    assert_null(episode);
    json_free(returns);
    json_free(error);
    stage->machines.open_error = stage->machines.exec_returns = NULL;
    close_stage(stage);
}

static void what_the_agent_breaks_is_wrong(void **state)
{
    struct stage *stage = open_stage(NULL);
    struct mock_episode episode;
    struct json *hangs = parse("[\"EXC:TimeoutError:\"]");
    begin(stage, &episode, SAMPLE);
    stage->machines.over_limit = true;
    call_tool(&episode, "bash_action", "{\"script\": \"bomb\"}");
    mock_assert_text(episode.status, "task error");
    expect_tags(stage, &episode, "[\"machine_overloaded\"]");
    stage->machines.over_limit = false;
    scripted_machines_reset(&stage->machines);
    stage->machines.shell_returns = hangs;
    begin(stage, &episode, SAMPLE);
    call_tool(&episode, "bash_action", "{\"script\": \"cat\"}");
    expect_tags(stage, &episode, "[\"command_hung\"]");
    stage->machines.shell_returns = NULL;
    json_free(hangs);
    close_stage(stage);
}

static void tags_name_the_mechanism(void **state)
{
    struct stage *stage = open_stage(NULL);
    struct mock_episode episode;
    /* init, then the example and the checker for each answer. */
    struct json *wrong = parse("[[0, \"\", \"\"], [0, \"12\\n\", \"\"], [1, \"\", \"\"]]");
    static const struct {
        const char *command, *answer, *tags;
    } cases[] = {
        {NULL, "{\"answer\": \"12 files\"}", "[\"answered_without_looking\"]"},
        {"ls", "{\"answer\": \"There are 12.\"}", "[\"answer_with_words\"]"},
        {"ls", "{\"answer\": \"15\"}", "[\"count_too_high\"]"},
        {"ls", "{\"answer\": \"3\"}", "[\"count_too_low\"]"},
        {"ls", "{\"answer\": \"find / -name x | wc -l\"}", "[\"command_as_answer\"]"},
        {"ls", "{\"answer\": \"many\"}", "[\"wrong_text\"]"},
        {"ls", "{\"answer\": \"\"}", "[\"no_answer_given\"]"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        scripted_machines_reset(&stage->machines);
        stage->machines.exec_returns = wrong;
        begin(stage, &episode, SAMPLE);
        if (cases[i].command)
            call_tool(&episode, "bash_action", "{\"script\": \"ls\"}");
        call_tool(&episode, "answer_action", cases[i].answer);
        expect_tags(stage, &episode, cases[i].tags);
    }
    json_free(wrong);
    stage->machines.exec_returns = NULL;
    close_stage(stage);
}

static void a_change_is_judged_by_the_state(void **state)
{
    struct stage *stage = open_stage(NULL);
    struct mock_episode episode;
    struct json *wrong = parse("[[1, \"\", \"\"], [1, \"\", \"\"]]");
    begin(stage, &episode, CHANGE_SAMPLE);
    scripted_machines_reset(&stage->machines);
    stage->machines.exec_returns = wrong;
    call_tool(&episode, "finish_action", "{\"thought\": \"done\"}");
    expect_tags(stage, &episode, "[\"finished_undone\"]");
    begin(stage, &episode, CHANGE_SAMPLE);
    call_tool(&episode, "bash_action", "{\"script\": \"useradd x\"}");
    call_tool(&episode, "finish_action", "{\"thought\": \"done\"}");
    expect_tags(stage, &episode, "[\"wrong_state\"]");
    stage->machines.exec_returns = NULL;
    begin(stage, &episode, CHANGE_SAMPLE);
    call_tool(&episode, "finish_action", "{}");
    mock_episode_grade(&episode);
    assert_int_equal(stage->host->correct, 1);
    mock_episode_end(&episode);
    json_free(wrong);
    close_stage(stage);
}

static void only_the_first_call_counts(void **state)
{
    struct stage *stage = open_stage(NULL);
    struct mock_episode episode;
    begin(stage, &episode, MATCH_SAMPLE);
    call_tools(
        &episode,
        "[{\"id\": \"a\", \"name\": \"bash_action\", \"arguments\": {\"x\": \"ls\"}},"
        " {\"id\": \"b\", \"name\": \"answer_action\", \"arguments\": {\"answer\": \"1\"}}]");
    assert_false(episode.done);
    mock_assert_text(episode.messages[episode.count - 1].tool_call_id, "a");
    call_tool(&episode, "answer_action", "{\"answer\": \" 7214\\n\"}");
    mock_episode_grade(&episode);
    assert_int_equal(stage->host->correct, 1);
    mock_episode_end(&episode);
    close_stage(stage);
}

static void survives_hostile_replies(void **state)
{
    struct stage *stage = open_stage("{\"max_turns\": 100}");
    struct mock_episode episode;
    static const char *const calls[] = {
        "[{\"id\": \"a\", \"name\": \"bash_action\", \"arguments\": {\"_raw\": \"{bad\"}}]",
        "[{\"id\": \"a\", \"name\": \"bash_action\", \"arguments\": {\"_raw\": \"\"}}]",
        "[{\"id\": \"a\", \"name\": \"bash_action\", \"arguments\": {\"_raw\": \"[1, 2]\"}}]",
        "[{\"id\": \"a\", \"name\": \"bash_action\", \"arguments\": {\"_raw\": \"null\"}}]",
        "[{\"id\": \"a\", \"name\": \"bash_action\", \"arguments\": {\"script\": {\"a\": []}}}]",
        "[{\"id\": \"a\", \"name\": \"rm\", \"arguments\": {\"script\": \"ls\"}}]",
        "[]",
        "",
    };
    begin(stage, &episode, MATCH_SAMPLE);
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        call_tools(&episode, calls[i]);
        assert_false(episode.done);
    }
    call_tool(&episode, "bash_action", "{}");
    mock_assert_text(episode.status, "task error");
    expect_tags(stage, &episode, "[\"bad_tool_call\", \"no_tool_call\"]");
    close_stage(stage);
}

static void the_rehearsal_knows_its_families(void **state)
{
    struct family_values values;
    assert_true(family_match(grasp_cstr("Sort {{file}} by {{key}}."),
                             grasp_cstr("Now: Sort /a/b c by size, now. More."), &values));
    assert_int_equal(values.count, 2);
    assert_true(grasp_equal(values.items[0].value, "/a/b c"));
    assert_true(grasp_equal(values.items[1].value, "size, now"));
    assert_false(
        family_match(grasp_cstr("Sort {{file}} by {{key}}."), grasp_cstr("Sort x"), &values));
    assert_true(family_match(grasp_cstr("plain"), grasp_cstr("a plain text"), &values));
    assert_int_equal(values.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_machine_is_not_wrong),
        cmocka_unit_test(a_machine_that_cannot_be_set_up_is_not_wrong),
        cmocka_unit_test(what_the_agent_breaks_is_wrong),
        cmocka_unit_test(tags_name_the_mechanism),
        cmocka_unit_test(a_change_is_judged_by_the_state),
        cmocka_unit_test(only_the_first_call_counts),
        cmocka_unit_test(survives_hostile_replies),
        cmocka_unit_test(the_rehearsal_knows_its_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
