/* SPDX-License-Identifier: MIT */
/* What a model's Python is given, what it is held back from, and what is left of it. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/python_internal.h"
#include "io/sandbox.h"
#include "resources.h"
#include "sandbox_probe.h"

#define EPISODES 64
#define MEMORY_MIB 1024

static const char program[] = "import json\n"
                              "try:\n"
                              "    import numpy, pandas\n"
                              "except ImportError:\n"
                              "    pass\n"
                              "def load(data):\n"
                              "    return json.loads(data)\n"
                              "def run(source, value):\n"
                              "    space = {'value': value, 'answer': None}\n"
                              "    try:\n"
                              "        exec(source, space)\n"
                              "        return str(space['answer'])\n"
                              "    except BaseException as error:\n"
                              "        return '%s: %s' % (type(error).__name__, error)\n";

static struct python *python;
static size_t fds_before;

/* A limit that nobody else has: it is in the command line of every process of the server. */
static uint64_t max_files(pid_t pid)
{
    return (4u << 20) + (uint64_t)pid;
}

static size_t processes_of(pid_t pid)
{
    char text[32];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)max_files(pid));
    return resources_processes(text);
}

static bool is_gone(pid_t pid)
{
    char text[32];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)max_files(pid));
    return resources_processes_left(text) == 0;
}

