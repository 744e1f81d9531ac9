/* SPDX-License-Identifier: MIT */
#include "throttle.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const kinds[] = {"sliding", "by the clock", "bucket", "at once", "none"};

static void show(const char *what, const struct throttle *w, const struct throttled *got)
{
    double sent = (double)(got->accepted + got->refused);
    print_message(
        "%-9s %-12s %2.0f %% sporadic, burst %2.0f s, %5lld to %5lld tokens, %4.1f s latency: "
        "%5.1f %% used, %.2f %% of %.0f refused\n",
        what, kinds[w->kind], 100 * w->sporadic, w->burst, (long long)w->least_tokens,
        (long long)w->most_tokens, w->latency, 100 * got->used,
        sent > 0 ? 100 * (double)got->refused / sent : 0, sent);
}

static void check(const struct throttle *w, const struct gate_limits *known, double used,
                  double refused)
{
    struct throttled got;
    throttle_run(w, known, &got);
    show(known->requests_per_minute > 0 || w->tells_limits ? "known" : "unknown", w, &got);
    assert_true(got.used >= used);
    assert_true((double)got.refused <= refused * (double)(got.accepted + got.refused));
}

/* Quotas of the preset: 97 % used, at most 0.5 % refused, from the first second. */
static void test_known(void **state)
{
    static const struct {
        int64_t least, most;
        double latency;
    } loads[] = {{100, 300, 0.3}, {100, 300, 5}, {300, 2000, 2}, {1500, 2500, 8}};
    static const double bursts[] = {60, 60, 60, 3};
    struct gate_limits known = {0, 600, 200000};
    for (size_t kind = 0; kind < 4; kind++) {
        /* Large calls do not fit a small bucket. */
        for (size_t i = 0; i < (bursts[kind] < 60 ? 3 : COUNT(loads)); i++) {
            struct throttle w = {
                .kind = kind < 3 ? (enum throttle_kind)kind : THROTTLE_BUCKET,
                .burst = bursts[kind],
                .requests = 600,
                .tokens = 200000,
                .latency = loads[i].latency,
                .least_tokens = loads[i].least,
                .most_tokens = loads[i].most,
                .callers = 128,
                .seconds = 300,
                .seed = kind * 10 + i,
            };
            check(&w, &known, 0.97, 0.005);
        }
    }
}

/* Calls of up to 3 % of a minute's tokens: there are so few in three minutes that one more or less
 * is much, so many times five count together. */
static void check_large(struct throttle w, double least, const char *what)
{
    struct gate_limits known = {0, 600, 200000};
    double used = 0, refused = 0, sent = 0;
    w.burst = 60;
    w.requests = 600;
    w.tokens = 200000;
    w.tells_wait = true;
    w.callers = 128;
    w.seconds = 180; /* as benchmarks/perf/limits.py */
    for (w.seed = 0; w.seed < 40; w.seed++) {
        struct throttled got;
        throttle_run(&w, &known, &got);
        assert_true(got.used >= 0.95);
        used += got.used / 40;
        refused += (double)got.refused;
        sent += (double)(got.accepted + got.refused);
    }
    print_message(
        "known     %-12s %4lld to %4lld tokens, %.1f s late%s%s: %5.1f %% used, %.2f %% of "
        "%.0f refused\n",
        kinds[w.kind], (long long)w.least_tokens, (long long)w.most_tokens, w.delay,
        w.delay > 0 && w.delay_shown ? " (seen)" : "", what, 100 * used, 100 * refused / sent,
        sent);
    assert_true(used >= least);
    assert_true(refused <= 0.005 * sent);
}

static void test_known_large(void **state)
{
    for (int kind = THROTTLE_SLIDING; kind <= THROTTLE_BUCKET; kind++) {
        struct throttle w = {.kind = (enum throttle_kind)kind, .most_tokens = 6000};
        w.latency = 3;
        w.least_tokens = 200;
        check_large(w, 0.97, "");
        w.latency = 5;
        w.least_tokens = 1000;
        check_large(w, 0.97, "");
        w.sizes_hidden = true;
        check_large(w, 0.97, ", all alike");
    }
}

/* A busy machine: calls reach the server up to 0.3 s late, and the next ones perhaps at once; or up
 * to a second, which their own machine knows. */
