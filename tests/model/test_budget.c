/* SPDX-License-Identifier: MIT */
#include "model/budget.h"
#include "model/gate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS 2000
#define CALLERS 16
#define REPLY_MOST 4000

static uint64_t state_of_chance;

static int64_t chance(int64_t below)
{
    state_of_chance += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = state_of_chance;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ z >> 31) % (uint64_t)below);
}

/* of the executor, the writer, the judge */
static const struct price prices[PRICE_ROLES] = {{true, 150000, 75000, 600000, 900000},
                                                 {true, 2000000, 500000, 8000000, 8000000},
                                                 {true, 0, 0, 40000, 40000}};

/* What the server has counted; never what the budget says of itself. */
struct bill {
    int64_t calls, tokens, cost;
};

static void pay(struct bill *bill, enum model_role role, const struct model_usage *u)
{
    bill->calls++;
    bill->tokens += u->prompt_tokens + u->completion_tokens;
    bill->cost += price_of(&prices[role], u);
}

/* A call comes back: answered with a size that nobody foresaw, refused, or lost after it was done.
 */
static void come_back(struct gate *gate, struct gate_ticket *ticket, struct bill *bill,
                      uint64_t now)
{
    struct model_usage usage = {.prompt_tokens = chance((int64_t)ticket->bytes + 1),
                                .completion_tokens = chance(ticket->reply_most + 1)};
    usage.cached_tokens = chance(usage.prompt_tokens + 1);
    usage.reasoning_tokens = chance(usage.completion_tokens + 1);
    struct gate_outcome outcome = {.end = GATE_ANSWERED, .usage = &usage};
    int64_t kind = chance(20);
    if (kind == 0)
        outcome.end = GATE_FAILED;
    else if (kind == 1)
        outcome.end = GATE_LOST;
    if (kind)
        pay(bill, ticket->role, &usage);
    gate_leave(gate, ticket, &outcome, now);
}

struct run {
    struct gate gate;
    struct gate_ticket tickets[CALLERS], *inside[CALLERS];
    size_t count; /* inside */
    bool over;
};

static void take(struct run *r, struct gate_ticket *ticket)
{
    if (ticket->over)
        r->over = true;
    else
        r->inside[r->count++] = ticket;
}

static void send(struct run *r, struct gate_ticket *ticket, uint64_t now)
{
    uint64_t wait;
    *ticket = (struct gate_ticket){.role = (enum model_role)chance(3),
                                   .bytes = (size_t)(1 + chance(3000)),
                                   .reply_most = 1 + chance(REPLY_MOST)};
    if (gate_enter(&r->gate, ticket, false, now, &wait))
        take(r, ticket);
}

static void within(const struct bill *bill, const struct budget_use *limits)
{
    assert_true(limits->calls < 0 || bill->calls <= limits->calls);
    assert_true(limits->tokens < 0 || bill->tokens <= limits->tokens);
    assert_true(limits->cost < 0 || bill->cost <= limits->cost);
}

/* Runs to the end of the budget; the share that was used, by what stopped it. */
static double run_out(struct run *r, const struct budget_use *limits)
{
    struct bill bill = {0};
    struct gate_ticket *ticket;
    uint64_t now = 1, wait;
    memset(r, 0, sizeof(*r));
    gate_init(&r->gate, &(struct gate_limits){.in_flight = (double)chance(CALLERS)});
    r->gate.budget = budget_create(limits, prices);
    for (size_t i = 0; i < CALLERS; i++)
        send(r, &r->tickets[i], now);
    while (!r->over || r->count) {
        assert_true(r->count > 0 || r->over);
        now += 1000;
        if (r->count) {
            size_t at = (size_t)chance((int64_t)r->count);
            ticket = r->inside[at];
            r->inside[at] = r->inside[--r->count];
            come_back(&r->gate, ticket, &bill, now);
            within(&bill, limits);
            if (!r->over)
                send(r, ticket, now);
        }
        while (r->gate.waiting && (ticket = gate_next(&r->gate, now, &wait)))
            take(r, ticket);
    }
    budget_destroy(r->gate.budget);
    double used = 0;
    if (limits->calls >= 0)
        used = fmax(used, (double)bill.calls / fmax(1, (double)limits->calls));
    if (limits->tokens >= 0)
        used = fmax(used, (double)bill.tokens / fmax(1, (double)limits->tokens));
    if (limits->cost >= 0)
        used = fmax(used, (double)bill.cost / fmax(1, (double)limits->cost));
    return used;
}

