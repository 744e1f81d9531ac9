/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

void fd_cleanup_(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static int read_all(int fd, const char *path, struct buf *text, struct err *err)
{
    char chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_system(err, errno, "read", path);
        buf_add(text, chunk, (size_t)n);
        if (text->failed)
            return err_system(err, EFBIG, "read", path);
        if (n == 0)
            return 0;
    }
}

int file_read(const char *path, size_t limit, struct buf *out, struct err *err)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_system(err, errno, "read", path);
    CLEANUP_BUF struct buf text = {.limit = limit};
    int status = read_all(fd, path, &text, err);
    if (status)
        return status;
    if (out->ptr || out->limit) {
        buf_str(out, buf_view(&text));
        return out->failed ? err_system(err, EFBIG, "read", path) : 0;
    }
    *out = (struct buf){.ptr = text.ptr, .len = text.len, .capacity = text.capacity};
    text.ptr = NULL;
    return 0;
}

char *file_dir_name(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len && path[len - 1] != '/')
        len--;
    while (len > 1 && path[len - 1] == '/')
        len--;
    return len ? mem_dup(path, len) : mem_dup(".", 1);
}

char *file_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);
    if (name[0] == '/' || !len)
        return mem_dup(name, strlen(name));
    return mem_printf("%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

int file_sync_dir(const char *path, struct err *err)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_system(err, errno, "open the folder", path);
    /* Some file systems do not sync folders and say EINVAL. */
    if (fsync(fd) < 0 && errno != EINVAL)
        return err_system(err, errno, "sync the folder", path);
    return 0;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int file_make_dirs(const char *path, struct err *err)
{
    CLEANUP_FREE char *part = mem_dup(path, strlen(path));
    for (char *p = part; *p; p++) {
        if (*p != '/' || p == part)
            continue;
        *p = '\0';
        int number = mkdir(part, 0777) == 0 ? 0 : errno;
        if (number && number != EEXIST && !file_is_dir(part))
            return err_system(err, number, "make the folder", part);
        *p = '/';
    }
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && file_is_dir(path)))
        return 0;
    return err_system(err, errno == EEXIST ? ENOTDIR : errno, "make the folder", path);
}

bool file_name_ok(struct str name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (name.len == 0 || name.len > 255 || name.ptr[name.len - 1] == '/')
        return false;
    struct str rest = name;
    while (rest.len) {
        struct str part = str_cut(&rest, '/');
        if (part.len == 0 || str_is(part, ".") || str_is(part, ".."))
            return false;
        for (size_t i = 0; i < part.len; i++) {
            if (!memchr(allowed, part.ptr[i], sizeof(allowed) - 1))
                return false;
        }
    }
    return true;
}
