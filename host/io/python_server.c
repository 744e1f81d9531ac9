/* SPDX-License-Identifier: MIT */
/* The server of a python and the processes that hold data: starting, finding, replacing them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/python_internal.h"
#include "io/sandbox.h"

/* What is read stays in memory, about six times its size and what a process needs. Beyond this
 * share of the machine's memory, or this number, the longest unused is let go. */
#define LOADED_SHARE 48
#define LOADED_COUNT 128
#define LOADED_GROWTH 8
#define LOADED_PROCESS (128ull << 20)
#define MAX_THREADS "32"
/* In the server's sandbox; 3 is bubblewrap's. */
#define CONTROL_FD "4"
#define PROCESSES 4096
#define ENDING_MS 200 /* a process that ends lets go of its sockets late */

/* python/box.py and python/serve.py, in this program. */
extern const char python_box[], python_serve_script[];

static uint64_t loaded_most(void)
{
    return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / LOADED_SHARE;
}

/* Only what no accident may pass: pages that processes share count for each. */
static uint64_t together(const struct python_setup *setup)
{
    return setup->max_memory * (setup->max_parallel + 2ull) + loaded_most() * LOADED_GROWTH +
           LOADED_COUNT * LOADED_PROCESS;
}

static const char *find_python(void)
{
    static const char *const paths[] = {"/usr/bin/python3", "/usr/local/bin/python3"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (access(paths[i], X_OK) == 0)
            return paths[i];
    }
    return NULL;
}

/* The sandbox holds the server, the processes with data, and two processes of every run, which has
 * limits of its own. */
static int start_sandbox(struct python *python, int control, struct err *err)
{
    static const char *const env[] = {"PYTHONHASHSEED=0", "OPENBLAS_NUM_THREADS=1",
                                      "OMP_NUM_THREADS=1", "MALLOC_ARENA_MAX=1", NULL};
    const char *program = find_python();
    if (!program)
        return err_set(err, EXIT_UNAVAILABLE,
                       "no Python for the sandbox: it is not installed (package python3)");
    char *script = mem_printf("%s\n%s", python_box, python_serve_script);
    char files[32];
    snprintf(files, sizeof(files), "%llu", (unsigned long long)python->setup.max_files);
    const char *imports = python->imports ? "imports" : "";
    const char *const argv[] = {program,    "-s",  "-B",        "-c",    script,
                                CONTROL_FD, files, MAX_THREADS, imports, NULL};
    const struct sandbox_request request = {
        .argv = argv,
        .env = env,
        .fds = &control,
        .fd_count = 1,
        .max_memory = python->setup.max_memory,
        .max_together = together(&python->setup),
        .max_processes = PROCESSES,
    };
    int code = sandbox_open(&request, &python->child, err);
    mem_free(script);
    return code;
}

static int start(struct python *python, struct err *err)
{
    int pair[2];
    int number = python_sockets(pair);
    if (number)
        return err_system(err, number, "make a socket for", "Python in the sandbox");
    python->control = pair[0];
    python->server++;
    int code = start_sandbox(python, pair[1], err);
    close(pair[1]);
    if (!code && python_send(python->control, "program", &python->program, 1))
        code = err_set(err, EXIT_UNAVAILABLE, "Python in the sandbox ended as soon as it began");
    if (code || python->slow)
        return code ? code : python_await(python->control, NULL, err);
    CLEANUP_BUF struct buf slow = {0};
    code = python_await(python->control, &slow, err);
    python->slow = code ? NULL : mem_dup(slow.len ? slow.ptr : "", slow.len);
    return code;
}

void python_stop(struct python *python)
{
    child_close(python->child);
    python->child = NULL;
    if (python->control >= 0)
        close(python->control);
    python->control = -1;
}

void python_bury(struct python *python)
{
    struct child_result seen;
    struct err ignored;
    const struct str nothing = {"", 0};
    if (!python->child)
        return;
    if (child_exchange(python->child, nothing, nothing, ENDING_MS, &seen, &ignored) == 0) {
        bool ended = seen.status >= 0;
        buf_free(&seen.out);
        buf_free(&seen.err);
        if (!ended)
            return;
    }
    python_stop(python);
}

