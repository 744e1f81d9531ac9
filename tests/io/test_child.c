/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/child.h"
#include "io/thread.h"
#include "resources.h"

#define SHELL(script) ((const char *const[]){"/bin/sh", "-c", script, NULL})

#define PATIENCE_MS 60000 /* for what does not wait */

static const char *const path_only[] = {"PATH=/usr/bin:/bin", NULL};

static void run(const struct child_request *request, struct child_result *out)
{
    struct err err = {0};
    struct child_request with_env = *request;
    if (!with_env.env)
        with_env.env = path_only;
    if (child_run(&with_env, out, &err))
        fail_msg("%s", err.text);
}

static void result_clear(struct child_result *result)
{
    buf_free(&result->out);
    buf_free(&result->err);
}

static void expect_out(struct child_result *result, int status, const char *text)
{
    if (result->status != status || strcmp(result->out.ptr ? result->out.ptr : "", text) != 0)
        fail_msg("status %d, not %d: '%s', '%s'", result->status, status,
                 result->out.ptr ? result->out.ptr : "", result->err.ptr ? result->err.ptr : "");
    result_clear(result);
}

static void runs_and_tells(void **state)
{
    struct child_result r = {0};
    run(&(struct child_request){.argv = SHELL("cat; echo bad >&2; exit 7"), .input = STR("in")},
        &r);
    assert_string_equal(r.err.ptr, "bad\n");
    assert_false(r.timed_out || r.truncated);
    expect_out(&r, 7, "in");
    run(&(struct child_request){.argv = SHELL("kill -TERM $$")}, &r);
    expect_out(&r, 128 + SIGTERM, "");
    run(&(struct child_request){.argv = SHELL("pwd"), .cwd = "/usr"}, &r);
    expect_out(&r, 0, "/usr\n");
}

static void inherits_nothing(void **state)
{
    struct child_result r = {0};
    static const char *const env[] = {"PATH=/usr/bin:/bin", "ONLY=this", NULL};
    int leak[2];
    setenv("SECRET_KEY", "canary-1", 1);
    assert_int_equal(pipe(leak), 0); /* without O_CLOEXEC */
    run(&(struct child_request){.argv = SHELL("env | grep -c -E 'SECRET|canary'; echo $ONLY"),
                                .env = env},
        &r);
    expect_out(&r, 0, "0\nthis\n");
    run(&(struct child_request){.argv = (const char *const[]){"/bin/ls", "/proc/self/fd", NULL}},
        &r);
    expect_out(&r, 0, "0\n1\n2\n3\n"); /* 3: the folder */
    run(&(struct child_request){.argv = SHELL("grep -E 'SigBlk|SigIgn' /proc/self/status")}, &r);
    expect_out(&r, 0, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    close(leak[0]);
    close(leak[1]);
    unsetenv("SECRET_KEY");
}

/* Runs a command whose time is over: with more of it, until the output is as long as it is meant to
 * be. Returns the time that it had. */
static uint32_t run_out_of_time(const char *script, size_t len, struct child_result *out)
{
    uint32_t ms = 300;
    for (;; ms *= 4) {
        run(&(struct child_request){.argv = SHELL(script), .timeout_ms = ms}, out);
        assert_true(out->timed_out);
        if ((out->out.len == len && (out->err.len == len || !out->err.len)) || ms > 20000)
            return ms;
        result_clear(out);
    }
}

static void says_what_cannot_be_run(void **state)
{
    struct child_result r = {0};
    struct err err = {0};
    size_t before = resources_fds();
    const char *const missing[] = {"/nonexistent/program", NULL};
    assert_int_equal(
        child_run(&(struct child_request){.argv = missing, .env = path_only}, &r, &err),
        EXIT_CONFIG);
    assert_non_null(strstr(err.text, "/nonexistent/program"));
    assert_int_not_equal(
        child_run(
            &(struct child_request){.argv = SHELL("true"), .env = path_only, .cwd = "/nonexistent"},
            &r, &err),
        0);
    assert_int_equal(resources_fds(), before);
    assert_int_equal(resources_children(), 0);
}

static void keeps_the_limit_of_time(void **state)
{
    struct child_result r = {0};
    uint64_t start = clock_monotonic_us();
    uint32_t ms = run_out_of_time(
        resources_marked("trap '' TERM INT HUP; echo begun; sleep @ & while :; do :; done"), 6, &r);
    assert_true(clock_monotonic_us() - start >= ms * 1000);
    expect_out(&r, 128 + SIGKILL, "begun\n");
    assert_int_equal(resources_processes_left(resources_mark()), 0);
    run(&(struct child_request){.argv = SHELL("echo quick"), .timeout_ms = PATIENCE_MS}, &r);
    assert_false(r.timed_out);
    expect_out(&r, 0, "quick\n");
}

static void ends_what_stays_in_the_background(void **state)
{
    struct child_result r = {0};
    run(&(struct child_request){.argv = SHELL(resources_marked("sleep @ & echo done"))}, &r);
    expect_out(&r, 0, "done\n");
    assert_int_equal(resources_processes_left(resources_mark()), 0);
}

static void keeps_the_limit_of_output(void **state)
{
    struct child_result r = {0};
    run(&(struct child_request){.argv = SHELL("head -c 30000000 /dev/zero; echo end >&2"),
                                .max_output = 1000},
        &r);
    assert_true(r.truncated);
    assert_int_equal(r.out.len, 1000);
    assert_string_equal(r.err.ptr, "end\n");
    assert_int_equal(r.status, 0); /* what is more was read and dropped */
    result_clear(&r);
    run_out_of_time("yes & yes >&2", 1u << 20, &r);
    assert_true(r.truncated);
    assert_int_equal(r.out.len, 1u << 20);
    assert_int_equal(r.err.len, 1u << 20);
    result_clear(&r);
}

/* Both pipes are full unless they are served at the same time. */
static void pumps_both_ways(void **state)
{
    struct child_result r = {0};
    size_t len = 8u << 20;
    CLEANUP_FREE char *text = mem_alloc(len);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 23);
    run(&(struct child_request){.argv = (const char *const[]){"/bin/cat", NULL},
                                .input = {text, len},
                                .max_output = len},
        &r);
    assert_int_equal(r.out.len, len);
    assert_memory_equal(r.out.ptr, text, len);
    assert_false(r.truncated);
    result_clear(&r);
}

