/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "golden_agentbench_os_db.h"
#include "model/chat.h"
#include "model/errors.h"
#include "model/preset.h"
#include "model/retry.h"
#include "run/order.h"
#include "run/place.h"
#include "run/window.h"

static void segments(struct golden *g)
{
    golden_section(g, "grasp.segments");
    for (const struct json *c; (c = golden_next(g));)
        golden_expect_int(g, "out", (int64_t)window_segments(json_str(json_get(c, "text"))),
                          json_int(json_get(c, "out"), -1));
}

/* A message of so many segments; its number is in its name. */
static struct message make_message(struct arena *arena, size_t number, int64_t length)
{
    struct message m = {.role = number ? STR("user") : STR("system")};
    char *text = arena_alloc(arena, 2 * (size_t)length + 1);
    for (int64_t i = 0; i < length; i++)
        memcpy(text + 2 * i, "w ", 2);
    m.content = (struct str){text, 2 * (size_t)length};
    m.name = str_of(arena_printf(arena, "%zu", number));
    return m;
}

static void filter_messages(struct golden *g)
{
    static const struct task_window window = {3500, false, STR("<OMIT_NOTICE:{{count}}>")};
    golden_section(g, "grasp.filter_messages");
    for (const struct json *c; (c = golden_next(g));) {
        struct arena arena = {0};
        const struct json *lengths = json_get(c, "segments");
        size_t count = json_count(lengths), kept;
        struct message *messages = arena_alloc(&arena, (count + 1) * sizeof(*messages));
        for (size_t i = 0; i < count; i++)
            messages[i] = make_message(&arena, i, json_int(json_at(lengths, i), 0));
        const struct message *out = window_apply(messages, count, &window, &arena, &kept);
        CLEANUP_JSON struct json *indices = json_new_array();
        for (size_t i = 0; i < kept; i++)
            json_push(indices, json_new_int(atoll(out[i].name.ptr)));
        golden_expect_json(g, "kept_indices", indices, json_get(c, "kept_indices"));
        size_t own = messages[0].content.len;
        golden_expect_str(g, "first_suffix",
                          (struct str){out[0].content.ptr + own, out[0].content.len - own},
                          json_str(json_get(c, "first_suffix")));
        arena_clear(&arena);
    }
}

static void context_limit(struct golden *g)
{
    golden_section(g, "grasp.context_limit");
    for (const struct json *c; (c = golden_next(g));)
        golden_expect_int(g, "out",
                          model_reference_context_limit(400, json_str(json_get(c, "text"))),
                          json_bool(json_get(c, "out"), false));
}

static void retry_delay(struct golden *g)
{
    golden_section(g, "grasp.retry_delay");
    for (const struct json *c; (c = golden_next(g));) {
        double seconds = -1, want = json_double(json_get(c, "out"), NAN);
        bool asked = retry_text_delay(json_str(json_get(c, "text")), 60, clock_wall_ms(), &seconds);
        if (golden_expect(g, asked, "the text asks for a wait"))
            golden_expect(g, seconds == want, "out");
    }
}

static bool open_chat(struct golden *g, struct chat_config *config)
{
    struct err err = {0};
    CLEANUP_JSON struct json *flat = NULL;
    CLEANUP_JSON struct json *block =
        json_parse(STR("{\"module\": \"src.client.agents.HTTPAgent\", \"parameters\": {\"url\": "
                       "\"http://h/\", \"body\": {\"model\": \"m\"}}}"),
                   NULL);
    *config = (struct chat_config){0};
    int code = preset_from_block(block, &flat, &err);
    if (!code)
        code = chat_config_read(flat, config, &err);
    return golden_expect(g, !code, err.text);
}

static struct json *call_ids(const struct json *calls)
{
    struct json *ids = json_new_array();
    for (size_t i = 0; i < json_count(calls); i++)
        json_push(ids, json_copy(json_get(json_at(calls, i), "id")));
    return ids;
}

static struct message message_of(const struct json *object, struct arena *arena)
{
    CLEANUP_BUF struct buf calls = {0};
    if (json_get(object, "tool_calls"))
        json_write(&calls, json_get(object, "tool_calls"), 0);
    return (struct message){
        .role = json_str(json_get(object, "role")),
        .content = json_str(json_get(object, "content")),
        .tool_calls = {arena_dup(arena, calls.ptr ? calls.ptr : "", calls.len), calls.len},
        .tool_call_id = json_str(json_get(object, "tool_call_id")),
    };
}

