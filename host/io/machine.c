/* SPDX-License-Identifier: MIT */
#include "io/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "io/machine_internal.h"

#define DEFAULT_MEMORY (1ull << 30)
#define DEFAULT_DISK (512ull << 20)
#define DEFAULT_PROCESSES 256
#define START_MS 20000
#define MAX_LAYERS 8
#define KILL_MS 5000

/* The program of host/io/machine/, in this one (program.S). */
extern const char machine_program[], machine_program_end[];

static pthread_once_t program_once = PTHREAD_ONCE_INIT;
static int program_fd = -1;
static int program_errno;

/* A file in memory that nobody can change, not even who gets hold of it through /proc. */
static void make_program(void)
{
    size_t len = (size_t)(machine_program_end - machine_program), at = 0;
    int fd = memfd_create("machine", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    while (fd >= 0 && at < len) {
        ssize_t put = write(fd, machine_program + at, len - at);
        if (put <= 0)
            break;
        at += (size_t)put;
    }
    if (fd < 0 || at < len ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
        program_errno = errno;
        if (fd >= 0)
            close(fd);
        return;
    }
    program_fd = fd;
}

uint64_t machine_now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

void machine_result_clear(struct machine_result *result)
{
    buf_free(&result->out);
    buf_free(&result->err);
}

/* The reason is in the guard's line, which is all that the parent of init ever says. */
bool machine_told_end(struct machine *machine, struct machine_result *out)
{
    struct child_result result = {0};
    struct err ignored;
    if (machine->container || child_exchange(machine->child, (struct str){"", 0},
                                             (struct str){"", 0}, KILL_MS, &result, &ignored))
        return false;
    machine->gone = true;
    bool over = str_starts(buf_view(&result.err), "ended: ");
    if (over) {
        machine_result_clear(out);
        *out = (struct machine_result){.status = 137, .end = MACHINE_OVER_LIMIT};
        buf_str(&out->err, buf_view(&result.err));
    }
    buf_free(&result.out);
    buf_free(&result.err);
    return over;
}

static int lost(struct err *err)
{
    return err_set(err, EXIT_UNAVAILABLE, "the machine has ended: its first process is gone");
}

static void add_words(struct buf *data, const char *const *words)
{
    for (; words && *words; words++)
        buf_add(data, *words, strlen(*words) + 1);
}

static int32_t count_of(const char *const *words)
{
    int32_t count = 0;
    while (words[count])
        count++;
    return count;
}

int machine_send(struct machine *machine, enum wire_type type, uint32_t id, const char *const *argv,
                 const char *const *env, const int *fds, size_t fd_count, struct err *err)
{
    CLEANUP_BUF struct buf data = {.limit = WIRE_MAX};
    add_words(&data, argv);
    add_words(&data, env);
    if (data.failed)
        return err_set(err, EXIT_PLUGIN, "a machine's command is longer than %u bytes", WIRE_MAX);
    struct wire_header header = {
        .type = type, .id = id, .value = argv ? count_of(argv) : 0, .length = (uint32_t)data.len};
    if (wire_send(machine->control, &header, data.ptr, fds, fd_count))
        return lost(err);
    return 0;
}

int machine_receive(struct machine *machine, struct wire_header *header, int *fd, struct err *err)
{
    char text[1024];
    int fds[WIRE_FDS];
    int code = wire_receive(machine->control, header, text, sizeof(text), fds) ? lost(err) : 0;
    if (!code && header->type == WIRE_FAILED)
        code = err_set(err, EXIT_UNAVAILABLE, "no machine: %.*s", (int)header->length, text);
    for (size_t i = 0; i < WIRE_FDS; i++) {
        if (!code && i == 0)
            *fd = fds[0];
        else if (fds[i] >= 0)
            close(fds[i]);
    }
    return code;
}

static int wait_readable(int fd, uint32_t timeout_ms)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int got;
    do
        got = poll(&ready, 1, (int)timeout_ms);
    while (got < 0 && errno == EINTR);
    return got;
}

