/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "model/retry.h"

static const struct chat_config config = {
    .retry_base_delay = 1,
    .retry_max_delay = 60,
    .retry_after_max = 300,
};

static void expect_header(int status, const char *headers, double wanted)
{
    const int64_t now = INT64_C(1700000000000); /* 2023-11-14 22:13:20 UTC */
    struct http_request reply = {.end = HTTP_DONE, .status = status};
    double seconds = -1;
    buf_text(&reply.headers_in, headers);
    bool found = retry_header_delay(&reply, now, &seconds);
    if (found != !isnan(wanted) || (found && fabs(seconds - wanted) > 1e-6))
        fail_msg("%s: %g", headers, seconds);
    buf_free(&reply.headers_in);
}

static void reads_headers(void **state)
{
    expect_header(503, "retry-after: 7\n", 7);
    expect_header(503, "retry-after: 0.5\n", 0.5);
    expect_header(503, "retry-after: 7\nretry-after-ms: 250\n", 0.25);
    expect_header(429, "retry-after: Tue, 14 Nov 2023 22:13:50 GMT\n", 30);
    expect_header(429, "retry-after: Tuesday, 14-Nov-23 22:13:50 GMT\n", 30);
    expect_header(429, "retry-after: Tue Nov 14 22:13:50 2023\n", 30);
    expect_header(429, "retry-after: Mon, 13 Nov 2023 22:13:20 GMT\n", -86400);
    expect_header(429, "retry-after: soon\n", NAN);
    expect_header(429, "retry-after: Tue, 31 Feb 2023 22:13:50 GMT\n", NAN);
    expect_header(429, "retry-after: -5\n", NAN);
    expect_header(429, "x-ratelimit-reset-requests: 6m0s\n", 360);
    expect_header(429, "x-ratelimit-reset-tokens: 20ms\n", 0.02);
    expect_header(429,
                  "x-ratelimit-remaining-requests: 5\nx-ratelimit-reset-requests: 6m0s\n"
                  "x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 1m1.5s\n",
                  61.5);
    expect_header(429, "x-ratelimit-reset: 1700000012\n", 12);
    expect_header(429, "x-ratelimit-reset: 1700000012500\n", 12.5);
    expect_header(429, "ratelimit-reset: 9\n", 9);
    expect_header(429, "ratelimit-reset: 9x\n", NAN);
    expect_header(503, "x-ratelimit-reset-requests: 6m0s\n", NAN);
    expect_header(503, "", NAN);
}

static void reads_texts(void **state)
{
    double seconds;
    int64_t now = INT64_C(1700000000000);
    assert_true(
        retry_text_delay(STR("Limit resets at: 2023-11-14 22:13:50 UTC."), 300, now, &seconds));
    assert_true(seconds == 32);
    assert_true(retry_text_delay(STR("x. Please try again in 20 seconds"), 300, now, &seconds));
    assert_true(seconds == 21);
    assert_false(retry_text_delay(STR("Re-ry again in 20 seconds, or Again in 3 seconds"), 300, now,
                                  &seconds));
    assert_false(retry_text_delay(STR("try again in 20 minutes"), 300, now, &seconds));
    assert_false(retry_text_delay(STR("try again in "), 300, now, &seconds));
    assert_false(retry_text_delay(STR("Limit resets at: 2023-11-14"), 300, now, &seconds));
}

static void expect_delay(const char *headers, const char *body, unsigned attempt, double least,
                         double most)
{
    struct http_request reply = {.end = HTTP_DONE, .status = 429};
    buf_text(&reply.headers_in, headers);
    buf_text(&reply.body_in, body);
    for (int i = 0; i < 200; i++) {
        double seconds = (double)retry_delay_ms(&config, attempt, &reply) / 1000;
        if (seconds < least || seconds > most)
            fail_msg("%s %s %u: %g", headers, body, attempt, seconds);
    }
    buf_free(&reply.headers_in);
    buf_free(&reply.body_in);
}

static void waits_as_asked(void **state)
{
    expect_delay("retry-after: 7\n", "", 0, 7, 7.71);
    expect_delay("retry-after: 7000\n", "", 0, 300, 302.01);
    expect_delay("", "try again in 3 seconds", 0, 4, 4.41);
    expect_delay("retry-after: 0\n", "", 2, 0, 4);
}

static void spreads_over_the_whole_time(void **state)
{
    struct http_request reply = {.end = HTTP_CONNECT};
    double least = 1e9, most = 0;
    assert_true(retry_ceiling(&config, 0) == 1);
    assert_true(retry_ceiling(&config, 3) == 8);
    assert_true(retry_ceiling(&config, 9) == 60);
    assert_true(retry_ceiling(&config, 4000000000u) == 60);
    for (int i = 0; i < 1000; i++) {
        double seconds = (double)retry_delay_ms(&config, 3, &reply) / 1000;
        least = seconds < least ? seconds : least;
        most = seconds > most ? seconds : most;
    }
    assert_true(least >= 0 && least < 0.5);
    assert_true(most > 7.5 && most <= 8.001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_headers),
        cmocka_unit_test(reads_texts),
        cmocka_unit_test(waits_as_asked),
        cmocka_unit_test(spreads_over_the_whole_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