static int set_up(void **state)
{
    struct err err;
    const struct python_setup setup = {.program = str_of(program),
                                       .max_memory = (uint64_t)MEMORY_MIB << 20,
                                       .max_files = max_files(getpid())};
    fds_before = resources_fds();
    if (python_open(&setup, &python, &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    return processes_of(getpid()) > 1 ? 0 : -1;
}

/* What the kernel still puts away, it has a few seconds for. */
static bool nothing_is_left(void)
{
    const struct timespec tick = {.tv_nsec = 20 * 1000000L};
    for (int i = 0; i < 500; i++) {
        if (resources_fds() == fds_before && !resources_children() && is_gone(getpid()))
            return true;
        nanosleep(&tick, NULL);
    }
    return false;
}

/* The last one: cmocka does not count what a group's teardown finds. */
static void test_closing_leaves_nothing(void **state)
{
    python_close(python);
    python = NULL;
    if (!nothing_is_left())
        fail_msg("left behind: %zu descriptors, %zu children", resources_fds() - fds_before,
                 resources_children());
}

static void run_with(const char *source, struct python_data *data, uint32_t timeout_ms,
                     struct python_result *out)
{
    struct err err;
    const struct python_run run = {
        .source = str_of(source), .data = data, .timeout_ms = timeout_ms};
    if (python_run(python, &run, out, &err))
        fail_msg("%s: %s", source, err.text);
}

static const char *text_of(const struct python_result *result)
{
    return result->text.ptr ? result->text.ptr : "";
}

static void expect_data(const char *source, struct python_data *data, const char *text)
{
    struct python_result result;
    run_with(source, data, 0, &result);
    if (result.end != PYTHON_DONE || strcmp(text_of(&result), text) != 0)
        fail_msg("%s: end %d, status %d, '%s', not '%s'", source, (int)result.end, result.status,
                 text_of(&result), text);
    buf_free(&result.text);
}

static void expect(const char *source, const char *text)
{
    expect_data(source, NULL, text);
}

/* The code meets an exception of this kind. */
static void expect_raises(const char *source, const char *kind)
{
    struct python_result result;
    run_with(source, NULL, 0, &result);
    if (result.end != PYTHON_DONE || strncmp(text_of(&result), kind, strlen(kind)) != 0)
        fail_msg("%s: end %d, status %d, '%s', not '%s'", source, (int)result.end, result.status,
                 text_of(&result), kind);
    buf_free(&result.text);
}

static void expect_end(const char *source, uint32_t timeout_ms, enum python_end end, int status)
{
    struct python_result result;
    run_with(source, NULL, timeout_ms, &result);
    if (result.end != end || result.status != status)
        fail_msg("%s: end %d, status %d, '%s'", source, (int)result.end, result.status,
                 text_of(&result));
    buf_free(&result.text);
}

static void test_gives_the_answer(void **state)
{
    expect("answer = sum(range(10))", "45");
    expect("answer = 'caf\\u00e9 \\U0001f40d'", "caf\xc3\xa9 \xf0\x9f\x90\x8d");
    expect("answer = '\\ud800'", "?");
    expect_raises("1 / 0", "ZeroDivisionError");
    expect_raises("import no_such_module", "ModuleNotFoundError");
    expect_raises("answer = (", "SyntaxError");
    expect_raises("exit()", "SystemExit");
    expect_raises("raise KeyboardInterrupt", "KeyboardInterrupt");
    expect_raises("def f(): f()\nf()", "RecursionError");
    expect("", "None");
}

static void test_pandas_or_a_plain_refusal(void **state)
{
    struct python_result result;
    run_with("try:\n"
             "    import numpy as np, pandas as pd\n"
             "    answer = int(pd.DataFrame({'a': np.arange(4)}).a.sum())\n"
             "except ModuleNotFoundError as error:\n"
             "    answer = 'none'\n",
             NULL, 0, &result);
    assert_int_equal(result.end, PYTHON_DONE);
    bool there = file_exists("/usr/lib/python3/dist-packages/pandas/__init__.py");
    assert_string_equal(text_of(&result), there ? "6" : "none");
    buf_free(&result.text);
}

/* One run leaves nothing to the next: not in the interpreter, not in files, not in memory that the
 * kernel keeps, not in the host's data. */
static void test_runs_do_not_see_each_other(void **state)
{
    struct python_data *data;
    struct err err;
    assert_int_equal(python_hold(python, STR("{\"a\": [1, 2]}"), &data, &err), 0);
    expect_data("import builtins, json, os\n"
                "builtins.leaked = 1\n"
                "json.leaked = 1\n"
                "open('/tmp/leaked', 'w').write('x')\n"
                "os.environ['LEAKED'] = 'x'\n"
                "value['a'].append(3)\n"
                "answer = value",
                data, "{'a': [1, 2, 3]}");
    expect_data(
        "import json, os\n"
        "answer = 'leaked' in dir(__builtins__), hasattr(json, 'leaked'), os.listdir('/tmp'), "
        "'LEAKED' in os.environ, value",
        data, "(False, False, [], False, {'a': [1, 2]})");
    python_release(data);
    expect("import random\nanswer = random.random()", "0.8444218515250481");
    expect("import random\nanswer = random.random()", "0.8444218515250481");
}

static void test_data_that_cannot_be_read(void **state)
{
    struct python_data *data;
    struct python_result result;
    struct err err;
    assert_int_equal(python_hold(python, STR("{\"a\": "), &data, &err), 0);
    run_with("answer = 1", data, 0, &result);
    assert_int_equal(result.end, PYTHON_UNREAD);
    assert_non_null(strstr(text_of(&result), "cannot read the data: JSONDecodeError"));
    buf_free(&result.text);
    python_release(data);
    expect("answer = 2", "2");
}

static void test_no_network(void **state)
{
    expect_raises("import socket\nsocket.create_connection(('1.1.1.1', 80), 2)",
                  "OSError: [Errno 101]");
    expect_raises("import socket\nsocket.create_connection(('127.0.0.1', 22), 2)",
                  "OSError: [Errno 101]");
    expect_raises("import socket\nsocket.getaddrinfo('example.org', 80)", "gaierror");
    /* To a hypervisor, to the kernel. */
    expect_raises("import socket\nsocket.socket(40, 1)", "OSError: [Errno 97]");
    expect_raises("import socket\nsocket.socket(16, 3)", "OSError: [Errno 97]");
    expect_raises("import socket\nsocket.socketpair(16, 3)", "OSError: [Errno 97]");
    expect("import socket\na, b = socket.socketpair()\na.send(b'x')\nanswer = b.recv(1)", "b'x'");
    /* What listens in an abstract name is heard by nobody else. */
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "grasp-test-python-%d",
                       (int)getpid());
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&name,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) + (socklen_t)len),
                     0);
    assert_int_equal(listen(listener, 1), 0);
    CLEANUP_FREE char *connect_to = mem_printf(
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0%s')", name.sun_path + 1);
    expect_raises(connect_to, "ConnectionRefusedError");
    close(listener);
}

