/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 512 /* of st_blocks */

uint64_t disk_used(int folder, const char *name)
{
    char path[64];
    struct dirent *entry;
    struct stat st;
    uint64_t sum = 0;
    snprintf(path, sizeof(path), "data/%s", name);
    int fd = openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir && fd >= 0)
        close(fd);
    while (dir && (entry = readdir(dir)))
        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            sum += (uint64_t)st.st_blocks * BLOCK;
    if (dir)
        closedir(dir);
    return sum;
}
