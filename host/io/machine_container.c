/* SPDX-License-Identifier: MIT */
/*
 * A machine that a container engine makes: docker or podman, by its command line. The container
 * lives as long as the standard input of its first process, which is a pipe from here: it goes when
 * the machine is closed and when this program ends, however that happens, and the engine removes
 * it then. A process inside may hold that pipe open; so beside each container there is a keeper, a
 * process that outlives this program for as long as it takes to have the container removed.
 * Commands and the shell are processes of `exec`.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "io/machine_internal.h"

#define DEFAULT_MEMORY (1ull << 30)
#define DEFAULT_DISK (512ull << 20)
#define DEFAULT_PROCESSES 256
#define START_MS 60000
#define STOP_MS 20000
#define ENGINE_MS 15000 /* what the engine may take beyond a command's own time */
#define ENDED_MS 2000
#define SHELL_ENDED_MS 300
#define MAX_ARGS 64
#define MAX_FILES 1048576
#define MAX_PROCESSES 32768
#define COLUMNS 80
#define LINES 24

/* It says that it runs, reaps what others leave, and ends with its input. */
#define FIRST_PROCESS "echo ready; while read -r _; do :; done"

/* Nothing is ever written there. It is killed when its container is gone; its input ends before
 * that if the host does. */
#define KEEPER "read -r _; exec \"$0\" rm --force \"$1\""

struct machine_container {
    const char *program;
    const char *name;
    const char **env;    /* of the engine's command line */
    struct child *first; /* attached to the container's first process */
    struct child *shell; /* NULL: not begun */
    pid_t keeper;        /* 0: none */
    int keeper_input;
    struct arena arena;
};

struct command_line {
    const char *words[MAX_ARGS];
    size_t count;
};

static void add(struct command_line *line, const char *word)
{
    if (line->count + 1 < MAX_ARGS)
        line->words[line->count++] = word;
}

static void add_all(struct command_line *line, const char *const *words)
{
    for (; *words; words++)
        add(line, *words);
}

/* In PATH, as an absolute path; NULL if it is not there. */
static const char *find_program(struct arena *arena, const char *name)
{
    const char *path = getenv("PATH");
    struct str rest = str_of(path ? path : "/usr/local/bin:/usr/bin:/bin");
    while (rest.len) {
        struct str folder = str_cut(&rest, ':');
        const char *file = arena_printf(arena, "%.*s/%s", (int)folder.len, folder.ptr, name);
        if (file[0] == '/' && access(file, X_OK) == 0)
            return file;
    }
    return NULL;
}

/* What an engine's command line reads of the environment; nothing else is handed on. */
static const char **engine_env(struct arena *arena)
{
    static const char *const names[] = {
        "PATH",
        "HOME",
        "XDG_RUNTIME_DIR",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "DOCKER_HOST",
        "DOCKER_CONTEXT",
        "DOCKER_CONFIG",
        "DOCKER_TLS_VERIFY",
        "DOCKER_CERT_PATH",
        "CONTAINER_HOST",
        "CONTAINERS_CONF",
        "CONTAINERS_STORAGE_CONF",
        "TMPDIR",
    };
    size_t count = sizeof(names) / sizeof(*names), used = 0;
    const char **env = arena_alloc(arena, (count + 1) * sizeof(*env));
    for (size_t i = 0; i < count; i++) {
        const char *value = getenv(names[i]);
        if (value)
            env[used++] = arena_printf(arena, "%s=%s", names[i], value);
    }
    env[used] = NULL;
    return env;
}

static int find_engine(struct machine_container *box, const char *engine, struct err *err)
{
    unsigned char bytes[8];
    const bool podman = strcmp(engine, "podman") == 0;
    box->program = find_program(&box->arena, engine);
    if (!box->program)
        return err_set(err, EXIT_UNAVAILABLE, "no machine: there is no program %s (package %s)",
                       engine, podman ? "podman, with runc or crun" : "docker.io");
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return err_system(err, errno, "draw a name for", "a machine");
    CLEANUP_BUF struct buf name = {0};
    buf_text(&name, "grasp-host-");
    for (size_t i = 0; i < sizeof(bytes); i++)
        buf_printf(&name, "%02x", bytes[i]);
    box->name = arena_dup(&box->arena, name.ptr, name.len);
    box->env = engine_env(&box->arena);
    return 0;
}

/* Engines raise limits above our own, which only some users may; podman lowers some of its own. */
static void add_ulimit(struct command_line *line, struct arena *arena, const char *name,
                       __rlimit_resource_t resource, unsigned long long most)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) == 0 && limit.rlim_max < most)
        most = limit.rlim_max;
    add(line, "--ulimit");
    add(line, arena_printf(arena, "%s=%llu:%llu", name, most, most));
}