static void test_no_host_files(void **state)
{
    char secret[] = "/tmp/grasp-test-python-XXXXXX";
    int fd = mkstemp(secret);
    assert_true(fd >= 0);
    close(fd);
    CLEANUP_FREE char *source =
        mem_printf("import os\n"
                   "answer = [p for p in ('%s', '/root', '/var', '/etc/passwd', '/etc/hostname', "
                   "'/sys', '/run',"
                   " '/work', '/proc/1', '/proc/self', '/proc/version') if os.path.exists(p)]",
                   secret);
    expect(source, "[]");
    unlink(secret);
    static const char *const files[] = {
        "/usr/lib/os-release", "/x",      "/etc/x", "/home/x",   "/dev/x",
        "/dev/shm/x",          "/proc/x", "/usr/x", "/usr/bin/x"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        CLEANUP_FREE char *write = mem_printf("import errno\n"
                                              "try:\n"
                                              "    open('%s', 'ab')\n"
                                              "except OSError as error:\n"
                                              "    answer = error.errno in (errno.EROFS, "
                                              "errno.EACCES)",
                                              files[i]);
        expect(write, "True");
    }
    expect("import os\nanswer = sorted(os.environ)",
           "['HOME', 'LANG', 'MALLOC_ARENA_MAX', 'OMP_NUM_THREADS', "
           "'OPENBLAS_NUM_THREADS', 'PATH', 'PWD', "
           "'PYTHONHASHSEED']");
}

/* A link from /tmp leads nowhere that /tmp's owner could not go. */
static void test_links_out_of_tmp(void **state)
{
    expect_raises("import os\nos.symlink('/etc/passwd', '/tmp/a')\nopen('/tmp/a')",
                  "FileNotFoundError");
    expect_raises("import os\nos.symlink('/usr/lib/x', '/tmp/a')\nopen('/tmp/a', 'w')",
                  "OSError: [Errno 30]");
    expect_raises("import os\nos.symlink('/proc/1/root', '/tmp/a')\nos.listdir('/tmp/a')",
                  "FileNotFoundError");
    expect_raises("import os\nos.link('/usr/bin/python3', '/tmp/a')", "OSError: [Errno 18]");
}

static void test_no_other_processes(void **state)
{
    expect("import os\nanswer = os.getpid(), os.getppid(), os.listdir('/proc')", "(1, 0, [])");
    expect_raises("import os\nos.kill(2, 9)", "ProcessLookupError");
    /* Not to the parent, nor to the group that it was in, nor to all. */
    expect("import os\n"
           "for pid in list(range(-40000, -1)) + list(range(2, 40000)):\n"
           "    try:\n"
           "        os.kill(pid, 9)\n"
           "        answer = pid\n"
           "    except ProcessLookupError:\n"
           "        pass\n",
           "None");
    expect_raises("import os\nos.kill(-1, 9)", "ProcessLookupError");
    expect("import os, signal\n"
           "for i in (0, 1):\n"
           "    os.kill(i, 9)\n"
           "    os.kill(i, signal.SIGSTOP)\n"
           "answer = 'here'",
           "here");
    expect("answer = 'and the server too'", "and the server too");
}

