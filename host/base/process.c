/* SPDX-License-Identifier: MIT */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t read_some(const char *path, char *out, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, out, room - 1) : -1;
    if (fd >= 0)
        close(fd);
    out[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

static void write_place(char *out, size_t room)
{
    char boot[64], space[32] = "";
    read_some("/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
    boot[strcspn(boot, "\n")] = '\0';
    ssize_t len = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);
    space[len > 0 ? len : 0] = '\0';
    snprintf(out, room, "%.36s %.30s", boot, space);
}

/* Fields 3 and 22 of /proc/PID/stat; the name, which may hold anything, is the second. 0: there is
 * no such process, or only what is left of it until its parent asks. */
static uint64_t started(int64_t pid)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
    read_some(path, text, sizeof(text));
    const char *at = strrchr(text, ')');
    if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    for (int field = 2; field < 22 && at; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at + 1, NULL, 10) : 0;
}

void process_self(struct process_id *out)
{
    *out = (struct process_id){.pid = getpid()};
    write_place(out->place, sizeof(out->place));
    out->started = started(out->pid);
}

enum process_life process_look(const struct process_id *id)
{
    struct process_id self = {0};
    write_place(self.place, sizeof(self.place));
    if (strcmp(self.place, id->place) != 0)
        return PROCESS_ELSEWHERE;
    if (id->pid <= 0 || (kill((pid_t)id->pid, 0) != 0 && errno == ESRCH))
        return PROCESS_DEAD;
    return started(id->pid) == id->started ? PROCESS_ALIVE : PROCESS_DEAD;
}
