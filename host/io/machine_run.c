/* SPDX-License-Identifier: MIT */
/* A command of a machine, apart from its shell. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "io/machine_internal.h"

#define KILL_MS 5000
#define DRAIN_ROUNDS 64
#define READ_SIZE 65536

static const char *const clean_env[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
    "HOSTNAME=box", NULL};

struct running {
    struct machine *machine;
    uint32_t id;
    int fds[2]; /* our ends, -1 at the end of the stream */
    size_t max_output;
    struct machine_result *out;
    bool exited;
};

/* False when there is nothing more now. */
static bool read_once(struct running *running, int which)
{
    char data[READ_SIZE];
    struct buf *buf = which ? &running->out->err : &running->out->out;
    int *fd = &running->fds[which];
    ssize_t len = *fd < 0 ? 0 : read(*fd, data, sizeof(data));
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (len <= 0) {
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
        return false;
    }
    size_t room = running->max_output - buf->len, kept = (size_t)len < room ? (size_t)len : room;
    buf_add(buf, data, kept);
    running->out->truncated |= kept < (size_t)len;
    return true;
}

static int read_control(struct running *running, struct err *err)
{
    struct wire_header header;
    int fd = -1;
    int code = machine_receive(running->machine, &header, &fd, err);
    if (code)
        return code;
    if (fd >= 0)
        close(fd);
    if (header.type == WIRE_EXITED && header.id == running->id) {
        running->exited = true;
        running->out->status = header.value;
    } else if (header.type == WIRE_EXITED && header.id == running->machine->shell_id &&
               running->machine->terminal >= 0) {
        close(running->machine->terminal);
        running->machine->terminal = -1;
    }
    return 0;
}

static int pump(struct running *running, uint64_t until_ms, struct err *err)
{
    while (!running->exited) {
        uint64_t now = machine_now_ms();
        if (now >= until_ms)
            return 0;
        struct pollfd fds[] = {{.fd = running->machine->control, .events = POLLIN},
                               {.fd = running->fds[0], .events = POLLIN},
                               {.fd = running->fds[1], .events = POLLIN}};
        int got = poll(fds, 3, until_ms - now > 1000 ? 1000 : (int)(until_ms - now));
        if (got <= 0)
            continue;
        for (int i = 0; i < 2; i++) {
            if (fds[1 + i].revents)
                read_once(running, i);
        }
        int code = fds[0].revents ? read_control(running, err) : 0;
        if (code)
            return code;
    }
    return 0;
}

static int finish(struct running *running, uint32_t timeout_ms, struct err *err)
{
    int code = pump(running, machine_now_ms() + timeout_ms, err);
    if (!code && !running->exited) {
        running->out->timed_out = true;
        code = machine_send(running->machine, WIRE_KILL, running->id, NULL, NULL, NULL, 0, err);
        if (!code)
            code = pump(running, machine_now_ms() + KILL_MS, err);
        if (!code && !running->exited)
            code = err_set(err, EXIT_UNAVAILABLE, "a killed command of a machine does not end");
    }
    /* What it wrote before its end is in the pipes; whoever still holds them is not waited for. */
    for (int i = 0; i < 2; i++) {
        for (int round = 0; round < DRAIN_ROUNDS && read_once(running, i); round++)
            continue;
    }
    return code;
}

static int open_pipes(struct running *running, int theirs[2], struct err *err)
{
    int pipes[2][2];
    if (pipe2(pipes[0], O_CLOEXEC))
        return err_system(err, errno, "make a pipe for", "a machine");
    if (pipe2(pipes[1], O_CLOEXEC)) {
        int number = errno;
        close(pipes[0][0]);
        close(pipes[0][1]);
        return err_system(err, number, "make a pipe for", "a machine");
    }
    for (int i = 0; i < 2; i++) {
        running->fds[i] = pipes[i][0];
        theirs[i] = pipes[i][1];
        fcntl(running->fds[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

int machine_run(struct machine *machine, const struct machine_command *command,
                struct machine_result *out, struct err *err)
{
    int theirs[2] = {-1, -1};
    struct running running = {
        .machine = machine,
        .id = ++machine->next_id,
        .max_output = command->max_output ? command->max_output : MACHINE_OUTPUT,
        .out = out,
    };
    if (machine->container)
        return container_run(machine, command, out, err);
    *out = (struct machine_result){0};
    int code = open_pipes(&running, theirs, err);
    if (code)
        return code;
    code = machine_send(machine, WIRE_RUN, running.id, command->argv, clean_env, theirs, 2, err);
    close(theirs[0]);
    close(theirs[1]);
    if (!code)
        code =
            finish(&running, command->timeout_ms ? command->timeout_ms : MACHINE_TIMEOUT_MS, err);
    for (int i = 0; i < 2; i++) {
        if (running.fds[i] >= 0)
            close(running.fds[i]);
    }
    if (code == EXIT_UNAVAILABLE && machine_told_end(machine, out))
        return 0;
    if (code)
        machine_result_clear(out);
    return code;
}
