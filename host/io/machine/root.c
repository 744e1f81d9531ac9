/* SPDX-License-Identifier: MIT */
/* The root of a machine: an overlay over its layers, whose changes go to a tmpfs of limited size
 * that only these namespaces know. It is gone with their last process, whatever happens. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io/machine/box.h"

/* Where everything is put together, hidden from the host by namespaces. */
#define PLACE "/tmp"
#define ROOT PLACE "/root"
#define FILES 100000 /* a file takes memory even if it is empty */

static void make_dir(const char *path)
{
    if (mkdir(path, 0755) && errno != EEXIST)
        box_fail("cannot make %s: %s", path, strerror(errno));
}

/* Without the privilege of the host, the layers are cloned on this side of the namespaces. */
static void open_layers(struct box *box)
{
    for (unsigned i = 0; i < box->layer_count; i++) {
        long fd = syscall(SYS_open_tree, AT_FDCWD, box->layers[i],
                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (fd < 0)
            box_fail("cannot open %s: %s", box->layers[i], strerror(errno));
        box->layer_fds[i] = (int)fd;
    }
}

static void attach_layers(const struct box *box)
{
    char path[64];
    for (unsigned i = 0; i < box->layer_count; i++) {
        snprintf(path, sizeof(path), PLACE "/layer%u", i);
        make_dir(path);
        if (syscall(SYS_move_mount, box->layer_fds[i], "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH))
            box_fail("cannot mount %s: %s", box->layers[i], strerror(errno));
        close(box->layer_fds[i]);
    }
}

static void mount_tmpfs(uint64_t size)
{
    char options[128];
    snprintf(options, sizeof(options), "mode=755,size=%llu,nr_inodes=%d", (unsigned long long)size,
             FILES);
    if (mount("tmpfs", PLACE, "tmpfs", MS_NODEV, options))
        box_fail("cannot mount a tmpfs: %s", strerror(errno));
    if (setxattr(PLACE, "user.test", "1", 1, 0) && errno == ENOTSUP)
        box_fail("a machine keeps its changes in a tmpfs with extended attributes, which Linux has "
                 "since 6.6");
}

/* name: of the folders for changes. */
static void mount_overlay(const char *lower, const char *name, const char *target)
{
    char options[1024], up[64], work[64];
    snprintf(up, sizeof(up), PLACE "/%s_up", name);
    snprintf(work, sizeof(work), PLACE "/%s_work", name);
    make_dir(up);
    make_dir(work);
    snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s,userxattr", lower, up,
             work);
    if (mount("overlay", target, "overlay", 0, options))
        box_fail("cannot mount an overlay (%s): %s", options, strerror(errno));
}

static void mount_layers(const struct box *box)
{
    char lower[512] = "";
    size_t len = 0;
    if (box->system) {
        make_dir(PLACE "/system");
        small_root_fill(PLACE "/system");
        mount_overlay(PLACE "/system", "root", ROOT);
        mount_overlay(PLACE "/layer0", "usr", ROOT "/usr");
        return;
    }
    for (unsigned i = box->layer_count; i-- > 0;)
        len +=
            (size_t)snprintf(lower + len, sizeof(lower) - len, PLACE "/layer%u%s", i, i ? ":" : "");
    mount_overlay(lower, "root", ROOT);
}

/* What somebody else than root starts has the ids of that user only. */
static void check_owner(const struct box *box)
{
    struct stat st;
    if (!box->system && stat(ROOT "/etc", &st) == 0 && st.st_uid != 0)
        box_fail("the files of %s belong to users that a machine of this user does not have: start "
                 "as root, or leave the root out",
                 box->layers[0]);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        box_fail("cannot write %s: %s", path, strerror(errno));
    close(fd);
}

static void set_names(const struct box *box)
{
    char text[512];
    if (sethostname(box->hostname, strlen(box->hostname)))
        box_fail("cannot set the host's name: %s", strerror(errno));
    snprintf(text, sizeof(text), "%s\n", box->hostname);
    write_text(ROOT "/etc/hostname", text);
    snprintf(text, sizeof(text), "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t%s\n",
             box->hostname);
    write_text(ROOT "/etc/hosts", text);
}

/* The only network there is: a machine may talk to itself. */
static void start_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    ioctl(fd, SIOCSIFFLAGS, &request);
    close(fd);
}

static void pivot(void)
{
    if (chdir(ROOT) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/"))
        box_fail("cannot enter the root: %s", strerror(errno));
}

void root_enter(struct box *box)
{
    umask(022);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        box_fail("cannot make the mounts private: %s", strerror(errno));
    if (!box->shifted)
        open_layers(box);
    mount_tmpfs(box->max_disk);
    make_dir(ROOT);
    attach_layers(box);
    mount_layers(box);
    check_owner(box);
    set_names(box);
    mounts_make(ROOT, PLACE "/empty");
    start_loopback();
    pivot();
}
