/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/sandbox.h"
#include "resources.h"
#include "sandbox_probe.h"

#define SHELL(script) ((const char *const[]){"bash", "-c", script, NULL})
#define PATIENCE_MS 60000 /* for what does not wait */

static void run(const struct sandbox_request *request, struct child_result *out)
{
    struct err err = {0};
    if (sandbox_run(request, out, &err))
        fail_msg("%s", err.text);
}

static void result_clear(struct child_result *result)
{
    buf_free(&result->out);
    buf_free(&result->err);
}

static const char *text_of(const struct buf *buf)
{
    return buf->ptr ? buf->ptr : "";
}

static void expect_out(struct child_result *result, int status, const char *text)
{
    if (result->status != status || strcmp(text_of(&result->out), text) != 0)
        fail_msg("status %d, not %d: '%s', '%s'", result->status, status, text_of(&result->out),
                 text_of(&result->err));
    result_clear(result);
}

/* A line of `err` tells why. */
static void expect_ended(struct child_result *result, const char *why)
{
    if (result->status != 128 + SIGKILL || result->timed_out || !strstr(text_of(&result->err), why))
        fail_msg("status %d, timed_out %d: %s", result->status, result->timed_out,
                 text_of(&result->err));
    result_clear(result);
}

static void runs_and_tells(void **state)
{
    struct child_result r = {0};
    run(&(struct sandbox_request){.argv = SHELL("cat; echo bad >&2; exit 7"), .input = STR("in")},
        &r);
    assert_string_equal(text_of(&r.err), "bad\n");
    expect_out(&r, 7, "in");
    static const char *const env[] = {"NAME=a=b c", "EMPTY=", NULL};
    run(&(struct sandbox_request){.argv = SHELL("echo \"$NAME,$EMPTY,$PATH,$LANG\""), .env = env},
        &r);
    expect_out(&r, 0, "a=b c,,/usr/local/bin:/usr/bin:/bin,C.UTF-8\n");
    run(&(struct sandbox_request){.argv = (const char *const[]){"no-such-program", NULL}}, &r);
    assert_non_null(strstr(text_of(&r.err), "no-such-program"));
    assert_int_not_equal(r.status, 0);
    result_clear(&r);
}

/* Nothing of the machine but its programs: no network, files, processes, environment. */
static void shows_nothing(void **state)
{
    struct child_result r = {0};
    setenv("SECRET_KEY", "canary-2", 1);
    run(&(struct sandbox_request){.argv = SHELL("env | grep -c canary; ls -A /home /tmp; "
                                                "cat /etc/passwd /etc/hostname 2>/dev/null; "
                                                "ls -d /root /var /work 2>/dev/null; "
                                                "ls -d /proc/[0-9]* | wc -l; hostname")},
        &r);
    unsetenv("SECRET_KEY");
    /* init, bash, a subshell, wc or ls: a handful, not the machine's */
    assert_true(strncmp(text_of(&r.out), "0\n/home:\n\n/tmp:\n", 16) == 0);
    assert_true(strtol(r.out.ptr + 16, NULL, 10) > 0 && strtol(r.out.ptr + 16, NULL, 10) < 8);
    assert_non_null(strstr(r.out.ptr, "\nsandbox\n"));
    result_clear(&r);
    run(&(struct sandbox_request){.argv = SHELL("grep -v -E 'lo:|face|Inter' /proc/net/dev | wc -l;"
                                                "echo x >/dev/tcp/127.0.0.1/22")},
        &r);
    assert_string_equal(text_of(&r.out), "0\n");
    assert_int_not_equal(r.status, 0);
    result_clear(&r);
}

static void writes_only_where_it_may(void **state)
{
    struct child_result r = {0};
    char folder[] = "/tmp/grasp-sandbox-XXXXXX";
    assert_non_null(mkdtemp(folder));
    chmod(folder, 0777);
    run(
        &(struct sandbox_request){
            .argv = SHELL("pwd; echo data >file; for d in / /usr /dev /proc; do "
                          "touch $d/x 2>/dev/null && echo \"wrote $d\"; done; touch /tmp/y && rm "
                          "/tmp/y; echo 1 >/dev/shm/z && rm /dev/shm/z"),
            .folder = folder},
        &r);
    expect_out(&r, 0, "/work\n");
    CLEANUP_FREE char *path = file_join(folder, "file");
    CLEANUP_BUF struct buf text = {0};
    assert_int_equal(file_read(path, 0, &text, NULL), 0);
    assert_string_equal(text.ptr, "data\n");
    struct err err = {0};
    file_remove_tree(folder, &err);
    assert_int_not_equal(
        sandbox_run(&(struct sandbox_request){.argv = SHELL("true"), .folder = folder}, &r, &err),
        0);
    assert_non_null(strstr(err.text, folder));
}

