/* SPDX-License-Identifier: MIT */
/* What a system needs besides /usr, made or copied from this one; nothing of it is private. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/machine/box.h"

static const char *const dirs[] = {"usr",       "etc",       "proc",         "dev",     "tmp",
                                   "root",      "home",      "home/ubuntu",  "var",     "var/log",
                                   "var/lib",   "run",       "opt",          "mnt",     "srv",
                                   "media",     "sys",       "var/lib/dpkg", "var/tmp", "boot",
                                   "var/spool", "var/cache", "var/backups",  "var/mail"};

/* Files and folders of /etc that programs look for. */
static const char *const copied[] = {
    "/etc/alternatives",  "/etc/bash.bashrc",  "/etc/debian_version", "/etc/default/useradd",
    "/etc/host.conf",     "/etc/issue",        "/etc/ld.so.cache",    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",  "/etc/locale.alias", "/etc/login.defs",     "/etc/networks",
    "/etc/nsswitch.conf", "/etc/pam.conf",     "/etc/pam.d",          "/etc/profile",
    "/etc/profile.d",     "/etc/protocols",    "/etc/security",       "/etc/services",
    "/etc/shells",        "/etc/skel",         "/etc/timezone"};

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
                             "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
                             "bin:x:2:2:bin:/bin:/usr/sbin/nologin\n"
                             "sys:x:3:3:sys:/dev:/usr/sbin/nologin\n"
                             "man:x:6:12:man:/var/cache/man:/usr/sbin/nologin\n"
                             "mail:x:8:8:mail:/var/mail:/usr/sbin/nologin\n"
                             "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
                             "ubuntu:x:1000:1000:ubuntu:/home/ubuntu:/bin/bash\n"
                             "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
static const char group[] = "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\n"
                            "disk:x:6:\nman:x:12:\nmail:x:8:\nsudo:x:27:\nwww-data:x:33:\n"
                            "shadow:x:42:\nstaff:x:50:\nusers:x:100:\nubuntu:x:1000:\n"
                            "nogroup:x:65534:\n";
static const char shadow[] = "root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n"
                             "bin:*:19000:0:99999:7:::\nsys:*:19000:0:99999:7:::\n"
                             "man:*:19000:0:99999:7:::\nmail:*:19000:0:99999:7:::\n"
                             "www-data:*:19000:0:99999:7:::\nubuntu:!:19000:0:99999:7:::\n"
                             "nobody:*:19000:0:99999:7:::\n";
static const char gshadow[] = "root:*::\nshadow:*::\nsudo:*::\nubuntu:!::\n";

static void write_text(int root, const char *name, const char *text, mode_t mode)
{
    int fd = openat(root, name, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
    if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode))
        box_fail("cannot write /%s: %s", name, strerror(errno));
    close(fd);
}

/* Runs a program of the host's, which here has no more rights than the machine will have. */
static void run(const char *const *argv)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
}

static void copy(const char *root)
{
    const char *argv[8 + sizeof(copied) / sizeof(*copied)];
    size_t count = 0;
    argv[count++] = "/usr/bin/cp";
    argv[count++] = "-r";
    argv[count++] = "--preserve=mode,links";
    argv[count++] = "--parents";
    argv[count++] = "-t";
    argv[count++] = root;
    for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
        if (access(copied[i], R_OK) == 0)
            argv[count++] = copied[i];
    }
    argv[count] = NULL;
    run(argv);
}

static void link_usr(int root)
{
    static const char *const links[][2] = {{"usr/bin", "bin"},     {"usr/sbin", "sbin"},
                                           {"usr/lib", "lib"},     {"usr/lib64", "lib64"},
                                           {"usr/lib32", "lib32"}, {"usr/libx32", "libx32"}};
    for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
        char path[32];
        snprintf(path, sizeof(path), "/%s", links[i][0]);
        if (access(path, F_OK) == 0 && symlinkat(links[i][0], root, links[i][1]))
            box_fail("cannot link /%s: %s", links[i][1], strerror(errno));
    }
}

static void copy_skeleton(const char *root)
{
    static const char *const names[] = {".bashrc", ".profile", ".bash_logout"};
    char from[64], to[2][128];
    snprintf(to[0], sizeof(to[0]), "%s/root/", root);
    snprintf(to[1], sizeof(to[1]), "%s/home/ubuntu/", root);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(from, sizeof(from), "/etc/skel/%s", names[i]);
        for (size_t k = 0; k < 2; k++)
            run((const char *const[]){"/usr/bin/cp", from, to[k], NULL});
    }
    snprintf(to[1], sizeof(to[1]), "%s/home/ubuntu", root);
    run((const char *const[]){"/usr/bin/chown", "-R", "1000:1000", to[1], NULL});
}

void small_root_fill(const char *folder)
{
    int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        box_fail("cannot open %s: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
        if (mkdirat(root, dirs[i], 0755))
            box_fail("cannot make /%s: %s", dirs[i], strerror(errno));
    }
    fchmodat(root, "tmp", 01777, 0);
    fchmodat(root, "var/tmp", 01777, 0);
    fchmodat(root, "root", 0700, 0);
    fchmodat(root, "home/ubuntu", 0750, 0);
    link_usr(root);
    copy(folder);
    copy_skeleton(folder);
    write_text(root, "etc/passwd", passwd, 0644);
    write_text(root, "etc/group", group, 0644);
    write_text(root, "etc/shadow", shadow, 0640);
    write_text(root, "var/log/boot.log", "the machine was made\n", 0640);
    write_text(root, "etc/gshadow", gshadow, 0640);
    symlinkat("../usr/lib/os-release", root, "etc/os-release");
    symlinkat("/proc/mounts", root, "etc/mtab");
    fchownat(root, "etc/shadow", 0, 42, 0);
    close(root);
}
