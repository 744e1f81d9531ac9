/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "model/chat.h"
#include "model/fingerprint.h"

static const struct chat_config plain_config;

static struct chat_config config_of(const char *text)
{
    struct err err = {0};
    struct chat_config config = {0};
    CLEANUP_JSON struct json *json = json_parse(str_of(text), &err);
    if (!json || chat_config_read(json, &config, &err))
        fail_msg("%s", err.text);
    return config;
}

static struct model_request request_of(const struct message *messages, size_t count)
{
    return (struct model_request){.messages = messages, .count = count, .temperature = NAN};
}

/* Encodes under a preset and compares with the expected body. */
static void expect_body(const char *preset, const struct model_request *request,
                        const char *expected)
{
    struct err err = {0};
    CLEANUP_BUF struct buf body = {0};
    struct chat_config config = config_of(preset);
    chat_encode(&config, request, &body);
    CLEANUP_JSON struct json *got = json_parse(buf_view(&body), &err);
    CLEANUP_JSON struct json *wanted = json_parse(str_of(expected), NULL);
    assert_non_null(wanted);
    if (!got || !json_equal(got, wanted))
        fail_msg("%s\n%s\nnot\n%s", err.text, body.ptr, expected);
    chat_config_clear(&config);
}

#define BASE "\"client\": \"chat\", \"base_url\": \"http://h/v1\", \"model\": \"m\""

static void encodes_roles(void **state)
{
    const struct message messages[] = {
        {.role = STR("system"), .content = STR("s")},
        {.role = STR("note"), .content = STR("the task's own")},
        {.role = STR("user"), .content = STR("u"), .flags = MESSAGE_RECORD_ONLY},
        {.role = STR("user"), .content = STR("v"), .name = STR("ann")},
        {.role = STR("agent"), .content = STR("a")},
        {.role = STR("assistant"), .content = STR("b")},
    };
    struct model_request request = request_of(messages, 6);
    expect_body("{" BASE "}", &request,
                "{\"model\": \"m\", \"messages\": ["
                "{\"role\": \"system\", \"content\": \"s\"},"
                "{\"role\": \"user\", \"name\": \"ann\", \"content\": \"v\"},"
                "{\"role\": \"assistant\", \"content\": \"a\"},"
                "{\"role\": \"assistant\", \"content\": \"b\"}]}");
}

static void encodes_tools(void **state)
{
    const struct message messages[] = {
        {.role = STR("agent"),
         .tool_calls = STR(" [{\"name\": \"f\", \"arguments\": {\"x\": [1, \"],}\"]}, \"id\": "
                           "\"c1\"}, {\"id\": \"c2\", \"name\": \"g\", \"arguments\": "
                           "{\"_raw\": \"{bro\\\"ken\"}}] ")},
        {.role = STR("tool"), .content = STR("r"), .tool_call_id = STR("c1")},
        {.role = STR("agent"), .content = STR("t"), .tool_calls = STR("[]")},
    };
    struct model_request request = request_of(messages, 3);
    request.tools = STR("[{\"name\": \"f\", \"description\": \"a, b ]\", \"parameters\": {}},\n"
                        " {\"name\": \"g\"}]");
    expect_body(
        "{" BASE ", \"body\": {\"tool_choice\": \"auto\"}}", &request,
        "{\"model\": \"m\", \"messages\": ["
        "{\"role\": \"assistant\", \"content\": null, \"tool_calls\": ["
        "{\"id\": \"c1\", \"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": "
        "\"{\\\"x\\\": [1, \\\"],}\\\"]}\"}},"
        "{\"id\": \"c2\", \"type\": \"function\", \"function\": {\"name\": \"g\", \"arguments\": "
        "\"{bro\\\"ken\"}}]},"
        "{\"role\": \"tool\", \"tool_call_id\": \"c1\", \"content\": \"r\"},"
        "{\"role\": \"assistant\", \"content\": \"t\"}],"
        "\"tool_choice\": \"auto\", \"tools\": ["
        "{\"type\": \"function\", \"function\": {\"name\": \"f\", \"description\": \"a, b ]\", "
        "\"parameters\": {}}}, {\"type\": \"function\", \"function\": {\"name\": \"g\"}}]}");
    request.tools = STR("[]");
    request.count = 0;
    expect_body("{" BASE ", \"body\": {\"tool_choice\": \"auto\"}}", &request,
                "{\"model\": \"m\", \"messages\": []}");
}

