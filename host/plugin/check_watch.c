/* SPDX-License-Identifier: MIT */
/* The state of the process that a plugin must leave alone. */
#include <dirent.h>
#include <fenv.h>
#include <locale.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "io/sandbox.h"
#include "plugin/check_internal.h"

extern char **environ;
/* There under a sanitizer, which does not feed mallinfo2. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

struct state {
    char locale[512];
    char cwd[4096];
    mode_t mask;
    char environment[HASH_HEX];
    struct sigaction actions[NSIG];
    sigset_t blocked;
    int rounding;
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
    out->rounding = fegetround();
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
    take(&after);
    if (strcmp(before.locale, after.locale) != 0)
        check_fail("R13", "the locale was changed from %s to %s", before.locale, after.locale);
    if (strcmp(before.cwd, after.cwd) != 0)
        check_fail("R13", "the working folder was changed to %s", after.cwd);
    if (before.mask != after.mask)
        check_fail("R13", "the umask was changed from %03o to %03o", before.mask, after.mask);
    if (strcmp(before.environment, after.environment) != 0)
        check_fail("R13", "the environment was changed");
    if (before.rounding != after.rounding)
        check_fail("R13", "the rounding of floating-point numbers was changed");
    if (forks)
        check_fail("R13", "fork was called %u times", forks);
    else if (waitpid(-1, NULL, WNOHANG) >= 0)
        check_fail("R13", "a child process was left");
    compare_signals(&after);
    compare_threads(&after);
}
