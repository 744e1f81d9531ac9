/* SPDX-License-Identifier: MIT */
/* What a machine is, what it holds back, and what is left of it. */
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

#include "base/file.h"
#include "base/mem.h"
#include "io/machine.h"
#include "resources.h"

#define PROCESSES 48

static struct machine *machine;

static int set_up(void **state)
{
    struct err err;
    const struct machine_request request = {
        .max_processes = PROCESSES, .max_memory = 256ull << 20, .max_disk = 64ull << 20};
    if (machine_open(&request, &machine, &err)) {
        fprintf(stderr, "%s\n", err.text);
        machine = NULL;
        return -1;
    }
    return 0;
}

static int tear_down(void **state)
{
    machine_close(machine);
    machine = NULL;
    return resources_children() ? -1 : 0;
}

static void run_for(const char *script, uint32_t timeout_ms, struct machine_result *out)
{
    struct err err;
    const char *argv[] = {"bash", "-c", script, NULL};
    const struct machine_command command = {.argv = argv, .timeout_ms = timeout_ms};
    if (machine_run(machine, &command, out, &err))
        fail_msg("%s", err.text);
}

static const char *text_of(const struct buf *buf)
{
    return buf->ptr ? buf->ptr : "";
}

/* Runs a script and compares what it says. */
static void expect(const char *script, int status, const char *text)
{
    struct machine_result r;
    run_for(script, 0, &r);
    if (r.status != status || strcmp(text_of(&r.out), text) != 0)
        fail_msg("%s: status %d, not %d: '%s', '%s'", script, r.status, status, text_of(&r.out),
                 text_of(&r.err));
    machine_result_clear(&r);
}

/* Runs a script that must not succeed. */
static void expect_refused(const char *script)
{
    struct machine_result r;
    run_for(script, 0, &r);
    if (r.status == 0 || r.end != MACHINE_RUNS)
        fail_msg("%s: status %d: '%s'", script, r.status, text_of(&r.out));
    machine_result_clear(&r);
}

static void type(const char *text, const char *expected)
{
    struct machine_result r;
    struct err err;
    if (machine_shell(machine, str_of(text), 0, 0, &r, &err))
        fail_msg("%s", err.text);
    if (r.timed_out || !strstr(text_of(&r.out), expected))
        fail_msg("%s: '%s', not '%s'", text, text_of(&r.out), expected);
    machine_result_clear(&r);
}

static void runs_commands(void **state)
{
    struct machine_result r;
    expect("echo out; pwd; id -un; exit 3", 3, "out\n/root\nroot\n");
    expect("cat; echo $HOME $HOSTNAME; hostname", 0, "/root box\nbox\n");
    run_for("echo bad >&2; kill -9 $$", 0, &r);
    assert_int_equal(r.status, 128 + SIGKILL);
    assert_string_equal(text_of(&r.err), "bad\n");
    machine_result_clear(&r);
    expect("echo kept > /etc/own && mkdir -p /srv/a && echo x > /usr/share/y", 0, "");
    expect("cat /etc/own /usr/share/y; rm -r /usr/share/y", 0, "kept\nx\n");
    const char *argv[] = {"no-such-program", NULL};
    struct err err;
    assert_int_equal(machine_run(machine, &(struct machine_command){.argv = argv}, &r, &err), 0);
    assert_int_equal(r.status, 127);
    machine_result_clear(&r);
}

static void has_several_users(void **state)
{
    expect("useradd -m jack && su - jack -c 'id -un; cd; pwd; touch own; stat -c %U own'", 0,
           "jack\n/home/jack\njack\n");
    expect("touch /root/secret; chmod 600 /root/secret; su jack -c 'cat /root/secret' 2>/dev/null",
           1, "");
    expect("chown jack:daemon /root/secret && stat -c %U:%G /root/secret", 0, "jack:daemon\n");
    /* A setuid program works, inside. */
    expect("cp /usr/bin/id /usr/local/bin/idu && chmod 4755 /usr/local/bin/idu && su jack -c "
           "'/usr/local/bin/idu -un'",
           0, "root\n");
}

