/* SPDX-License-Identifier: MIT */
/*
 * The process of one test. It writes a JSON object per line to what was its standard output:
 * {"fail": rule, "text": ...}, {"warn": ...}, {"skip": ...}, {"entry": [kind, id]},
 * {"transcript": ...}, {"crash": signal, ...}, {"hang": ...}, and in the end {"done": true}.
 * What the plugin prints goes to a file of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "plugin/check_internal.h"
#include "plugin/options.h"

#define MAX_FINDINGS 5

static int report_fd = -1, output_fd = -1;
static unsigned findings;
static bool failed;
static const char *volatile doing;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct check check;

static void report_line(struct json *line)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, line, JSON_ASCII);
    buf_char(&text, '\n');
    json_free(line);
    pthread_mutex_lock(&mutex);
    fd_write_all(report_fd, buf_view(&text));
    pthread_mutex_unlock(&mutex);
}

void check_report(const char *key, struct json *value)
{
    struct json *line = json_new_object();
    json_set(line, key, value);
    report_line(line);
}

__attribute__((format(printf, 1, 0))) static struct json *formatted(const char *format,
                                                                    va_list args)
{
    char raw[1024];
    CLEANUP_BUF struct buf text = {0};
    vsnprintf(raw, sizeof(raw), format, args);
    buf_escaped(&text, str_of(raw));
    return json_new_str(buf_view(&text));
}

void check_fail(const char *rule, const char *format, ...)
{
    va_list args;
    failed = true;
    if (__atomic_fetch_add(&findings, 1, __ATOMIC_RELAXED) >= MAX_FINDINGS)
        return;
    struct json *line = json_new_object();
    va_start(args, format);
    json_set(line, "fail", json_new_str(str_of(rule)));
    json_set(line, "text", formatted(format, args));
    va_end(args);
    report_line(line);
}

void check_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    check_report("warn", formatted(format, args));
    va_end(args);
}

void check_skip(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    check_report("skip", formatted(format, args));
    va_end(args);
}

bool check_failed(void)
{
    return failed;
}

const char *check_doing(const char *function)
{
    const char *before = doing;
    doing = function;
    return before;
}

const char *check_rule_in(const char *text, const char *otherwise, char out[4])
{
    const char *at = strstr(text, "(R");
    while (at && !(at[2] >= '1' && at[2] <= '9'))
        at = strstr(at + 1, "(R");
    if (!at)
        return otherwise;
    size_t len = strspn(at + 2, "0123456789");
    snprintf(out, 4, "R%.*s", (int)(len > 2 ? 2 : len), at + 2);
    return out;
}

/* Is the text among the last words that were printed? For use in a signal handler. */
static bool printed(const char *const *texts)
{
    static char tail[16384];
    fsync(output_fd);
    off_t size = lseek(output_fd, 0, SEEK_END);
    off_t from = size > (off_t)sizeof(tail) - 1 ? size - ((off_t)sizeof(tail) - 1) : 0;
    ssize_t n = pread(output_fd, tail, sizeof(tail) - 1, from);
    tail[n > 0 ? n : 0] = '\0';
    for (; *texts; texts++) {
        if (strstr(tail, *texts))
            return true;
    }
    return false;
}

struct cause {
    const char *rule;
    const char *what;
};

static struct cause cause_of(int number, const void *address)
{
    static const char *const thrown[] = {"terminate called", "panicked", "panic in a function",
                                         NULL};
    static const char *const heap[] = {
        "free()",       "double free", "malloc()",         "corrupted",
        "munmap_chunk", "realloc()",   "AddressSanitizer", NULL};
    const char *usual = check.test ? check.test->crash : "R2";
    bool fault = number == SIGSEGV || number == SIGBUS;
    switch (fault ? guard_area_of(address) : GUARD_NONE) {
    case GUARD_INPUT:
        return (struct cause){"R6", "touched what an earlier call was given, wrote into an input, "
                                    "or read beyond its end"};
    case GUARD_CALL:
        return (struct cause){"R11", "used a call that had returned"};
    case GUARD_TABLE:
        return (struct cause){"R3", "used a member that this host's table does not have "
                                    "(GRASP_HAS tells)"};
    case GUARD_NONE:
        break;
    }
    if (number != SIGABRT)
        return (struct cause){usual, fault ? "touched memory that is not there" : "a fault"};
    if (printed(thrown))
        return (struct cause){"R10", "an exception or panic left the function"};
    if (strcmp(usual, "R16") == 0 && printed(heap))
        return (struct cause){"R7", "the heap is damaged, or was given what is not its own"};
    return (struct cause){strcmp(usual, "R16") == 0 ? "R10" : usual, "the process was aborted"};
}

