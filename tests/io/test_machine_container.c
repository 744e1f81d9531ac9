/* SPDX-License-Identifier: MIT */
/* Machines of a container engine: podman, on a root of a few programs. Without podman, or where it
 * can make no containers, this says so and is skipped; what is refused is tested everywhere. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/machine.h"
#include "resources.h"

static char folder[] = "/tmp/grasp-container-XXXXXX";
static char root[64];
static const char *layers[] = {root, NULL};
static const struct machine_request podman = {.engine = "podman",
                                              .layers = layers,
                                              .max_memory = 128ull << 20,
                                              .max_disk = 16ull << 20,
                                              .max_processes = 16};
static struct machine *machine;
static struct err reason;

/* The programs that the tests use, with their libraries. */
static const char build_root[] =
    "set -e; cd \"$0\"; mkdir -p root/{usr/bin,proc,sys,dev,tmp,root,etc,run}; ln -s usr/bin "
    "root/bin;"
    "echo 'root:x:0:0:root:/root:/bin/bash' > root/etc/passwd;"
    "for p in bash cat cut head id ls rm sleep tail timeout touch wc; do"
    "  cp \"$(command -v $p)\" root/usr/bin/;"
    "  for l in $(ldd \"$(command -v $p)\" | grep -o '/[^ ]*'); do"
    "    mkdir -p \"root$(dirname $l)\"; cp -L \"$l\" \"root$l\"; done; done;"
    "mkdir -p root/lib/terminfo/x; cp -L /lib/terminfo/x/xterm root/lib/terminfo/x/";

static int shell(const char *script)
{
    const char *argv[] = {"bash", "-c", script, folder, NULL};
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) != pid)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int set_up(void **state)
{
    if (!mkdtemp(folder))
        return -1;
    snprintf(root, sizeof(root), "%s/root", folder);
    if (shell(build_root)) {
        fprintf(stderr, "cannot build a root in %s\n", folder);
        return -1;
    }
    machine_open(&podman, &machine, &reason);
    return 0;
}

static int tear_down(void **state)
{
    machine_close(machine);
    machine = NULL;
    shell("rm -rf \"$0\"");
    return resources_children() ? -1 : 0;
}

static void need_podman(void)
{
    if (machine)
        return;
    fprintf(stderr, "%s\n", reason.text);
    skip();
}

static void run_for(struct machine *where, const char *script, uint32_t timeout_ms,
                    struct machine_result *out)
{
    struct err err;
    const char *argv[] = {"bash", "-c", script, NULL};
    const struct machine_command command = {.argv = argv, .timeout_ms = timeout_ms};
    if (machine_run(where, &command, out, &err))
        fail_msg("%s", err.text);
}

static void expect(const char *script, int status, const char *text)
{
    struct machine_result result;
    run_for(machine, script, 0, &result);
    assert_string_equal(result.out.ptr ? result.out.ptr : "", text);
    assert_int_equal(result.status, status);
    machine_result_clear(&result);
}

static void test_commands(void **state)
{
    need_podman();
    expect("id -u; echo $HOME $PWD $HOSTNAME; cat", 0, "0\n/root /root box\n");
    expect("echo here > /root/file; exit 7", 7, "");
    expect("cat file; [ -n \"$GRASP_SHARED\" ] || echo clean", 0, "here\nclean\n");
    expect("no-such-program 2> /dev/null", 127, "");
    expect("exit 125", 125, "");
    expect("kill -KILL $$", 137, "");
    expect("ls /sys/class/net", 0, "lo\n");
}

static void type(const char *text, const char *want)
{
    struct machine_result result;
    struct err err;
    if (machine_shell(machine, str_of(text), 0, 0, &result, &err))
        fail_msg("%s", err.text);
    assert_false(result.timed_out);
    assert_string_equal(result.out.ptr ? result.out.ptr : "", want);
    machine_result_clear(&result);
}

static void test_shell_lives_on(void **state)
{
    need_podman();
    type("cd /tmp; word=kept", "");
    type("echo $word $PWD\nfor i in 1 2; do\n  echo $i\ndone", "kept /tmp\r\n1\r\n2\r\n");
    expect("echo ${word-none} $PWD", 0, "none /root\n");
    type("exit", "logout\r\n");
    type("echo never", "");
}

