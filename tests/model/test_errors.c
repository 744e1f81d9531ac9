/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "model/errors.h"

static const char *const keys[] = {"canary-key", NULL};
static const struct chat_config config = {.secrets = keys, .max_tokens = 100};

static struct failure classify(int status, const char *body, bool any_success)
{
    CLEANUP_JSON struct json *json = json_parse(str_of(body), NULL);
    return failure_of_reply(status, json, str_of(body), &config, any_success);
}

static void classifies(void **state)
{
    static const struct {
        int status;
        const char *body;
        bool any_success;
        enum failure_kind kind;
        enum model_fault fault;
    } cases[] = {
        {408, "", false, FAILURE_RETRY, MODEL_FAULT_CALL},
        {409, "", false, FAILURE_RETRY, MODEL_FAULT_CALL},
        {425, "", false, FAILURE_RETRY, MODEL_FAULT_CALL},
        {429, "{}", true, FAILURE_RETRY, MODEL_FAULT_ENDPOINT},
        {429, "{\"error\": {\"message\": \"Rate limit reached for tokens\"}}", true, FAILURE_RETRY,
         MODEL_FAULT_ENDPOINT},
        {429, "{\"error\": {\"code\": \"insufficient_quota\"}}", true, FAILURE_FINAL,
         MODEL_FAULT_KEY},
        {500, "upstream context canceled", true, FAILURE_RETRY, MODEL_FAULT_CALL},
        {502, "<html>", true, FAILURE_RETRY, MODEL_FAULT_ENDPOINT},
        {503, "", true, FAILURE_RETRY, MODEL_FAULT_ENDPOINT},
        {504, "", true, FAILURE_RETRY, MODEL_FAULT_ENDPOINT},
        {529, "", true, FAILURE_RETRY, MODEL_FAULT_ENDPOINT},
        {520, "", true, FAILURE_RETRY, MODEL_FAULT_CALL},
        {501, "", true, FAILURE_FINAL, MODEL_FAULT_CONFIG},
        {200, "{\"error\": \"overloaded\"}", true, FAILURE_RETRY, MODEL_FAULT_ENDPOINT},
        {200, "{\"error\": \"broken\"}", true, FAILURE_RETRY, MODEL_FAULT_CALL},
        {200, "{\"error\": {\"code\": 401, \"message\": \"no\"}}", true, FAILURE_FINAL,
         MODEL_FAULT_KEY},
        {200, "{\"error\": {\"code\": \"502\"}}", true, FAILURE_RETRY, MODEL_FAULT_ENDPOINT},
        {200, "{\"error\": {\"code\": \"model_not_found\"}}", true, FAILURE_FINAL,
         MODEL_FAULT_CONFIG},
        {200, "<html>we are over capacity", true, FAILURE_RETRY, MODEL_FAULT_ENDPOINT},
        {200, "<html>", true, FAILURE_RETRY, MODEL_FAULT_CALL},
        {401, "", true, FAILURE_FINAL, MODEL_FAULT_KEY},
        {402, "", true, FAILURE_FINAL, MODEL_FAULT_KEY},
        {403, "", true, FAILURE_FINAL, MODEL_FAULT_KEY},
        {404, "", true, FAILURE_FINAL, MODEL_FAULT_CONFIG},
        {302, "", true, FAILURE_FINAL, MODEL_FAULT_CONFIG},
        {400, "{\"error\": \"bad parameter\"}", false, FAILURE_FINAL, MODEL_FAULT_CONFIG},
        {400, "{\"error\": \"bad parameter\"}", true, FAILURE_FINAL, MODEL_FAULT_CALL},
        {422, "{\"detail\": [{\"msg\": \"field required\"}]}", true, FAILURE_FINAL,
         MODEL_FAULT_CALL},
        {413, "too large", true, FAILURE_FINAL, MODEL_FAULT_CALL},
        {400, "{\"error\": {\"code\": \"context_length_exceeded\"}}", false, FAILURE_CONTEXT,
         MODEL_FAULT_NONE},
        {413, "prompt is too long: 9 tokens > 8 maximum", false, FAILURE_CONTEXT, MODEL_FAULT_NONE},
        {200, "{\"error\": {\"type\": \"exceed_context_size_error\"}}", false, FAILURE_CONTEXT,
         MODEL_FAULT_NONE},
        {400, "This model's maximum context length is 64 tokens", true, FAILURE_CONTEXT,
         MODEL_FAULT_NONE},
        {400, "This model's maximum context length is 640 tokens", false, FAILURE_CONTEXT,
         MODEL_FAULT_NONE},
        {400, "This model's maximum context length is 64 tokens", false, FAILURE_FINAL,
         MODEL_FAULT_CONFIG},
        {403, "maximum context length", true, FAILURE_FINAL, MODEL_FAULT_KEY},
        {400, "{\"error\": {\"code\": \"content_filter\", \"message\": \"no\"}}", false,
         FAILURE_REFUSED, MODEL_FAULT_NONE},
        {400,
         "{\"error\": {\"innererror\": 1, \"message\": \"triggering Azure OpenAI's content "
         "management policy\"}}",
         false, FAILURE_REFUSED, MODEL_FAULT_NONE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct failure got = classify(cases[i].status, cases[i].body, cases[i].any_success);
        if (got.kind != cases[i].kind || got.fault != cases[i].fault)
            fail_msg("%d %s: kind %d, fault %d", cases[i].status, cases[i].body, (int)got.kind,
                     (int)got.fault);
    }
}

static void classifies_ends(void **state)
{
    assert_int_equal(failure_of_end(HTTP_CONNECT, false).attempts, 3);
    assert_int_equal(failure_of_end(HTTP_CONNECT, true).attempts, 0);
    assert_int_equal(failure_of_end(HTTP_TLS, false).attempts, 3);
    assert_string_equal(failure_of_end(HTTP_STALLED, false).name, "stalled");
    assert_int_equal(failure_of_end(HTTP_TIMEOUT, false).kind, FAILURE_RETRY);
    assert_int_equal(failure_of_end(HTTP_BROKEN, false).kind, FAILURE_RETRY);
    assert_int_equal(failure_of_end(HTTP_TOO_LARGE, false).fault, MODEL_FAULT_CALL);
    assert_int_equal(failure_of_end(HTTP_INVALID, false).fault, MODEL_FAULT_CONFIG);
    assert_int_equal(failure_of_end(HTTP_INVALID, false).attempts, 1);
    assert_int_equal(failure_of_end(HTTP_INVALID, true).kind, FAILURE_RETRY);
    assert_int_equal(failure_of_end(HTTP_INVALID, true).attempts, 0);
    assert_int_equal(failure_of_end(HTTP_CANCELLED, false).fault, MODEL_FAULT_CANCELLED);
}

static void knows_context_limits(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        {"This model's maximum context length is 8192 tokens. However, you requested 9", true},
        {"the request exceeds the available context size. try increasing it", true},
        {"The input (9 tokens) is longer than the model's context length (8 tokens).", true},
        {"Input token count 9 exceeds the maximum number of tokens allowed (8)", true},
        {"input is too long for requested model", true},
        {"Rate limit reached for tokens", false},
        {"internal error in completion prompt setup", false},
        {"upstream context canceled", false},
        {"context", false},
        {"Invalid API key", false},
        {"max_tokens is too large: 200000", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (failure_is_context_limit(STR(""), str_of(cases[i].text)) != cases[i].is)
            fail_msg("%s", cases[i].text);
    }
    assert_true(failure_is_context_limit(STR("context_length_exceeded"), STR("")));
}

static void expect_words(const char *body, const char *wanted)
{
    CLEANUP_JSON struct json *json = json_parse(str_of(body), NULL);
    CLEANUP_BUF struct buf words = {0};
    failure_words(&words, json, str_of(body), &config);
    if (!str_is(buf_view(&words), wanted))
        fail_msg("%s: %s", body, words.ptr);
}

static void shows_the_servers_words(void **state)
{
    static const char *const single[] = {"canary-key", NULL};
    expect_words("", "(an empty body)");
    expect_words("{\"error\": {\"message\": \"bad\\nkey\", \"type\": \"t\"}}", "bad key");
    expect_words("{\"error\": \"bad\"}", "bad");
    expect_words("{\"message\": \"bad\"}", "bad");
    expect_words("{\"detail\": [{\"msg\": \"no\"}]}", "no");
    expect_words("{\"detail\": \"no\"}", "no");
    struct chat_config one = {.secrets = single};
    CLEANUP_BUF struct buf words = {0};
    failure_text(&words, STR("\x1b[31m\xff<html>"), &one);
    assert_string_equal(words.ptr, "\\x1b[31m\\xff<html>");
}

/* Wherever in a text of any length the key stands, whole or cut: nothing of it is shown. */
static void never_shows_a_key(void **state)
{
    static const char *const single[] = {"canary-key", NULL};
    struct chat_config one = {.secrets = single};
    for (size_t before = 0; before < 260; before++) {
        CLEANUP_BUF struct buf body = {0};
        CLEANUP_BUF struct buf words = {0};
        for (size_t i = 0; i < before; i++)
            buf_char(&body, 'x');
        buf_text(&body, "canary-keycanary-key and canary-key");
        failure_words(&words, NULL, buf_view(&body), &one);
        assert_null(strstr(words.ptr, "canary"));
        assert_true(words.len <= 210);
    }
    CLEANUP_JSON struct json *json = json_parse(STR("{\"x\": \"canary\\u002dkey\"}"), NULL);
    CLEANUP_BUF struct buf words = {0};
    failure_words(&words, json, STR("{\"x\": \"canary\\u002dkey\"}"), &one);
    assert_string_equal(words.ptr, "{\"x\": \"***\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classifies),           cmocka_unit_test(classifies_ends),
        cmocka_unit_test(knows_context_limits), cmocka_unit_test(shows_the_servers_words),
        cmocka_unit_test(never_shows_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
