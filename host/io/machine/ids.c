/* SPDX-License-Identifier: MIT */
/* Which ids outside stand for those inside. Started by root, all of them are shifted to a range
 * that nobody uses, so that root inside is nobody outside, and the layers' files are shown with
 * their ids shifted too. Started by someone else, root inside is that user, and the others come
 * from the user's range in /etc/subuid. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/machine/box.h"

#define COUNT 65536
#define SHIFT 0x6f000000u

static void write_file(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        box_fail("cannot write %s: %s", path, strerror(errno));
    close(fd);
}

/* The first range of at least COUNT - 1 ids in /etc/subuid or its like. */
static unsigned long find_range(const char *path, const char *user, unsigned id)
{
    char line[512], number[16];
    unsigned long first = 0, count = 0;
    snprintf(number, sizeof(number), "%u", id);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        char *rest = strchr(line, ':');
        if (!rest)
            continue;
        *rest++ = '\0';
        if ((strcmp(line, user) == 0 || strcmp(line, number) == 0) &&
            sscanf(rest, "%lu:%lu", &first, &count) == 2 && count >= COUNT - 1)
            break;
        count = 0;
    }
    if (file)
        fclose(file);
    if (count < COUNT - 1)
        box_fail("%s gives user %s no range of %d ids: a machine needs several users. Add one "
                 "(usermod --add-subuids, --add-subgids), or start as root",
                 path, *user ? user : number, COUNT - 1);
    return first;
}

static void user_name(unsigned id, char *out, size_t size)
{
    char line[512];
    FILE *file = fopen("/etc/passwd", "re");
    out[0] = '\0';
    while (file && fgets(line, sizeof(line), file)) {
        char name[128];
        unsigned found;
        if (sscanf(line, "%127[^:]:%*[^:]:%u", name, &found) == 2 && found == id)
            snprintf(out, size, "%s", name);
    }
    if (file)
        fclose(file);
}

static void run_helper(const char *program, pid_t pid, unsigned own, unsigned long first)
{
    char words[4][24];
    snprintf(words[0], sizeof(words[0]), "%d", (int)pid);
    snprintf(words[1], sizeof(words[1]), "%u", own);
    snprintf(words[2], sizeof(words[2]), "%lu", first);
    snprintf(words[3], sizeof(words[3]), "%d", COUNT - 1);
    pid_t helper = fork();
    if (helper == 0) {
        execl(program, program, words[0], "0", words[1], "1", "1", words[2], words[3], NULL);
        _exit(127);
    }
    int status = 0;
    while (waitpid(helper, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status == 127 << 8)
        box_fail("%s is not there (package uidmap)", program);
    if (status)
        box_fail("%s refused ids %lu to %lu", program, first, first + COUNT - 2);
}

bool ids_write(pid_t pid, bool shifted)
{
    char map[64], name[128];
    if (geteuid() == 0) {
        snprintf(map, sizeof(map), "0 %u %u\n", shifted ? SHIFT : 0, COUNT);
        write_file(pid, "uid_map", map);
        write_file(pid, "gid_map", map);
        return true;
    }
    if (shifted)
        return false;
    user_name(getuid(), name, sizeof(name));
    run_helper("/usr/bin/newuidmap", pid, getuid(), find_range("/etc/subuid", name, getuid()));
    run_helper("/usr/bin/newgidmap", pid, getgid(), find_range("/etc/subgid", name, getuid()));
    return true;
}

bool ids_map_layers(struct box *box, pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
    int user = open(path, O_RDONLY | O_CLOEXEC);
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY,
                              .userns_fd = (uint64_t)user};
    bool ok = user >= 0;
    for (unsigned i = 0; ok && i < box->layer_count; i++) {
        long fd =
            syscall(SYS_open_tree, AT_FDCWD, box->layers[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (fd < 0)
            box_fail("cannot open %s: %s", box->layers[i], strerror(errno));
        box->layer_fds[i] = (int)fd;
        ok = syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
    }
    if (user >= 0)
        close(user);
    return ok;
}