static void encodes_decoding(void **state)
{
    struct model_request request = request_of(NULL, 0);
    request.seed = 7;
    request.schema = STR("{\"type\": \"object\"}");
    expect_body("{" BASE ", \"temperature\": 0.0, \"max_tokens\": 9}", &request,
                "{\"model\": \"m\", \"messages\": [], \"temperature\": 0.0, \"max_tokens\": 9}");
    expect_body("{" BASE ", \"temperature\": 0.5, \"structured_output\": true}", &request,
                "{\"model\": \"m\", \"messages\": [], \"temperature\": 0.5, \"seed\": 7, "
                "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": "
                "\"answer\", \"schema\": {\"type\": \"object\"}}}}");
    expect_body("{" BASE ", \"temperature\": 0.5, \"send_seed\": false}", &request,
                "{\"model\": \"m\", \"messages\": [], \"temperature\": 0.5}");
    expect_body("{" BASE ", \"temperature\": 1, \"body\": {\"seed\": 3, \"top_p\": 0.9}}", &request,
                "{\"model\": \"m\", \"messages\": [], \"temperature\": 1.0, \"seed\": 3, "
                "\"top_p\": 0.9}");
    request.temperature = 0.25;
    request.max_tokens = 11;
    expect_body("{" BASE ", \"max_completion_tokens\": \"5\", \"send_seed\": false}", &request,
                "{\"model\": \"m\", \"messages\": [], \"temperature\": 0.25, "
                "\"max_completion_tokens\": 11}");
}

static void sends_a_seed_that_fits(void **state)
{
    struct chat_config config = config_of("{" BASE ", \"temperature\": 1}");
    struct model_request request = request_of(NULL, 0);
    request.seed = 0x7fffffff;
    assert_int_equal(wire_seed(&config, &request), 0x7fffffff);
    request.seed = UINT64_MAX;
    int64_t folded = wire_seed(&config, &request);
    assert_true(folded >= 0 && folded <= 0x7fffffff);
    request.seed = UINT64_C(1) << 40;
    assert_int_not_equal(wire_seed(&config, &request), 0);
    chat_config_clear(&config);
}

/* Every text arrives as it was, except for bytes that are not UTF-8. */
static void encodes_any_text(void **state)
{
    struct chat_config config = config_of("{" BASE "}");
    struct rng rng;
    rng_seed_int(&rng, 5);
    for (int round = 0; round < 3000; round++) {
        char text[40];
        size_t len = rng_below(&rng, sizeof(text));
        for (size_t i = 0; i < len; i++)
            text[i] = (char)rng_below(&rng, round % 2 ? 128 : 256);
        struct message message = {.role = STR("user"), .content = {text, len}};
        struct model_request request = request_of(&message, 1);
        CLEANUP_BUF struct buf body = {0};
        CLEANUP_BUF struct buf plain = {0};
        chat_encode(&config, &request, &body);
        CLEANUP_JSON struct json *json = json_parse(buf_view(&body), NULL);
        assert_non_null(json);
        struct str got = json_str(json_path(json_at(json_get(json, "messages"), 0), "content"));
        json_write_str(&plain, message.content, 0);
        CLEANUP_JSON struct json *wanted = json_parse(buf_view(&plain), NULL);
        assert_true(str_eq(got, json_str(wanted)));
    }
    chat_config_clear(&config);
}

