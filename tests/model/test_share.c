/* SPDX-License-Identifier: MIT */
/* What processes share holds for all of them together, whoever is killed. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/gate.h"
#include "model/share.h"

#define NONE                                                                                       \
    (struct budget_use)                                                                            \
    {                                                                                              \
        -1, -1, -1                                                                                 \
    }

struct place {
    char dir[32];
    char *prefix, *path;
};

static void make(struct place *p, struct budget_use limits, double parts)
{
    struct err err = {0};
    if (!p->prefix) {
        strcpy(p->dir, "/tmp/grasp-share-XXXXXX");
        assert_non_null(mkdtemp(p->dir));
        p->prefix = file_join(p->dir, "share");
    }
    mem_free(p->path);
    assert_int_equal(
        share_create(p->prefix, &(struct share_options){limits, parts}, &p->path, &err), 0);
}

static struct share *open_share(const struct place *p)
{
    struct share *share = NULL;
    struct err err = {0};
    assert_int_equal(share_open(p->path, &share, &err), 0);
    return share;
}

static void clear(struct place *p)
{
    file_remove_tree(p->dir, NULL);
    mem_free(p->prefix);
    mem_free(p->path);
}

static const struct budget_use one_call = {1, 10, 0};

/* Reserves and settles until it is killed or the budget is used up; *served counts what a server
 * would: the call between the two. */
static _Noreturn void spend(const struct place *p, int64_t *served)
{
    struct share *share = NULL;
    if (share_open(p->path, &share, NULL))
        _exit(1);
    for (;;) {
        enum budget_answer answer = share_reserve(share, &one_call);
        if (answer == BUDGET_OVER)
            break;
        if (answer == BUDGET_WAIT) {
            usleep(200);
            share_lock_flows(share); /* notices the dead */
            share_unlock_flows(share);
            continue;
        }
        __atomic_add_fetch(served, 1, __ATOMIC_SEQ_CST);
        share_settle(share, &one_call, &one_call);
    }
    share_close(share);
    _exit(0);
}