static void has_a_shell_that_stays(void **state)
{
    type("cd /tmp; name=value", "");
    type("echo \"$PWD-$name\"", "/tmp-value");
    type("for i in 1 2 3\ndo\n  echo line$i\ndone", "line3");
    type("cat <<END\nhere\tis tab\nEND", "here\tis tab");
    type("useradd -m -s /bin/bash mary; su - mary", "");
    type("id -un", "mary");
    type("exit", "");
    type("id -un", "root");
    type("echo unfinished 'quote", "");
    type("now'", "now");
    type("printf 'no line end'", "no line end");
    type("exit", "");
    type("echo gone", "");
    expect("echo still", 0, "still\n");
}

static void leaves_the_background_alone(void **state)
{
    struct machine_result r;
    run_for("sleep 1000 & (sleep 0.2; echo late > /tmp/late) & echo started", 60000, &r);
    assert_false(r.timed_out);
    assert_string_equal(text_of(&r.out), "started\n");
    machine_result_clear(&r);
    expect("while [ ! -e /tmp/late ]; do sleep 0.05; done; cat /tmp/late; pgrep -x -c sleep", 0,
           "late\n1\n");
}

static void ends_what_takes_too_long(void **state)
{
    struct machine_result r;
    struct err err;
    for (uint32_t ms = 300;; ms *= 4) { /* bash may take its time to begin */
        run_for("echo before; sleep 1000 | cat", ms, &r);
        assert_true(r.timed_out);
        if (r.out.len || ms > 20000)
            break;
        machine_result_clear(&r);
    }
    assert_string_equal(text_of(&r.out), "before\n");
    machine_result_clear(&r);
    expect("pgrep -x -c sleep", 1, "0\n");
    assert_int_equal(machine_shell(machine, STR("cat"), 300, 0, &r, &err), 0);
    assert_true(r.timed_out);
    machine_result_clear(&r);
}

static void cuts_endless_output(void **state)
{
    struct machine_result r;
    struct err err;
    run_for("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2", 0, &r);
    assert_true(r.truncated && r.out.len <= 1u << 20 && r.err.len <= 1u << 20);
    machine_result_clear(&r);
    run_for("yes", 300, &r);
    assert_true(r.timed_out && r.out.len <= 1u << 20);
    machine_result_clear(&r);
    assert_int_equal(
        machine_shell(machine, STR("head -c 4000000 /dev/zero | tr '\\0' a"), 0, 5000, &r, &err),
        0);
    assert_false(r.timed_out);
    assert_true(r.truncated && r.out.len <= 5000);
    machine_result_clear(&r);
}

/* A fork that fails is the bomb's problem; the machine lives on. */
static void survives_a_fork_bomb(void **state)
{
    struct machine_result r;
    run_for("f() { f | f & }; f 2>/dev/null; sleep 0.3; echo over", 3000, &r);
    assert_int_equal(r.end, MACHINE_RUNS);
    machine_result_clear(&r);
    run_for("kill -9 -1", 0, &r);
    machine_result_clear(&r);
    expect("until [ $(ps -e --no-headers | wc -l) -le 6 ]; do sleep 0.1; done; echo here", 0,
           "here\n");
}

static void limits_memory(void **state)
{
    struct machine_result r;
    /* One that is too large fails alone. */
    expect_refused("python3 -c 'x = bytearray(400 << 20)' 2>/dev/null");
    expect("echo here", 0, "here\n");
    /* Many together end the machine, and the agent is told why. */
    run_for("for i in 1 2 3; do python3 -c 'import time; x = bytearray(b\"x\" * (110 << 20)); "
            "time.sleep(600)' & done; wait",
            60000, &r);
    assert_int_equal(r.end, MACHINE_OVER_LIMIT);
    assert_int_equal(r.status, 137);
    assert_non_null(strstr(text_of(&r.err), "memory"));
    machine_result_clear(&r);
    run_for("echo again", 0, &r);
    assert_int_equal(r.end, MACHINE_OVER_LIMIT);
    machine_result_clear(&r);
}