static void test_never_exceeded(void **state)
{
    struct run run;
    double used = 0;
    for (int i = 0; i < RUNS; i++) {
        state_of_chance = (uint64_t)i * 7919;
        struct budget_use limits = {
            .calls = chance(3) ? -1 : chance(200),
            .tokens = chance(3) ? chance(200000) : -1,
            .cost = chance(3) ? -1 : chance(INT64_C(100000000000)),
        };
        if (limits.calls < 0 && limits.tokens < 0 && limits.cost < 0)
            limits.tokens = chance(200000);
        used += run_out(&run, &limits);
    }
    print_message("%d runs: never exceeded, %.0f %% of the scarcest limit used on average\n", RUNS,
                  100 * used / RUNS);
    assert_true(used / RUNS > 0.5);
}

/* Waits for what others may give back; is over only when nobody can. */
static void test_steps(void **state)
{
    struct budget_use limits = {-1, 1000, -1}, first, second, used;
    struct budget *b = budget_create(&limits, prices);
    CLEANUP_BUF struct buf text = {0};
    assert_int_equal(budget_reserve(b, MODEL_EXECUTOR, 100, 500, &first), BUDGET_OK);
    assert_int_equal(budget_reserve(b, MODEL_EXECUTOR, 100, 500, &second), BUDGET_WAIT);
    budget_settle(b, MODEL_EXECUTOR, &first,
                  &(struct model_usage){.prompt_tokens = 80, .completion_tokens = 20});
    assert_int_equal(budget_reserve(b, MODEL_EXECUTOR, 100, 500, &second), BUDGET_OK);
    budget_lose(b, &second);
    budget_used(b, &used);
    assert_int_equal(used.tokens, 700);
    assert_int_equal(used.calls, 2);
    assert_false(budget_over(b, &text));
    assert_int_equal(budget_reserve(b, MODEL_EXECUTOR, 0, 301, &first), BUDGET_OVER);
    assert_true(budget_over(b, &text));
    assert_string_equal(text.ptr, "700 of 1000 tokens (the next call may need 301)");
    assert_int_equal(budget_reserve(b, MODEL_EXECUTOR, 0, 1, &first), BUDGET_OVER); /* final */
    budget_destroy(b);
}

static void test_earlier_and_exact(void **state)
{
    struct budget_use limits = {3, -1, -1};
    struct budget *b = budget_create(&limits, prices);
    struct model_usage usage = {.prompt_tokens = 5};
    budget_add(b, &(struct budget_use){1, 10, 0});
    assert_true(budget_take(b, MODEL_EXECUTOR, &usage));
    assert_true(budget_take(b, MODEL_EXECUTOR, &usage));
    assert_false(budget_take(b, MODEL_EXECUTOR, &usage));
    budget_destroy(b);
}

static int read_price(const char *text, const char *preset, struct price *out, struct err *err)
{
    char path[] = "/tmp/grasp-prices-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int code = price_read(path, preset, "some-model", out, err);
    unlink(path);
    return code;
}

static void test_prices(void **state)
{
    struct price p;
    struct err err = {0};
    struct model_usage u = {1000, 400, 100, 60};
    assert_int_equal(read_price("mine: {input: 0.15, cached_input: 0.075, output: 0.6, reasoning: "
                                "0.9}\nsome-model: {input: 1, output: 2}\n",
                                "mine", &p, &err),
                     0);
    assert_int_equal(price_of(&p, &u), 600 * 150000 + 400 * 75000 + 40 * 600000 + 60 * 900000);
    assert_int_equal(price_most(&p, 10, 10), 10 * 150000 + 10 * 900000);
    assert_int_equal(read_price("some-model: {input: 1, output: 2}\n", "mine", &p, &err), 0);
    assert_int_equal(price_of(&p, &u), INT64_C(1000) * 1000000 + INT64_C(100) * 2000000);
    assert_int_equal(read_price("other: {input: 1, output: 2}\n", "mine", &p, &err), 0);
    assert_false(p.known);
}

static void test_wrong_prices(void **state)
{
    static const char *const cases[][2] = {
        {"mine: {input: 1}\n", "needs both input and output"},
        {"mine: {input: -1, output: 1}\n", "input must be a number"},
        {"mine: {input: cheap, output: 1}\n", "input must be a number"},
        {"mine: {input: 1, outputs: 1}\n", "did you mean 'output'"},
        {"mine: 3\n", "must be a mapping"},
        {"- 1\n", "must be a mapping"},
        {"a: {\n", ":"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct price p;
        struct err err = {0};
        assert_int_equal(read_price(cases[i][0], "mine", &p, &err), EXIT_CONFIG);
        if (!strstr(err.text, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_exceeded),    cmocka_unit_test(test_steps),
        cmocka_unit_test(test_earlier_and_exact), cmocka_unit_test(test_prices),
        cmocka_unit_test(test_wrong_prices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
