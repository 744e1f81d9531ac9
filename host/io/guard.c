/* SPDX-License-Identifier: MIT */
/* Without a cgroup, which only some users may make, nothing in the kernel limits what the
 * processes of a sandbox take together: RLIMIT_NPROC counts all of a user's processes before Linux
 * 5.14 and none of root's, RLIMIT_AS each process on its own. So they are counted from outside,
 * also while nobody talks to a session.
 *
 * A fork bomb is stopped only if this thread gets a processor amid thousands of others that want
 * one. Where the kernel limits the bomb (sandbox.c) there are few; root, whom it does not limit,
 * may run the thread ahead of all that are not real-time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "io/child_internal.h"
#include "io/sandbox.h"
#include "io/thread.h"

#define ROUND_US 100000
#define MOST_OF_TIME 20 /* a round takes at most one part in so many of a processor */
#define LONGEST_US 2000000
#define MAX_LEVELS 64

struct census {
    const struct guard_limits *limits;
    uint64_t processes, threads, memory;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t added = PTHREAD_COND_INITIALIZER;
static struct guard *guards;
static bool running;

static enum guard_cause judge(const struct census *census)
{
    const struct guard_limits *limits = census->limits;
    if (census->processes > limits->max_processes)
        return GUARD_PROCESSES;
    if (census->threads > (uint64_t)limits->max_processes * GUARD_THREADS_EACH)
        return GUARD_THREADS;
    return census->memory > limits->max_memory ? GUARD_MEMORY : GUARD_NONE;
}

static struct str read_text(const char *path, char *out, size_t size)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, out, size);
    return (struct str){out, len > 0 ? (size_t)len : 0};
}

/* Pages that are neither file's nor shared: of /proc/PID/statm the second field less the third. */
static uint64_t memory_of(pid_t pid)
{
    char path[64], text[256];
    int64_t resident = 0, shared = 0;
    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    struct str rest = read_text(path, text, sizeof(text));
    str_cut(&rest, ' ');
    if (!str_to_i64(str_cut(&rest, ' '), &resident) || !str_to_i64(str_cut(&rest, ' '), &shared) ||
        resident < shared)
        return 0;
    return (uint64_t)(resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void count_below(struct census *census, pid_t pid, int level);

static void count_children(struct census *census, const char *path, int level)
{
    char text[8192];
    struct str rest = read_text(path, text, sizeof(text));
    while (rest.len && judge(census) == GUARD_NONE) {
        int64_t child;
        if (!str_to_i64(str_cut(&rest, ' '), &child))
            continue;
        census->processes++;
        census->memory += memory_of((pid_t)child);
        if (level < MAX_LEVELS)
            count_below(census, (pid_t)child, level + 1);
    }
}

/* A process is listed as a child of the thread that started it. */
static void count_below(struct census *census, pid_t pid, int level)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    struct dirent *entry;
    while (threads && (entry = readdir(threads)) && judge(census) == GUARD_NONE) {
        int64_t thread;
        if (!str_to_i64(str_of(entry->d_name), &thread))
            continue;
        census->threads++;
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)thread);
        count_children(census, path, level);
    }
    if (threads)
        closedir(threads);
}

static void look_at(struct guard *guard)
{
    struct census census = {.limits = &guard->limits};
    struct pollfd gone = {.fd = guard->pidfd, .events = POLLIN};
    count_below(&census, guard->pid, 0);
    enum guard_cause cause = judge(&census);
    /* If it is gone, the number may be another's by now. */
    if (cause == GUARD_NONE || poll(&gone, 1, 0) != 0)
        return;
    __atomic_store_n(&guard->cause, cause, __ATOMIC_RELEASE);
    pidfd_send_signal(guard->pidfd, SIGKILL, NULL, 0);
}

static uint64_t processor_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

/* What a round costs is its time on a processor: amid a fork bomb it waits for one much longer, and
 * the next must not come later for that. */
static void *watch(void *arg)
{
    /* What is not allowed is done without. */
    (void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK,
                             &(struct sched_param){.sched_priority = 1});
    for (;;) {
        uint64_t start = processor_us();
        pthread_mutex_lock(&mutex);
        while (!guards)
            pthread_cond_wait(&added, &mutex);
        for (struct guard *guard = guards; guard; guard = guard->next) {
            if (guard->cause == GUARD_NONE)
                look_at(guard);
        }
        pthread_mutex_unlock(&mutex);
        uint64_t wait = (processor_us() - start) * MOST_OF_TIME;
        wait = wait < ROUND_US ? ROUND_US : wait > LONGEST_US ? LONGEST_US : wait;
        nanosleep(&(struct timespec){.tv_sec = (time_t)(wait / 1000000),
                                     .tv_nsec = (long)(wait % 1000000) * 1000},
                  NULL);
    }
    return NULL;
}

int guard_add(struct guard *guard, struct err *err)
{
    pthread_t thread;
    pthread_mutex_lock(&mutex);
    int number = running ? 0 : thread_start(&thread, watch, NULL, "guard");
    if (!running && !number)
        pthread_detach(thread);
    running = number == 0;
    if (running) {
        guard->next = guards;
        guard->link = &guards;
        if (guard->next)
            guard->next->link = &guard->next;
        guards = guard;
        pthread_cond_signal(&added);
    }
    pthread_mutex_unlock(&mutex);
    if (number)
        return err_set(err, EXIT_INTERNAL, "cannot start the thread that guards the sandboxes: %s",
                       strerror(number));
    return 0;
}

size_t sandbox_threads(void)
{
    pthread_mutex_lock(&mutex);
    size_t count = running;
    pthread_mutex_unlock(&mutex);
    return count + spawner_is_running();
}

void guard_remove(struct guard *guard)
{
    if (!guard->link)
        return;
    pthread_mutex_lock(&mutex);
    *guard->link = guard->next;
    if (guard->next)
        guard->next->link = guard->link;
    guard->link = NULL;
    pthread_mutex_unlock(&mutex);
}
