/* SPDX-License-Identifier: MIT */
#include "sweep/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define PROGRAM "/proc/self/exe"
#define TAIL_BYTES 8192
#define OUTPUT_MOST (4u << 20)

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

/* ours: this program, which argv leaves out. Else argv begins with a program of the PATH. */
struct command {
    const char *const *argv;
    bool ours;
};

static const char **words_of(struct command command)
{
    size_t count = 0, first = command.ours ? 1 : 0;
    while (command.argv[count])
        count++;
    const char **out = mem_array(count + 2, sizeof(*out));
    out[0] = "grasp-host";
    memcpy(out + first, command.argv, count * sizeof(*out));
    return out;
}

static _Noreturn void become(bool ours, const char **argv, char **env, pid_t parent,
                             const int fds[3])
{
    char *const *words = (char *const *)(uintptr_t)argv;
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    bool ready = getppid() == parent;
    for (int i = 0; i < 3; i++)
        ready = ready && dup2(fds[i], i) >= 0;
    if (ready && close_range(3, ~0u, 0) == 0)
        ours ? execve(PROGRAM, words, env) : execvpe(argv[0], words, env);
    _exit(127);
}

static pid_t start(struct command command, int out, int errors)
{
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char **env = environment();
    const char **all = words_of(command);
    pid_t parent = getpid(), pid = in < 0 ? -1 : fork();
    if (pid == 0)
        become(command.ours, all, env, parent, (const int[]){in, out, errors});
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
    pid_t pid = code ? -1 : start((struct command){argv, true}, fds[0], errors ? fds[1] : fds[0]);
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

static bool drain(int fd, struct buf *out)
{
    char text[8192];
    ssize_t len = read(fd, text, sizeof(text));
    if (len > 0 && out->len < OUTPUT_MOST)
        buf_add(out, text, (size_t)len);
    return len > 0 || (len < 0 && errno == EINTR);
}

/* Until both ends are closed; false if the time is over before. */
static bool read_both(int fds[2], double timeout_s, struct buf *out, struct buf *errors)
{
    struct pollfd polled[2] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
    uint64_t end = clock_monotonic_us() + (uint64_t)(timeout_s * 1e6);
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        uint64_t now = clock_monotonic_us();
        if (now >= end)
            return false;
        if (poll(polled, 2, (int)((end - now) / 1000) + 1) < 0 && errno != EINTR)
            return true;
        for (int i = 0; i < 2; i++) {
            if (polled[i].fd >= 0 && polled[i].revents && !drain(fds[i], i ? errors : out))
                polled[i].fd = -1;
        }
    }
    return true;
}

int sweep_tool_run(const char *const *argv, double timeout_s, struct buf *out, struct buf *errors)
{
    int a[2], b[2], status = 0;
    if (pipe2(a, O_CLOEXEC) != 0)
        return EXIT_INTERNAL;
    if (pipe2(b, O_CLOEXEC) != 0) {
        close(a[0]);
        close(a[1]);
        return EXIT_INTERNAL;
    }
    pid_t pid = start((struct command){argv, false}, a[1], b[1]);
    int fds[2] = {a[0], b[0]};
    close(a[1]);
    close(b[1]);
    bool ended = pid > 0 && read_both(fds, timeout_s, out, errors);
    if (pid > 0 && !ended)
        sweep_process_kill(pid, SIGKILL);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    close(a[0]);
    close(b[0]);
    if (pid < 0)
        return EXIT_INTERNAL;
    if (!ended)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