static const char *decode(const char *text, struct arena *arena, struct model_reply *reply)
{
    CLEANUP_JSON struct json *json = json_parse(str_of(text), NULL);
    static const struct model_request request;
    static const struct chat_config config = {.wire = &wire_chat};
    return json ? wire_decode(&config, &request, json, arena, reply) : "not JSON";
}

static void decodes_answers(void **state)
{
    struct arena arena = {0};
    struct model_reply reply = {0};
    assert_null(decode("{\"choices\": [{\"message\": {\"content\": \"h\\u00e9\", "
                       "\"reasoning_content\": \"no\"}, \"finish_reason\": \"stop\"}],"
                       "\"usage\": {\"prompt_tokens\": 5, \"completion_tokens\": -2,"
                       "\"prompt_tokens_details\": {\"cached_tokens\": 3},"
                       "\"completion_tokens_details\": {\"reasoning_tokens\": 4}}}",
                       &arena, &reply));
    assert_int_equal(reply.kind, MODEL_TEXT);
    assert_true(str_is(reply.text, "h\xC3\xA9"));
    assert_true(str_is(reply.finish_reason, "stop"));
    assert_int_equal(reply.usage.prompt_tokens, 5);
    assert_int_equal(reply.usage.completion_tokens, 0);
    assert_int_equal(reply.usage.cached_tokens, 3);
    assert_int_equal(reply.usage.reasoning_tokens, 4);
    assert_null(decode("{\"choices\": [{\"message\": {\"content\": null}}]}", &arena, &reply));
    assert_true(str_is(reply.text, ""));
    assert_null(decode("{\"choices\": [{\"message\": {\"content\": [{\"type\": \"text\", \"text\": "
                       "\"a\"}, {\"type\": \"thinking\", \"thinking\": \"no\"}, \"b\", 7]}}]}",
                       &arena, &reply));
    assert_true(str_is(reply.text, "ab"));
    arena_clear(&arena);
}

static void decodes_tool_calls(void **state)
{
    struct arena arena = {0};
    struct model_reply reply = {0};
    assert_null(decode("{\"choices\": [{\"message\": {\"content\": null, \"tool_calls\": ["
                       "{\"id\": \"a\", \"function\": {\"name\": \"f\", \"arguments\": "
                       "\"{\\\"x\\\": 1}\"}},"
                       "{\"function\": {\"name\": \"g\", \"arguments\": \"[1]\"}},"
                       "{\"function\": {\"name\": \"h\", \"arguments\": {\"y\": 2}}},"
                       "{\"function\": {\"name\": \"i\", \"arguments\": \"\"}},"
                       "{\"function\": {\"name\": null, \"arguments\": \"{\\\"x\\\": NaN}\"}}]}}]}",
                       &arena, &reply));
    CLEANUP_JSON struct json *got = json_parse(reply.tool_calls, NULL);
    CLEANUP_JSON struct json *wanted =
        json_parse(STR("[{\"id\": \"a\", \"name\": \"f\", \"arguments\": {\"x\": 1}},"
                       "{\"id\": \"call_1\", \"name\": \"g\", \"arguments\": {\"_raw\": \"[1]\"}},"
                       "{\"id\": \"call_2\", \"name\": \"h\", \"arguments\": {\"y\": 2}},"
                       "{\"id\": \"call_3\", \"name\": \"i\", \"arguments\": {}},"
                       "{\"id\": \"call_4\", \"name\": \"\", \"arguments\": {\"_raw\": "
                       "\"{\\\"x\\\": NaN}\"}}]"),
                   NULL);
    assert_non_null(got);
    assert_true(json_equal(got, wanted));
    arena_clear(&arena);
}