static void test_known_late(void **state)
{
    for (int i = 0; i < 3; i++) {
        struct throttle w = {.delay = i == 2 ? 1 : 0.3, .delay_shown = i > 0, .sizes_hidden = true};
        w.least_tokens = 200;
        w.most_tokens = 300;
        w.latency = 1;
        check_large(w, 0.97, "");
        w.least_tokens = 1500;
        w.most_tokens = 2500;
        w.latency = 3;
        check_large(w, 0.97, "");
        w.least_tokens = 1000;
        w.most_tokens = 6000;
        w.latency = 5;
        check_large(w, i == 2 ? 0.96 : 0.97, "");
    }
}

/* The same from the headers of replies alone. */
static void test_told(void **state)
{
    struct gate_limits known = {0};
    for (int kind = THROTTLE_SLIDING; kind <= THROTTLE_BUCKET; kind++) {
        struct throttle w = {.kind = (enum throttle_kind)kind,
                             .burst = 60,
                             .requests = 600,
                             .tokens = 200000,
                             .tells_limits = true,
                             .latency = 1,
                             .least_tokens = 100,
                             .most_tokens = 300,
                             .callers = 64,
                             .seconds = 300,
                             .seed = 5};
        check(&w, &known, 0.96, 0.005);
    }
}

/* Nothing is known: after a minute, 90 % of what there is. */
static void test_unknown(void **state)
{
    static const double bursts[] = {1, 1, 10, 60, 1};
    struct gate_limits known = {0};
    for (int wait = 0; wait < 2; wait++) {
        for (int kind = THROTTLE_SLIDING; kind <= THROTTLE_BUCKET; kind++) {
            for (size_t i = 0; i < COUNT(bursts); i++) {
                struct throttle w = {.kind = (enum throttle_kind)kind,
                                     .burst = bursts[i],
                                     .requests = 600,
                                     .tells_wait = wait,
                                     .latency = i % 2 ? 0.2 : 2,
                                     .least_tokens = 100,
                                     .most_tokens = 300,
                                     .callers = 64,
                                     .warm_up = 60,
                                     .seconds = 300,
                                     .seed = i};
                check(&w, &known, 0.90, 0.20);
            }
        }
    }
}

static void test_at_once(void **state)
{
    static const unsigned most[] = {1, 4, 32, 100};
    struct gate_limits known = {0};
    for (size_t i = 0; i < COUNT(most); i++) {
        for (int wait = 0; wait < 2; wait++) {
            struct throttle w = {.kind = THROTTLE_AT_ONCE,
                                 .most_at_once = most[i],
                                 .tells_wait = wait,
                                 .latency = 2,
                                 .least_tokens = 100,
                                 .most_tokens = 300,
                                 .callers = 128,
                                 .warm_up = 60,
                                 .seconds = 300,
                                 .seed = i};
            check(&w, &known, 0.88, 0.20);
        }
    }
}

/* What callers can get of a server that refuses some calls for no reason of theirs: each refusal
 * costs the caller its wait (half a second on average, or the second that is asked for). */
static double attainable(const struct throttle *w)
{
    double wait = w->tells_wait ? 1.05 : 0.5, lost = w->sporadic / (1 - w->sporadic) * wait;
    double way = 0.012; /* to the server */
    return w->kind == THROTTLE_NONE ? w->latency / (w->latency + way + lost) : 1;
}

/* Refusals that have nothing to do with what is sent slow it down only a little. */
static void test_sporadic(void **state)
{
    static const struct {
        double share, used;
    } cases[] = {{0.01, 0.9}, {0.03, 0.9}, {0.10, 0.5}};
    static const struct throttle worlds[] = {
        {.kind = THROTTLE_NONE, .latency = 1, .callers = 64},
        {.kind = THROTTLE_NONE, .latency = 0.1, .callers = 8},
        {.kind = THROTTLE_NONE, .latency = 5, .callers = 500},
        {.kind = THROTTLE_AT_ONCE, .most_at_once = 32, .latency = 1, .callers = 128},
        {.kind = THROTTLE_BUCKET, .requests = 600, .burst = 10, .latency = 1, .callers = 64},
        {.kind = THROTTLE_SLIDING, .requests = 600, .latency = 1, .callers = 64},
    };
    struct gate_limits known = {0};
    for (size_t i = 0; i < COUNT(worlds); i++) {
        for (size_t k = 0; k < COUNT(cases) * 2; k++) {
            struct throttle w = worlds[i];
            w.sporadic = cases[k / 2].share;
            w.tells_wait = k % 2;
            w.warm_up = 60;
            w.seconds = 300;
            w.least_tokens = 100;
            w.most_tokens = 300;
            w.seed = i * 10 + k;
            check(&w, &known, cases[k / 2].used * attainable(&w), 0.20);
        }
    }
}