/* Memory in files counts too: every place has a size. */
static void bounds_files_in_memory(void **state)
{
    struct child_result r = {0};
    run(
        &(struct sandbox_request){
            .argv =
                SHELL("for d in /tmp /home /etc /dev/shm; do for i in 1 2 3; do head -c 20000000 "
                      "/dev/zero >$d/$i 2>/dev/null || { echo $d; break; }; done; done; du -sm "
                      "/tmp | cut -f1"),
            .max_memory = 50u << 20},
        &r);
    expect_out(&r, 0, "/tmp\n/home\n/etc\n/dev/shm\n50\n");
}

/* Runs a command whose time is over: with more of it, until the output is as long as it is meant to
 * be. Returns the time that it had. */
static uint32_t run_out_of_time(const char *script, size_t len, struct child_result *out)
{
    uint32_t ms = 500;
    for (;; ms *= 4) {
        run(&(struct sandbox_request){.argv = SHELL(script), .timeout_ms = ms, .max_output = 5000},
            out);
        assert_true(out->timed_out);
        if ((out->out.len == len && (out->err.len == len || !out->err.len)) || ms > 20000)
            return ms;
        result_clear(out);
    }
}

static void keeps_the_limit_of_time(void **state)
{
    struct child_result r = {0};
    uint64_t start = clock_monotonic_us();
    uint32_t ms = run_out_of_time(
        resources_marked("trap '' TERM INT HUP; (setsid setsid sleep @ &) ; setsid bash -c "
                         "'trap \"\" TERM; sleep @' & echo begun; while :; do :; done"),
        6, &r);
    assert_true(clock_monotonic_us() - start >= ms * 1000);
    /* At once, not a moment later. */
    assert_int_equal(resources_processes(resources_mark()), 0);
    expect_out(&r, 128 + SIGKILL, "begun\n");
}

/* Detached, in other sessions, with the output held open. */
static void leaves_nothing_at_its_end(void **state)
{
    struct child_result r = {0};
    run(&(struct sandbox_request){.argv = SHELL(resources_marked(
                                      "(setsid setsid sleep @ &); setsid sleep @ >/dev/null 2>&1 & "
                                      "sleep 0.1; echo done; exit 4"))},
        &r);
    assert_int_equal(resources_processes(resources_mark()), 0);
    assert_false(r.timed_out);
    expect_out(&r, 4, "done\n");
}

/* A command that is over before it could be put under guard. */
static void leaves_no_zombie(void **state)
{
    static const char *const argv[] = {"/usr/bin/true", NULL};
    const struct sandbox_request request = {.argv = argv};
    for (int i = 0; i < 40; i++) {
        struct child_result result = {0};
        run(&request, &result);
        expect_out(&result, 0, "");
        if (waitpid(-1, NULL, WNOHANG) != -1)
            fail_msg("a process is left after %d runs", i + 1);
    }
}

static void ends_fork_bombs(void **state)
{
    struct child_result r = {0};
    run(&(struct sandbox_request){.argv = SHELL(resources_marked(
                                      "bomb() { bomb | bomb & }; bomb; sleep 600 # @")),
                                  .timeout_ms = PATIENCE_MS},
        &r);
    assert_int_equal(resources_processes(resources_mark()), 0);
    expect_ended(&r, "more than 64 processes");
    /* Detached ones are seen as well, and those of a smaller limit. */
    run(
        &(struct sandbox_request){
            .argv = SHELL(resources_marked(
                "for i in 1 2 3 4 5 6 7 8; do (setsid sleep @ &); done; sleep 600")),
            .timeout_ms = PATIENCE_MS,
            .max_processes = 6},
        &r);
    assert_int_equal(resources_processes(resources_mark()), 0);
    expect_ended(&r, "more than 6 processes");
}

static void allows_what_is_below_the_limit(void **state)
{
    struct child_result r = {0};
    run(&(struct sandbox_request){.argv = SHELL(
                                      "for i in $(seq 60); do sleep 0.5 & done; wait; echo all")},
        &r);
    expect_out(&r, 0, "all\n");
}

static bool has_python(void)
{
    return access("/usr/bin/python3", X_OK) == 0;
}