static void decodes_refusals(void **state)
{
    struct arena arena = {0};
    struct model_reply reply = {0};
    assert_null(decode("{\"choices\": [{\"message\": {\"content\": \"\"}, \"finish_reason\": "
                       "\"content_filter\"}]}",
                       &arena, &reply));
    assert_int_equal(reply.kind, MODEL_REFUSED);
    assert_null(
        decode("{\"choices\": [{\"message\": {\"refusal\": \"I cannot\"}}]}", &arena, &reply));
    assert_int_equal(reply.kind, MODEL_REFUSED);
    assert_true(str_is(reply.text, "I cannot"));
    arena_clear(&arena);
}

static void names_what_is_wrong(void **state)
{
    static const char *const cases[][2] = {
        {"[]", "not a JSON object"},
        {"null", "not a JSON object"},
        {"{}", "no list of choices"},
        {"{\"choices\": {}}", "no list of choices"},
        {"{\"choices\": []}", "choices are empty"},
        {"{\"choices\": [null]}", "no message"},
        {"{\"choices\": [{\"text\": \"x\"}]}", "no message"},
        {"{\"choices\": [{\"message\": \"x\"}]}", "no message"},
        {"{\"choices\": [{\"message\": {\"content\": 5}}]}", "neither a text"},
        {"{\"choices\": [{\"message\": {\"content\": {}}}]}", "neither a text"},
        {"{\"choices\": [{\"message\": {\"tool_calls\": 1}}]}", "not a list"},
        {"{\"choices\": [{\"message\": {\"tool_calls\": [1]}}]}", "no function"},
    };
    struct arena arena = {0};
    struct model_reply reply = {.kind = MODEL_FAILED};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *wrong = decode(cases[i][0], &arena, &reply);
        if (!wrong || !strstr(wrong, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], wrong ? wrong : "accepted");
        assert_int_equal(reply.kind, MODEL_FAILED);
    }
    arena_clear(&arena);
}

static const char whole[] =
    "{\"id\": \"c\", \"choices\": [{\"index\": 0, \"message\": {\"role\": \"assistant\", "
    "\"content\": [{\"type\": \"text\", \"text\": \"a\\u00e9\\ud83d\\ude00b\"}], \"tool_calls\": "
    "[{\"id\": \"a\", \"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": "
    "\"{\\\"x\\\": [1, {}]}\"}}], \"refusal\": null}, \"finish_reason\": \"stop\"}], \"usage\": "
    "{\"prompt_tokens\": 700, \"completion_tokens\": 7, \"prompt_tokens_details\": "
    "{\"cached_tokens\": 1e3}}, \"error\": null}";

static size_t mutate(struct rng *rng, char *text, size_t len)
{
    static const char bytes[] = "{}[]\",:\\0123456789eE+-.truefalsn\x00\x1f\x80\xff u";
    size_t changes = 1 + rng_below(rng, 4);
    while (changes-- && len > 2) {
        size_t at = rng_below(rng, len), span = 1 + rng_below(rng, len - at);
        switch (rng_below(rng, 4)) {
        case 0:
            text[at] = bytes[rng_below(rng, sizeof(bytes) - 1)];
            break;
        case 1:
            len = at + 1;
            break;
        case 2:
            memmove(text + at, text + at + span / 8, len - at - span / 8);
            len -= span / 8;
            break;
        default:
            text[at] = text[rng_below(rng, len)];
        }
    }
    return len;
}

/* What a broken reply decodes to is still a reply, and what it holds can be sent back. */
static void survives_mutations(void **state)
{
    struct chat_config config = config_of("{" BASE "}");
    struct rng rng;
    size_t accepted = 0;
    rng_seed_int(&rng, 11);
    for (int round = 0; round < 30000; round++) {
        char *text = mem_dup(whole, sizeof(whole) - 1);
        size_t len = mutate(&rng, text, sizeof(whole) - 1);
        struct arena arena = {0};
        struct model_reply reply = {0};
        CLEANUP_JSON struct json *json = json_parse((struct str){text, len}, NULL);
        if (json && !chat_decode(&plain_config, json, &arena, &reply)) {
            struct message message = {
                .role = STR("agent"), .content = reply.text, .tool_calls = reply.tool_calls};
            struct model_request request = request_of(&message, 1);
            CLEANUP_BUF struct buf body = {0};
            chat_encode(&config, &request, &body);
            CLEANUP_JSON struct json *again = json_parse(buf_view(&body), NULL);
            assert_non_null(again);
            accepted++;
        }
        arena_clear(&arena);
        mem_free(text);
    }
    assert_true(accepted > 100);
    chat_config_clear(&config);
}

