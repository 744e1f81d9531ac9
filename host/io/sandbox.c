/* SPDX-License-Identifier: MIT */
#include "io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/child_internal.h"

#define MAX_WORDS 8192
#define DEFAULT_MEMORY (256ull << 20)
#define DEFAULT_PROCESSES 64
/* All processes together, in terms of what one may have. */
#define TOGETHER 4
#define SMALL_FOLDER "16777216" /* bytes of /home, /etc and /dev/shm, each */
#define START_MS 10000

struct words {
    const char *items[MAX_WORDS];
    size_t count;
};

static void add(struct words *words, const char *word)
{
    if (words->count + 1 < MAX_WORDS)
        words->items[words->count++] = word;
}

static void add_all(struct words *words, const char *const *list)
{
    for (; list && *list; list++)
        add(words, *list);
}

static unsigned long long memory_of(const struct sandbox_request *request)
{
    return request->max_memory ? request->max_memory : DEFAULT_MEMORY;
}

static const char *find_program(const char *name)
{
    static const char *const dirs[] = {"/usr/bin/", "/usr/local/bin/", "/bin/"};
    static _Thread_local char path[128];
    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", dirs[i], name);
        if (access(path, X_OK) == 0)
            return path;
    }
    return NULL;
}

/* The system read-only, everything else empty. */
static void add_system(struct words *words)
{
    static const char *const fixed[] = {"--unshare-all",
                                        "--die-with-parent",
                                        "--new-session",
                                        "--clearenv",
                                        "--ro-bind",
                                        "/usr",
                                        "/usr",
                                        "--proc",
                                        "/proc",
                                        "--dev",
                                        "/dev",
                                        "--size",
                                        SMALL_FOLDER,
                                        "--tmpfs",
                                        "/dev/shm",
                                        "--remount-ro",
                                        "/dev",
                                        "--size",
                                        SMALL_FOLDER,
                                        "--tmpfs",
                                        "/home",
                                        "--size",
                                        SMALL_FOLDER,
                                        "--tmpfs",
                                        "/etc",
                                        "--ro-bind-try",
                                        "/etc/ld.so.cache",
                                        "/etc/ld.so.cache",
                                        "--ro-bind-try",
                                        "/etc/alternatives",
                                        "/etc/alternatives",
                                        "--uid",
                                        "65534",
                                        "--gid",
                                        "65534",
                                        "--hostname",
                                        "sandbox",
                                        "--setenv",
                                        "PATH",
                                        "/usr/local/bin:/usr/bin:/bin",
                                        "--setenv",
                                        "LANG",
                                        "C.UTF-8",
                                        "--setenv",
                                        "HOME",
                                        "/tmp",
                                        "--info-fd",
                                        "3",
                                        NULL};
    static const char *const links[][2] = {{"usr/bin", "/bin"},     {"usr/sbin", "/sbin"},
                                           {"usr/lib", "/lib"},     {"usr/lib64", "/lib64"},
                                           {"usr/lib32", "/lib32"}, {"usr/libx32", "/libx32"}};
    add_all(words, fixed);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (!file_exists(links[i][1]))
            continue;
        add(words, "--symlink");
        add(words, links[i][0]);
        add(words, links[i][1]);
    }
}

static void add_env(struct words *words, const char *const *env, struct arena *arena)
{
    for (; env && *env; env++) {
        struct str value = str_of(*env), name = str_cut(&value, '=');
        add(words, "--setenv");
        add(words, arena_dup(arena, name.ptr, name.len));
        add(words, arena_dup(arena, value.len ? value.ptr : "", value.len));
    }
}

/* Every place that can be written to has a size, or is the caller's. */
static void add_folder(struct words *words, const struct sandbox_request *request,
                       struct arena *arena)
{
    const char *folder = request->folder;
    add(words, "--size");
    add(words, arena_printf(arena, "%llu", memory_of(request)));
    add(words, "--tmpfs");
    add(words, "/tmp");
    if (folder) {
        add(words, "--bind");
        add(words, folder);
        add(words, "/work");
        add(words, "--chdir");
        add(words, "/work");
    } else {
        add(words, "--chdir");
        add(words, "/tmp");
    }
    add(words, "--remount-ro");
    add(words, "/");
}

/* Since Linux 5.14 a namespace's processes are counted apart from the user's others. */
static bool counts_by_namespace(void)
{
    struct utsname name;
    unsigned major = 0, minor = 0;
    if (uname(&name) != 0 || sscanf(name.release, "%3u.%3u", &major, &minor) != 2)
        return false;
    return major > 5 || (major == 5 && minor >= 14);
}

static uint32_t processes_of(const struct sandbox_request *request)
{
    return request->max_processes ? request->max_processes : DEFAULT_PROCESSES;
}

/* The limits of one process are set inside, by prlimit, so that they do not bind bubblewrap; those
 * of all are kept by the guard. What the kernel allows is more than the guard does, so that it sees
 * who goes beyond, and threads count. */
static void add_limits(struct words *words, const struct sandbox_request *request,
                       struct arena *arena)
{
    unsigned long long memory = memory_of(request);
    add(words, "/usr/bin/prlimit");
    add(words, arena_printf(arena, "--as=%llu", memory));
    add(words, "--core=0");
    add(words, arena_printf(arena, "--fsize=%llu", memory));
    struct rlimit own = {0};
    rlim_t processes = processes_of(request) * (GUARD_THREADS_EACH + (rlim_t)1);
    /* A limit can be lowered only. */
    if (counts_by_namespace() && getrlimit(RLIMIT_NPROC, &own) == 0 && processes < own.rlim_max)
        add(words, arena_printf(arena, "--nproc=%llu", (unsigned long long)processes));
    add(words, "--");
}