static void keeps_the_limits_of_memory(void **state)
{
    struct child_result r = {0};
    if (!has_python()) {
        print_message("python3 is missing\n");
        skip();
    }
    run(&(struct sandbox_request){.argv = SHELL("python3 -c 'x = bytearray(300 << 20)'")}, &r);
    assert_int_not_equal(r.status, 0);
    assert_non_null(strstr(text_of(&r.err), "MemoryError"));
    result_clear(&r);
    /* Each below its own limit. */
    run(&(struct sandbox_request){.argv = SHELL(resources_marked(
                                      "for i in $(seq 12); do python3 -c '\nimport time\nx = "
                                      "bytearray(b\"1\") * (50 << 20)\ntime.sleep(@)' & done; "
                                      "wait")),
                                  .timeout_ms = PATIENCE_MS,
                                  .max_memory = 100u << 20},
        &r);
    assert_int_equal(resources_processes(resources_mark()), 0);
    expect_ended(&r, "more than 400 MiB of memory together");
}

static void bounds_output(void **state)
{
    struct child_result r = {0};
    run_out_of_time("yes & yes >&2", 5000, &r);
    assert_true(r.truncated);
    assert_int_equal(r.out.len, 5000);
    assert_int_equal(r.err.len, 5000);
    result_clear(&r);
}

static struct child *open_shell(uint32_t max_processes)
{
    struct err err = {0};
    struct child *child = NULL;
    if (sandbox_open(&(struct sandbox_request){.argv = (const char *const[]){"bash", NULL},
                                               .max_processes = max_processes},
                     &child, &err))
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
    struct child *child = open_shell(0);
    exchange(child, "cd /tmp; x=5; echo text >file; echo MARK\n", "MARK\n", PATIENCE_MS, &r);
    expect_out(&r, -1, "");
    exchange(child, "cat file; echo $x; pwd; echo MARK\n", "MARK\n", PATIENCE_MS, &r);
    expect_out(&r, -1, "text\n5\n/tmp\n");
    exchange(child, "read go; echo late; echo MARK\n", "MARK\n", 100, &r);
    assert_true(r.timed_out);
    expect_out(&r, -1, "");
    exchange(child, "go\n", "MARK\n", PATIENCE_MS, &r);
    expect_out(&r, -1, "late\n");
    exchange(child, resources_marked("setsid sleep @ & sleep 0.1; echo bye; exit 3\n"), "MARK",
             PATIENCE_MS, &r);
    expect_out(&r, 3, "bye\n");
    assert_int_equal(resources_processes(resources_mark()), 0);
    child_close(child);
}

static void closes_a_session_with_all_in_it(void **state)
{
    struct child_result r = {0};
    struct child *child = open_shell(0);
    exchange(
        child,
        resources_marked("trap '' TERM HUP; (setsid setsid sleep @ &); echo MARK; while :; do :; "
                         "done\n"),
        "MARK\n", PATIENCE_MS, &r);
    result_clear(&r);
    assert_true(resources_processes_begun(resources_mark()) > 0);
    child_close(child);
    assert_int_equal(resources_processes(resources_mark()), 0);
}

/* Nobody talks to it while the bomb goes off. */
static void guards_a_session_between_exchanges(void **state)
{
    struct child_result r = {0};
    struct child *child = open_shell(10);
    exchange(
        child,
        resources_marked("sleep @ & echo MARK; for i in $(seq 30); do sleep @ & done; sleep @\n"),
        "MARK\n", PATIENCE_MS, &r);
    result_clear(&r);
    assert_int_equal(resources_processes_left(resources_mark()), 0);
    exchange(child, "echo MARK\n", "MARK\n", PATIENCE_MS, &r);
    expect_ended(&r, "more than 10 processes");
    child_close(child);
    assert_int_equal(resources_processes(resources_mark()), 0);
}

static void dies_with_the_program(void **state)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t host = fork();
    if (host == 0) {
        struct child_result r = {0};
        struct child *child = open_shell(0);
        exchange(child,
                 resources_marked("trap '' TERM HUP; (setsid setsid sleep @ &); echo MARK\n"),
                 "MARK\n", PATIENCE_MS, &r);
        if (write(ready[1], resources_processes_begun(resources_mark()) ? "y" : "n", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    kill(host, SIGKILL);
    waitpid(host, NULL, 0);
    assert_int_equal(resources_processes_left(resources_mark_of(host)), 0);
    close(ready[0]);
    close(ready[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, resources_setup, resources_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* Forks, so it comes before there are threads. */
        TEST(dies_with_the_program),
        TEST(runs_and_tells),
        TEST(shows_nothing),
        TEST(writes_only_where_it_may),
        TEST(bounds_files_in_memory),
        TEST(keeps_the_limit_of_time),
        TEST(leaves_nothing_at_its_end),
        TEST(leaves_no_zombie),
        TEST(ends_fork_bombs),
        TEST(allows_what_is_below_the_limit),
        TEST(keeps_the_limits_of_memory),
        TEST(bounds_output),
        TEST(talks_to_a_session),
        TEST(closes_a_session_with_all_in_it),
        TEST(guards_a_session_between_exchanges),
    };
    int status = sandbox_probe();
    if (status)
        return status;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
