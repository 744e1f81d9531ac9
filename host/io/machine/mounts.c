/* SPDX-License-Identifier: MIT */
/* /proc and /dev of a machine. What in /proc belongs to the whole host is read-only or empty. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "io/machine/box.h"

static const char *under(const char *root, const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static void make_dir(const char *path, mode_t mode)
{
    if (mkdir(path, mode) && errno != EEXIST)
        box_fail("cannot make %s: %s", path, strerror(errno));
}

static void mount_fs(const char *type, const char *path, unsigned long flags, const char *options)
{
    make_dir(path, 0755);
    if (mount(type, path, type, flags, options))
        box_fail("cannot mount %s on %s: %s", type, path, strerror(errno));
}

static void make_read_only(const char *path)
{
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &attr, sizeof(attr)))
        box_fail("cannot make %s read-only: %s", path, strerror(errno));
}

static void bind(const char *from, const char *to)
{
    if (mount(from, to, NULL, MS_BIND, NULL))
        box_fail("cannot bind %s: %s", from, strerror(errno));
}

static void cover_proc(const char *root)
{
    static const char *const fixed[] = {"proc/sys", "proc/sysrq-trigger", "proc/irq", "proc/bus",
                                        "proc/fs"};
    static const char *const masked[] = {"proc/kcore",        "proc/keys", "proc/timer_list",
                                         "proc/sched_debug",  "proc/kmsg", "proc/kallsyms",
                                         "proc/latency_stats"};
    for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
        const char *path = under(root, fixed[i]);
        if (access(path, F_OK))
            continue;
        bind(path, path);
        make_read_only(path);
    }
    for (size_t i = 0; i < sizeof(masked) / sizeof(*masked); i++) {
        const char *path = under(root, masked[i]);
        if (access(path, F_OK))
            continue;
        bind("/dev/null", path);
        make_read_only(path);
    }
}

/* Folders that not even root inside may read would make every search of the whole system fail. They
 * are shown empty. */
static void cover_unreadable(const char *root, const char *empty)
{
    static const char *const covered[] = {"proc/1/fd", "proc/1/fdinfo", "proc/1/map_files",
                                          "proc/1/ns", "proc/1/task",   "proc/tty/driver"};
    if (mkdir(empty, 0555))
        box_fail("cannot make %s: %s", empty, strerror(errno));
    for (size_t i = 0; i < sizeof(covered) / sizeof(*covered); i++) {
        const char *path = under(root, covered[i]);
        if (access(path, F_OK))
            continue;
        bind(empty, path);
        make_read_only(path);
    }
}

/* Of processes of this user namespace: nobody inside makes another, in which he would have the
 * privileges that commands do without. */
static void forbid_namespaces(const char *root)
{
    int fd = open(under(root, "proc/sys/user/max_user_namespaces"), O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "0", 1) < 0)
            box_fail("cannot forbid more user namespaces: %s", strerror(errno));
        close(fd);
    }
}

static void make_device(const char *root, const char *name)
{
    char from[64];
    const char *to = under(root, name);
    snprintf(from, sizeof(from), "/%s", name);
    int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        box_fail("cannot make %s: %s", to, strerror(errno));
    close(fd);
    bind(from, to);
    make_read_only(to);
}

static void make_link(const char *root, const char *target, const char *name)
{
    if (symlink(target, under(root, name)) && errno != EEXIST)
        box_fail("cannot make %s: %s", under(root, name), strerror(errno));
}

static void make_dev(const char *root)
{
    static const char *const devices[] = {"dev/null",   "dev/zero",    "dev/full",
                                          "dev/random", "dev/urandom", "dev/tty"};
    mount_fs("tmpfs", under(root, "dev"), MS_NOSUID, "mode=755,size=65536,nr_inodes=200");
    for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
        make_device(root, devices[i]);
    mount_fs("devpts", under(root, "dev/pts"), MS_NOSUID | MS_NOEXEC,
             "newinstance,ptmxmode=0666,mode=0620,gid=5");
    mount_fs("tmpfs", under(root, "dev/shm"), MS_NOSUID | MS_NODEV,
             "mode=1777,size=67108864,nr_inodes=10000");
    make_link(root, "pts/ptmx", "dev/ptmx");
    make_link(root, "/proc/self/fd", "dev/fd");
    make_link(root, "/proc/self/fd/0", "dev/stdin");
    make_link(root, "/proc/self/fd/1", "dev/stdout");
    make_link(root, "/proc/self/fd/2", "dev/stderr");
}

void mounts_make(const char *root, const char *empty)
{
    mount_fs("proc", under(root, "proc"), MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    forbid_namespaces(root);
    make_dev(root);
    cover_proc(root);
    cover_unreadable(root, empty);
}
