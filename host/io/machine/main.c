/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/machine/box.h"
#include "io/machine/wire.h"

#define NAMESPACES                                                                                 \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |     \
     CLONE_NEWCGROUP)

void box_fail(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(args);
    struct wire_header header = {.type = WIRE_FAILED, .length = (uint32_t)strlen(text)};
    wire_send(BOX_CONTROL, &header, text, NULL, 0);
    _exit(1);
}

static void say(enum wire_type type, int32_t value)
{
    struct wire_header header = {.type = type, .value = value};
    if (wire_send(BOX_CONTROL, &header, NULL, NULL, 0))
        _exit(1);
}

/* NAME=VALUE words, as io/machine.c writes them. */
static void read_words(struct box *box, char **words)
{
    for (; *words; words++) {
        const char *word = *words, *value = strchr(word, '=');
        if (!value++)
            box_fail("a word without a value: %s", word);
        if (strncmp(word, "layer=", 6) == 0 && box->layer_count < BOX_LAYERS)
            box->layers[box->layer_count++] = value;
        else if (strncmp(word, "disk=", 5) == 0)
            box->max_disk = strtoull(value, NULL, 10);
        else if (strncmp(word, "memory=", 7) == 0)
            box->max_memory = strtoull(value, NULL, 10);
        else if (strncmp(word, "processes=", 10) == 0)
            box->max_processes = strtoull(value, NULL, 10);
        else if (strncmp(word, "hostname=", 9) == 0)
            box->hostname = value;
        else
            box_fail("unknown word: %s", word);
    }
    box->system = box->layer_count == 0;
    if (box->system)
        box->layers[box->layer_count++] = "/usr";
}

/* What /proc/1/cmdline shows inside says nothing of the host. */
static void hide_words(char **words)
{
    size_t room = strlen(words[0]);
    for (char **word = words + 1; *word; word++)
        memset(*word, 0, strlen(*word));
    memset(words[0], 0, room);
    snprintf(words[0], room + 1, "init");
    prctl(PR_SET_NAME, "init");
}

/* Waits for the parent's word, which comes with the layers that it has mapped. */
static void wait_for_parent(struct box *box, int from)
{
    struct wire_header header;
    int fds[WIRE_FDS];
    for (;;) {
        if (wire_receive(from, &header, NULL, 0, fds))
            _exit(1);
        if (header.type == WIRE_READY)
            break;
        box->layer_fds[header.id] = fds[0];
    }
    box->shifted = header.value;
}

static _Noreturn void become_init(struct box *box, int from, char **words)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    wait_for_parent(box, from);
    close(from);
    if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
        box_fail("cannot become root inside: %s", strerror(errno));
    /* Both were reset by the change of ids. Nobody inside may look into this process. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 0);
    root_enter(box);
    hide_words(words);
    say(WIRE_READY, box->shifted);
    init_run(box);
}

static void tell_init(const struct box *box, int to, bool shifted)
{
    for (uint32_t i = 0; shifted && i < box->layer_count; i++) {
        struct wire_header layer = {.type = WIRE_TERMINAL, .id = i};
        if (wire_send(to, &layer, NULL, &box->layer_fds[i], 1))
            box_fail("cannot hand over a layer: %s", strerror(errno));
        close(box->layer_fds[i]);
    }
    struct wire_header go = {.type = WIRE_READY, .value = shifted};
    if (wire_send(to, &go, NULL, NULL, 0))
        box_fail("cannot let the machine begin: %s", strerror(errno));
}

/* The pid of a machine's init, or 0 where ids cannot be shifted. */
static pid_t start(struct box *box, bool shifted, char **words)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        box_fail("cannot make a socket: %s", strerror(errno));
    pid_t pid = (pid_t)syscall(SYS_clone, NAMESPACES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid < 0)
        box_fail("the kernel does not let this user make namespaces: %s", strerror(errno));
    if (pid == 0) {
        close(pair[1]);
        become_init(box, pair[0], words);
    }
    close(pair[0]);
    if (!ids_write(pid, shifted) || (shifted && !ids_map_layers(box, pid))) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        close(pair[1]);
        return 0;
    }
    say(WIRE_STARTED, pid);
    tell_init(box, pair[1], shifted);
    close(pair[1]);
    return pid;
}

int main(int argc, char **argv)
{
    struct box box = {.hostname = "box"};
    int status = 0;
    if (argc < 2)
        return 2;
    prctl(PR_SET_NAME, "machine");
    read_words(&box, argv + 1);
    pid_t pid = geteuid() == 0 ? start(&box, true, argv) : 0;
    if (!pid)
        pid = start(&box, false, argv);
    close(BOX_CONTROL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
