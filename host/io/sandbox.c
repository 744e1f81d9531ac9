/* SPDX-License-Identifier: MIT */
#include "io/sandbox.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define MAX_WORDS 8192
#define DEFAULT_MEMORY (256ull << 20)
#define DEFAULT_PROCESSES 64

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
                                        "--tmpfs",
                                        "/tmp",
                                        "--tmpfs",
                                        "/home",
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

static void add_folder(struct words *words, const char *folder)
{
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
}

/* The limits are set inside, by prlimit, so that they do not bind bubblewrap itself. */
static void add_limits(struct words *words, const struct sandbox_request *request,
                       struct arena *arena)
{
    unsigned long long memory = request->max_memory ? request->max_memory : DEFAULT_MEMORY;
    unsigned processes = request->max_processes ? request->max_processes : DEFAULT_PROCESSES;
    add(words, "/usr/bin/prlimit");
    add(words, arena_printf(arena, "--as=%llu", memory));
    add(words, arena_printf(arena, "--nproc=%u", processes));
    add(words, "--core=0");
    add(words, arena_printf(arena, "--fsize=%llu", memory));
    add(words, "--");
}

static int build(const struct sandbox_request *request, struct words *words, struct arena *arena,
                 struct err *err)
{
    const char *program = find_program("bwrap");
    if (!program)
        return err_set(err, EXIT_UNAVAILABLE,
                       "no sandbox: bubblewrap is not installed (package bubblewrap)");
    words->count = 0;
    add(words, arena_dup(arena, program, strlen(program)));
    add_system(words);
    add_env(words, request->env, arena);
    add_folder(words, request->folder);
    add(words, "--");
    add_limits(words, request, arena);
    add_all(words, request->argv);
    if (words->count + 1 >= MAX_WORDS)
        return err_set(err, EXIT_PLUGIN, "the command has over %d words", MAX_WORDS / 2);
    words->items[words->count] = NULL;
    return 0;
}

static void child_of(const struct sandbox_request *request, const struct words *words,
                     struct child_request *out)
{
    *out = (struct child_request){
        .argv = words->items,
        .cwd = "/",
        .input = request->input,
        .timeout_ms = request->timeout_ms,
        .max_output = request->max_output,
    };
}

static pthread_once_t checked = PTHREAD_ONCE_INIT;
static struct err check_err;

static void check_once(void)
{
    static const char *const argv[] = {"/usr/bin/true", NULL};
    struct sandbox_request request = {.argv = argv};
    struct child_result result = {0};
    struct child_request child;
    struct arena arena = {0};
    struct words *words = mem_alloc(sizeof(*words));
    if (build(&request, words, &arena, &check_err) == 0) {
        child_of(&request, words, &child);
        if (child_run(&child, &result, &check_err) == 0 && result.status != 0)
            err_set(&check_err, EXIT_UNAVAILABLE,
                    "no sandbox: bubblewrap cannot make namespaces here: %.*s",
                    (int)(result.err.len > 300 ? 300 : result.err.len),
                    result.err.ptr ? result.err.ptr : "");
    }
    buf_free(&result.out);
    buf_free(&result.err);
    arena_clear(&arena);
    mem_free(words);
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

int sandbox_run(const struct sandbox_request *request, struct child_result *out, struct err *err)
{
    struct arena arena = {0};
    struct child_request child;
    int code = sandbox_check(err);
    if (code)
        return code;
    struct words *words = mem_alloc(sizeof(*words));
    code = build(request, words, &arena, err);
    if (!code) {
        child_of(request, words, &child);
        code = child_run(&child, out, err);
    }
    arena_clear(&arena);
    mem_free(words);
    return code;
}

int sandbox_open(const struct sandbox_request *request, struct child **out, struct err *err)
{
    struct arena arena = {0};
    struct child_request child;
    int code = sandbox_check(err);
    if (code)
        return code;
    struct words *words = mem_alloc(sizeof(*words));
    code = build(request, words, &arena, err);
    if (!code) {
        child_of(request, words, &child);
        code = child_open(&child, out, err);
    }
    arena_clear(&arena);
    mem_free(words);
    return code;
}