int python_serve(struct python *python, struct err *err)
{
    if (python->control >= 0)
        return 0;
    int code = start(python, err);
    if (code)
        python_stop(python);
    return code;
}

static void unlink_data(struct python *python, const struct python_data *data)
{
    for (struct python_data **link = &python->loaded; *link; link = &(*link)->next) {
        if (*link != data)
            continue;
        *link = data->next;
        python->loaded_count--;
        python->loaded_bytes -= data->size;
        return;
    }
}

void python_forget(struct python_data *data)
{
    if (data->control < 0)
        return;
    unlink_data(data->python, data);
    close(data->control);
    data->control = -1;
}

static void put_first(struct python_data *data)
{
    struct python *python = data->python;
    data->next = python->loaded;
    python->loaded = data;
    python->loaded_count++;
    python->loaded_bytes += data->size;
}

static void make_room(struct python *python, size_t size)
{
    while (python->loaded &&
           (python->loaded_count >= LOADED_COUNT || python->loaded_bytes + size > loaded_most())) {
        struct python_data *last = python->loaded;
        while (last->next)
            last = last->next;
        python_forget(last);
    }
}

/* A process that has read the data, forked from the server. Only the data's own mutex is held while
 * it reads. */
static int load(struct python *python, struct python_data *data, struct err *err)
{
    int pair[2];
    int number = python_sockets(pair);
    if (number)
        return err_system(err, number, "make a socket for", "Python in the sandbox");
    int code = python_serve(python, err);
    uint64_t server = python->server;
    const int fds[] = {data->file, pair[1]};
    if (!code && python_send(python->control, "hold", fds, 2)) {
        python_stop(python);
        code = python_serve(python, err);
        server = python->server;
        if (!code && python_send(python->control, "hold", fds, 2))
            code = err_set(err, EXIT_UNAVAILABLE, "Python in the sandbox ends again and again");
    }
    close(pair[1]);
    pthread_mutex_unlock(&python->mutex);
    code = code ? code : python_await(pair[0], NULL, err);
    code = code == EXIT_PLUGIN ? PYTHON_CANNOT_READ : code;
    pthread_mutex_lock(&python->mutex);
    if (code) {
        close(pair[0]);
        return code;
    }
    make_room(python, data->size);
    data->control = pair[0];
    data->server = server;
    put_first(data);
    return 0;
}

static int dispatch_data(struct python *python, struct python_data *data, const char *words,
                         const int *fds, size_t count, struct err *err)
{
    if (data->control >= 0 && data->server == python->server && python->control >= 0 &&
        python_send(data->control, words, fds, count) == 0) {
        unlink_data(python, data);
        put_first(data);
        return 0;
    }
    python_forget(data);
    int code = load(python, data, err);
    if (!code && python_send(data->control, words, fds, count)) {
        python_forget(data);
        code = err_set(err, EXIT_UNAVAILABLE, "Python in the sandbox ended when it had read data");
    }
    return code;
}

static int dispatch_plain(struct python *python, const char *words, const int *fds, size_t count,
                          struct err *err)
{
    if (python->control >= 0 && python_send(python->control, words, fds, count) == 0)
        return 0;
    python_stop(python);
    int code = python_serve(python, err);
    if (!code && python_send(python->control, words, fds, count))
        code = err_set(err, EXIT_UNAVAILABLE, "Python in the sandbox ends again and again");
    return code;
}

int python_dispatch(struct python *python, struct python_data *data, const char *words,
                    const int *fds, size_t count, struct err *err)
{
    if (data)
        pthread_mutex_lock(&data->mutex);
    pthread_mutex_lock(&python->mutex);
    int code = data ? dispatch_data(python, data, words, fds, count, err)
                    : dispatch_plain(python, words, fds, count, err);
    pthread_mutex_unlock(&python->mutex);
    if (data)
        pthread_mutex_unlock(&data->mutex);
    return code;
}
