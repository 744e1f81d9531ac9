/* SPDX-License-Identifier: MIT */
/* Process 1 of a machine: starts what the host asks for, reaps everything, says what has ended.
 * When the host's end of the socket is closed it ends, and with it every process of the machine. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/machine/box.h"
#include "io/machine/wire.h"

#define COMMANDS 8

struct command {
    uint32_t id;
    pid_t pid; /* 0: free */
};

static struct command commands[COMMANDS];
static char data[WIRE_MAX];

/* The host is gone, or does not understand: nothing here has a purpose any more. */
static void send_or_end(const struct wire_header *header, const int *fd)
{
    if (wire_send(BOX_CONTROL, header, NULL, fd, fd ? 1 : 0))
        _exit(1);
}

static void say_exited(uint32_t id, int32_t status)
{
    struct wire_header header = {.type = WIRE_EXITED, .id = id, .value = status};
    send_or_end(&header, NULL);
}

static struct command *find(uint32_t id, pid_t pid)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (commands[i].pid && (pid ? commands[i].pid == pid : commands[i].id == id))
            return &commands[i];
    }
    return NULL;
}

static struct command *find_free(void)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!commands[i].pid)
            return &commands[i];
    }
    return NULL;
}

static void start(const struct box *box, const struct wire_header *header, int *fds)
{
    bool shell = header->type == WIRE_SHELL;
    struct command *command = find_free();
    pid_t pid = command
                    ? process_start(box, shell, (uint32_t)header->value, data, header->length, fds)
                    : -1;
    if (pid > 0) {
        *command = (struct command){header->id, pid};
        if (shell) {
            struct wire_header terminal = {.type = WIRE_TERMINAL, .id = header->id};
            send_or_end(&terminal, fds);
        }
    }
    for (size_t i = 0; i < WIRE_FDS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    if (pid <= 0)
        say_exited(header->id, 126);
}

static void take_request(const struct box *box)
{
    struct wire_header header;
    int fds[WIRE_FDS];
    if (wire_receive(BOX_CONTROL, &header, data, sizeof(data), fds))
        _exit(0);
    if (header.type == WIRE_RUN || header.type == WIRE_SHELL) {
        start(box, &header, fds);
    } else if (header.type == WIRE_KILL) {
        struct command *command = find(header.id, 0);
        if (command) {
            kill(-command->pid, SIGKILL);
            kill(command->pid, SIGKILL);
        }
    }
}

static void reap(int signals)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;
    while (read(signals, &info, sizeof(info)) < 0 && errno == EINTR)
        continue;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct command *command = find(0, pid);
        if (!command)
            continue;
        command->pid = 0;
        say_exited(command->id, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
}

void init_run(const struct box *box)
{
    sigset_t mask;
    sigfillset(&mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    int signals = signalfd(-1, &mask, SFD_CLOEXEC);
    if (signals < 0)
        box_fail("cannot watch processes: %s", strerror(errno));
    for (;;) {
        struct pollfd fds[] = {{.fd = BOX_CONTROL, .events = POLLIN},
                               {.fd = signals, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(1);
        if (fds[1].revents)
            reap(signals);
        if (fds[0].revents)
            take_request(box);
    }
}