/* A quota that is known is used in spite of them. */
static void test_known_sporadic(void **state)
{
    struct gate_limits known = {0, 600, 200000};
    for (int wait = 0; wait < 2; wait++) {
        struct throttle w = {.kind = THROTTLE_SLIDING,
                             .requests = 600,
                             .tokens = 200000,
                             .sporadic = 0.03,
                             .tells_wait = wait,
                             .latency = 2,
                             .least_tokens = 100,
                             .most_tokens = 300,
                             .callers = 128,
                             .seconds = 300,
                             .seed = 3};
        check(&w, &known, 0.94, 0.04); /* a refusal is a request of ours, and counts as one */
    }
}

/* Three roles share what there is, however much each wants. */
static void test_fair(void **state)
{
    struct gate gate;
    struct gate_ticket tickets[300];
    unsigned went[GATE_ROLES] = {0};
    uint64_t now = 1, wait;
    struct gate_ticket *ticket;
    gate_init(&gate, &(struct gate_limits){.requests_per_minute = 600});
    for (size_t i = 0; i < COUNT(tickets); i++) {
        enum model_role role = i < 200 ? MODEL_EXECUTOR : i < 260 ? MODEL_WRITER : MODEL_JUDGE;
        tickets[i] = (struct gate_ticket){.role = role, .bytes = 1000};
        went[role] += gate_enter(&gate, &tickets[i], false, now, &wait);
    }
    for (unsigned i = 0; i < GATE_ROLES; i++)
        went[i] = 0;
    while (now < 10000000) {
        now += 10000;
        while ((ticket = gate_next(&gate, now, &wait)))
            went[ticket->role]++;
        assert_true(wait > 0);
    }
    print_message("of 10 s: executor %u, writer %u, judge %u\n", went[0], went[1], went[2]);
    assert_in_range(went[MODEL_EXECUTOR], 29, 37);
    assert_in_range(went[MODEL_WRITER], 29, 37);
    assert_in_range(went[MODEL_JUDGE], 29, 37);
    assert_int_equal(gate_hold(&gate, now), MODEL_HOLD_REQUESTS);
}

static void test_nothing_is_held_back(void **state)
{
    struct gate gate;
    struct gate_ticket ticket = {.role = MODEL_WRITER, .bytes = 100};
    struct model_usage usage = {0};
    struct gate_outcome outcome = {.end = GATE_ANSWERED, .usage = &usage};
    uint64_t wait;
    gate_init(&gate, &(struct gate_limits){0});
    for (uint64_t now = 1; now < 100000; now++) {
        assert_true(gate_enter(&gate, &ticket, false, now, &wait));
        gate_leave(&gate, &ticket, &outcome, now);
    }
    assert_int_equal(gate.in_flight, 0);
    assert_int_equal(gate_hold(&gate, 100000), MODEL_HOLD_NONE);
}

/* Calls in flight of the preset, and a call that comes again goes first. */
static void test_in_flight(void **state)
{
    struct gate gate;
    struct gate_ticket tickets[4] = {{.bytes = 1}, {.bytes = 1}, {.bytes = 1}, {.bytes = 1}};
    struct gate_outcome lost = {.end = GATE_LOST};
    uint64_t wait;
    gate_init(&gate, &(struct gate_limits){.in_flight = 2});
    assert_true(gate_enter(&gate, &tickets[0], false, 1, &wait));
    assert_true(gate_enter(&gate, &tickets[1], false, 1, &wait));
    assert_false(gate_enter(&gate, &tickets[2], false, 1, &wait));
    assert_int_equal(wait, 0);
    gate_leave(&gate, &tickets[0], &lost, 2);
    assert_ptr_equal(gate_next(&gate, 2, &wait), &tickets[2]);
    assert_false(gate_enter(&gate, &tickets[3], false, 2, &wait));
    assert_false(gate_enter(&gate, &tickets[0], true, 2, &wait));
    gate_leave(&gate, &tickets[1], &lost, 3);
    assert_ptr_equal(gate_next(&gate, 3, &wait), &tickets[0]);
    assert_null(gate_next(&gate, 3, &wait));
    assert_int_equal(gate_hold(&gate, 3), MODEL_HOLD_IN_FLIGHT);
}

