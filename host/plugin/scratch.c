/* SPDX-License-Identifier: MIT */
#include "plugin/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define PREFIX "grasp-scratch-"
/* Between making a folder and locking it nobody holds it. */
#define YOUNG_SECONDS 60

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool swept;

/* A lock ends with the process that holds it, however that ends; no child of it has the
 * descriptor. -1 with errno. */
static int lock(const char *path, int wait)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int got = fd;
    while (fd >= 0 && (got = flock(fd, LOCK_EX | wait)) != 0 && errno == EINTR)
        ;
    if (fd < 0 || got == 0)
        return fd;
    int number = errno;
    close(fd);
    errno = number;
    return -1;
}

/* A file system without locks: nobody removes what is left there. */
static bool has_no_locks(int number)
{
    return number == ENOSYS || number == EOPNOTSUPP || number == ENOLCK || number == EINVAL;
}

static void remove_if_left(const char *path)
{
    struct stat st;
    int fd = lock(path, LOCK_NB);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_mtime + YOUNG_SECONDS < time(NULL))
        file_remove_tree(path, NULL);
    close(fd);
}

static void sweep(const char *root)
{
    DIR *dir = opendir(root);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) != 0)
            continue;
        CLEANUP_FREE char *path = mem_printf("%s/%s", root, entry->d_name);
        remove_if_left(path);
    }
    if (dir)
        closedir(dir);
}

int scratch_make(const char *root, struct scratch *out, struct err *err)
{
    CLEANUP_FREE char *path = mem_printf("%s/" PREFIX "XXXXXX", root);
    pthread_mutex_lock(&mutex);
    if (!swept)
        sweep(root);
    swept = true;
    pthread_mutex_unlock(&mutex);
    if (!mkdtemp(path))
        return err_set(err, EXIT_UNAVAILABLE, "%s: cannot make a scratch folder: %s", root,
                       strerror(errno));
    /* Another program that looks for what is left may hold it for a moment. */
    out->lock = lock(path, 0);
    if (out->lock < 0 && !has_no_locks(errno)) {
        err_set(err, EXIT_UNAVAILABLE, "%s: cannot lock a scratch folder: %s", path,
                strerror(errno));
        rmdir(path);
        return EXIT_UNAVAILABLE;
    }
    out->path = mem_dup(path, strlen(path));
    return 0;
}

void scratch_remove(struct scratch *scratch)
{
    if (!scratch->path)
        return;
    file_remove_tree(scratch->path, NULL);
    if (scratch->lock >= 0)
        close(scratch->lock);
    mem_free(scratch->path);
    scratch->path = NULL;
}
