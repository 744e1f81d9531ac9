/* SPDX-License-Identifier: MIT */
#include "sweep/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"

#define PROGRAM "/proc/self/exe"
#define TAIL_BYTES 8192

extern char **environ;

static char **environment(void)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    char **out = mem_array(count + 1, sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        bool ours = strncmp(environ[i], "GRASP_HOST_", 11) == 0 ||
                    strncmp(environ[i], "GRASP_BACKEND=", 14) == 0;
        if (!ours)
            out[kept++] = environ[i];
    }
    return out;
}

static const char **with_program(const char *const *argv)
{
    size_t count = 0;
    while (argv[count])
        count++;
    const char **out = mem_array(count + 2, sizeof(*out));
    out[0] = "grasp-host";
    memcpy(out + 1, argv, count * sizeof(*out));
    return out;
}

static _Noreturn void become(const char **argv, char **env, pid_t parent, int in, int out,
                             int errors)
{
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (getppid() == parent && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(errors, STDERR_FILENO) >= 0 && close_range(3, ~0u, 0) == 0)
        execve(PROGRAM, (char *const *)(uintptr_t)argv, env);
    _exit(127);
}

static pid_t start(const char *const *argv, int out, int errors)
{
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char **env = environment();
    const char **all = with_program(argv);
    pid_t parent = getpid(), pid = in < 0 ? -1 : fork();
    if (pid == 0)
        become(all, env, parent, in, out, errors);
    int number = errno;
    if (pid > 0)
        setpgid(pid, pid);
    if (in >= 0)
        close(in);
    mem_free(env);
    mem_free(all);
    errno = number;
    return pid;
}

static int open_log(const char *path, int *out, struct err *err)
{
    *out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    return *out < 0 ? err_system(err, errno, "write", path) : 0;
}

int sweep_process_start(const char *const *argv, const char *log, const char *errors, pid_t *out,
                        struct err *err)
{
    int fds[2] = {-1, -1};
    int code = open_log(log, &fds[0], err);
    if (!code && errors)
        code = open_log(errors, &fds[1], err);
    pid_t pid = code ? -1 : start(argv, fds[0], errors ? fds[1] : fds[0]);
    int number = errno;
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    if (!code && pid < 0)
        code = err_set(err, EXIT_INTERNAL, "cannot start a process: %s", strerror(number));
    if (!code)
        *out = pid;
    return code;
}

void sweep_process_kill(pid_t pid, int signum)
{
    if (kill(-pid, signum) != 0)
        kill(pid, signum);
}

void sweep_log_tail(const char *log, size_t lines, struct buf *out)
{
    char text[TAIL_BYTES];
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = size > TAIL_BYTES ? size - TAIL_BYTES : 0;
    ssize_t len = fd >= 0 ? pread(fd, text, sizeof(text), from) : 0;
    if (fd >= 0)
        close(fd);
    while (len > 0 && text[len - 1] == '\n')
        len--;
    ssize_t start = len;
    for (size_t seen = 0; start > 0; start--) {
        if (text[start - 1] == '\n' && ++seen == lines)
            break;
    }
    if (len > 0)
        buf_add(out, text + start, (size_t)(len - start));
}