static void add_limits(struct command_line *line, struct arena *arena,
                       const struct machine_request *request)
{
    unsigned long long memory = request->max_memory ? request->max_memory : DEFAULT_MEMORY;
    unsigned long long disk = request->max_disk ? request->max_disk : DEFAULT_DISK;
    uint32_t processes = request->max_processes ? request->max_processes : DEFAULT_PROCESSES;
    add(line, arena_printf(arena, "--memory=%llu", memory));
    add(line, arena_printf(arena, "--memory-swap=%llu", memory));
    add(line, arena_printf(arena, "--pids-limit=%u", 2 * processes));
    add(line, "--ulimit");
    add(line, arena_printf(arena, "fsize=%llu:%llu", disk, disk));
    add_ulimit(line, arena, "nofile", RLIMIT_NOFILE, MAX_FILES);
    add_ulimit(line, arena, "nproc", RLIMIT_NPROC, MAX_PROCESSES);
}

/* The image, or with podman a folder, under an overlay that goes with the container. */
static int add_root(struct command_line *line, struct arena *arena,
                    const struct machine_request *request, struct err *err)
{
    const char *const *layers = request->layers;
    if (request->image && request->image[0] == '-')
        return err_set(err, EXIT_CONFIG, "'%s' is no name of an image", request->image);
    if (request->image && *request->image) {
        add(line, request->image);
        return 0;
    }
    if (!layers || !layers[0] || layers[1] || strcmp(request->engine, "podman") != 0)
        return err_set(err, EXIT_CONFIG,
                       "a machine of %s is made from an image, or with podman from one folder",
                       request->engine);
    if (!file_is_dir(layers[0]))
        return err_set(err, EXIT_CONFIG, "%s: the root of a machine must be a folder", layers[0]);
    add(line, "--rootfs");
    add(line, arena_printf(arena, "%s:O", layers[0]));
    return 0;
}

static int write_run(struct machine_container *box, const struct machine_request *request,
                     struct command_line *line, struct err *err)
{
    static const char *const fixed[] = {
        "--rm",
        "--stop-signal=KILL",
        "--interactive",
        "--pull=never",
        "--network=none",
        "--hostname=box",
        "--workdir=/root",
        "--user=0:0",
        "--log-driver=none",
        "--cap-drop=NET_RAW",
        "--cap-drop=MKNOD",
        "--entrypoint=/bin/bash",
        "--env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "--env=HOME=/root",
        NULL};
    add(line, box->program);
    add(line, "run");
    add_all(line, fixed);
    add(line, arena_printf(&box->arena, "--name=%s", box->name));
    add(line, arena_printf(&box->arena, "--label=grasp-host=%d", (int)getpid()));
    add_limits(line, &box->arena, request);
    int code = add_root(line, &box->arena, request, err);
    add(line, "-c");
    add(line, FIRST_PROCESS);
    return code;
}

static int refuse(const struct machine_container *box, const struct child_result *result,
                  struct err *err)
{
    struct str said = str_trim(buf_view(&result->err));
    if (result->timed_out)
        return err_set(err, EXIT_UNAVAILABLE, "no machine: %s did not start one in %d seconds",
                       box->program, START_MS / 1000);
    return err_set(err, EXIT_UNAVAILABLE, "no machine: %s run: %.*s", box->program,
                   said.len > 400 ? 400 : (int)said.len, said.ptr);
}

static int start(struct machine_container *box, const struct machine_request *request,
                 struct err *err)
{
    struct command_line line = {0};
    struct child_result result = {0};
    int code = write_run(box, request, &line, err);
    const struct child_request child = {
        .argv = line.words, .env = box->env, .cwd = "/", .timeout_ms = STOP_MS};
    if (!code)
        code = child_open(&child, &box->first, err);
    if (!code)
        code =
            child_exchange(box->first, (struct str){"", 0}, STR("ready\n"), START_MS, &result, err);
    if (!code && (result.timed_out || result.status >= 0))
        code = refuse(box, &result, err);
    buf_free(&result.out);
    buf_free(&result.err);
    return code;
}

/* With the input as its input, and nowhere to write; in a session of its own, so that no signal
 * from a terminal reaches it. Returns an errno. */
static int spawn_keeper(struct machine_container *box, int input)
{
    const char *const argv[] = {"sh", "-c", KEEPER, box->program, box->name, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    int number = posix_spawn(&box->keeper, "/bin/sh", &files, &how, (char *const *)(uintptr_t)argv,
                             (char *const *)(uintptr_t)box->env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return number;
}

static int start_keeper(struct machine_container *box, struct err *err)
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC))
        return err_system(err, errno, "make a pipe for", "a machine");
    int number = spawn_keeper(box, pipes[0]);
    close(pipes[0]);
    box->keeper_input = pipes[1];
    if (number) {
        close(pipes[1]);
        box->keeper = 0;
        return err_system(err, number, "run", "/bin/sh");
    }
    return 0;
}