/* The container holds twice the 16 of one user. */
static const char fill_with_processes[] =
    "exec 9<> <(:); (for i in {1..64}; do sleep 600 & done) > /dev/null 2>&1 & filler=$!;"
    "for i in {1..200}; do n=0; for d in /proc/[0-9]*; do ((n++)); done;"
    "  ((n >= 32)) && break; read -rt 0.1 -u 9; done;"
    "kill -KILL $filler; for d in /proc/[0-9]*; do"
    "  read -r name < $d/comm; [ \"$name\" = sleep ] && kill -KILL ${d#/proc/}; done;"
    "((n >= 28 && n <= 34)) && echo held || echo $n";

static void test_limits(void **state)
{
    need_podman();
    struct machine_result result;
    run_for(machine, "sleep 6000", 300, &result);
    assert_true(result.timed_out);
    machine_result_clear(&result);
    expect("head -c 32M /dev/zero > big 2> /dev/null; wc -c < big; rm big", 0, "16777216\n");
    /* Whom the kernel ends for it is its choice. */
    run_for(machine, "[ $(head -c 256M /dev/zero | tail -c 200M | wc -c) = 209715200 ] && echo all",
            0, &result);
    assert_int_equal(result.out.len, 0);
    machine_result_clear(&result);
    expect(fill_with_processes, 0, "held\n");
}

/* Containers of a process that are still there; a few seconds are given to the engine. */
static int containers_left(pid_t pid)
{
    char script[256];
    snprintf(script, sizeof(script),
             "for i in {1..100}; do list=$(podman ps --all --quiet --filter label=grasp-host=%d)"
             " || exit 2; [ -n \"$list\" ] || exit 0; sleep 0.1; done; exit 1",
             (int)pid);
    return shell(script);
}

/* This program as a host: it opens a machine, starts a process in it that also holds the input open
 * with which the container is to end, and waits to be killed. */
static int be_host(const char *path)
{
    struct machine *own;
    struct machine_result result;
    struct err err;
    snprintf(root, sizeof(root), "%s", path);
    if (machine_open(&podman, &own, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    run_for(own, resources_marked("sleep @ 9<> /proc/1/fd/0 > /dev/null 2>&1 &"), 0, &result);
    machine_result_clear(&result);
    puts("up");
    fflush(stdout);
    pause();
    return 0;
}

static void test_killed_host_leaves_nothing(void **state)
{
    need_podman();
    char word[8] = "";
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        execl("/proc/self/exe", "test_io_machine_container", "host", root, NULL);
        _exit(127);
    }
    close(pipes[1]);
    bool up = read(pipes[0], word, sizeof(word)) == 3;
    bool ran = up && resources_processes_begun(resources_mark_of(pid)) > 0;
    close(pipes[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(up && ran);
    assert_int_equal(resources_processes_left(resources_mark_of(pid)), 0);
    assert_int_equal(containers_left(pid), 0);
}

static void test_lost_container(void **state)
{
    need_podman();
    struct machine_result result;
    struct err err;
    char script[128];
    const char *argv[] = {"true", NULL};
    const struct machine_command command = {.argv = argv};
    snprintf(script, sizeof(script),
             "podman rm --force $(podman ps --quiet --filter label=grasp-host=%d) > /dev/null",
             (int)getpid());
    assert_int_equal(shell(script), 0);
    assert_int_equal(machine_run(machine, &command, &result, &err), EXIT_UNAVAILABLE);
    assert_int_equal(containers_left(getpid()), 0);
}

static void refuse(const struct machine_request *request, int code, const char *text)
{
    struct machine *none;
    struct err err;
    assert_int_equal(machine_open(request, &none, &err), code);
    if (!strstr(err.text, text))
        fail_msg("'%s' is not in: %s", text, err.text);
}

static void test_refusals(void **state)
{
    char *path = strdup(getenv("PATH"));
    struct machine_request request = podman;
    if (machine) {
        request.image = "localhost/grasp-no-such-image:1";
        refuse(&request, EXIT_UNAVAILABLE, "grasp-no-such-image");
        request.image = "--privileged";
        refuse(&request, EXIT_CONFIG, "no name of an image");
    }
    setenv("PATH", "/nonexistent", 1);
    refuse(&podman, EXIT_UNAVAILABLE, "there is no program podman (package podman");
    request = (struct machine_request){.engine = "docker", .image = "debian"};
    refuse(&request, EXIT_UNAVAILABLE, "there is no program docker (package docker.io)");
    setenv("PATH", path, 1);
    free(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_shell_lives_on),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_killed_host_leaves_nothing),
        cmocka_unit_test(test_lost_container),
    };
    if (argc == 3 && strcmp(argv[1], "host") == 0)
        return be_host(argv[2]);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