static void limits_the_disk(void **state)
{
    expect_refused("head -c 100000000 /dev/zero > /root/big 2>/dev/null");
    expect_refused("for i in 1 2 3 4 5 6; do head -c 20000000 /dev/zero > /usr/big$i || exit 1; "
                   "done 2>/dev/null");
    expect("rm -f /root/big /usr/big*; echo room > /root/small && cat /root/small", 0, "room\n");
    expect_refused("head -c 100000000 /dev/zero > /dev/shm/big 2>/dev/null");
    expect_refused("head -c 1000000 /dev/zero > /dev/big 2>/dev/null");
}

static void has_no_network(void **state)
{
    expect("ls /sys/class/net 2>/dev/null; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '", 0,
           "lo\n");
    expect_refused("exec 3<>/dev/tcp/1.1.1.1/53");
    expect("python3 -c 'import socket as s; a = s.socket(); a.bind((\"127.0.0.1\", 80)); "
           "a.listen(); b = s.create_connection((\"127.0.0.1\", 80)); print(\"self\")'",
           0, "self\n");
}

/* Nothing of this system but its programs. */
static void shows_nothing_of_the_host(void **state)
{
    char script[512], folder[] = "/tmp/grasp-machine-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    snprintf(script, sizeof(script), "%s/file", folder);
    struct err err;
    assert_int_equal(file_write_atomic(script, STR("canary"), &err), 0);
    snprintf(script, sizeof(script), "cat %s/file; ls %s", folder, folder);
    expect_refused(script);
    expect("cat /proc/*/environ /proc/*/cmdline 2>/dev/null | grep -c canar[y]", 1, "0\n");
    expect("grep -c canary /proc/mounts /proc/self/mountinfo; ps -e --no-headers | wc -l", 0,
           "/proc/mounts:0\n/proc/self/mountinfo:0\n4\n");
    expect("awk -F: '$2 ~ /^[$]/' /etc/shadow; ls /etc/ssh 2>/dev/null; ls -A /home", 0,
           "ubuntu\n");
    assert_int_equal(file_remove_tree(folder, &err), 0);
}

static void cannot_be_escaped(void **state)
{
    struct stat before, after;
    assert_int_equal(stat("/dev/null", &before), 0);
    /* Settings of the kernel, in whatever way. */
    expect_refused("echo '|/bin/true' > /proc/sys/kernel/core_pattern");
    expect_refused("echo h > /proc/sysrq-trigger");
    expect_refused("mount -t proc proc /mnt");
    expect_refused("mount -o remount,rw /proc/sys");
    expect_refused("umount /proc/sys");
    expect_refused("unshare -r true");
    expect_refused("unshare -m true");
    expect_refused("mount -t tmpfs none /mnt");
    expect_refused("mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk");
    expect_refused("chmod 600 /dev/null");
    expect_refused("nsenter -t 1 -m true");
    expect_refused("chroot /proc/1/root true");
    expect_refused("ls /proc/1/cwd/");
    expect_refused("python3 -c 'open(\"/proc/1/mem\", \"r+b\")' 2>/dev/null");
    expect_refused("dmesg");
    /* A name for another program does not lead back out. */
    expect("chmod u+s /usr/bin/env; useradd -m eve; su eve -c 'env id -u; env cat "
           "/proc/sys/kernel/hostname'",
           0, "0\nbox\n");
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_int_equal(before.st_mode, after.st_mode);
}

/* Whoever replaces bash by what started it gets the program of machines, which nobody can change.
 */