static void stop_keeper(struct machine_container *box)
{
    if (!box->keeper)
        return;
    kill(box->keeper, SIGKILL);
    while (waitpid(box->keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    close(box->keeper_input);
}

int container_open(struct machine *machine, const struct machine_request *request, struct err *err)
{
    struct machine_container *box = mem_alloc(sizeof(*box));
    machine->container = box;
    int code = find_engine(box, request->engine, err);
    code = code ? code : start_keeper(box, err);
    return code ? code : start(box, request, err);
}

/* The container goes by itself when its input is closed; an engine that does not see to it is told
 * once more. */
static void remove_container(struct machine_container *box)
{
    const char *const argv[] = {box->program, "rm", "--force", box->name, NULL};
    const struct child_request request = {
        .argv = argv, .env = box->env, .cwd = "/", .timeout_ms = STOP_MS};
    struct child_result result;
    struct err ignored;
    child_finish(box->first, &result);
    bool clean = !result.timed_out && result.status == 0;
    buf_free(&result.out);
    buf_free(&result.err);
    if (!clean && child_run(&request, &result, &ignored) == 0) {
        buf_free(&result.out);
        buf_free(&result.err);
    }
}

void container_close(struct machine_container *box)
{
    if (!box)
        return;
    child_close(box->shell);
    if (box->first)
        remove_container(box);
    stop_keeper(box);
    arena_clear(&box->arena);
    mem_free(box);
}

/* Whether the container may be gone after a command that ended like this. An engine's own
 * failures have words on its error stream; a container that ends kills what runs in it. Then the
 * end of the first process is waited for. */
static bool is_doubtful(const struct child_result *result)
{
    return result->status == 137 ||
           (result->status && str_starts(str_trim(buf_view(&result->err)), "Error"));
}

static int check(struct machine_container *box, uint32_t wait_ms, struct err *err)
{
    struct child_result seen;
    int code =
        child_exchange(box->first, (struct str){"", 0}, (struct str){"", 0}, wait_ms, &seen, err);
    if (code)
        return code;
    buf_free(&seen.out);
    buf_free(&seen.err);
    return seen.status < 0
               ? 0
               : err_set(err, EXIT_UNAVAILABLE, "the machine has ended: its container is gone");
}

int container_check(struct machine *machine, struct err *err)
{
    return check(machine->container, SHELL_ENDED_MS, err);
}

int container_run(struct machine *machine, const struct machine_command *command,
                  struct machine_result *out, struct err *err)
{
    struct machine_container *box = machine->container;
    struct command_line line = {0};
    struct child_result result;
    struct arena arena = {0};
    uint32_t limit = command->timeout_ms ? command->timeout_ms : MACHINE_TIMEOUT_MS;
    uint64_t begun = machine_now_ms();
    /* Ending `exec` does not end what it runs. */
    const char *const words[] = {
        box->program, "exec",          box->name,
        "timeout",    "--signal=KILL", arena_printf(&arena, "%u.%03u", limit / 1000, limit % 1000),
        NULL};
    add_all(&line, words);
    add_all(&line, command->argv);
    const struct child_request request = {.argv = line.words,
                                          .env = box->env,
                                          .cwd = "/",
                                          .timeout_ms = limit + ENGINE_MS,
                                          .max_output = command->max_output ? command->max_output
                                                                            : MACHINE_OUTPUT};
    *out = (struct machine_result){0};
    int code = 0;
    if (line.count == MAX_ARGS - 1)
        code = err_set(err, EXIT_PLUGIN, "a machine's command has more than %d words", MAX_ARGS);
    if (!code)
        code = child_run(&request, &result, err);
    arena_clear(&arena);
    if (code)
        return code;
    *out = (struct machine_result){.status = result.status,
                                   .truncated = result.truncated,
                                   .out = result.out,
                                   .err = result.err,
                                   .timed_out =
                                       result.status == 137 && machine_now_ms() - begun >= limit};
    if (result.timed_out)
        code = err_set(err, EXIT_UNAVAILABLE, "the container engine does not answer any more");
    else if (!out->timed_out)
        code = check(box, is_doubtful(&result) ? ENDED_MS : 1, err);
    if (code)
        machine_result_clear(out);
    return code;
}

/* Two ends of a terminal; the engine's end is not ours. */
static int open_terminal(int *out_own, int *out_theirs)
{
    struct winsize size = {.ws_row = LINES, .ws_col = COLUMNS};
    char path[64];
    int own = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    int theirs = -1;
    if (own >= 0 && grantpt(own) == 0 && unlockpt(own) == 0 &&
        ptsname_r(own, path, sizeof(path)) == 0)
        theirs = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (theirs < 0 || ioctl(own, TIOCSWINSZ, &size) || fcntl(own, F_SETFL, O_NONBLOCK)) {
        int number = errno;
        if (theirs >= 0)
            close(theirs);
        if (own >= 0)
            close(own);
        return number;
    }
    *out_own = own;
    *out_theirs = theirs;
    return 0;
}

int container_begin_shell(struct machine *machine, struct err *err)
{
    struct machine_container *box = machine->container;
    const char *const argv[] = {box->program, "exec",    "--interactive", "--tty",   "--env",
                                "TERM=xterm", box->name, "/bin/bash",     "--login", NULL};
    const struct child_request request = {.argv = argv, .env = box->env, .cwd = "/"};
    int theirs = -1, number = open_terminal(&machine->terminal, &theirs);
    if (number)
        return err_system(err, number, "open a terminal for", "a machine");
    int code = child_open_terminal(&request, theirs, &box->shell, err);
    close(theirs);
    return code;
}