/* Whose deadline comes leaves its line, wherever it stands in it; the others keep their order. */
static void test_deadline(void **state)
{
    struct gate gate;
    struct gate_ticket tickets[6];
    struct gate_outcome lost = {.end = GATE_LOST};
    static const uint64_t deadlines[] = {0, 50, 0, 40, 40, 30};
    uint64_t wait;
    gate_init(&gate, &(struct gate_limits){.in_flight = 1});
    for (size_t i = 0; i < COUNT(tickets); i++) {
        tickets[i] = (struct gate_ticket){.bytes = 1, .deadline_us = deadlines[i]};
        assert_true(gate_enter(&gate, &tickets[i], false, 10, &wait) == (i == 0));
        assert_int_equal(wait, i == 0 ? 0 : i < 3 ? 40 : i < 5 ? 30 : 20);
    }
    assert_null(gate_next(&gate, 29, &wait));
    assert_int_equal(wait, 1);
    assert_ptr_equal(gate_next(&gate, 30, &wait), &tickets[5]);
    assert_true(tickets[5].late && !tickets[5].inside);
    assert_null(gate_next(&gate, 30, &wait));
    assert_int_equal(wait, 10);
    for (int i = 0; i < 2; i++)
        assert_true(gate_next(&gate, 45, &wait)->late);
    assert_false(tickets[1].late);
    assert_null(gate_next(&gate, 45, &wait));
    assert_int_equal(wait, 5);
    gate_leave(&gate, &tickets[0], &lost, 46);
    assert_ptr_equal(gate_next(&gate, 46, &wait), &tickets[1]);
    assert_false(tickets[1].late);
    tickets[3] = (struct gate_ticket){.bytes = 1};
    assert_false(gate_enter(&gate, &tickets[3], false, 47, &wait));
    gate_leave(&gate, &tickets[1], &lost, 48);
    assert_ptr_equal(gate_next(&gate, 48, &wait), &tickets[2]);
    gate_leave(&gate, &tickets[2], &lost, 49);
    assert_ptr_equal(gate_next(&gate, 49, &wait), &tickets[3]);
    assert_int_equal(gate.waiting, 0);
}

/* Replies that come to take four times as long take calls out of flight. */
static void test_latency(void **state)
{
    struct adapt adapt;
    uint64_t now = 1, wait;
    adapt_init(&adapt);
    for (int i = 0; i < 300; i++) {
        now += 1000000;
        adapt_accepted(&adapt, now - 500000, 49, now);
    }
    assert_true(isinf(adapt.window));
    for (int i = 0; i < 100 && isinf(adapt.window); i++) {
        now += 1000000;
        adapt_accepted(&adapt, now - 3000000, 49, now);
    }
    assert_true(adapt.window == 40);
    assert_int_equal(adapt_ask(&adapt, 45, now, &wait), ADAPT_WINDOW);
}

static void test_headers(void **state)
{
    struct limit_headers h;
    assert_false(limit_headers_read(STR("content-type: text/html\n"), &h));
    assert_true(limit_headers_read(STR("date: x\nx-ratelimit-limit-requests: 600\n"
                                       "x-ratelimit-remaining-tokens: 199 \n"),
                                   &h));
    assert_true(h.requests == 600 && h.tokens_remaining == 199 && isnan(h.tokens));
    assert_true(limit_headers_read(STR("anthropic-ratelimit-tokens-limit: 80000\n"), &h));
    assert_true(h.tokens == 80000);
    assert_false(limit_headers_read(STR("x-ratelimit-limit-requests: -5\n"), &h));
    assert_false(limit_headers_read(STR("x-ratelimit-limit-requests: 1e300\n"), &h));
    assert_false(limit_headers_read(STR("x-ratelimit-limit-tokens: plenty\n"), &h));
}