static void test_no_new_processes(void **state)
{
    static const char *const ways[] = {
        "import os\nos.fork()",
        "import os\nwhile True: os.fork()",
        "import subprocess\nsubprocess.Popen(['/usr/bin/sleep', '1000'], start_new_session=True)",
        "import os\nos.posix_spawn('/usr/bin/sleep', ['sleep', '1000'], {})",
        "import os\nos.execv('/usr/bin/sleep', ['sleep', '1000'])",
        "import multiprocessing\nmultiprocessing.Process(target=print).start()",
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        expect_raises(ways[i], "PermissionError");
    expect("import os\nanswer = os.system('true') != 0", "True");
}

/* System calls that would lead out, each refused by its errno and not by chance. */
static void test_no_way_out(void **state)
{
    expect(
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def call(name, *args):\n"
        "    ctypes.set_errno(0)\n"
        "    return getattr(libc, name)(*args), ctypes.get_errno()\n"
        "answer = [call('unshare', 0x10000000), call('mount', b'x', b'/tmp', b'tmpfs', 0, None),\n"
        "          call('umount2', b'/proc', 2), call('ptrace', 16, 2, 0, 0),\n"
        "          call('setns', 0, 0), call('chroot', b'/tmp'), call('memfd_create', b'x', 0),\n"
        "          call('shmget', 1, 4096, 0o1600), call('personality', 0), call('prctl', 1, 0)]\n"
        "answer = set(answer)",
        "{(-1, 1)}");
    expect("import ctypes\nanswer = ctypes.CDLL(None).prctl(3)", "0");
    expect_raises("import os\nos.setuid(0)", "OSError: [Errno 22]");
    expect_raises("import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))",
                  "ValueError");
    expect("import os\nanswer = os.getuid(), os.getgid(), os.sched_getscheduler(0)",
           "(65534, 65534, 0)");
}

static void test_memory(void **state)
{
    expect_raises("bytearray(3 << 30)", "MemoryError");
    expect_raises("a = []\nwhile True: a.append(bytes(1 << 24))", "MemoryError");
    expect_raises("open('/tmp/a', 'wb').write(bytes(8 << 20))", "OSError: [Errno 27]");
    expect_raises("for i in range(9): open('/tmp/%d' % i, 'wb').write(bytes(1 << 20))",
                  "OSError: [Errno 28]");
    expect_raises("for i in range(9999): open('/tmp/%d' % i, 'w').close()", "OSError: [Errno 28]");
    expect_raises("a = [open('/dev/null') for i in range(99)]", "OSError: [Errno 24]");
}

static void test_time(void **state)
{
    expect_end("while True: pass", 1000, PYTHON_LATE, 0);
    expect_end("import time\ntime.sleep(1000)", 1000, PYTHON_LATE, 0);
    expect_end("import signal, time\n"
               "for s in range(1, 32):\n"
               "    if s not in (9, 19): signal.signal(s, signal.SIG_IGN)\n"
               "while True: pass",
               500, PYTHON_LATE, 0);
}

static void test_threads(void **state)
{
    expect("import threading\n"
           "t = threading.Thread(target=globals().update, args=({'answer': 7},))\n"
           "t.start(); t.join()",
           "7");
    expect_end("import threading, time\n"
               "threading.stack_size(1 << 16)\n"
               "for i in range(40): threading.Thread(target=time.sleep, args=(100,)).start()\n"
               "while True: time.sleep(1)",
               20000, PYTHON_CROWDED, 0);
}

static void test_output(void **state)
{
    /* What goes past Python's own standard output goes nowhere. */
    expect("import os, sys\n"
           "for fd in (1, 2):\n"
           "    for i in range(1024): os.write(fd, bytes(1 << 19))\n"
           "print('x', file=sys.__stdout__)\n"
           "answer = sys.stdin.read()",
           "");
    expect_end("answer = 'x' * (1 << 21)", 0, PYTHON_LONG, 0);
    expect_end("import os\nwhile True: os.write(3, b'x' * (1 << 20))", 0, PYTHON_LONG, 0);
}

static void test_leaving(void **state)
{
    expect_end("import os\nos._exit(0)", 0, PYTHON_LEFT, 0);
    expect_end("import os\nos._exit(7)", 0, PYTHON_LEFT, 7);
    expect_end("import ctypes\nctypes.string_at(0)", 0, PYTHON_LEFT, 128 + SIGSEGV);
    expect_end("import os\nos.close(3)", 0, PYTHON_LEFT, 0);
}

static void test_garbage_as_the_result(void **state)
{
    expect_end("import os\nos.write(3, b'garbage')\nos._exit(0)", 0, PYTHON_GARBLED, 0);
    expect_end("import os\nos.write(3, b'garbage')", 0, PYTHON_GARBLED, 0);
    expect_end("import os\nos.write(3, bytes([255] * 8) + b'x')\nos._exit(0)", 0, PYTHON_GARBLED,
               0);
    expect_end("import os\nos.write(3, bytes([2] + [0] * 7) + b'\\xff\\xfe')\nos._exit(0)", 0,
               PYTHON_GARBLED, 0);
    expect("answer = 'well'", "well");
}

/* No descriptor of the server, of the watcher or of another run. */
static void test_descriptors(void **state)
{
    expect("import os, stat\n"
           "answer = []\n"
           "for fd in range(64):\n"
           "    try:\n"
           "        answer.append((fd, stat.S_IFMT(os.fstat(fd).st_mode) == stat.S_IFIFO))\n"
           "    except OSError:\n"
           "        pass\n",
           "[(0, False), (1, False), (2, False), (3, True)]");
}

struct episode {
    pthread_t thread;
    int number;
    char fault[600];
};

static void one_run(struct episode *episode, struct python_data *data, const char *source,
                    const char *expected)
{
    struct err err;
    struct python_result result;
    const struct python_run run = {.source = str_of(source), .data = data, .timeout_ms = 60000};
    if (python_run(python, &run, &result, &err)) {
        snprintf(episode->fault, sizeof(episode->fault), "%.500s", err.text);
        return;
    }
    if (result.end != PYTHON_DONE || strcmp(text_of(&result), expected) != 0)
        snprintf(episode->fault, sizeof(episode->fault), "%d: end %d, '%.200s', not '%.200s'",
                 episode->number, (int)result.end, text_of(&result), expected);
    buf_free(&result.text);
}

/* Its own data, more than all can be kept loaded; some of the others misbehave. */
static void *play(void *arg)
{
    struct episode *episode = arg;
    struct python_data *data;
    struct err err;
    char text[64], expected[64];
    snprintf(text, sizeof(text), "{\"mine\": [%d]}", episode->number);
    snprintf(expected, sizeof(expected), "([%d], [])", episode->number);
    if (python_hold(python, str_of(text), &data, &err)) {
        snprintf(episode->fault, sizeof(episode->fault), "%.500s", err.text);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        one_run(episode, data,
                "import os\n"
                "answer = value['mine'], os.listdir('/tmp')\n"
                "open('/tmp/mine', 'w').write('x' * 1000)",
                expected);
        if (episode->number % 8 == 0)
            one_run(episode, data, "import os\nos.kill(0, 9)\nos.kill(1, 9)\nos.fork()",
                    "PermissionError: [Errno 1] Operation not permitted");
    }
    python_release(data);
    return NULL;
}

static void test_many_side_by_side(void **state)
{
    static struct episode episodes[EPISODES];
    size_t before = resources_fds();
    for (int i = 0; i < EPISODES; i++) {
        episodes[i].number = i;
        assert_int_equal(pthread_create(&episodes[i].thread, NULL, play, &episodes[i]), 0);
    }
    for (int i = 0; i < EPISODES; i++)
        pthread_join(episodes[i].thread, NULL);
    for (int i = 0; i < EPISODES; i++)
        assert_string_equal(episodes[i].fault, "");
    assert_int_equal(resources_fds(), before);
}

static volatile int cancel;

static void *run_for_ever(void *arg)
{
    struct python_result result = {0};
    struct err err;
    const struct python_run run = {.source = STR("while True: pass"), .cancelled = &cancel};
    return (void *)(intptr_t)python_run(python, &run, &result, &err);
}

/* Also while others are waiting for their turn. */
static void test_cancelled(void **state)
{
    pthread_t threads[8];
    void *code;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_for_ever, NULL), 0);
    __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], &code);
        assert_int_equal((intptr_t)code, EXIT_SIGINT);
    }
    expect("answer = 'next'", "next");
}

