/* SPDX-License-Identifier: MIT */
/* Listing and removing folders. Both walk by descriptors, so that no link put in place meanwhile
 * leads them elsewhere. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define DEPTH_MAX 32 /* each level holds a descriptor */

static void dir_cleanup(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

struct walk {
    const char *root;
    bool recursive;
    size_t limit;
    char **names;
    size_t count, capacity;
    struct err *err;
};

static int list_dir(struct walk *walk, int parent, const char *name, const char *prefix, int depth);

static int list_entry(struct walk *walk, int fd, const char *name, const char *prefix, int depth)
{
    struct stat st;
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_system(walk->err, errno, "read the folder", walk->root);
    CLEANUP_FREE char *path = file_join(prefix, name);
    if (S_ISDIR(st.st_mode) && walk->recursive)
        return list_dir(walk, fd, name, path, depth + 1);
    if (!S_ISREG(st.st_mode))
        return 0;
    if (walk->count == walk->limit)
        return err_set(walk->err, EXIT_CONFIG, "the folder %s holds more than %zu files",
                       walk->root, walk->limit);
    MEM_RESERVE(walk->names, walk->count, walk->capacity);
    walk->names[walk->count++] = path;
    path = NULL;
    return 0;
}

static int list_dir(struct walk *walk, int parent, const char *name, const char *prefix, int depth)
{
    if (depth > DEPTH_MAX)
        return err_set(walk->err, EXIT_CONFIG, "the folder %s is nested deeper than %d levels",
                       walk->root, DEPTH_MAX);
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0);
    int fd = openat(parent, name, flags);
    __attribute__((cleanup(dir_cleanup))) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return err_system(walk->err, errno, "read the folder", walk->root);
    int status = 0;
    for (struct dirent *entry; !status && (entry = readdir(dir));) {
        if (!is_dots(entry->d_name))
            status = list_entry(walk, fd, entry->d_name, prefix, depth);
    }
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(const char *dir, bool recursive, size_t limit, char ***out_names, size_t *out_count,
              struct err *err)
{
    struct walk walk = {.root = dir, .recursive = recursive, .limit = limit, .err = err};
    int status = list_dir(&walk, AT_FDCWD, dir, "", 0);
    if (status) {
        for (size_t i = 0; i < walk.count; i++)
            mem_free(walk.names[i]);
        mem_free(walk.names);
        return status;
    }
    if (walk.count)
        qsort(walk.names, walk.count, sizeof(*walk.names), by_bytes);
    *out_names = walk.names;
    *out_count = walk.count;
    return 0;
}

/* Opens a folder; one that its owner may not read (a sandboxed program can leave such) is made
 * readable first, through a descriptor that cannot be a link. */
static int open_dir(int parent, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);
    if (fd >= 0 || errno != EACCES)
        return fd;
    CLEANUP_FD int path = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (path < 0)
        return -1;
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", path);
    return chmod(link, 0700) < 0 ? -1 : openat(parent, name, flags);
}

struct removal {
    int top;        /* the folder that goes */
    unsigned moved; /* folders too deep to walk into, moved up into it */
};

static int empty_dir(struct removal *removal, DIR *dir, int depth);

/* 0 or the errno. */
static int remove_entry(struct removal *removal, int fd, const char *name, int depth)
{
    if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return errno;
    if (depth == DEPTH_MAX) {
        char up[32];
        snprintf(up, sizeof(up), ".deep.%u", removal->moved++);
        return renameat2(fd, name, removal->top, up, RENAME_NOREPLACE) < 0 ? errno : 0;
    }
    int below = open_dir(fd, name);
    if (below < 0)
        return errno;
    __attribute__((cleanup(dir_cleanup))) DIR *dir = fdopendir(below);
    int number = dir ? empty_dir(removal, dir, depth + 1) : errno;
    if (number)
        return number;
    return unlinkat(fd, name, AT_REMOVEDIR) < 0 ? errno : 0;
}

/* Passes over a folder until one finds nothing: entries may be skipped while others go. */
static int empty_dir(struct removal *removal, DIR *dir, int depth)
{
    if (fchmod(dirfd(dir), 0700) < 0)
        return errno;
    bool found = true;
    while (found) {
        found = false;
        rewinddir(dir);
        for (struct dirent *entry; (entry = readdir(dir));) {
            if (is_dots(entry->d_name))
                continue;
            found = true;
            int number = remove_entry(removal, dirfd(dir), entry->d_name, depth);
            if (number)
                return number;
        }
    }
    return 0;
}

int file_remove_tree(const char *path, struct err *err)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return err_system(err, errno, "remove", path);
    int fd = open_dir(AT_FDCWD, path);
    if (fd < 0)
        return err_system(err, errno, "remove the folder", path);
    __attribute__((cleanup(dir_cleanup))) DIR *dir = fdopendir(fd);
    struct removal removal = {.top = fd};
    int number = dir ? empty_dir(&removal, dir, 0) : errno;
    if (!number && rmdir(path) < 0)
        number = errno;
    return number ? err_system(err, number, "remove the folder", path) : 0;
}
