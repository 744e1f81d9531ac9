/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
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

/* What a new process needs, out of the way of the numbers that its descriptors will have. */
struct birth {
    const struct spawn *spawn;
    int fds[MAX_FDS];
    int report; /* gets the errno of a failure */
    pid_t parent;
};

/* In the new process: only system calls. The report is the descriptor after those of the spawn.
 * Returns an errno. */
static int become(const struct birth *birth, int report)
{
    const struct spawn *spawn = birth->spawn;
    struct rlimit limit;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != birth->parent)
        return ESRCH;
    for (int i = 0; i < report; i++) {
        if (dup2(birth->fds[i], i) < 0)
            return errno;
    }
    if (close_range((unsigned)report + 1, ~0u, 0) != 0)
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

static _Noreturn void begin(const struct birth *birth)
{
    int report = (int)birth->spawn->fd_count;
    if (dup3(birth->report, report, O_CLOEXEC) == report) {
        int number = become(birth, report);
        while (write(report, &number, sizeof(number)) < 0 && errno == EINTR)
            continue;
    }
    _exit(127);
}

/*
 * vfork, because the page tables of a program with GiB of memory take long to copy for every
 * command of every episode, and posix_spawn can neither let the child die with us nor lower its
 * limits. Until exec the new process makes only system calls; it returns from no function that
 * it has not called, and leaves nothing in memory for this one to read.
 */
static pid_t start(const void *arg)
{
    const struct birth *birth = arg;
    sigset_t all, old;
    /* No handler of ours may run in the new process while it shares our memory. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (pid == 0)
        begin(birth); /* NOLINT(clang-analyzer-unix.Vfork) */
    int number = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = number;
    return pid;
}

/* The errno with which the new process failed before exec; 0: it runs. */
static int read_report(int fd)
{
    int number = 0;
    ssize_t len;
    do
        len = read(fd, &number, sizeof(number));
    while (len < 0 && errno == EINTR);
    return len == (ssize_t)sizeof(number) ? number : 0;
}

/* Copies the descriptors of a spawn and the end of the pipe that the report goes into. */
static bool copy_fds(struct birth *birth, int report)
{
    birth->report = fcntl(report, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    bool ok = birth->report >= 0;
    for (size_t i = 0; i < birth->spawn->fd_count; i++) {
        birth->fds[i] = ok ? fcntl(birth->spawn->fds[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD) : -1;
        ok = birth->fds[i] >= 0;
    }
    return ok;
}

static void close_fds(const struct birth *birth)
{
    int number = errno;
    for (size_t i = 0; i < birth->spawn->fd_count; i++) {
        if (birth->fds[i] >= 0)
            close(birth->fds[i]);
    }
    if (birth->report >= 0)
        close(birth->report);
    errno = number;
}

pid_t spawn_start(const struct spawn *spawn)
{
    struct birth birth = {.spawn = spawn, .parent = getpid()};
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return -1;
    pid_t pid = copy_fds(&birth, report[1]) ? spawner_run(start, &birth) : -1;
    close_fds(&birth);
    int number = errno;
    close(report[1]);
    if (pid > 0 && (number = read_report(report[0]))) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        pid = -1;
    }
    close(report[0]);
    errno = number;
    return pid;
}