static void test_a_server_that_ends_is_replaced(void **state)
{
    struct python_data *data;
    struct err err;
    assert_int_equal(python_hold(python, STR("[1]"), &data, &err), 0);
    struct python_result hash;
    expect_data("answer = value", data, "[1]");
    run_with("answer = hash('a')", NULL, 0, &hash);
    kill(child_pid(python->child), SIGKILL);
    assert_true(is_gone(getpid()));
    expect_data("answer = value", data, "[1]");
    expect("answer = hash('a')", text_of(&hash)); /* no seed of the day */
    buf_free(&hash.text);
    python_release(data);
}

static void test_programs_that_fail(void **state)
{
    static const char *const bad[][2] = {{"import no_such_thing", "ModuleNotFoundError"},
                                         {"x = (", "SyntaxError"},
                                         {"x = 1", "cannot run nothing"},
                                         {"SLOW = ('numpy')", "SLOW is to be a tuple of names"},
                                         {"SLOW = 5", "SLOW is to be a tuple of names"},
                                         {"import os\nos._exit(0)", "ended before it was ready"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct python *none = NULL;
        struct err err;
        const struct python_setup setup = {.program = str_of(bad[i][0])};
        assert_int_not_equal(python_open(&setup, &none, &err), 0);
        if (!strstr(err.text, bad[i][1]))
            fail_msg("%s: %s", bad[i][0], err.text);
    }
}

static void expect_of(struct python *of, const char *source, struct python_data *data,
                      const char *text)
{
    struct python_result result;
    struct err err;
    const struct python_run run = {.source = str_of(source), .data = data};
    if (python_run(of, &run, &result, &err))
        fail_msg("%s: %s", source, err.text);
    assert_int_equal(result.end, PYTHON_DONE);
    assert_string_equal(text_of(&result), text);
    buf_free(&result.text);
}

/* Slow packages are there before the code begins if it names one, whatever ran before it; what it
 * imports under a name that it makes up is as it would be then. */
static void test_slow_packages(void **state)
{
    static const char named[] = "import sys\n"
                                "answer = 'xml.dom.minidom' in sys.modules, value";
    static const char drawn[] = "try:\n"
                                "    from numpy import random\n"
                                "    answer = random.randint(1 << 30) == "
                                "random.RandomState(0).randint(1 << 30)\n"
                                "except ImportError:\n"
                                "    answer = True\n";
    static const char drawn_late[] = "try:\n"
                                     "    random = __import__('num' + 'py').random\n"
                                     "    answer = random.randint(1 << 30) == "
                                     "random.RandomState(0).randint(1 << 30)\n"
                                     "except ImportError:\n"
                                     "    answer = True\n";
    struct buf text = {0};
    buf_printf(&text, "SLOW = ('xml.dom.minidom', 'numpy', 'no_such_package')\n%s",
               strstr(program, "def load"));
    buf_text(&text, "import json\n");
    const struct python_setup setup = {.program = buf_view(&text)};
    for (int i = 0; i < 2; i++) {
        struct python *own = NULL;
        struct python_data *data = NULL;
        struct err err;
        assert_int_equal(python_open(&setup, &own, &err), 0);
        assert_int_equal(python_hold(own, STR("[1]"), &data, &err), 0);
        expect_of(own, "import sys\nanswer = 'xm' + 'l.dom.minidom' in sys.modules", NULL, "False");
        expect_of(own, named, data, "(True, [1])");
        expect_of(own, named, NULL, "(True, None)");
        expect_of(own, "import sys\nanswer = 'xm' + 'l.dom.minidom' in sys.modules, value", data,
                  "(False, [1])");
        expect_of(own, drawn, data, "True");
        expect_of(own, drawn_late, data, "True");
        python_release(data);
        python_close(own);
    }
    buf_free(&text);
}

struct slow_run {
    pthread_t thread;
    struct python *of;
    struct python_data *data;
    bool names;
    char text[32];
};

static void *run_slow(void *arg)
{
    struct slow_run *slow = arg;
    struct python_result result = {0};
    struct err err;
    const struct python_run run = {
        .source = slow->names ? STR("import sys\nanswer = 'xml.dom.minidom' in sys.modules, value")
                              : STR("import sys\nanswer = 'xm' + 'l.dom' in sys.modules, value"),
        .data = slow->data};
    if (!python_run(slow->of, &run, &result, &err) && result.end == PYTHON_DONE)
        snprintf(slow->text, sizeof(slow->text), "%s", text_of(&result));
    buf_free(&result.text);
    return NULL;
}

/* The first ones that name a slow package come at once, and its server may end under them. */
static void test_slow_packages_at_once(void **state)
{
    struct buf text = {0};
    struct python *own = NULL;
    struct python_data *data = NULL;
    struct err err;
    buf_printf(&text, "import json\nSLOW = ('xml.dom.minidom',)\n%s", strstr(program, "def load"));
    const struct python_setup setup = {.program = buf_view(&text), .max_parallel = 8};
    assert_int_equal(python_open(&setup, &own, &err), 0);
    assert_int_equal(python_hold(own, STR("[1]"), &data, &err), 0);
    for (int round = 0; round < 3; round++) {
        struct slow_run runs[8];
        for (int i = 0; i < 8; i++) {
            runs[i] = (struct slow_run){.of = own, .data = data, .names = i % 4 != 0};
            assert_int_equal(pthread_create(&runs[i].thread, NULL, run_slow, &runs[i]), 0);
        }
        for (int i = 0; i < 8; i++) {
            pthread_join(runs[i].thread, NULL);
            assert_string_equal(runs[i].text, runs[i].names ? "(True, [1])" : "(False, [1])");
        }
        kill(child_pid(own->full->child), SIGKILL);
    }
    python_release(data);
    python_close(own);
    buf_free(&text);
}

/* A host that is killed takes everything with it, also what runs just then. */
static void test_a_killed_host_leaves_nothing(void **state)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t host = fork();
    if (host == 0) {
        struct python *own;
        struct err err;
        struct python_result result;
        const struct python_setup setup = {
            .max_files = max_files(getpid()),
            .program = STR("def load(data): return None\n"
                           "def run(source, value):\n    exec(source, {})\n    return ''\n")};
        const struct python_run run = {.source = STR("while True: pass")};
        if (python_open(&setup, &own, &err))
            _exit(1);
        if (write(ready[1], "1", 1) != 1)
            _exit(1);
        python_run(own, &run, &result, &err);
        _exit(1);
    }
    char byte = 0;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    /* bubblewrap and its init, the server, a watcher and what it watches. */
    for (int i = 0; i < 400 && processes_of(host) < 5; i++)
        usleep(50000);
    assert_true(processes_of(host) >= 5);
    kill(host, SIGKILL);
    assert_int_equal(waitpid(host, NULL, 0), host);
    assert_true(is_gone(host));
}

