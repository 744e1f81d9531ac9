/* SPDX-License-Identifier: MIT */
#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/child_internal.h"

#define DEFAULT_TIMEOUT_MS 10000
#define DEFAULT_MAX_OUTPUT (1u << 20)
#define READ_SIZE 65536
/* For what a killed group still had in its pipes. */
#define GRACE_US 500000
/* For the processes of a killed namespace. */
#define GONE_MS 20000

struct stream {
    int fd; /* -1: at its end */
    struct buf buf;
    size_t searched;
    bool truncated;
};

struct child {
    pid_t pid;
    int pidfd;
    int input; /* -1: closed */
    bool close_input;
    struct buf pending;
    size_t sent;
    struct stream out, err;
    size_t max_output;
    uint32_t timeout_ms;
    struct guard guard; /* pidfd -1: none */
    bool ended;
    int status;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Keeps max_output bytes, and of what comes after that the end, which may hold the beginning of
 * `until`. */
static void cut(const struct child *child, struct stream *stream, size_t until_len)
{
    size_t keep = until_len ? until_len - 1 : 0;
    if (stream->buf.len <= child->max_output + keep)
        return;
    char *room = stream->buf.ptr + child->max_output;
    memmove(room, stream->buf.ptr + stream->buf.len - keep, keep);
    stream->buf.len = child->max_output + keep;
    stream->searched = child->max_output;
    stream->truncated = true;
}

/* Whether the output now holds `until`; *out_at is where. */
static bool search(struct stream *stream, struct str until, size_t *out_at)
{
    size_t at, from = stream->searched;
    if (!until.len || !stream->buf.len)
        return false;
    if (str_find((struct str){stream->buf.ptr + from, stream->buf.len - from}, until, &at)) {
        *out_at = from + at;
        return true;
    }
    if (stream->buf.len - from >= until.len)
        stream->searched = stream->buf.len - until.len + 1;
    return false;
}

/* Reads once; false when there is nothing to read now. */
static bool read_stream(struct stream *stream)
{
    char data[READ_SIZE];
    ssize_t len = read(stream->fd, data, sizeof(data));
    if (len < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (len > 0)
        buf_add(&stream->buf, data, (size_t)len);
    else
        close_fd(&stream->fd);
    return len > 0;
}

/* The reader may be gone: that is its business, not a signal's. */
static ssize_t write_quietly(int fd, struct str text)
{
    sigset_t pipe_only, old, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
    ssize_t len = write(fd, text.ptr, text.len);
    int number = errno;
    if (len < 0 && number == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe_only, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = number;
    return len;
}

static void write_pending(struct child *child)
{
    struct str rest = {child->pending.ptr + child->sent, child->pending.len - child->sent};
    ssize_t len = write_quietly(child->input, rest);
    if (len < 0 && errno != EAGAIN && errno != EINTR)
        close_fd(&child->input);
    else if (len > 0)
        child->sent += (size_t)len;
}

static void update_input(struct child *child)
{
    bool done = child->sent == child->pending.len;
    if (done || child->input < 0) {
        buf_reset(&child->pending);
        child->sent = 0;
    }
    if (done && child->close_input)
        close_fd(&child->input);
}

/* One round of poll; returns whether the child's end was seen. */
static bool pump_once(struct child *child, int timeout)
{
    struct pollfd fds[] = {
        {.fd = child->pidfd, .events = POLLIN},
        {.fd = child->out.fd, .events = POLLIN},
        {.fd = child->err.fd, .events = POLLIN},
        {.fd = child->pending.len > child->sent ? child->input : -1, .events = POLLOUT},
    };
    if (poll(fds, 4, timeout) <= 0)
        return false;
    if (fds[1].revents)
        read_stream(&child->out);
    if (fds[2].revents)
        read_stream(&child->err);
    cut(child, &child->err, 0);
    if (fds[3].revents)
        write_pending(child);
    update_input(child);
    return fds[0].revents != 0;
}

/* The init process of a namespace ends after all others in it. Its parent, which may have ended
 * first, leaves it to us (sandbox.c). */
static void end_guard(struct child *child)
{
    struct pollfd gone = {.fd = child->guard.pidfd, .events = POLLIN};
    siginfo_t info;
    if (gone.fd < 0)
        return;
    guard_remove(&child->guard);
    while (poll(&gone, 1, GONE_MS) < 0 && errno == EINTR)
        continue;
    waitid(P_PIDFD, (id_t)child->guard.pidfd, &info, WEXITED | WNOHANG);
    close_fd(&child->guard.pidfd);
}

/* Kills the group, takes what is left in its pipes, and reaps. The pid is not free for others
 * before that. */
static void child_end(struct child *child, size_t until_len)
{
    int status = 0;
    uint64_t deadline = clock_monotonic_us() + GRACE_US;
    if (child->ended)
        return;
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL);
    if (child->guard.pidfd >= 0)
        pidfd_send_signal(child->guard.pidfd, SIGKILL, NULL, 0);
    close_fd(&child->input);
    while ((child->out.fd >= 0 || child->err.fd >= 0) && clock_monotonic_us() < deadline) {
        struct pollfd fds[] = {{.fd = child->out.fd, .events = POLLIN},
                               {.fd = child->err.fd, .events = POLLIN}};
        poll(fds, 2, 10);
        if (fds[0].revents)
            read_stream(&child->out);
        if (fds[1].revents)
            read_stream(&child->err);
        cut(child, &child->out, until_len);
        cut(child, &child->err, 0);
    }
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    end_guard(child);
    close_fd(&child->out.fd);
    close_fd(&child->err.fd);
    close_fd(&child->pidfd);
    child->ended = true;
    child->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

enum pumped { PUMP_FOUND, PUMP_ENDED, PUMP_TIMED_OUT };

static enum pumped pump(struct child *child, struct str until, uint32_t timeout_ms, size_t *out_at)
{
    uint64_t start = clock_monotonic_us(), limit = timeout_ms * 1000ull;
    update_input(child);
    for (;;) {
        if (search(&child->out, until, out_at))
            return PUMP_FOUND;
        cut(child, &child->out, until.len);
        uint64_t spent = clock_monotonic_us() - start;
        if (child->ended)
            return PUMP_ENDED;
        if (spent >= limit)
            return PUMP_TIMED_OUT;
        uint64_t wait_ms = (limit - spent + 999) / 1000;
        if (pump_once(child, wait_ms > 1000 ? 1000 : (int)wait_ms))
            child_end(child, until.len);
    }
}

static void child_free(struct child *child)
{
    buf_free(&child->pending);
    buf_free(&child->out.buf);
    buf_free(&child->err.buf);
    mem_free(child);
}

void child_close(struct child *child)
{
    if (!child)
        return;
    child_end(child, 0);
    child_free(child);
}

/* Three pipes; ours are not blocking. */
static int open_pipes(struct child *child, int theirs[3])
{
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    for (int i = 0; i < 3; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) == 0)
            continue;
        int number = errno;
        for (int k = 0; k < i; k++) {
            close(pipes[k][0]);
            close(pipes[k][1]);
        }
        return number;
    }
    child->input = pipes[0][1];
    child->out.fd = pipes[1][0];
    child->err.fd = pipes[2][0];
    theirs[0] = pipes[0][0];
    theirs[1] = pipes[1][1];
    theirs[2] = pipes[2][1];
    fcntl(child->input, F_SETFL, O_NONBLOCK);
    fcntl(child->out.fd, F_SETFL, O_NONBLOCK);
    fcntl(child->err.fd, F_SETFL, O_NONBLOCK);
    return 0;
}

/* Returns an errno. */
static int spawn_child(struct child *child, const struct spawn *spawn)
{
    child->pid = spawn_start(spawn);
    if (child->pid < 0)
        return errno;
    child->pidfd = pidfd_open(child->pid, 0);
    if (child->pidfd >= 0)
        return 0;
    int number = errno;
    child_end(child, 0);
    return number;
}

static int start(struct child *child, const struct child_request *request, const int *fds,
                 size_t fd_count)
{
    struct spawn spawn = {.argv = request->argv, .env = request->env, .cwd = request->cwd};
    int number = open_pipes(child, spawn.fds);
    if (number)
        return number;
    spawn.fd_count = 3 + fd_count;
    for (size_t i = 0; i < fd_count; i++)
        spawn.fds[3 + i] = fds[i];
    number = spawn_child(child, &spawn);
    for (int i = 0; i < 3; i++)
        close(spawn.fds[i]);
    if (number) {
        close_fd(&child->input);
        close_fd(&child->out.fd);
        close_fd(&child->err.fd);
    }
    return number;
}

static struct child *create(const struct child_request *request)
{
    struct child *child = mem_alloc(sizeof(*child));
    child->pidfd = child->input = child->out.fd = child->err.fd = child->guard.pidfd = -1;
    child->max_output = request->max_output ? request->max_output : DEFAULT_MAX_OUTPUT;
    child->timeout_ms = request->timeout_ms ? request->timeout_ms : DEFAULT_TIMEOUT_MS;
    buf_str(&child->pending, request->input);
    return child;
}

int child_open_terminal(const struct child_request *request, int terminal, struct child **out,
                        struct err *err)
{
    struct child *child = create(request);
    const struct spawn spawn = {.argv = request->argv,
                                .env = request->env,
                                .cwd = request->cwd,
                                .fds = {terminal, terminal, terminal},
                                .fd_count = 3};
    int number = spawn_child(child, &spawn);
    if (number) {
        child_free(child);
        return err_system(err, number, "run", request->argv[0]);
    }
    *out = child;
    return 0;
}

int child_open_extra(const struct child_request *request, const int *fds, size_t fd_count,
                     struct child **out, struct err *err)
{
    struct child *child = create(request);
    int number = start(child, request, fds, fd_count);
    if (number) {
        child_free(child);
        return err_system(err, number, "run", request->argv[0]);
    }
    *out = child;
    return 0;
}

/* What came up to `at`; the rest, behind the mark, is for the next exchange. */
static void take(const struct child *child, struct stream *stream, size_t at, size_t mark,
                 struct buf *out)
{
    struct buf all = stream->buf;
    size_t len = at < child->max_output ? at : child->max_output;
    stream->truncated |= len < at;
    stream->buf = (struct buf){0};
    stream->searched = 0;
    if (all.len)
        buf_str(&stream->buf, (struct str){all.ptr + at + mark, all.len - at - mark});
    all.len = len;
    if (all.ptr)
        all.ptr[len] = '\0';
    *out = all;
}

static void add_cause(const struct guard *guard, struct buf *out)
{
    switch (__atomic_load_n(&guard->cause, __ATOMIC_ACQUIRE)) {
    case GUARD_NONE:
        break;
    case GUARD_PROCESSES:
        buf_printf(out, "ended: more than %u processes\n", guard->limits.max_processes);
        break;
    case GUARD_THREADS:
        buf_printf(out, "ended: too many threads for %u processes\n", guard->limits.max_processes);
        break;
    case GUARD_MEMORY:
        buf_printf(out, "ended: more than %llu MiB of memory together\n",
                   (unsigned long long)(guard->limits.max_memory >> 20));
        break;
    }
}

static void fill(struct child *child, enum pumped how, size_t at, size_t mark,
                 struct child_result *out)
{
    *out = (struct child_result){.status = child->ended ? child->status : -1,
                                 .timed_out = how == PUMP_TIMED_OUT};
    take(child, &child->out, how == PUMP_FOUND ? at : child->out.buf.len, mark, &out->out);
    take(child, &child->err, child->err.buf.len, 0, &out->err);
    out->truncated = child->out.truncated || child->err.truncated;
    child->out.truncated = child->err.truncated = false;
    if (child->ended)
        add_cause(&child->guard, &out->err);
}

pid_t child_pid(const struct child *child)
{
    return child->pid;
}

/* Whether it is the number's process that the pidfd stands for: it still has its parent, or has
 * become ours, which its parent ended before. */
static bool is_child_of(pid_t pid, pid_t parent)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    int found = 0;
    if (len <= 0)
        return false;
    text[len] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end && sscanf(name_end, ") %*c %d", &found) == 1 && found == (int)parent;
}