/* JSON that is none, as tools or calls of a plugin: nothing is read beyond it. */
static void survives_broken_slices(void **state)
{
    struct chat_config config = config_of("{" BASE "}");
    struct rng rng;
    static const char calls[] = "[{\"id\": \"a\\\"\", \"name\": \"f\", \"arguments\": {\"_raw\": "
                                "\"x\"}}, {\"arguments\": {\"a\": [1, {\"b\": \"]\"}]}}]";
    rng_seed_int(&rng, 12);
    for (int round = 0; round < 30000; round++) {
        char *text = mem_dup(calls, sizeof(calls) - 1);
        size_t len = mutate(&rng, text, sizeof(calls) - 1);
        char *exact = mem_alloc(len);
        memcpy(exact, text, len);
        struct message message = {.role = STR("agent"), .tool_calls = {exact, len}};
        struct model_request request = request_of(&message, 1);
        request.tools = message.tool_calls;
        CLEANUP_BUF struct buf body = {0};
        chat_encode(&config, &request, &body);
        assert_true(str_starts(buf_view(&body), "{\"model\":\"m\",\"messages\":[{"));
        mem_free(exact);
        mem_free(text);
    }
    chat_config_clear(&config);
}

static void fingerprint_of(const struct model_request *request, double temperature, char out[65])
{
    fingerprint_write(&(struct fingerprint){.identity = STR("m"),
                                            .temperature = temperature,
                                            .seed = -1,
                                            .role = -1,
                                            .request = request},
                      out);
}

static void fingerprints_differ(void **state)
{
    struct message messages[] = {{.role = STR("user"), .content = STR("ab")},
                                 {.role = STR("user"), .content = STR("c")}};
    struct model_request request = request_of(messages, 2);
    char first[65], other[65];
    fingerprint_of(&request, 0, first);
    /* Journals of earlier runs are found by it. */
    assert_string_equal(first, "6fba36c99d0442b06a386015fa0437857e07617e0e5e8d2d5d839ab1000c0f10");
    fingerprint_of(&request, -0.0, other);
    assert_string_equal(first, other);
    fingerprint_of(&request, NAN, other);
    assert_string_not_equal(first, other);
    fingerprint_of(&request, 0.1, other);
    assert_string_not_equal(first, other);
    messages[0].content = STR("a");
    messages[1].content = STR("bc");
    fingerprint_of(&request, 0, other);
    assert_string_not_equal(first, other);
    messages[0].content = STR("ab");
    messages[1].content = STR("c");
    messages[1].role = STR("system");
    fingerprint_of(&request, 0, other);
    assert_string_not_equal(first, other);
    messages[1] = (struct message){.role = STR("note"), .content = STR("z")};
    fingerprint_of(&request, 0, first);
    messages[1].content = STR("not sent");
    fingerprint_of(&request, 0, other);
    assert_string_equal(first, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_roles),          cmocka_unit_test(encodes_tools),
        cmocka_unit_test(encodes_decoding),       cmocka_unit_test(sends_a_seed_that_fits),
        cmocka_unit_test(encodes_any_text),       cmocka_unit_test(decodes_answers),
        cmocka_unit_test(decodes_tool_calls),     cmocka_unit_test(decodes_refusals),
        cmocka_unit_test(names_what_is_wrong),    cmocka_unit_test(survives_mutations),
        cmocka_unit_test(survives_broken_slices), cmocka_unit_test(fingerprints_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
