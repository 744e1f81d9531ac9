/* SPDX-License-Identifier: MIT */
/* What the harness does for all methods, and what Python's texts are like. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "common/lines.h"
#include "common/slice.h"
#include "golden_baselines.h"
#include "model/preset.h"
#include "model/wire.h"
#include "run/order.h"
#include "run/updater.h"

#define LAST_CODE 0x3100

static void check_shuffle(struct golden *g, const struct json *in, const struct json *out)
{
    size_t count = (size_t)json_int(json_get(in, "n"), 0);
    CLEANUP_FREE size_t *order = mem_array(count, sizeof(*order));
    CLEANUP_JSON struct json *got = json_new_array();
    order_shuffle(ORDER_EPOCH, 77, json_int(json_get(in, "seed"), -1), order, count);
    for (size_t i = 0; i < count; i++)
        json_push(got, json_new_int((int64_t)order[i]));
    golden_expect_json(g, "order", got, out);
}

static void check_batches(struct golden *g, const struct json *in, const struct json *out)
{
    size_t count = (size_t)json_int(json_get(in, "n"), 0), from, to;
    size_t unit = order_unit(UNIT_BATCH, json_int(json_get(in, "update_every"), 0), count);
    CLEANUP_JSON struct json *got = json_new_array();
    for (size_t i = 0; order_slice(unit, count, i, &from, &to); i++)
        json_push(got, json_new_int((int64_t)(to - from)));
    golden_expect_json(g, "batches", got, out);
}

static bool splits(grasp_str text)
{
    grasp_str rest = text, line;
    return line_next(&rest, &line) && line.len == 1 && rest.len == 1;
}

static bool is_space(grasp_str text)
{
    uint32_t code;
    utf8_at(text, 1, &code);
    return utf8_is_space(code);
}

/* A blank in the middle of its class is found by its effect on "a<code>b". */
static void check_classes(struct golden *g, const struct json *in, const struct json *out)
{
    CLEANUP_JSON struct json *lines = json_new_array(), *spaces = json_new_array();
    for (uint32_t code = 1; code < LAST_CODE; code++) {
        struct text text CLEANUP_TEXT = {0};
        text_char(&text, 'a');
        text_code(&text, code);
        text_char(&text, 'b');
        if (splits(text_view(&text)))
            json_push(lines, json_new_int(code));
        if (is_space(text_view(&text)))
            json_push(spaces, json_new_int(code));
    }
    bool is_lines = json_count(out) == json_count(lines);
    golden_expect_json(g, "characters", is_lines ? lines : spaces, out);
}

static void skip_tools(struct golden *g, const struct json *in, const struct json *out)
{
    golden_skip(g, "the host sends a task's tools with every call; there is no wrapper between");
}

/* What would be sent for a role whose request leaves its decoding open. */
static struct json *sent_for(const struct chat_config *agent, const struct updater *updater,
                             enum model_role role)
{
    CLEANUP_BUF struct buf body = {0};
    struct message hello = {.role = STR("user"), .content = STR("Hello")};
    struct model_request request = {
        .messages = &hello, .count = 1, .temperature = NAN, .role = role};
    struct json *out = json_new_object();
    updater_apply(updater, &request);
    wire_encode(agent, &request, &body);
    CLEANUP_JSON struct json *sent = json_parse(buf_view(&body), NULL);
    json_set(out, "model", json_copy(json_get(sent, "model")));
    json_set(out, "temperature", json_copy(json_get(sent, "temperature")));
    json_set(out, "max_tokens", json_copy(json_get(sent, "max_tokens")));
    return out;
}

/* The reference's parameters, in the same form. */
static struct json *decoding_of(const struct json *parameters)
{
    const struct json *body = json_get(parameters, "body"), *from = body ? body : parameters;
    struct json *out = json_new_object();
    json_set(out, "model", json_copy(json_get(from, "model")));
    json_set(out, "temperature", json_copy(json_get(from, "temperature")));
    json_set(out, "max_tokens",
             json_copy(json_get(from, body ? "max_tokens" : "max_output_tokens")));
    return out;
}

static void check_backend(struct golden *g, const struct json *in, const struct json *out)
{
    CLEANUP_JSON struct json *block = json_copy(json_get(in, "preset")), *flat = NULL;
    struct json *parameters = json_get(block, "parameters");
    struct chat_config agent = {0};
    struct updater updater;
    struct err err = {0};
    setenv("OPENAI_API_KEY", "sk-none", 1);
    if (json_get(parameters, "url")) /* "u" in the cases */
        json_set(parameters, "url", json_new_str(STR("http://u/")));
    int code = preset_from_block(block, &flat, &err);
    if (!code)
        code = chat_config_read(flat, &agent, &err);
    if (!code)
        code = updater_read(json_get(in, "updater"), &updater, &err);
    if (!golden_expect(g, !code, err.text))
        return;
    for (size_t i = 0; i < 2; i++) {
        enum model_role role = i ? MODEL_WRITER : MODEL_EXECUTOR;
        bool shared = json_is(json_at(out, i), JSON_NULL); /* the writer is the agent */
        CLEANUP_JSON struct json *sent = sent_for(&agent, &updater, role);
        CLEANUP_JSON struct json *want = decoding_of(json_at(out, shared ? 0 : i));
        golden_expect_json(g, i ? "writer" : "agent", sent, want);
    }
    chat_config_clear(&agent);
}

const struct group host_groups[] = {
    {"rng_shuffle", check_shuffle},           {"batching", check_batches},
    {"py_isspace_splitlines", check_classes}, {"tools_delegation", skip_tools},
    {"writer_backend", check_backend},        {NULL, NULL},
};
