/* SPDX-License-Identifier: MIT */
/* Processes of a machine: privileges and limits of a container's root, a clean environment. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/machine/box.h"

#define WORDS_MAX 4096
#define FILES_MAX 1048576
#define COLUMNS 80
#define LINES 24

/* What container engines leave to root. */
static bool is_kept(int capability)
{
    static const int kept[] = {
        CAP_CHOWN,      CAP_DAC_OVERRIDE, CAP_FOWNER,      CAP_FSETID,           CAP_KILL,
        CAP_SETGID,     CAP_SETUID,       CAP_SETPCAP,     CAP_NET_BIND_SERVICE, CAP_NET_RAW,
        CAP_SYS_CHROOT, CAP_MKNOD,        CAP_AUDIT_WRITE, CAP_SETFCAP};
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
        if (kept[i] == capability)
            return true;
    }
    return false;
}

/* Root's exec gets what the bounding set has. */
static void drop_capabilities(void)
{
    for (int i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++) {
        if (!is_kept(i) && prctl(PR_CAPBSET_DROP, i))
            _exit(126);
    }
}

/* Soft and hard; no higher than what is allowed. */
static void limit(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(what, &now))
        _exit(126);
    now.rlim_max = now.rlim_max < most ? now.rlim_max : most;
    now.rlim_cur = now.rlim_max;
    if (setrlimit(what, &now))
        _exit(126);
}

static void raise_files(void)
{
    struct rlimit files = {FILES_MAX, FILES_MAX};
    if (setrlimit(RLIMIT_NOFILE, &files))
        limit(RLIMIT_NOFILE, FILES_MAX);
}

static void prepare(const struct box *box)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    raise_files();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_DATA, box->max_memory);
    limit(RLIMIT_FSIZE, box->max_disk);
    limit(RLIMIT_MEMLOCK, 64 << 10);
    limit(RLIMIT_MSGQUEUE, 1 << 20);
    limit(RLIMIT_NPROC, box->max_processes);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        /* If memory is short, these go first. */
        ssize_t ignored = write(fd, "700", 3);
        (void)ignored;
        close(fd);
    }
    drop_capabilities();
}

static _Noreturn void become(const struct box *box, const int fds[3], char **words,
                             uint32_t argument_count, bool shell)
{
    char *argv[WORDS_MAX + 1];
    memcpy(argv, words, argument_count * sizeof(*words));
    argv[argument_count] = NULL;
    setsid();
    if (shell && ioctl(fds[0], TIOCSCTTY, 0))
        _exit(126);
    for (int i = 0; i < 3; i++)
        dup2(fds[i], i);
    syscall(SYS_close_range, 3, ~0u, 0);
    prepare(box);
    if (chdir("/root") && chdir("/"))
        _exit(126);
    environ = words + argument_count;
    execvp(argv[0], argv);
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* The words, with NULL at the end; false if they are not what they should be. */
static bool split(char *data, size_t len, uint32_t argument_count, char **words)
{
    size_t count = 0;
    while (len) {
        char *end = memchr(data, 0, len);
        if (!end || count == WORDS_MAX)
            return false;
        words[count++] = data;
        len -= (size_t)(end + 1 - data);
        data = end + 1;
    }
    words[count] = NULL;
    return argument_count >= 1 && argument_count <= count;
}

/* Our side in *own, the other one returned; -1 with errno. */
static int open_terminal(int *own)
{
    struct winsize size = {.ws_row = LINES, .ws_col = COLUMNS};
    int unlocked = 0, number;
    char path[32];
    *own = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*own < 0)
        return -1;
    if (ioctl(*own, TIOCSPTLCK, &unlocked) == 0 && ioctl(*own, TIOCGPTN, &number) == 0 &&
        ioctl(*own, TIOCSWINSZ, &size) == 0) {
        snprintf(path, sizeof(path), "/dev/pts/%d", number);
        int other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (other >= 0)
            return other;
    }
    number = errno;
    close(*own);
    errno = number;
    return -1;
}

pid_t process_start(const struct box *box, bool shell, uint32_t argument_count, char *data,
                    size_t len, int *fds)
{
    static char *words[WORDS_MAX + 1];
    int own = -1, std[3];
    if (!split(data, len, argument_count, words)) {
        errno = E2BIG;
        return -1;
    }
    if (shell) {
        std[0] = std[1] = std[2] = open_terminal(&own);
    } else {
        std[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        std[1] = fds[0];
        std[2] = fds[1];
    }
    pid_t pid = std[0] < 0 ? -1 : fork();
    if (pid == 0)
        become(box, std, words, argument_count, shell);
    int number = errno;
    if (std[0] >= 0)
        close(std[0]);
    if (shell)
        fds[0] = own;
    errno = number;
    return pid;
}
