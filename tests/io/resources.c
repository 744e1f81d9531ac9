/* SPDX-License-Identifier: MIT */
#include "resources.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

size_t resources_fds(void)
{
    size_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        count++;
    if (dir)
        closedir(dir);
    return count;
}

static size_t read_file(const char *path, char *out, size_t size)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, out, size - 1);
    out[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

static size_t count_processes(int (*matches)(const char *pid, const char *text), const char *text)
{
    size_t count = 0;
    struct dirent *entry;
    DIR *dir = opendir("/proc");
    while (dir && (entry = readdir(dir))) {
        if (isdigit((unsigned char)entry->d_name[0]))
            count += (size_t)matches(entry->d_name, text);
    }
    if (dir)
        closedir(dir);
    return count;
}

static int is_ours(const char *pid, const char *text)
{
    char path[320], stat[1024];
    int parent = 0;
    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    read_file(path, stat, sizeof(stat));
    const char *end = strrchr(stat, ')');
    return end && sscanf(end, ") %*c %d", &parent) == 1 && parent == getpid();
}

size_t resources_children(void)
{
    return count_processes(is_ours, NULL);
}

static size_t fds_before;

int resources_setup(void **state)
{
    fds_before = resources_fds();
    return 0;
}

int resources_teardown(void **state)
{
    size_t fds = resources_fds(), children = resources_children();
    if (fds != fds_before || children)
        fprintf(stderr, "left behind: %zu descriptors, %zu children\n", fds - fds_before, children);
    return fds != fds_before || children ? -1 : 0;
}

static int has_text(const char *pid, const char *text)
{
    char path[320], line[65536];
    snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
    size_t len = read_file(path, line, sizeof(line));
    return memmem(line, len, text, strlen(text)) != NULL;
}

size_t resources_processes(const char *text)
{
    return count_processes(has_text, text);
}

/* Until there are any, or none; a busy machine gets a minute for it. */
static size_t wait_for(const char *text, bool any)
{
    uint64_t until = clock_monotonic_us() + 60000000;
    size_t count = resources_processes(text);
    while (any != (count > 0) && clock_monotonic_us() < until) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        count = resources_processes(text);
    }
    return count;
}

size_t resources_processes_left(const char *text)
{
    return wait_for(text, false);
}

size_t resources_processes_begun(const char *text)
{
    return wait_for(text, true);
}

const char *resources_mark_of(pid_t pid)
{
    static char mark[32];
    snprintf(mark, sizeof(mark), "9000.%07d", (int)pid);
    return mark;
}

const char *resources_mark(void)
{
    return resources_mark_of(getpid());
}

const char *resources_marked(const char *script)
{
    static char texts[4][1024];
    static size_t last;
    char *out = texts[last++ % 4], *at = out;
    for (; *script && at < out + sizeof(texts[0]) - 32; script++) {
        if (*script == '@')
            at = stpcpy(at, resources_mark());
        else
            *at++ = *script;
    }
    *at = '\0';
    return out;
}