int main(void)
{
    const struct CMUnitTest shared[] = {
        cmocka_unit_test(test_gives_the_answer),
        cmocka_unit_test(test_pandas_or_a_plain_refusal),
        cmocka_unit_test(test_runs_do_not_see_each_other),
        cmocka_unit_test(test_data_that_cannot_be_read),
        cmocka_unit_test(test_no_network),
        cmocka_unit_test(test_no_host_files),
        cmocka_unit_test(test_links_out_of_tmp),
        cmocka_unit_test(test_no_other_processes),
        cmocka_unit_test(test_no_new_processes),
        cmocka_unit_test(test_no_way_out),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_garbage_as_the_result),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_many_side_by_side),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_a_server_that_ends_is_replaced),
        cmocka_unit_test(test_closing_leaves_nothing),
    };
    const struct CMUnitTest alone[] = {
        /* Forks, so it comes before there are threads. */
        cmocka_unit_test(test_a_killed_host_leaves_nothing),
        cmocka_unit_test(test_programs_that_fail),
        cmocka_unit_test(test_slow_packages),
        cmocka_unit_test(test_slow_packages_at_once),
    };
    int status = sandbox_probe();
    if (status)
        return status;
    int failed = cmocka_run_group_tests_name("python_alone", alone, NULL, NULL);
    return failed + cmocka_run_group_tests_name("python", shared, set_up, NULL);
}
