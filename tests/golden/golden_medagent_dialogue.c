/* SPDX-License-Identifier: MIT */
/* Dialogues: scripted agents, played by both tasks against the case's server. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "golden_medagent.h"
#include "medagent_server.h"
#include "plugin/mock_episode.h"
#include "tasks/medagent/medagent.h"

struct stage {
    struct mock_host *host;
    const grasp_task *task;
    struct medagent *self;
    const char *env, *scored; /* members of "expect" */
};

/* The task under the reference's rules, with the server that the cases have. */
static void stage_open(struct stage *stage, const grasp_task *task, struct str base)
{
    void *self = NULL;
    char *config = mock_config(task->options, "{\"compat\": \"reference\"}");
    bool v1 = task == &medagent_v1_task;
    *stage = (struct stage){mock_host_create(), task, NULL, v1 ? "env" : "env_v2",
                            v1 ? "scored_v1" : "scored_v2"};
    if (task->open(mock_call(stage->host), grasp_cstr(config), &self))
        abort();
    stage->self = self;
    struct source *source = &stage->self->source;
    source_close(source);
    *source = (struct source){.json = stage->self->json, .reference = true, .timeout_ms = 1000};
    if (source_open(mock_call(stage->host), source, (grasp_str){base.ptr, base.len}))
        abort();
    free(config);
}

static void stage_close(struct stage *stage)
{
    stage->task->close(mock_call(stage->host), stage->self);
    mock_host_destroy(stage->host);
}

static void take_turn(struct mock_episode *episode, const struct json *reply)
{
    struct str text = json_str(reply);
    bool limit = json_is(reply, JSON_OBJECT);
    grasp_reply said = {.size = sizeof(said),
                        .kind = limit ? GRASP_REPLY_CONTEXT_LIMIT : GRASP_REPLY_TEXT,
                        .text = {text.ptr ? text.ptr : "", text.len},
                        .finish_reason = grasp_cstr("stop")};
    mock_episode_step(episode, &said);
}

static bool starts(struct mock_text text, grasp_str prefix)
{
    return text.len >= prefix.len && memcmp(text.ptr, prefix.ptr, prefix.len) == 0;
}

/* What the environment said, as the file describes it. */
static struct json *describe(const struct stage *stage, struct mock_text text)
{
    const struct replies *replies = &stage->self->replies;
    struct json *out = json_new_object();
    grasp_str lead = replies->get_ok;
    lead.len = (size_t)(strstr(lead.ptr, "{{body}}") - lead.ptr);
    const char *kind = "get_error";
    if (starts(text, replies->post_accepted))
        kind = "post_accepted";
    else if (starts(text, replies->post_invalid))
        kind = "post_invalid";
    else if (starts(text, lead)) {
        kind = "get_ok";
        bool printed =
            starts((struct mock_text){text.ptr + lead.len, text.len - lead.len}, grasp_cstr("{'"));
        json_set(out, "body_format", json_new_str(printed ? STR("python_repr") : STR("json_text")));
    }
    json_set(out, "kind", json_new_str(str_of(kind)));
    return out;
}

static void check_messages(struct golden *g, const struct stage *stage,
                           const struct mock_episode *episode, const struct json *expect)
{
    CLEANUP_JSON struct json *env = json_new_array();
    CLEANUP_JSON struct json *agent = json_new_array();
    for (size_t i = 1; i < episode->count; i++) {
        struct mock_text text = episode->messages[i].content;
        if (strcmp(episode->messages[i].role.ptr, "agent") == 0)
            json_push(agent, json_new_str((struct str){text.ptr, text.len}));
        else
            json_push(env, describe(stage, text));
    }
    const struct json *want = json_get(expect, stage->env);
    golden_expect_json(g, "env", env, want ? want : json_get(expect, "env"));
    golden_expect_json(g, "history_agent_contents", agent,
                       json_get(expect, "history_agent_contents"));
    golden_expect_int(g, "history_len", (int64_t)episode->count,
                      json_int(json_get(expect, "history_len"), -1));
}

/* The requests of the agent: those for the evidence, which came last, left out. */
static void check_requests(struct golden *g, const struct case_server *server,
                           const struct json *raw, const struct json *expect)
{
    CLEANUP_JSON struct json *asked = json_new_array();
    size_t count = json_count(server->asked) - json_count(json_get(raw, "evidence"));
    for (size_t i = 0; i < count; i++)
        json_push(asked, json_copy(json_at(server->asked, i)));
    golden_expect_json(g, "server_requests", asked, json_get(expect, "server_requests"));
}

static void check_end(struct golden *g, const struct stage *stage, struct mock_episode *episode,
                      const struct case_server *server, const struct json *expect)
{
    struct err err;
    CLEANUP_JSON struct json *raw =
        json_parse((struct str){episode->raw.ptr, episode->raw.len}, &err);
    golden_expect_str(g, "status", (struct str){episode->status.ptr, episode->status.len},
                      json_str(json_get(expect, "status")));
    golden_expect_json(g, "result", json_get(raw, "result"), json_get(expect, "result"));
    check_requests(g, server, raw, expect);
    mock_episode_grade(episode);
    golden_expect_int(g, stage->scored, stage->host->correct,
                      json_bool(json_get(expect, stage->scored), false));
}

static void play(struct golden *g, const struct stage *stage, const struct json *c)
{
    char why[512];
    struct case_server server;
    struct mock_episode episode;
    const struct json *replies = json_get(c, "replies"), *expect = json_get(c, "expect");
    CLEANUP_BUF struct buf sample = {0};
    if (!case_server_open(&server, c, why, sizeof(why))) {
        golden_fail(g, "%s", why);
        return;
    }
    case_server_serve(&server, stage->host);
    json_write(&sample, json_get(c, "case"), 0);
    stage->self->max_turns = (int32_t)json_int(json_get(c, "max_round"), 8);
    mock_episode_begin(&episode, stage->host, stage->task, stage->self, sample.ptr);
    size_t used = 0;
    while (used < json_count(replies) && !episode.done)
        take_turn(&episode, json_at(replies, used++));
    golden_expect_int(g, "agent_replies_used", (int64_t)used,
                      json_int(json_get(expect, "agent_replies_used"), -1));
    check_messages(g, stage, &episode, expect);
    if (golden_expect(g, episode.done, "the episode is not done"))
        check_end(g, stage, &episode, &server, expect);
    mock_episode_end(&episode);
    case_server_close(&server);
}

void golden_dialogue_section(struct golden *g)
{
    struct stage v1, v2;
    struct str base = json_str(json_get(g->root, "base_url"));
    stage_open(&v1, &medagent_v1_task, base);
    stage_open(&v2, &medagent_v2_task, base);
    golden_section(g, "dialogue");
    for (const struct json *c; (c = golden_next(g));) {
        play(g, &v1, c);
        play(g, &v2, c);
    }
    stage_close(&v1);
    stage_close(&v2);
}