static void survives_who_does_not_read(void **state)
{
    struct child_result r = {0};
    size_t len = 4u << 20;
    CLEANUP_FREE char *text = mem_alloc(len);
    run(&(struct child_request){.argv = SHELL("exec <&-; echo ok"), .input = {text, len}}, &r);
    expect_out(&r, 0, "ok\n");
}

static struct child *open_shell(const char *script)
{
    struct err err = {0};
    struct child *child = NULL;
    if (child_open(&(struct child_request){.argv = SHELL(script), .env = path_only}, &child, &err))
        fail_msg("%s", err.text);
    return child;
}

static void exchange(struct child *child, const char *input, const char *until, uint32_t ms,
                     struct child_result *out)
{
    struct err err = {0};
    if (child_exchange(child, str_of(input), str_of(until), ms, out, &err))
        fail_msg("%s", err.text);
}

static void talks_to_a_session(void **state)
{
    struct child_result r = {0};
    struct child *child = open_shell("exec sh");
    exchange(child, "x=5; echo a; echo MARK; echo behind\n", "MARK\n", PATIENCE_MS, &r);
    expect_out(&r, -1, "a\n");
    exchange(child, "echo $x; echo MARK\n", "MARK\n", PATIENCE_MS, &r);
    expect_out(&r, -1, "behind\n5\n");
    exchange(child, "read go; echo late\n", "MARK", 100, &r);
    assert_true(r.timed_out);
    expect_out(&r, -1, ""); /* it lives on */
    exchange(child, "go\necho MARK\n", "MARK\n", PATIENCE_MS, &r);
    assert_false(r.timed_out);
    expect_out(&r, -1, "late\n");
    exchange(child, "echo last; exit 3\n", "MARK", PATIENCE_MS, &r);
    expect_out(&r, 3, "last\n");
    exchange(child, "echo more\n", "MARK", PATIENCE_MS, &r); /* ended long ago */
    expect_out(&r, 3, "");
    child_close(child);
    child_close(NULL);
}