static void cannot_change_its_program(void **state)
{
    expect("mv /usr/bin/true /usr/bin/true2; printf '#!/proc/self/exe\\n' > /usr/bin/true; chmod "
           "755 /usr/bin/true; true; echo $?",
           0, "0\n");
    expect_refused("exec 5>/proc/1/exe");
    expect("echo here", 0, "here\n");
}

static void cannot_kill_its_init(void **state)
{
    struct machine_result r;
    expect("kill -9 1; kill -TERM 1; kill -STOP 1; sleep 0.1; echo here", 0, "here\n");
    run_for("kill -9 -1", 0, &r);
    machine_result_clear(&r);
    expect_refused("python3 -c 'import ctypes; c = ctypes.CDLL(None, use_errno=True); "
                   "exit(c.ptrace(16, 1, 0, 0) != 0)'");
    expect("echo here", 0, "here\n");
}

static void tells_when_it_is_gone(void **state)
{
    struct machine_result r;
    struct err err;
    const char *argv[] = {"true", NULL};
    expect("echo here", 0, "here\n");
    assert_int_equal(system("kill -9 $(pgrep -P $(pgrep -P $PPID -x machine))"), 0);
    assert_int_equal(machine_run(machine, &(struct machine_command){.argv = argv}, &r, &err),
                     EXIT_UNAVAILABLE);
    assert_int_equal(machine_shell(machine, STR("true"), 0, 0, &r, &err), EXIT_UNAVAILABLE);
}

static void leaves_nothing(void **state)
{
    struct err err;
    size_t fds = resources_fds();
    CLEANUP_BUF struct buf before = {0}, after = {0};
    assert_int_equal(file_read("/proc/self/mounts", 0, &before, &err), 0);
    assert_int_equal(set_up(state), 0);
    expect(resources_marked("setsid sleep @ >/dev/null 2>&1 & nohup sleep @ >/dev/null 2>&1 & "
                            "disown; echo x > /root/x"),
           0, "");
    type(resources_marked("sleep @ &"), "");
    assert_true(resources_processes_begun(resources_mark()) > 0);
    assert_int_equal(tear_down(state), 0);
    assert_int_equal(resources_processes_left(resources_mark()), 0);
    assert_int_equal(resources_fds(), fds);
    assert_int_equal(file_read("/proc/self/mounts", 0, &after, &err), 0);
    assert_string_equal(before.ptr, after.ptr);
}

static void refuses_what_is_no_root(void **state)
{
    struct machine *other;
    struct err err;
    const char *layers[] = {"/no/such/folder", NULL};
    assert_int_equal(machine_open(&(struct machine_request){.layers = layers}, &other, &err),
                     EXIT_CONFIG);
    assert_non_null(strstr(err.text, "/no/such/folder"));
}

int main(void)
{
#define ON_MACHINE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_MACHINE(runs_commands),
        ON_MACHINE(has_several_users),
        ON_MACHINE(has_a_shell_that_stays),
        ON_MACHINE(leaves_the_background_alone),
        ON_MACHINE(ends_what_takes_too_long),
        ON_MACHINE(cuts_endless_output),
        ON_MACHINE(survives_a_fork_bomb),
        ON_MACHINE(limits_memory),
        ON_MACHINE(limits_the_disk),
        ON_MACHINE(has_no_network),
        ON_MACHINE(shows_nothing_of_the_host),
        ON_MACHINE(cannot_be_escaped),
        ON_MACHINE(cannot_change_its_program),
        ON_MACHINE(cannot_kill_its_init),
        ON_MACHINE(tells_when_it_is_gone),
        cmocka_unit_test(leaves_nothing),
        cmocka_unit_test(refuses_what_is_no_root),
    };
    setenv("SECRET_KEY", "canary-3", 1);
    struct err err;
    if (machine_open(&(struct machine_request){0}, &machine, &err)) {
        fprintf(stderr, "skipped: %s\n", err.text);
        return 77;
    }
    machine_close(machine);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
