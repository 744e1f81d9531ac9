/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

#include "common/slice.h"

#define PIECE 65536u
#define INPUT_MAX ((size_t)1 << 30) /* zlib counts in 32 bits */
#define GZIP_ONLY (16 + MAX_WBITS)

static const char too_large[] = "its text is too large";

struct unpacker {
    z_stream stream;
    grasp_str rest;
    uint64_t len, limit;
    unpack_sink *sink;
    void *arg;
};

/* Up to the end of a member. */
static const char *unpack_member(struct unpacker *u)
{
    char piece[PIECE];
    for (int status = Z_OK; status != Z_STREAM_END;) {
        u->stream.next_in = (z_const Bytef *)u->rest.ptr;
        u->stream.avail_in = (uInt)(u->rest.len < INPUT_MAX ? u->rest.len : INPUT_MAX);
        u->stream.next_out = (Bytef *)piece;
        u->stream.avail_out = PIECE;
        status = inflate(&u->stream, Z_NO_FLUSH);
        u->rest = slice_from(u->rest, (size_t)((const char *)u->stream.next_in - u->rest.ptr));
        size_t len = PIECE - u->stream.avail_out;
        if (status == Z_BUF_ERROR)
            return "it ends too early";
        if (status != Z_OK && status != Z_STREAM_END)
            return u->stream.msg ? u->stream.msg : "it cannot be read";
        if (len > u->limit - u->len)
            return too_large;
        u->len += len;
        if (len && !u->sink(u->arg, piece, len))
            return "";
    }
    return NULL;
}

/* Another member may follow, or zeros that fill a block. */
static bool has_more(struct unpacker *u)
{
    size_t zeros = 0;
    while (zeros < u->rest.len && !u->rest.ptr[zeros])
        zeros++;
    return zeros < u->rest.len;
}

const char *unpack(grasp_str packed, uint64_t limit, unpack_sink *sink, void *arg,
                   uint64_t *out_len)
{
    struct unpacker u = {.rest = packed, .limit = limit, .sink = sink, .arg = arg};
    const char *why = inflateInit2(&u.stream, GZIP_ONLY) == Z_OK ? NULL : "no memory for it";
    if (why)
        return why;
    do
        why = unpack_member(&u);
    while (!why && has_more(&u) && inflateReset(&u.stream) == Z_OK);
    inflateEnd(&u.stream);
    *out_len = u.len;
    return why;
}

size_t unpack_name_len(const char *name)
{
    size_t len = strlen(name);
    return len > 3 && strcmp(name + len - 3, ".gz") == 0 ? len - 3 : len;
}

static bool write_piece(void *arg, const char *piece, size_t len)
{
    int fd = *(const int *)arg;
    while (len) {
        ssize_t wrote = write(fd, piece, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        piece += wrote;
        len -= (size_t)wrote;
    }
    return true;
}

static const char *folder(void)
{
    const char *named = getenv("TMPDIR");
    return named && *named ? named : "/tmp";
}

static int open_nameless(void)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/grasp-fhir.XXXXXX", folder());
    if (len >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static int fail_unpack(const struct source *source, const char *why, uint64_t len,
                       struct fhir_error *error)
{
    if (!*why)
        return store_fail(error, "cannot unpack %s into %s: %s; TMPDIR may name another folder",
                          source->name, folder(), strerror(errno));
    if (why == too_large)
        return store_fail(error, "%s: more than %llu GiB of text; split it", source->name,
                          (unsigned long long)UNPACK_MAX >> 30);
    return store_fail(error, "%s: damaged gzip data, %llu bytes into its text: %s; pack it again",
                      source->name, (unsigned long long)len, why);
}

/* The text of so many bytes in the file instead of what is packed. */
static int replace(struct source *source, int fd, uint64_t len, struct fhir_error *error)
{
    void *map = len ? mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0) : NULL;
    if (map == MAP_FAILED)
        return store_fail(error, "cannot map the text of %s: %s", source->name, strerror(errno));
    munmap(source->map, source->len);
    source->map = map;
    source->text = map ? map : "";
    source->len = len;
    if (source->fd >= 0)
        close(source->fd);
    source->fd = fd;
    return 0;
}

/* What the file's end says of its text's length: right for one member of less than 4 GiB. */
static uint64_t likely_len(const struct source *source)
{
    uint64_t len = 0;
    if (source->len >= 4)
        for (int i = 3; i >= 0; i--)
            len = len << 8 | (unsigned char)source->text[source->len - 4 + (uint64_t)i];
    return len;
}

/* Into a file that stays; false if it cannot, of which damaged data is not the cause. */
static bool unpack_and_keep(const struct source *source, int *out_fd, uint64_t *out_len,
                            const char **out_why)
{
    char *temporary;
    *out_fd = unpack_kept_create(source, &temporary);
    if (*out_fd < 0)
        return false;
    *out_why =
        unpack((grasp_str){source->text, source->len}, UNPACK_MAX, write_piece, out_fd, out_len);
    if (!*out_why) {
        unpack_kept_finish(source, *out_fd, *out_len, temporary);
        return true;
    }
    unpack_kept_drop(*out_fd, temporary);
    *out_fd = -1;
    return **out_why != 0;
}

int unpack_source(struct source *source, int64_t keep_from, struct fhir_error *error)
{
    uint64_t len = 0;
    const char *why = NULL;
    bool keep = keep_from >= 0 && likely_len(source) >= (uint64_t)keep_from;
    int fd = keep ? unpack_kept_open(source, &len) : -1;
    if (fd < 0 && !(keep && unpack_and_keep(source, &fd, &len, &why))) {
        fd = open_nameless();
        why = fd < 0 ? ""
                     : unpack((grasp_str){source->text, source->len}, UNPACK_MAX, write_piece, &fd,
                              &len);
    }
    int result = why ? fail_unpack(source, why, len, error) : replace(source, fd, len, error);
    if (result && fd >= 0)
        close(fd);
    return result;
}
