/* SPDX-License-Identifier: MIT */
/* One run: its turn, its descriptors, its end. The result comes through a pipe that the model's
 * code can write to as well; the word on how it ended comes from the watcher, which it cannot
 * reach. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/python_internal.h"

#define DEFAULT_MS 30000
#define SLICE_MS 200 /* how soon a cancelled run is noticed */
#define GONE_MS 30000
#define READ_SIZE 65536
#define HEADER 8 /* the length of the result */

/* Says the watcher, in python/serve.py. */
enum why { WHY_ENDED, WHY_KILLED, WHY_THREADS, WHY_FAILED };
struct report {
    int32_t why;
    int32_t code; /* exit status, or the signal's number, negative */
    uint64_t cpu_ms;
};

struct running {
    struct python *python;
    const struct python_run *run;
    struct python_data *data;
    uint32_t seconds;
    int result; /* -1: at its end */
    int life;   /* -1: the watcher has ended, and with it everything */
    struct buf written;
    bool long_result, late, cancelled;
    bool stuck; /* it does not end when it is told to */
    bool reported;
    struct report report;
    char reason[600];
};

static bool is_cancelled(const struct python_run *run)
{
    return run->cancelled && __atomic_load_n(run->cancelled, __ATOMIC_RELAXED);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void unlink_waiter(struct python *python, const struct python_waiter *waiter)
{
    struct python_waiter **link = &python->waiters;
    while (*link && *link != waiter)
        link = &(*link)->next;
    if (*link)
        *link = waiter->next;
}

/* With the mutex held. Who has waited longest is next. */
static void pass_turns(struct python *python)
{
    while (python->waiters && python->running < python->setup.max_parallel) {
        python->waiters->has_turn = true;
        python->waiters = python->waiters->next;
        python->running++;
    }
    pthread_cond_broadcast(&python->changed);
}

/* False when cancelled. */
static bool take_turn(struct python *python, const struct python_run *run)
{
    struct python_waiter waiter = {0};
    pthread_mutex_lock(&python->mutex);
    struct python_waiter **last = &python->waiters;
    while (*last)
        last = &(*last)->next;
    *last = &waiter;
    pass_turns(python);
    while (!waiter.has_turn && !is_cancelled(run)) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += SLICE_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&python->changed, &python->mutex, &until);
    }
    if (!waiter.has_turn)
        unlink_waiter(python, &waiter);
    pthread_mutex_unlock(&python->mutex);
    return waiter.has_turn;
}

static void give_turn(struct python *python)
{
    pthread_mutex_lock(&python->mutex);
    python->running--;
    pass_turns(python);
    pthread_mutex_unlock(&python->mutex);
}

static int send_run(struct running *running, int source, struct err *err)
{
    int pipes[2], sockets[2];
    char words[64];
    if (pipe2(pipes, O_CLOEXEC))
        return err_system(err, errno, "make a pipe for", "Python in the sandbox");
    int number = python_sockets(sockets);
    if (number) {
        close(pipes[0]);
        close(pipes[1]);
        return err_system(err, number, "make a socket for", "Python in the sandbox");
    }
    running->result = pipes[0];
    running->life = sockets[0];
    fcntl(running->result, F_SETFL, O_NONBLOCK);
    snprintf(words, sizeof(words), "run %u", running->seconds);
    const int fds[] = {source, pipes[1], sockets[1]};
    int code = python_dispatch(running->python, running->data, words, fds, 3, err);
    close(pipes[1]);
    close(sockets[1]);
    return code;
}

/* Its end follows: the watcher sees this, and the run is over when it has ended itself. */
static void end_run(struct running *running)
{
    shutdown(running->life, SHUT_WR);
}

static void read_result(struct running *running)
{
    char data[READ_SIZE];
    size_t max = running->python->setup.max_result + HEADER;
    ssize_t len = read(running->result, data, sizeof(data));
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        close_fd(&running->result);
        return;
    }
    if (running->written.len + (size_t)len <= max) {
        buf_add(&running->written, data, (size_t)len);
    } else if (!running->long_result) {
        running->long_result = true;
        end_run(running);
    }
}

static void read_life(struct running *running)
{
    char text[sizeof(struct report) + sizeof(running->reason)];
    ssize_t len = recv(running->life, text, sizeof(text), 0);
    if (len < 0 && errno == EINTR)
        return;
    if (len < (ssize_t)sizeof(struct report)) {
        close_fd(&running->life);
        return;
    }
    size_t rest = (size_t)len - sizeof(struct report);
    memcpy(&running->report, text, sizeof(struct report));
    memcpy(running->reason, text + sizeof(struct report), rest);
    running->reason[rest < sizeof(running->reason) ? rest : rest - 1] = '\0';
    running->reported = true;
}

/* Ends what is over its time, and gives up on what does not end then. */
static bool keep_time(struct running *running, uint64_t *until_ms)
{
    uint64_t now = clock_monotonic_us() / 1000;
    bool ending = running->long_result || running->late || running->cancelled;
    if (!ending && is_cancelled(running->run))
        running->cancelled = true;
    else if (now < *until_ms)
        return true;
    else if (!ending)
        running->late = true;
    else
        return false;
    end_run(running);
    *until_ms = now + GONE_MS;
    return true;
}

