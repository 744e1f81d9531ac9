/* SPDX-License-Identifier: MIT */
/* The text of a large gzip file, kept beside it: unpacking a gigabyte takes seconds, mapping it
 * none. Behind the text stands what it was made from. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unpack.h"

static const char magic[16] = "fhir text 1\n";

struct trailer {
    char magic[16];
    uint64_t len, packed_len;
    int64_t packed_modified;
    uint64_t reserved[3];
};
_Static_assert(sizeof(struct trailer) == 64, "the trailer is written as it is");

static struct trailer trailer_of(const struct source *source, uint64_t len)
{
    struct trailer trailer = {
        .len = len, .packed_len = source->len, .packed_modified = source->modified};
    memcpy(trailer.magic, magic, sizeof(magic));
    return trailer;
}

char *unpack_kept_path(const struct source *source)
{
    const char *slash = strrchr(source->name, '/'), *name = slash ? slash + 1 : source->name;
    size_t size = strlen(source->name) + sizeof("..fhir-text");
    char *path = malloc(size);
    if (!path)
        abort();
    snprintf(path, size, "%.*s.%s.fhir-text", (int)(name - source->name), source->name, name);
    return path;
}

/* Whoever changes the text changes its time too, which is that of the packed file. */
static bool fits(const struct source *source, int fd, uint64_t *out_len)
{
    struct stat about;
    struct trailer have;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < (off_t)sizeof(have) ||
        about.st_mtim.tv_sec * 1000000000ll + about.st_mtim.tv_nsec != source->modified)
        return false;
    uint64_t len = (uint64_t)about.st_size - sizeof(have);
    struct trailer want = trailer_of(source, len);
    *out_len = len;
    return pread(fd, &have, sizeof(have), (off_t)len) == (ssize_t)sizeof(have) &&
           memcmp(&have, &want, sizeof(have)) == 0;
}

int unpack_kept_open(const struct source *source, uint64_t *out_len)
{
    char *path = unpack_kept_path(source);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    free(path);
    if (fd >= 0 && !fits(source, fd, out_len)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int unpack_kept_create(const struct source *source, char **out_temporary)
{
    char *path = unpack_kept_path(source);
    size_t size = strlen(path) + sizeof(".XXXXXX");
    char *temporary = malloc(size);
    if (!temporary)
        abort();
    snprintf(temporary, size, "%s.XXXXXX", path);
    free(path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        free(temporary);
    else
        *out_temporary = temporary;
    return fd;
}

void unpack_kept_finish(const struct source *source, int fd, uint64_t len, char *temporary)
{
    struct stat packed;
    struct trailer trailer = trailer_of(source, len);
    char *path = unpack_kept_path(source);
    struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = source->modified / 1000000000, .tv_nsec = source->modified % 1000000000}};
    bool ok = fstat(source->fd, &packed) == 0 && fchmod(fd, packed.st_mode & 0777) == 0 &&
              pwrite(fd, &trailer, sizeof(trailer), (off_t)len) == (ssize_t)sizeof(trailer) &&
              futimens(fd, times) == 0 && fsync(fd) == 0 && rename(temporary, path) == 0;
    if (!ok)
        unlink(temporary);
    free(path);
    free(temporary);
}

void unpack_kept_drop(int fd, char *temporary)
{
    close(fd);
    unlink(temporary);
    free(temporary);
}
