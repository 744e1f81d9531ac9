/* SPDX-License-Identifier: MIT */
/* What goes between the host and the processes of a python: sealed files and messages. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/python_internal.h"

#define MAX_FDS 3
#define READY_MS 120000

int python_file(struct str text)
{
    int fd = memfd_create("python", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    for (size_t at = 0; fd >= 0 && at < text.len;) {
        ssize_t put = write(fd, text.ptr + at, text.len - at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            goto failed;
        at += (size_t)put;
    }
    if (fd >= 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
failed:;
    int number = errno;
    if (fd >= 0)
        close(fd);
    errno = number;
    return -1;
}

int python_sockets(int out[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) ? errno : 0;
}

int python_send(int control, const char *words, const int *fds, size_t count)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } extra = {0};
    struct iovec text = {.iov_base = (void *)(uintptr_t)words, .iov_len = strlen(words)};
    struct msghdr message = {.msg_iov = &text,
                             .msg_iovlen = 1,
                             .msg_control = &extra,
                             .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    ssize_t sent;
    do
        sent = sendmsg(control, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

int python_await(int control, struct buf *more, struct err *err)
{
    char text[1024];
    struct pollfd ready = {.fd = control, .events = POLLIN};
    int got;
    do
        got = poll(&ready, 1, READY_MS);
    while (got < 0 && errno == EINTR);
    ssize_t len = got > 0 ? recv(control, text, sizeof(text), 0) : -1;
    if (len <= 0)
        return err_set(err, EXIT_UNAVAILABLE, "Python in the sandbox %s",
                       len == 0 ? "ended before it was ready" : "does not answer");
    struct str rest = {text, (size_t)len};
    if (str_is(str_cut(&rest, ' '), "ready")) {
        if (more && rest.len)
            buf_printf(more, " %.*s", (int)rest.len, rest.ptr);
        return 0;
    }
    return err_set(err, EXIT_PLUGIN, "Python in the sandbox: %.*s", (int)len, text);
}