static int receive_start(struct machine *machine, enum wire_type type, int32_t *out_value,
                         struct err *err)
{
    struct wire_header header;
    int fd = -1;
    if (wait_readable(machine->control, START_MS) <= 0)
        return err_set(err, EXIT_UNAVAILABLE, "no machine: it did not start in %d seconds",
                       START_MS / 1000);
    int code = machine_receive(machine, &header, &fd, err);
    if (fd >= 0)
        close(fd);
    if (!code && header.type != type)
        code = err_set(err, EXIT_INTERNAL, "a machine said %u, not %d", header.type, (int)type);
    if (!code)
        *out_value = header.value;
    return code;
}

/* `inner` of child_guard: everything inside descends from init. */
static int await_start(struct machine *machine, const struct machine_request *request,
                       struct err *err)
{
    const struct guard_limits limits = {
        .max_processes = 2 * (request->max_processes ? request->max_processes : DEFAULT_PROCESSES),
        .max_memory = request->max_memory ? request->max_memory : DEFAULT_MEMORY,
    };
    int32_t pid = 0, shifted;
    int code = receive_start(machine, WIRE_STARTED, &pid, err);
    if (!code && pid > 1)
        code = child_guard(machine->child, pid, &limits, err);
    return code ? code : receive_start(machine, WIRE_READY, &shifted, err);
}

static const char *number(struct arena *arena, const char *name, uint64_t value, uint64_t otherwise)
{
    return arena_printf(arena, "%s=%llu", name, (unsigned long long)(value ? value : otherwise));
}

static int write_argv(const struct machine_request *request, const char **argv, struct arena *arena,
                      struct err *err)
{
    size_t count = 0;
    argv[count++] = "/proc/self/fd/4";
    argv[count++] = number(arena, "memory", request->max_memory, DEFAULT_MEMORY);
    argv[count++] = number(arena, "disk", request->max_disk, DEFAULT_DISK);
    argv[count++] = number(arena, "processes", request->max_processes, DEFAULT_PROCESSES);
    for (size_t i = 0; request->layers && request->layers[i]; i++) {
        if (i == MAX_LAYERS)
            return err_set(err, EXIT_CONFIG, "a machine has at most %d layers", MAX_LAYERS);
        if (!file_is_dir(request->layers[i]))
            return err_set(err, EXIT_CONFIG, "%s: the root of a machine must be a folder",
                           request->layers[i]);
        argv[count++] = arena_printf(arena, "layer=%s", request->layers[i]);
    }
    argv[count] = NULL;
    return 0;
}

static int launch(struct machine *machine, const struct machine_request *request, struct err *err)
{
    const char *argv[MAX_LAYERS + 8];
    static const char *const env[] = {NULL};
    struct arena arena = {0};
    int pair[2];
    int code = write_argv(request, argv, &arena, err);
    if (code || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        code = code ? code : err_system(err, errno, "make a socket for", "a machine");
        arena_clear(&arena);
        return code;
    }
    machine->control = pair[0];
    const struct child_request child = {.argv = argv, .env = env, .cwd = "/"};
    const int fds[] = {pair[1], program_fd};
    code = child_open_extra(&child, fds, 2, &machine->child, err);
    close(pair[1]);
    arena_clear(&arena);
    return code ? code : await_start(machine, request, err);
}

static int open_own(struct machine *machine, const struct machine_request *request, struct err *err)
{
    pthread_once(&program_once, make_program);
    if (program_fd < 0)
        return err_system(err, program_errno, "make", "the program of a machine");
    return launch(machine, request, err);
}

int machine_open(const struct machine_request *request, struct machine **out, struct err *err)
{
    struct machine *machine = mem_alloc(sizeof(*machine));
    machine->control = machine->terminal = -1;
    int code =
        request->engine ? container_open(machine, request, err) : open_own(machine, request, err);
    if (code)
        machine_close(machine);
    else
        *out = machine;
    return code;
}

void machine_close(struct machine *machine)
{
    if (!machine)
        return;
    child_close(machine->child);
    container_close(machine->container);
    if (machine->control >= 0)
        close(machine->control);
    if (machine->terminal >= 0)
        close(machine->terminal);
    buf_free(&machine->screen);
    mem_free(machine);
}