static void test_killed(void **state)
{
    enum { PROCESSES = 6, LIMIT = 20000 };
    struct place p = {0};
    pid_t pids[PROCESSES];
    (void)state;
    int64_t *served =
        mmap(NULL, sizeof(*served), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(served, MAP_FAILED);
    make(&p, (struct budget_use){LIMIT, -1, -1}, 1);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            spend(&p, served);
    }
    for (int i = 0; i < PROCESSES - 1; i++) { /* one is left to find out */
        while (__atomic_load_n(served, __ATOMIC_SEQ_CST) < LIMIT / 10 * (i + 1))
            usleep(50);
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    int status = 1;
    waitpid(pids[PROCESSES - 1], &status, 0);
    assert_int_equal(status, 0);
    struct share *share = open_share(&p);
    struct budget_use used, reserved;
    share_used(share, &used, &reserved);
    assert_true(*served <= LIMIT);
    assert_true(*served >= LIMIT - PROCESSES);
    assert_true(used.calls >= *served && used.calls <= LIMIT + PROCESSES);
    assert_int_equal(reserved.calls, 0);
    share_close(share);
    munmap(served, sizeof(*served));
    clear(&p);
}

/* A process that dies while it holds a lock. */
static void test_lock_of_the_dead(void **state)
{
    struct place p = {0};
    (void)state;
    make(&p, NONE, 1);
    pid_t pid = fork();
    if (pid == 0) {
        struct share *mine = NULL;
        if (share_open(p.path, &mine, NULL))
            _exit(1);
        share_lock_flows(mine);
        raise(SIGKILL);
    }
    waitpid(pid, NULL, 0);
    struct share *share = open_share(&p);
    share_lock_flows(share);
    share_unlock_flows(share);
    share_close(share);
    clear(&p);
}

static void test_budget_goes_on(void **state)
{
    struct place p = {0};
    struct budget_use wanted, used, reserved;
    (void)state;
    make(&p, (struct budget_use){2, -1, -1}, 1);
    struct share *share = open_share(&p);
    assert_true(share_take(share, &one_call));
    assert_int_equal(share_reserve(share, &one_call), BUDGET_OK);
    assert_int_equal(share_reserve(share, &one_call), BUDGET_WAIT);
    share_settle(share, &one_call, &one_call);
    assert_int_equal(share_reserve(share, &one_call), BUDGET_OVER);
    assert_true(share_over(share, &wanted));
    share_close(share);
    make(&p, (struct budget_use){3, -1, -1}, 1);
    share = open_share(&p);
    assert_false(share_over(share, &wanted));
    share_used(share, &used, &reserved);
    assert_int_equal(used.calls, 2);
    assert_true(share_take(share, &one_call));
    assert_false(share_take(share, &one_call));
    share_close(share);
    clear(&p);
}

static void take_all(struct place *p, const struct budget_use *use)
{
    make(p, NONE, 1);
    struct share *share = open_share(p);
    assert_true(share_take(share, use));
    share_close(share);
}

/* A process that is killed while it takes over what another machine used has taken over a part. */
static void test_of_another_machine(void **state)
{
    struct place here = {0}, there = {0};
    struct budget_use used, reserved;
    (void)state;
    take_all(&here, &(struct budget_use){5, 0, 0});
    take_all(&there, &(struct budget_use){5, 100, 7});
    CLEANUP_FREE char *moved = mem_printf("%s-0123456789abcdef", here.prefix);
    assert_int_equal(rename(there.path, moved), 0);
    make(&here, NONE, 1);
    struct share *share = open_share(&here);
    share_used(share, &used, &reserved);
    assert_int_equal(used.calls, 5);
    assert_int_equal(used.tokens, 100);
    assert_int_equal(used.cost, 7);
    share_close(share);
    clear(&here);
    clear(&there);
}

/* Here, on another machine, here again: what was used there counts, and what others used does not.
 */
static void test_budget_elsewhere(void **state)
{
    struct place p = {0}, there = {0};
    struct budget_use used, reserved, spent;
    (void)state;
    make(&p, (struct budget_use){9, -1, -1}, 1);
    struct share *share = open_share(&p);
    assert_true(share_take(share, &one_call));
    share_close(share);
    const char *const ends[] = {"-0123456789abcdef", "-of-2-0123456789abcdef"};
    for (int i = 0; i < 2; i++) {
        CLEANUP_BUF struct buf copy = {0};
        assert_int_equal(file_read(p.path, 0, &copy, NULL), 0);
        there.path = mem_printf("%s%s", p.prefix, ends[i]);
        assert_int_equal(file_write_atomic(there.path, buf_view(&copy), NULL), 0);
        share = open_share(&there);
        for (int calls = 0; calls < 2 + 3 * i; calls++)
            assert_true(share_take(share, &one_call));
        share_close(share);
        mem_free(there.path);
    }
    share_spent(p.prefix, &spent);
    assert_int_equal(spent.calls, 3);
    make(&p, (struct budget_use){9, -1, -1}, 1);
    share = open_share(&p);
    share_used(share, &used, &reserved);
    assert_int_equal(used.calls, 3);
    share_close(share);
    clear(&p);
}

/* Two gates, as of two processes, and one quota. */
static void test_gates(void **state)
{
    struct place p = {0};
    struct gate a, b;
    struct gate_limits limits = {.requests_per_minute = 600};
    struct gate_ticket tickets[100] = {{0}};
    uint64_t wait;
    unsigned in = 0;
    (void)state;
    make(&p, NONE, 1);
    struct share *first = open_share(&p), *second = open_share(&p);
    gate_init(&a, &limits);
    gate_init(&b, &limits);
    gate_set_share(&a, first, 7);
    gate_set_share(&b, second, 7);
    for (size_t i = 0; i < 100; i++)
        in += gate_enter(i % 2 ? &a : &b, &tickets[i], false, clock_monotonic_us(), &wait);
    /* A second's worth at once, and what a slow machine lets pass meanwhile. */
    assert_true(in >= 10 && in < 100);
    share_close(first);
    share_close(second);
    clear(&p);
}

static void test_parts(void **state)
{
    struct place p = {0};
    (void)state;
    make(&p, NONE, 4);
    struct share *share = open_share(&p);
    struct share_flow *flow = share_flow(share, 7, 600, 0);
    assert_true(flow->requests.per_minute > 149 && flow->requests.per_minute < 151);
    assert_ptr_equal(share_flow(share, 7, 200, 0), flow);
    assert_true(flow->requests.per_minute < 51);
    assert_ptr_not_equal(share_flow(share, 8, 600, 0), flow);
    share_close(share);
    make(&p, NONE, 0); /* the file there is taken as it is */
    clear(&p);
}

static void test_damaged(void **state)
{
    struct place p = {0};
    struct share *share = NULL;
    struct err err = {0};
    (void)state;
    make(&p, NONE, 1);
    assert_int_equal(file_write_atomic(p.path, STR("short"), &err), 0);
    assert_int_not_equal(share_open(p.path, &share, &err), 0);
    assert_null(share);
    assert_non_null(strstr(err.text, p.path));
    clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_lock_of_the_dead),
        cmocka_unit_test(test_budget_goes_on),
        cmocka_unit_test(test_of_another_machine),
        cmocka_unit_test(test_budget_elsewhere),
        cmocka_unit_test(test_gates),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
