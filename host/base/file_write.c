/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all: written beside their target, synced, renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define GATHER (256u << 10)
#define ON_ITS_WAY (4 << 20)

struct file_writer {
    char *path, *dir, *temporary;
    int fd;
    int failed; /* errno of the first failure */
    struct buf gathered;
    off_t written, begun; /* of that the disk has been told to begin with */
};

/* A new file beside the target, hidden, with the mode that the target has or would get; its name
 * replaces the six X at `random`. */
static int open_temporary(char *name, char *random, const char *target)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    int fd = -1;
    for (int attempt = 0; attempt < 100; attempt++) {
        unsigned char bytes[6];
        if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
            return -1;
        for (size_t i = 0; i < sizeof(bytes); i++)
            random[i] = letters[bytes[i] % 32];
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            break;
    }
    struct stat old;
    if (fd >= 0 && stat(target, &old) == 0 && fchmod(fd, old.st_mode & 0777) < 0)
        log_line(LOG_DEBUG, "cannot keep the mode of %s: %s", target, strerror(errno));
    return fd;
}

static void writer_free(struct file_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    buf_free(&w->gathered);
    mem_free(w->path);
    mem_free(w->dir);
    mem_free(w->temporary);
    mem_free(w);
}

int file_writer_open(const char *path, struct file_writer **out, struct err *err)
{
    const char *slash = strrchr(path, '/');
    CLEANUP_FREE char *hidden = mem_printf(".%.200s.XXXXXX.tmp", slash ? slash + 1 : path);
    struct file_writer *w = mem_alloc(sizeof(*w));
    w->path = mem_dup(path, strlen(path));
    w->dir = file_dir_name(path);
    w->temporary = file_join(w->dir, hidden);
    w->fd = open_temporary(w->temporary, w->temporary + strlen(w->temporary) - strlen("XXXXXX.tmp"),
                           path);
    if (w->fd < 0) {
        int code = err_system(err, errno, "write", path);
        writer_free(w);
        return code ? code : EXIT_INTERNAL;
    }
    *out = w;
    return 0;
}

/* So that the end of a large file does not wait for the disk to take all of it. Whether it works
 * does not matter: the end syncs what is left. */
static void begin_writing(struct file_writer *w)
{
    if (w->written - w->begun < ON_ITS_WAY)
        return;
    (void)sync_file_range(w->fd, w->begun, w->written - w->begun, SYNC_FILE_RANGE_WRITE);
    w->begun = w->written;
}

int fd_write_all(int fd, struct str text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        text = (struct str){text.ptr + n, text.len - (size_t)n};
    }
    return 0;
}

static void put(struct file_writer *w, struct str text)
{
    if (w->failed)
        return;
    w->failed = fd_write_all(w->fd, text);
    if (w->failed)
        return;
    w->written += (off_t)text.len;
    begin_writing(w);
}

void file_writer_add(struct file_writer *w, struct str text)
{
    bool large = text.len > GATHER / 2;
    if (large || w->gathered.len + text.len > GATHER) {
        put(w, buf_view(&w->gathered));
        buf_reset(&w->gathered);
    }
    if (large)
        put(w, text);
    else
        buf_str(&w->gathered, text);
}

bool file_writer_failed(const struct file_writer *w)
{
    return w->failed != 0;
}

int file_writer_finish(struct file_writer *w, struct err *err)
{
    put(w, buf_view(&w->gathered));
    if (!w->failed && fsync(w->fd) < 0 && errno != EINVAL)
        w->failed = errno;
    if (close(w->fd) < 0 && !w->failed)
        w->failed = errno;
    w->fd = -1;
    if (!w->failed && rename(w->temporary, w->path) < 0)
        w->failed = errno;
    int code = 0;
    if (w->failed) {
        unlink(w->temporary);
        code = err_system(err, w->failed, "write", w->path);
    } else {
        code = file_sync_dir(w->dir, err);
    }
    writer_free(w);
    return code;
}

void file_writer_cancel(struct file_writer *w)
{
    if (!w)
        return;
    unlink(w->temporary);
    writer_free(w);
}

int file_write_atomic(const char *path, struct str text, struct err *err)
{
    struct file_writer *w;
    int code = file_writer_open(path, &w, err);
    if (code)
        return code;
    file_writer_add(w, text);
    return file_writer_finish(w, err);
}