static void crashed(int number, siginfo_t *info, void *context)
{
    char line[512];
    struct cause cause = cause_of(number, info->si_addr);
    (void)context;
    int len = snprintf(line, sizeof(line),
                       "\n{\"crash\": %d, \"rule\": \"%s\", \"in\": \"%s\", \"what\": \"%s\"}\n",
                       number, cause.rule, doing ? doing : "", cause.what);
    fd_write_all(report_fd, (struct str){line, (size_t)len});
    _exit(128 + number);
}

static void catch_crashes(void)
{
    static char stack[65536];
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
}

/* Says what hangs, shortly before the parent ends this process. */
static void *watch_time(void *arg)
{
    struct timespec left = {.tv_sec = (time_t)(intptr_t)arg};
    char line[256];
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
    int len = snprintf(line, sizeof(line), "\n{\"hang\": \"%s\"}\n", doing ? doing : "");
    fd_write_all(report_fd, (struct str){line, (size_t)len});
    _exit(1);
}

static void redirect(void)
{
    report_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 64);
    output_fd = memfd_create("output", MFD_CLOEXEC);
    if (report_fd < 0 || output_fd < 0 || dup2(output_fd, STDOUT_FILENO) < 0 ||
        dup2(output_fd, STDERR_FILENO) < 0)
        _exit(EXIT_INTERNAL);
    log_level_set((enum log_level)(LOG_ERROR + 1));
}

static void check_output(const char *rule)
{
    char text[200];
    fflush(NULL);
    off_t size = lseek(output_fd, 0, SEEK_END);
    if (size <= 0)
        return;
    ssize_t n = pread(output_fd, text, sizeof(text) - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    check_fail(rule, "printed %lld bytes to standard output or standard error: %s", (long long)size,
               text);
}

/* What host extensions need. Before the state of the process is taken down: it has a thread. */
static void start_services(void)
{
    struct err err;
    struct loop *loop = loop_start(&err);
    struct http_client *http = loop ? http_client_create(loop, 16, &err) : NULL;
    plugin_services_set(&(struct plugin_services){.http = http});
}

static bool load_plugin(void)
{
    struct err err;
    char rule[4];
    struct plugin *plugin;
    check_doing("loading");
    int code = plugin_load(check.path, &plugin, &err);
    check_doing(NULL);
    if (code) {
        check_fail(check_rule_in(err.text, "R1", rule), "%s", err.text);
        return false;
    }
    check.plugin = plugin;
    return true;
}

static bool pick(const char *kind, const char *id)
{
    for (size_t i = 0; i < plugin_entry_count(check.plugin); i++) {
        const struct plugin_entry *e = plugin_entry(check.plugin, i);
        if (strcmp(e->id, id) != 0 || (e->kind == PLUGIN_TASK) != (strcmp(kind, "task") == 0))
            continue;
        check.entry = e;
        if (e->kind == PLUGIN_TASK)
            check.task = plugin_task_table(e);
        else
            check.method = plugin_method_table(e);
        return true;
    }
    return kind[0] == '\0';
}

static bool configure(const char *set)
{
    struct err err;
    CLEANUP_JSON struct json *given = json_parse(str_of(set), &err);
    if (!check.entry)
        return true;
    check.config = options_check(check.entry->options, given, check.task ? "task" : "method", NULL,
                                 NULL, &err);
    if (!check.config) {
        check_skip("%s", err.text);
        return false;
    }
    json_write(&check.config_text, check.config, 0);
    const void *(*extension)(grasp_str id) =
        check.task ? check.task->extension : check.method->extension;
    bool asks = strcmp(check.test->name, "extension") != 0 && extension;
    const grasp_rehearsal *r = asks ? extension(grasp_cstr(GRASP_EXT_REHEARSAL)) : NULL;
    check.rehearsal = r && r->size >= sizeof(*r) && r->reply ? r : NULL;
    return true;
}

/* argv: TEST PATH KIND ID SEED TIMEOUT OPTIONS */
void check_test_main(int argc, char **argv)
{
    pthread_t watch;
    if (argc != 7 || !(check.test = check_test_find(str_of(argv[0]))))
        _exit(EXIT_USAGE);
    check.path = argv[1];
    check.seed = strtoull(argv[4], NULL, 10);
    redirect();
    guard_start();
    catch_crashes();
    if (pthread_create(&watch, NULL, watch_time, (void *)(intptr_t)strtol(argv[5], NULL, 10)) != 0)
        _exit(EXIT_INTERNAL);
    host_start(HOST_THIS);
    start_services();
    watch_start();
    bool of_file = check.test->kinds == FOR_FILE;
    if (load_plugin() && pick(argv[2], argv[3]) && (of_file || configure(argv[6]))) {
        if (of_file)
            check_output("R2");
        else if (fflush(NULL) != 0 || ftruncate(output_fd, 0) != 0 ||
                 lseek(output_fd, 0, SEEK_SET) < 0)
            _exit(EXIT_INTERNAL);
        check.test->run(&check);
        if (!of_file) {
            watch_end();
            check_output("R13");
        }
    }
    check_report("done", json_new_bool(true));
    _exit(0);
}
