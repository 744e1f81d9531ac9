/* SPDX-License-Identifier: MIT */
/*
 * The machine's shell: bash on a terminal of its own. Where a command's output begins and ends is
 * told by readline's bracketed paste: it switches the mode off when it hands a line over, and on
 * when it shows the next prompt. A text that is pasted is one command, whatever lines it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "io/machine_internal.h"

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l\r"
#define PASTE_BEGIN "\033[200~"
#define PASTE_END "\033[201~\n"
#define READ_SIZE 65536

static const char *const shell_argv[] = {"/bin/bash", "--login", NULL};
static const char *const shell_env[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
    "HOSTNAME=box", "TERM=xterm", NULL};

static void close_terminal(struct machine *machine)
{
    if (machine->terminal >= 0)
        close(machine->terminal);
    machine->terminal = -1;
}

/* Waits for init's word on the shell: its terminal, or its end. */
static int read_control(struct machine *machine, struct err *err)
{
    struct wire_header header;
    int fd = -1;
    int code = machine_receive(machine, &header, &fd, err);
    if (code)
        return code;
    if (header.type == WIRE_TERMINAL && header.id == machine->shell_id && fd >= 0) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
        machine->terminal = fd;
        return 0;
    }
    if (fd >= 0)
        close(fd);
    if (header.type == WIRE_EXITED && header.id == machine->shell_id)
        close_terminal(machine);
    return 0;
}

struct talk {
    struct machine *machine;
    struct str input; /* what is still to be typed */
    size_t max_output;
    bool off; /* the line has been handed over */
    bool truncated;
};

/* Is the output complete? Then it is what the screen begins with, up to *out_len. */
static bool is_complete(struct talk *talk, size_t *out_len)
{
    struct buf *screen = &talk->machine->screen;
    size_t at;
    if (!talk->off && str_find(buf_view(screen), STR(PASTE_OFF), &at)) {
        size_t behind = at + sizeof(PASTE_OFF) - 1;
        memmove(screen->ptr, screen->ptr + behind, screen->len - behind);
        screen->len -= behind;
        talk->off = true;
    }
    return talk->off && str_find(buf_view(screen), STR(PASTE_ON), out_len);
}

/* Keeps what can still be of use: the beginning, and the end, in which a mark may lie. */
static void cut(struct talk *talk)
{
    struct buf *screen = &talk->machine->screen;
    size_t max = talk->max_output, tail = sizeof(PASTE_OFF);
    if (screen->len <= max + 2 * tail)
        return;
    memmove(screen->ptr + max, screen->ptr + screen->len - tail, tail);
    screen->len = max + tail;
    talk->truncated = true;
}

static void read_terminal(struct talk *talk)
{
    char data[READ_SIZE];
    ssize_t len = read(talk->machine->terminal, data, sizeof(data));
    if (len > 0)
        buf_add(&talk->machine->screen, data, (size_t)len);
    else if (len == 0 || (errno != EAGAIN && errno != EINTR))
        close_terminal(talk->machine);
}

static void write_terminal(struct talk *talk)
{
    ssize_t len = write(talk->machine->terminal, talk->input.ptr, talk->input.len);
    if (len > 0) {
        talk->input.ptr += len;
        talk->input.len -= (size_t)len;
    }
}

/* Until the output is complete, the shell has ended or the time is over. */
static int pump(struct talk *talk, uint64_t until_ms, size_t *out_len, bool *out_late,
                struct err *err)
{
    struct machine *machine = talk->machine;
    *out_late = false;
    while (!is_complete(talk, out_len)) {
        uint64_t now = machine_now_ms();
        cut(talk);
        if (machine->terminal < 0) {
            *out_len = talk->off ? machine->screen.len : 0;
            return 0;
        }
        if (now >= until_ms) {
            *out_late = true;
            *out_len = talk->off ? machine->screen.len : 0;
            return 0;
        }
        struct pollfd fds[] = {
            {.fd = machine->control, .events = POLLIN},
            {.fd = machine->terminal, .events = talk->input.len ? POLLIN | POLLOUT : POLLIN},
        };
        if (poll(fds, 2, until_ms - now > 1000 ? 1000 : (int)(until_ms - now)) <= 0)
            continue;
        if (fds[1].revents & (POLLIN | POLLHUP | POLLERR))
            read_terminal(talk);
        if ((fds[1].revents & POLLOUT) && machine->terminal >= 0)
            write_terminal(talk);
        int code = fds[0].revents ? read_control(machine, err) : 0;
        if (code)
            return code;
    }
    return 0;
}

static int start_shell(struct machine *machine, struct err *err)
{
    int code =
        machine_send(machine, WIRE_SHELL, machine->shell_id, shell_argv, shell_env, NULL, 0, err);
    return code ? code : read_control(machine, err);
}

/* Starts it and lets its first prompt pass, or what else it says in that time. One that says
 * nothing has not come up: on a machine that is overloaded, what it says later would be taken for
 * the output of a command. */
static int begin(struct machine *machine, struct err *err)
{
    struct talk talk = {.machine = machine, .max_output = MACHINE_OUTPUT, .off = true};
    size_t len;
    bool late;
    machine->shell_id = ++machine->next_id;
    int code = machine->container ? container_begin_shell(machine, err) : start_shell(machine, err);
    if (!code)
        code = pump(&talk, machine_now_ms() + MACHINE_TIMEOUT_MS, &len, &late, err);
    if (!code && late && !machine->screen.len)
        code = err_set(err, EXIT_UNAVAILABLE, "the shell of a machine says nothing within %d s",
                       MACHINE_TIMEOUT_MS / 1000);
    buf_reset(&machine->screen);
    return code;
}

/* The text without what would end the paste. */
static void add_paste(struct buf *input, struct str text)
{
    struct str mark = {PASTE_END, sizeof(PASTE_END) - 2};
    size_t at;
    while (str_find(text, mark, &at)) {
        buf_add(input, text.ptr, at);
        text.ptr += at + mark.len;
        text.len -= at + mark.len;
    }
    buf_str(input, text);
}

static int type(struct machine *machine, struct str text, uint32_t timeout_ms, size_t max_output,
                struct machine_result *out, struct err *err)
{
    CLEANUP_BUF struct buf input = {0};
    size_t len = 0;
    int code = machine->shell_id ? 0 : begin(machine, err);
    if (code || machine->terminal < 0)
        return code;
    buf_text(&input, PASTE_BEGIN);
    add_paste(&input, text);
    buf_text(&input, PASTE_END);
    buf_reset(&machine->screen);
    struct talk talk = {.machine = machine,
                        .input = buf_view(&input),
                        .max_output = max_output ? max_output : MACHINE_OUTPUT};
    code = pump(&talk, machine_now_ms() + (timeout_ms ? timeout_ms : MACHINE_TIMEOUT_MS), &len,
                &out->timed_out, err);
    out->truncated = talk.truncated || len > talk.max_output;
    len = len < talk.max_output ? len : talk.max_output;
    if (!code && len)
        buf_add(&out->out, machine->screen.ptr, len);
    buf_reset(&machine->screen);
    return code;
}

int machine_shell(struct machine *machine, struct str text, uint32_t timeout_ms, size_t max_output,
                  struct machine_result *out, struct err *err)
{
    *out = (struct machine_result){0};
    int code = type(machine, text, timeout_ms, max_output, out, err);
    if (!code && machine->container && machine->terminal < 0)
        code = container_check(machine, err);
    if (code == EXIT_UNAVAILABLE && machine_told_end(machine, out))
        return 0;
    if (code)
        machine_result_clear(out);
    return code;
}