int child_guard(struct child *child, pid_t inner, const struct guard_limits *limits,
                struct err *err)
{
    int fd = pidfd_open(inner, 0);
    if (fd < 0 || !(is_child_of(inner, child->pid) || is_child_of(inner, getpid()))) {
        close_fd(&fd);
        return 0;
    }
    child->guard.pid = inner;
    child->guard.pidfd = fd;
    child->guard.limits = *limits;
    return guard_add(&child->guard, err);
}

void child_finish(struct child *child, struct child_result *out)
{
    size_t at = 0;
    child->close_input = true;
    enum pumped how = pump(child, (struct str){"", 0}, child->timeout_ms, &at);
    child_end(child, 0);
    fill(child, how, 0, 0, out);
    child_close(child);
}

int child_run(const struct child_request *request, struct child_result *out, struct err *err)
{
    struct child *child = NULL;
    int code = child_open(request, &child, err);
    if (child)
        child_finish(child, out);
    return code;
}

int child_open(const struct child_request *request, struct child **out, struct err *err)
{
    return child_open_extra(request, NULL, 0, out, err);
}

int child_exchange(struct child *child, struct str input, struct str until, uint32_t timeout_ms,
                   struct child_result *out, struct err *err)
{
    size_t at = 0;
    buf_str(&child->pending, input);
    if (child->pending.failed)
        return err_set(err, EXIT_INTERNAL, "the input of a program is too large");
    enum pumped how = pump(child, until, timeout_ms ? timeout_ms : child->timeout_ms, &at);
    fill(child, how, at, how == PUMP_FOUND ? until.len : 0, out);
    return 0;
}