/* Until the watcher has ended. False: it does not. */
static bool pump(struct running *running)
{
    uint64_t until = clock_monotonic_us() / 1000 + running->seconds * 2000ull;
    while (running->life >= 0) {
        struct pollfd fds[] = {{.fd = running->life, .events = POLLIN},
                               {.fd = running->result, .events = POLLIN}};
        if (!keep_time(running, &until))
            return false;
        if (poll(fds, 2, SLICE_MS) <= 0)
            continue;
        if (fds[1].revents)
            read_result(running);
        if (fds[0].revents)
            read_life(running);
    }
    while (running->result >= 0 && !running->long_result) {
        struct pollfd left = {.fd = running->result, .events = POLLIN};
        if (poll(&left, 1, 0) <= 0)
            break;
        read_result(running);
    }
    return true;
}

/* The result if what was written is one: its length, then as many bytes. */
static bool take_text(struct running *running, struct buf *out)
{
    struct str all = buf_view(&running->written);
    uint64_t length;
    if (all.len < HEADER)
        return false;
    memcpy(&length, all.ptr, HEADER);
    struct str text = {all.ptr + HEADER, all.len - HEADER};
    if (length != text.len || !str_valid_utf8(text))
        return false;
    buf_str(out, text);
    return true;
}

/* For its limit the kernel counts whole ticks, of which a process may have had a part each. */
static bool is_out_of_time(const struct running *running)
{
    return running->report.code == -SIGKILL &&
           2 * running->report.cpu_ms >= running->seconds * 1000ull;
}

static void judge(struct running *running, struct python_result *out)
{
    int code = running->report.code;
    out->cpu_ms = (uint32_t)running->report.cpu_ms;
    if (running->report.why == WHY_THREADS) {
        out->end = PYTHON_CROWDED;
    } else if (running->long_result) {
        out->end = PYTHON_LONG;
    } else if (running->late || is_out_of_time(running)) {
        out->end = PYTHON_LATE;
    } else if (code || !running->written.len) {
        out->end = PYTHON_LEFT;
        out->status = code < 0 ? 128 - code : code;
    } else {
        out->end = take_text(running, &out->text) ? PYTHON_DONE : PYTHON_GARBLED;
    }
}

enum outcome { OUTCOME_RUN, OUTCOME_LOST, OUTCOME_ERROR };

/* Lost: the processes that it was to come from ended around it; *out_code and err are what to say
 * if that is the last word. */
static enum outcome run_once(struct running *running, int source, struct python_result *out,
                             int *out_code, struct err *err)
{
    *out_code = send_run(running, source, err);
    if (*out_code == PYTHON_CANNOT_READ) {
        *out_code = 0;
        out->end = PYTHON_UNREAD;
        buf_text(&out->text, err->text);
        return OUTCOME_RUN;
    }
    if (*out_code)
        return *out_code == EXIT_UNAVAILABLE ? OUTCOME_LOST : OUTCOME_ERROR;
    running->stuck = !pump(running);
    if (running->cancelled) {
        *out_code = err_set(err, EXIT_SIGINT, "cancelled");
        return OUTCOME_ERROR;
    }
    if (running->stuck || !running->reported) {
        *out_code = err_set(err, EXIT_UNAVAILABLE,
                            "Python in the sandbox was ended from outside, again and again");
        return OUTCOME_LOST;
    }
    if (running->report.why == WHY_FAILED) {
        *out_code =
            err_set(err, EXIT_UNAVAILABLE, "no sandbox for Python here: %s", running->reason);
        return OUTCOME_LOST; /* it may only have been short of something */
    }
    judge(running, out);
    return OUTCOME_RUN;
}

static void clear(struct running *running)
{
    close_fd(&running->result);
    close_fd(&running->life);
    buf_free(&running->written);
}

/* The processes that a lost run was to come from are not to be trusted to be there. */
static void start_anew(struct python *python, struct python_data *data, bool stuck, uint64_t server)
{
    pthread_mutex_lock(&python->mutex);
    if (data)
        python_forget(data);
    if (stuck && python->server == server)
        python_stop(python);
    else
        python_bury(python);
    pthread_mutex_unlock(&python->mutex);
}

static int run_file(struct python *python, const struct python_run *run, int source,
                    struct python_result *out, struct err *err)
{
    uint32_t ms = run->timeout_ms ? run->timeout_ms : DEFAULT_MS;
    struct python_data *data = run->data;
    int code = 0;
    python_choose(&python, &data, run->source);
    for (int attempt = 0; attempt < 2; attempt++) {
        struct running running = {.python = python,
                                  .run = run,
                                  .data = data,
                                  .seconds = ms / 1000 + (ms % 1000 != 0),
                                  .result = -1,
                                  .life = -1};
        pthread_mutex_lock(&python->mutex);
        uint64_t server = python->server;
        pthread_mutex_unlock(&python->mutex);
        enum outcome outcome = run_once(&running, source, out, &code, err);
        clear(&running);
        if (outcome != OUTCOME_LOST)
            return code;
        start_anew(python, data, running.stuck, server);
    }
    return code;
}

int python_run(struct python *python, const struct python_run *run, struct python_result *out,
               struct err *err)
{
    *out = (struct python_result){0};
    if (!take_turn(python, run))
        return err_set(err, EXIT_SIGINT, "cancelled");
    int source = python_file(run->source);
    int code = source < 0 ? err_system(err, errno, "make a file in memory for", "a program")
                          : run_file(python, run, source, out, err);
    close_fd(&source);
    give_turn(python);
    return code;
}