/* The mark arrives in pieces, behind more than is kept, and split over two reads. */
static void finds_the_mark_behind_a_flood(void **state)
{
    struct child_result r = {0};
    struct child *child = open_shell("exec sh");
    exchange(child, "head -c 3000000 /dev/zero | tr '\\0' M; printf MAR; sleep 0.1; echo K\n",
             "MARK", PATIENCE_MS, &r);
    assert_false(r.timed_out);
    assert_true(r.truncated);
    assert_int_equal(r.out.len, 1u << 20);
    result_clear(&r);
    exchange(child, "echo ok; echo MARK\n", "MARK\n", PATIENCE_MS, &r);
    assert_false(r.truncated);
    expect_out(&r, -1, "\nok\n");
    child_close(child);
}

static void closes_a_session_with_its_group(void **state)
{
    struct child_result r = {0};
    struct child *child =
        open_shell(resources_marked("trap '' TERM; sleep @ & echo up; while :; do :; done"));
    exchange(child, "", "up\n", PATIENCE_MS, &r);
    expect_out(&r, -1, "");
    assert_true(resources_processes(resources_mark()) > 0);
    child_close(child);
    assert_int_equal(resources_processes_left(resources_mark()), 0);
}

static void *open_and_end(void *arg)
{
    struct child_result r = {0};
    *(struct child **)arg = open_shell("echo up; while read line; do echo got $line; done");
    exchange(*(struct child **)arg, "", "up\n", PATIENCE_MS, &r);
    result_clear(&r);
    return NULL;
}

/* As the header says: it does not matter which thread opened it, nor that it is gone. */
static void outlives_the_thread_that_opened_it(void **state)
{
    struct child_result r = {0};
    struct child *child = NULL;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, open_and_end, &child), 0);
    pthread_join(thread, NULL);
    exchange(child, "this\n", "this\n", PATIENCE_MS, &r);
    assert_false(r.timed_out);
    expect_out(&r, -1, "got ");
    child_close(child);
}

/* This program again, as one that opens a child and is killed. */
static int be_killed(void)
{
    struct child_result r = {0};
    struct child *child =
        open_shell(resources_marked("trap '' TERM; echo up; while sleep 1; do :; done # @"));
    exchange(child, "", "up\n", PATIENCE_MS, &r);
    if (write(STDOUT_FILENO, "x", 1) == 1)
        pause();
    return 1;
}

static void dies_with_the_program(void **state)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t host = fork();
    if (host == 0) {
        dup2(ready[1], STDOUT_FILENO);
        execl("/proc/self/exe", "test_io_child", "be killed", NULL);
        _exit(127);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_true(resources_processes(resources_mark_of(host)) > 0);
    kill(host, SIGKILL);
    waitpid(host, NULL, 0);
    assert_int_equal(resources_processes_left(resources_mark_of(host)), 0);
    close(ready[0]);
}

static void *run_some(void *arg)
{
    for (int i = 0; i < 25; i++) {
        struct child_result r = {0};
        char script[64], expected[16];
        snprintf(expected, sizeof(expected), "%d\n", i);
        snprintf(script, sizeof(script), "cat; exit %d", i % 5);
        const char *const argv[] = {"/bin/sh", "-c", script, NULL};
        run(&(struct child_request){.argv = argv, .input = str_of(expected)}, &r);
        if (r.status != i % 5 || strcmp(r.out.ptr, expected) != 0)
            *(bool *)arg = false;
        result_clear(&r);
    }
    return NULL;
}

static void runs_from_many_threads(void **state)
{
    pthread_t threads[8];
    bool good[8];
    for (int i = 0; i < 8; i++) {
        good[i] = true;
        assert_int_equal(thread_start(&threads[i], run_some, &good[i], "runner"), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_true(good[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, resources_setup, resources_teardown)

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "be killed") == 0)
        return be_killed();
    const struct CMUnitTest tests[] = {
        TEST(runs_and_tells),
        TEST(inherits_nothing),
        TEST(says_what_cannot_be_run),
        TEST(keeps_the_limit_of_time),
        TEST(ends_what_stays_in_the_background),
        TEST(keeps_the_limit_of_output),
        TEST(pumps_both_ways),
        TEST(survives_who_does_not_read),
        TEST(talks_to_a_session),
        TEST(finds_the_mark_behind_a_flood),
        TEST(closes_a_session_with_its_group),
        TEST(outlives_the_thread_that_opened_it),
        TEST(dies_with_the_program),
        TEST(runs_from_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