/* What somebody else uses of the quota is left to them; it leaves the minute as ours does. */
static void test_others(void **state)
{
    struct limit limit;
    limit_init(&limit, 600, false);
    limit_add(&limit, 1, 1);
    assert_int_equal(limit_wait_us(&limit, 1, 0, 2), 0);
    limit_report(&limit, 600, 29, 1000000);
    for (int i = 0; i < 28; i++)
        limit_add(&limit, 1, 1000000);
    assert_true(limit_wait_us(&limit, 1, 0, 1000000) > 0);
    assert_int_equal(limit_wait_us(&limit, 1, 0, 70000000), 0);
    limit_report(&limit, 1200, NAN, 80000000);
    assert_true(limit.per_minute == 600); /* the preset's is lower */
    limit_report(&limit, 300, NAN, 80000000);
    assert_true(limit.per_minute == 300);
}

/* A call stays in the window for a minute from when it went out, and longer once calls were refused
 * though there seemed to be room. */
static void test_window(void **state)
{
    enum { SECOND = 1000000 };
    struct limit limit;
    limit_init(&limit, 600, false);
    for (int i = 0; i < 597; i++)
        limit_add(&limit, 1, SECOND);
    assert_true(limit_wait_us(&limit, 1, 0, 61 * SECOND) > 0);
    assert_int_equal(limit_wait_us(&limit, 1, 0, 61 * SECOND + SECOND / 2), 0);
    limit_init(&limit, 600, false);
    for (int i = 0; i < 597; i++)
        limit_add(&limit, 1, SECOND);
    limit_move(&limit, 597, SECOND, 3 * SECOND, 5 * SECOND);
    assert_true(limit_wait_us(&limit, 1, 0, 63 * SECOND) > 0);
    assert_int_equal(limit_wait_us(&limit, 1, 0, 63 * SECOND + SECOND / 2), 0);
    limit_init(&limit, 600, false);
    limit_add(&limit, 500, SECOND);
    limit_refused(&limit, 20 * SECOND); /* the window was not full */
    limit_add(&limit, 97, SECOND);
    assert_int_equal(limit_wait_us(&limit, 1, 0, 61 * SECOND + SECOND / 2), 0);
    for (int i = 0; i < 597; i++)
        limit_add(&limit, 1, 100 * (uint64_t)SECOND);
    for (int i = 0; i < 20; i++)
        limit_refused(&limit, 159 * (uint64_t)SECOND);
    assert_true(limit_wait_us(&limit, 1, 0, 161 * (uint64_t)SECOND) > 0);
    assert_int_equal(limit_wait_us(&limit, 1, 0, 162 * (uint64_t)SECOND), 0);
    /* An hour without a refusal. */
    for (int i = 0; i < 597; i++)
        limit_add(&limit, 1, 4000 * (uint64_t)SECOND);
    assert_int_equal(limit_wait_us(&limit, 1, 0, 4060 * (uint64_t)SECOND + SECOND / 2), 0);
}

/* Whatever a server calls its quota, the time of the next call is one that can be told. */
static void test_absurd_quota(void **state)
{
    const uint64_t day = 86400000000u, now = 1000000;
    struct limit limit;
    limit_init(&limit, 600, true);
    limit_report(&limit, 1e-300, NAN, now);
    limit_add(&limit, 1, now);
    assert_true(limit.due_us <= (double)(now + day));
    assert_true(limit_wait_us(&limit, 1, 0, now) <= day);
    limit_correct(&limit, -1, now, now);
    limit_report(&limit, 600, NAN, now + 1);
    assert_true(limit_wait_us(&limit, 1, 0, now + 2 * day) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sporadic),     cmocka_unit_test(test_known_large),
        cmocka_unit_test(test_known_late),   cmocka_unit_test(test_known_sporadic),
        cmocka_unit_test(test_known),        cmocka_unit_test(test_told),
        cmocka_unit_test(test_unknown),      cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_fair),         cmocka_unit_test(test_nothing_is_held_back),
        cmocka_unit_test(test_in_flight),    cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_latency),      cmocka_unit_test(test_headers),
        cmocka_unit_test(test_others),       cmocka_unit_test(test_window),
        cmocka_unit_test(test_absurd_quota),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
