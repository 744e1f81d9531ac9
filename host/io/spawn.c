/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/child_internal.h"

#define MAX_FDS (3 + CHILD_MAX_EXTRA)
#define FIRST_FREE_FD 16
/* This program may have raised its own limit to what the system allows. */
#define MAX_FILES 1024

static void reset_signals(void)
{
    sigset_t none;
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int i = 1; i < NSIG; i++)
        sigaction(i, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the new process, which shares this one's memory until exec: only system calls. Returns an
 * errno. */
static int become(const struct spawn *spawn, const int *fds, pid_t parent)
{
    struct rlimit limit;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return ESRCH;
    for (size_t i = 0; i < spawn->fd_count; i++) {
        if (dup2(fds[i], (int)i) < 0)
            return errno;
    }
    if (close_range((unsigned)spawn->fd_count, ~0u, 0) != 0)
        return errno;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > MAX_FILES) {
        limit.rlim_cur = MAX_FILES;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (spawn->cwd && chdir(spawn->cwd) != 0)
        return errno;
    reset_signals();
    execve(spawn->argv[0], (char *const *)(uintptr_t)spawn->argv,
           (char *const *)(uintptr_t)spawn->env);
    return errno;
}

static pid_t start(const struct spawn *spawn, const int *fds)
{
    sigset_t all, old;
    volatile int failed = 0;
    pid_t parent = getpid();
    /* No handler of ours may run in the new process while it shares our memory. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t pid = vfork();
    if (pid == 0) {
        failed = become(spawn, fds, parent);
        _exit(127);
    }
    int number = pid < 0 ? errno : failed;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (pid > 0 && number) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        pid = -1;
    }
    errno = number;
    return pid;
}

pid_t spawn_start(const struct spawn *spawn)
{
    int fds[MAX_FDS];
    size_t count = 0;
    /* Out of the way of the numbers that they will have. */
    while (count < spawn->fd_count) {
        fds[count] = fcntl(spawn->fds[count], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
        if (fds[count] < 0)
            break;
        count++;
    }
    pid_t pid = count == spawn->fd_count ? start(spawn, fds) : -1;
    int number = errno;
    while (count > 0)
        close(fds[--count]);
    errno = number;
    return pid;
}