/* What is recorded is what was sent: the same comes out if it is sent from here. */
static void prompter(struct golden *g)
{
    static const char *const keys[] = {"role", "content", "tool_call_id"};
    struct chat_config config;
    struct arena arena = {0};
    golden_case(g, "grasp.prompter");
    const struct json *want = json_path(g->root, "grasp.prompter.messages");
    size_t count = json_count(want);
    if (!golden_expect(g, count > 0, "the file has no such case") || !open_chat(g, &config))
        return;
    struct message *messages = arena_alloc(&arena, count * sizeof(*messages));
    for (size_t i = 0; i < count; i++)
        messages[i] = message_of(json_at(want, i), &arena);
    CLEANUP_BUF struct buf body = {0};
    chat_encode(&config,
                &(struct model_request){.messages = messages, .count = count, .temperature = NAN},
                &body);
    CLEANUP_JSON struct json *sent = json_parse(buf_view(&body), NULL);
    golden_expect_int(g, "messages", (int64_t)json_count(json_get(sent, "messages")),
                      (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        const struct json *a = json_at(json_get(sent, "messages"), i), *b = json_at(want, i);
        for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
            golden_expect_str(g, keys[k], json_str(json_get(a, keys[k])),
                              json_str(json_get(b, keys[k])));
        CLEANUP_JSON struct json *got = call_ids(json_get(a, "tool_calls"));
        CLEANUP_JSON struct json *ids = call_ids(json_get(b, "tool_calls"));
        golden_expect_json(g, "tool_calls", got, ids);
    }
    chat_config_clear(&config);
    arena_clear(&arena);
}

/* The cases leave out what a service never does. */
static struct json *whole_calls(const struct json *calls)
{
    struct json *out = json_copy(calls);
    for (size_t i = 0; i < json_count(out); i++)
        if (!json_get(json_at(out, i), "function"))
            json_set(json_at(out, i), "function",
                     json_parse(STR("{\"name\": \"f\", \"arguments\": \"{}\"}"), NULL));
    return out;
}

/* The reply in a service's answer; several messages at once are no answer of one. */
static void to_agent_output(struct golden *g)
{
    golden_section(g, "grasp.to_agent_output");
    for (const struct json *c; (c = golden_next(g));) {
        const struct json *in = json_get(c, "in"), *out = json_get(c, "out");
        const struct json *message = json_at(json_get(out, "messages"), 0);
        struct chat_config config;
        struct arena arena = {0};
        struct model_reply reply = {0};
        if (json_get(in, "messages"))
            in = json_at(json_get(in, "messages"), 0);
        CLEANUP_JSON struct json *answer = json_parse(STR("{\"choices\": [{}]}"), NULL);
        struct json *choice = json_at(json_get(answer, "choices"), 0), *said = json_new_object();
        json_set(said, "role", json_new_str(STR("assistant")));
        json_set(said, "content",
                 json_is(in, JSON_STRING) ? json_copy(in)
                                          : json_new_str(json_str(json_get(in, "content"))));
        if (json_get(in, "tool_calls"))
            json_set(said, "tool_calls", whole_calls(json_get(in, "tool_calls")));
        json_set(choice, "message", said);
        if (open_chat(g, &config)) {
            const char *wrong = chat_decode(&config, answer, &arena, &reply);
            struct str text = json_str(json_get(message ? message : out, "content"));
            CLEANUP_JSON struct json *calls = json_parse(reply.tool_calls, NULL);
            CLEANUP_JSON struct json *got = call_ids(calls);
            CLEANUP_JSON struct json *want = call_ids(json_get(message, "tool_calls"));
            golden_expect(g, !wrong, wrong ? wrong : "");
            golden_expect_str(g, "content", reply.text, text);
            golden_expect_json(g, "tool_calls", got, want);
            chat_config_clear(&config);
        }
        arena_clear(&arena);
    }
}

static struct json *split_ids(const char *folder, const char *environment)
{
    struct err err;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = mem_printf("%s/%s/split_dev.json", folder, environment);
    if (file_read(path, 64u << 20, &text, &err))
        return NULL;
    return json_parse(buf_view(&text), &err);
}

/* "dbbench:1": the environment and the seed. */
static void shuffle_first8(struct golden *g)
{
    const char *data = golden_agentbench_data();
    golden_case(g, "grasp.shuffle_first8");
    const struct json *all = json_path(g->root, "grasp.shuffle_first8");
    golden_expect(g, json_count(all) > 0, "the file has no such case");
    if (!data) {
        golden_skip(g, "AgentBench's data is not there");
        return;
    }
    for (struct json_iter it = json_members(all); json_next(&it);) {
        struct str name = it.key, environment = str_cut(&name, ':');
        CLEANUP_FREE char *folder = mem_dup(environment.ptr, environment.len);
        CLEANUP_JSON struct json *split = split_ids(data, folder);
        CLEANUP_JSON struct json *got = json_new_array();
        size_t count = json_count(split);
        size_t *positions = mem_alloc((count + 1) * sizeof(*positions));
        order_shuffle(ORDER_RUN, atoll(name.ptr), 0, positions, count);
        for (size_t i = 0; i < count && i < json_count(it.value); i++)
            json_push(got, json_copy(json_get(json_at(split, positions[i]), "id")));
        golden_expect_json(g, folder, got, it.value);
        mem_free(positions);
    }
}

/* The reminder of DBBench is the task's own: golden_db_dialogue_section meets it. */
static void injection(struct golden *g)
{
    golden_section(g, "grasp.injection");
    for (const struct json *c; (c = golden_next(g));) {
        struct arena arena = {0};
        const struct json *history = json_get(c, "history"), *want = json_get(c, "out");
        size_t count = json_count(history), placed;
        struct message *messages = arena_alloc(&arena, (count + 1) * sizeof(*messages));
        bool reminder = json_count(json_get(c, "skills")) == 0;
        struct guidance guidance = {
            .placement = PLACE_TASK,
            .text = reminder ? STR("<DB_TOOL_REMINDER>")
                             : STR("<SKILL_BLOCK_HEADER>\n### k1\n*When to use: Desc one*\n\nBody "
                                   "one")};
        for (size_t i = 0; i < count; i++)
            messages[i] = message_of(json_at(history, i), &arena);
        const struct message *out =
            place_guidance(messages, count, &guidance, PLACE_RECENT, NULL, &arena, &placed);
        golden_expect_int(g, "messages", (int64_t)placed, (int64_t)json_count(want));
        for (size_t i = 0; i < placed; i++)
            golden_expect_str(g, "content", out[i].content,
                              json_str(json_get(json_at(want, i), "content")));
        arena_clear(&arena);
    }
}

void golden_agentbench_host_sections(struct golden *g)
{
    segments(g);
    filter_messages(g);
    context_limit(g);
    retry_delay(g);
    prompter(g);
    to_agent_output(g);
    shuffle_first8(g);
    injection(g);
}