static int build(const struct sandbox_request *request, struct words *words, struct arena *arena,
                 struct err *err)
{
    const char *program = find_program("bwrap");
    if (!program)
        return err_set(err, EXIT_UNAVAILABLE,
                       "no sandbox: bubblewrap is not installed (package bubblewrap)");
    if (request->folder && !file_is_dir(request->folder))
        return err_set(err, EXIT_PLUGIN, "the folder of a command is no folder: %s",
                       request->folder);
    words->count = 0;
    add(words, arena_dup(arena, program, strlen(program)));
    add_system(words);
    add_env(words, request->env, arena);
    add_folder(words, request, arena);
    add(words, "--");
    add_limits(words, request, arena);
    add_all(words, request->argv);
    if (words->count + 1 >= MAX_WORDS)
        return err_set(err, EXIT_PLUGIN, "the command has over %d words", MAX_WORDS / 2);
    words->items[words->count] = NULL;
    return 0;
}

/* bubblewrap's word on what it has started: {"child-pid": N, ...}. 0 if it ended before that, -1
 * if it says nothing. */
static pid_t read_info(int fd)
{
    char text[4096];
    size_t len = 0, at;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    for (ssize_t got = 1; got > 0 && len<sizeof(text); len += got> 0 ? (size_t)got : 0) {
        if (poll(&ready, 1, START_MS) == 0)
            return -1;
        got = read(fd, text + len, sizeof(text) - len);
    }
    int64_t pid = 0;
    struct str rest = {text, len};
    if (!str_find(rest, STR("\"child-pid\": "), &at))
        return 0;
    rest = (struct str){text + at + 13, len - at - 13};
    size_t digits = 0;
    while (digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9')
        digits++;
    rest.len = digits;
    return str_to_i64(rest, &pid) && pid > 1 ? (pid_t)pid : 0;
}

/* Starts it and puts it under guard. */
static int launch(const struct sandbox_request *request, const struct words *words,
                  struct child **out, struct err *err)
{
    const struct child_request child = {
        .argv = words->items,
        .cwd = "/",
        .input = request->input,
        .timeout_ms = request->timeout_ms,
        .max_output = request->max_output,
    };
    const struct guard_limits limits = {
        .max_processes = processes_of(request),
        .max_memory = request->max_together ? request->max_together : memory_of(request) * TOGETHER,
    };
    int info[2], fds[CHILD_MAX_EXTRA];
    if (request->fd_count >= CHILD_MAX_EXTRA)
        return err_set(err, EXIT_INTERNAL, "too many descriptors for a sandbox");
    if (pipe2(info, O_CLOEXEC) != 0)
        return err_system(err, errno, "make a pipe to", words->items[0]);
    fds[0] = info[1];
    for (size_t i = 0; i < request->fd_count; i++)
        fds[1 + i] = request->fds[i];
    int code = child_open_extra(&child, fds, 1 + request->fd_count, out, err);
    close(info[1]);
    pid_t inner = code ? 0 : read_info(info[0]);
    close(info[0]);
    if (code)
        return code;
    if (inner < 0)
        code = err_set(err, EXIT_UNAVAILABLE, "no sandbox: bubblewrap did not start in 10 seconds");
    else if (inner > 0)
        code = child_guard(*out, inner, &limits, err);
    if (code)
        child_close(*out);
    return code;
}

static int open_checked(const struct sandbox_request *request, struct child **out, struct err *err)
{
    struct arena arena = {0};
    struct child *child = NULL;
    struct words *words = mem_alloc(sizeof(*words));
    int code = build(request, words, &arena, err);
    if (!code)
        code = launch(request, words, &child, err);
    arena_clear(&arena);
    mem_free(words);
    if (!code)
        *out = child;
    return code;
}

static pthread_once_t checked = PTHREAD_ONCE_INIT;
static struct err check_err;

static void check_once(void)
{
    static const char *const argv[] = {"/usr/bin/true", NULL};
    const struct sandbox_request request = {.argv = argv};
    struct child_result result = {0};
    struct child *child = NULL;
    /* bubblewrap often ends before the init process that it started. That one is then ours to
     * reap; where the system's init does not do so, zombies would stay. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (open_checked(&request, &child, &check_err))
        return;
    child_finish(child, &result);
    if (result.status != 0)
        err_set(&check_err, EXIT_UNAVAILABLE,
                "no sandbox: bubblewrap (0.8 or later) cannot make namespaces here: %.*s",
                (int)(result.err.len > 300 ? 300 : result.err.len),
                result.err.ptr ? result.err.ptr : "");
    buf_free(&result.out);
    buf_free(&result.err);
}

int sandbox_check(struct err *err)
{
    pthread_once(&checked, check_once);
    if (!check_err.code)
        return 0;
    if (err)
        *err = check_err;
    return check_err.code;
}

int sandbox_open(const struct sandbox_request *request, struct child **out, struct err *err)
{
    int code = sandbox_check(err);
    return code ? code : open_checked(request, out, err);
}

int sandbox_run(const struct sandbox_request *request, struct child_result *out, struct err *err)
{
    struct child *child = NULL;
    int code = sandbox_open(request, &child, err);
    if (child)
        child_finish(child, out);
    return code;
}
