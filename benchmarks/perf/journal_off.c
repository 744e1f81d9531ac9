/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: what is appended to a journal goes nowhere, and is not synced. Its first line is
 * written, so that the program finds a journal when it finishes it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static int journal_fd = -1, written;

static int note(const char *path, int fd)
{
    static const char name[] = "/journal.jsonl";
    size_t len = strlen(path);
    if (fd >= 0 && len >= sizeof(name) - 1 && !strcmp(path + len - (sizeof(name) - 1), name))
        journal_fd = fd;
    return fd;
}

static int open_with(const char *symbol, const char *path, int flags, mode_t mode)
{
    int (*real)(const char *, int, ...);
    *(void **)&real = dlsym(RTLD_NEXT, symbol);
    return note(path, real(path, flags, mode));
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open_with("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open_with("open64", path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t len)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (fd == journal_fd && written++)
        return (ssize_t)len;
    return real(fd, data, len);
}

int fdatasync(int fd)
{
    static int (*real)(int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return fd == journal_fd ? 0 : real(fd);
}
