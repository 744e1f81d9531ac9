/* SPDX-License-Identifier: MIT */
/* The state of the process that a plugin must leave alone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "io/sandbox.h"
#include "plugin/check_internal.h"

extern char **environ;
/* There under a sanitizer, which does not feed mallinfo2. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

#define STREAMS 3 /* standard input, output and error */

struct state {
    char locale[512];
    char cwd[4096];
    mode_t mask;
    char environment[HASH_HEX];
    struct sigaction actions[NSIG];
    sigset_t blocked;
    int rounding, traps;
    int priority;
    struct rlimit limits[RLIM_NLIMITS];
    bool timer;
    struct stat streams[STREAMS]; /* zeroes for one that is closed */
    size_t threads;
};
static struct state before;
static unsigned forks;

static void count_fork(void)
{
    __atomic_add_fetch(&forks, 1, __ATOMIC_RELAXED);
}

static size_t count_in(const char *dir)
{
    size_t count = 0;
    DIR *d = opendir(dir);
    if (!d)
        return 0;
    for (struct dirent *e; (e = readdir(d));)
        count += e->d_name[0] != '.';
    closedir(d);
    return count;
}

size_t watch_fds(void)
{
    return count_in("/proc/self/fd");
}

size_t watch_threads(void)
{
    size_t own = sandbox_threads(), count = count_in("/proc/self/task");
    return count > own ? count - own : 0;
}

size_t watch_bytes(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* A sanitizer counts what was asked for, glibc the blocks it gave. */
size_t watch_least(void)
{
    return __sanitizer_get_current_allocated_bytes ? 1 : 16;
}

/* What is mapped beside what malloc has: a sanitizer's own maps would say nothing. */
size_t watch_mapped(void)
{
    unsigned long pages = 0;
    FILE *file = __sanitizer_get_current_allocated_bytes ? NULL : fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    fclose(file);
    struct mallinfo2 info = mallinfo2();
    size_t size = pages * (size_t)sysconf(_SC_PAGESIZE), own = info.arena + info.hblkhd;
    return size > own ? size - own : 0;
}

static bool has_timer(void)
{
    static const int kinds[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
    bool found = false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct itimerval value;
        found |= getitimer(kinds[i], &value) == 0 &&
                 (value.it_value.tv_sec != 0 || value.it_value.tv_usec != 0);
    }
    return found;
}

static void take_limits(struct state *out)
{
    out->rounding = fegetround();
    out->traps = fegetexcept();
    out->priority = getpriority(PRIO_PROCESS, 0);
    out->timer = has_timer();
    for (int i = 0; i < (int)RLIM_NLIMITS; i++)
        getrlimit((__rlimit_resource_t)i, &out->limits[i]);
    for (int i = 0; i < STREAMS; i++) {
        if (fstat(i, &out->streams[i]) != 0)
            memset(&out->streams[i], 0, sizeof(out->streams[i]));
    }
}

static void take(struct state *out)
{
    struct hash *hash = hash_create();
    memset(out, 0, sizeof(*out));
    snprintf(out->locale, sizeof(out->locale), "%s", setlocale(LC_ALL, NULL));
    if (!getcwd(out->cwd, sizeof(out->cwd)))
        out->cwd[0] = '\0';
    out->mask = umask(0);
    umask(out->mask);
    for (char **item = environ; item && *item; item++)
        hash_piece(hash, str_of(*item));
    hash_finish_hex(hash, out->environment);
    for (int i = 1; i < NSIG; i++)
        sigaction(i, NULL, &out->actions[i]);
    pthread_sigmask(SIG_SETMASK, NULL, &out->blocked);
    take_limits(out);
    out->threads = watch_threads();
}

void watch_start(void)
{
    pthread_atfork(count_fork, NULL, NULL);
    take(&before);
}

static void compare_signals(const struct state *after)
{
    for (int i = 1; i < NSIG; i++) {
        if (before.actions[i].sa_handler != after->actions[i].sa_handler)
            check_fail("R13", "the handler of signal %d (%s) was changed", i, strsignal(i));
        if (sigismember(&before.blocked, i) != sigismember(&after->blocked, i))
            check_fail("R13", "signal %d (%s) was %sblocked", i, strsignal(i),
                       sigismember(&after->blocked, i) ? "" : "un");
    }
}

static void compare_streams(const struct state *after)
{
    for (int i = 0; i < STREAMS; i++) {
        const struct stat *a = &before.streams[i], *b = &after->streams[i];
        if (a->st_dev != b->st_dev || a->st_ino != b->st_ino)
            check_fail("R13", "file descriptor %d was closed or replaced", i);
    }
}

static void compare_limits(const struct state *after)
{
    if (before.rounding != after->rounding)
        check_fail("R13", "the rounding of floating-point numbers was changed");
    if (before.traps != after->traps)
        check_fail("R13", "traps of floating-point faults were changed");
    if (before.priority != after->priority)
        check_fail("R13", "the priority was changed from %d to %d", before.priority,
                   after->priority);
    if (!before.timer && after->timer)
        check_fail("R13", "a timer of the process was set (alarm or setitimer)");
    if (memcmp(before.limits, after->limits, sizeof(before.limits)) != 0)
        check_fail("R13", "a limit of the process was changed (setrlimit)");
}

/* A plugin that takes all of them cannot be told by their growth. */
static void look_for_free_fd(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == EMFILE)
        check_fail("R19", "no file descriptor is left: all that the process may have are open");
    if (fd >= 0)
        close(fd);
}

static void compare_threads(const struct state *after)
{
    size_t threads = after->threads;
    /* A thread that was joined may take a moment to leave the list. */
    for (int i = 0; i < 100 && threads > before.threads; i++) {
        usleep(5000);
        threads = watch_threads();
    }
    if (threads > before.threads)
        check_fail("R12", "%zu threads are left after close", threads - before.threads);
}

void watch_end(void)
{
    struct state after;
    look_for_free_fd();
    take(&after);
    if (strcmp(before.locale, after.locale) != 0)
        check_fail("R13", "the locale was changed from %s to %s", before.locale, after.locale);
    if (strcmp(before.cwd, after.cwd) != 0)
        check_fail("R13", "the working folder was changed to %s", after.cwd);
    if (before.mask != after.mask)
        check_fail("R13", "the umask was changed from %03o to %03o", before.mask, after.mask);
    if (strcmp(before.environment, after.environment) != 0)
        check_fail("R13", "the environment was changed");
    if (forks)
        check_fail("R13", "fork was called %u times", forks);
    else if (waitpid(-1, NULL, WNOHANG) >= 0)
        check_fail("R13", "a child process was left");
    compare_streams(&after);
    compare_limits(&after);
    compare_signals(&after);
    compare_threads(&after);
}
