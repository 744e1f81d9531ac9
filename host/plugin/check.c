/* SPDX-License-Identifier: MIT */
/* Runs the tests, each in a process of its own and several at a time, and
 * reads what they found. What comes out does not depend on how many. */
#include "plugin/check.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "io/child.h"
#include "model/config.h"
#include "plugin/check_drive.h"

#define MAX_ENTRIES 128
#define MAX_TESTS 32
#define MAX_REPORT (64u << 20)
#define MAX_AT_A_TIME 4
#define GRACE_MS 3000 /* for a test to say that it hangs */

extern char **environ;

struct entry {
    char *kind, *id;
    enum check_status status[MAX_TESTS]; /* by test; CHECK_SKIPPED until it ran */
};

/* What one process found. */
struct findings {
    enum check_status status;
    struct buf rules, seen, transcript;
    bool done;
};

/* A test of the file, or of one of its entries. */
struct item {
    const struct check_test *test;
    struct entry *entry; /* NULL: of the file */
    enum { ITEM_WAITS, ITEM_RUNS, ITEM_DONE } state;
    struct findings findings;
    uint64_t ms;
};

struct runner {
    const struct check_options *options;
    char *path, *wanted; /* id, or NULL */
    char program[PATH_MAX];
    struct entry entries[MAX_ENTRIES];
    size_t entry_count;
    enum check_status file_status[MAX_TESTS];
    struct item *items; /* those of one round, in the order in which they are reported */
    size_t item_count, item_capacity;
    pthread_mutex_t mutex; /* for the items and every status, while there are threads */
    pthread_cond_t changed;
    void (*on_result)(void *arg, const struct check_result *result);
    void *arg;
    bool refused;
};

static void findings_clear(struct findings *f)
{
    buf_free(&f->rules);
    buf_free(&f->seen);
    buf_free(&f->transcript);
}

const char *check_status_name(enum check_status status)
{
    static const char *const names[] = {"ok", "warn", "FAIL", "skipped"};
    return names[status];
}

static void add_rule(struct buf *rules, struct str rule)
{
    for (struct str rest = buf_view(rules); rest.len;) {
        if (str_eq(str_cut(&rest, ' '), rule))
            return;
    }
    if (rules->len)
        buf_char(rules, ' ');
    buf_str(rules, rule);
}

static void found(struct findings *f, enum check_status status, struct str rule, struct str text)
{
    if (status == CHECK_FAIL && f->status != CHECK_FAIL)
        buf_reset(&f->seen); /* warnings do not matter any more */
    if (f->status == CHECK_FAIL && status != CHECK_FAIL)
        return;
    f->status = status;
    if (rule.len)
        add_rule(&f->rules, rule);
    if (f->seen.len)
        buf_text(&f->seen, "; ");
    buf_str(&f->seen, text);
}

static void read_end(const struct json *line, struct findings *f)
{
    CLEANUP_BUF struct buf text = {0};
    struct str in = json_str(json_get(line, "in")), hang = json_str(json_get(line, "hang"));
    if (json_get(line, "hang")) {
        buf_printf(&text, "%s did not return within the time limit",
                   hang.len ? hang.ptr : "a call");
        found(f, CHECK_FAIL, STR("R16"), buf_view(&text));
    } else {
        int number = (int)json_int(json_get(line, "crash"), 0);
        buf_printf(&text, "crash in %s (%s): %s", in.len ? in.ptr : "code that ran between calls",
                   strsignal(number), json_str(json_get(line, "what")).ptr);
        found(f, CHECK_FAIL, json_str(json_get(line, "rule")), buf_view(&text));
    }
    f->done = true;
}

static void read_entry(struct runner *r, const struct json *row)
{
    struct str kind = json_str(json_at(row, 0)), id = json_str(json_at(row, 1));
    if (r->entry_count == MAX_ENTRIES || (r->wanted && !str_is(id, r->wanted)))
        return;
    struct entry *entry = &r->entries[r->entry_count++];
    entry->kind = mem_dup(kind.ptr, kind.len);
    entry->id = mem_dup(id.ptr, id.len);
    for (size_t i = 0; i < MAX_TESTS; i++)
        entry->status[i] = CHECK_SKIPPED;
}

static void read_line(struct runner *r, struct str text, struct findings *f)
{
    CLEANUP_JSON struct json *line = json_parse(text, NULL);
    struct str rule = json_str(json_get(line, "fail"));
    if (rule.len)
        found(f, CHECK_FAIL, rule, json_str(json_get(line, "text")));
    else if (json_get(line, "warn"))
        found(f, CHECK_WARN, STR(""), json_str(json_get(line, "warn")));
    else if (json_get(line, "skip"))
        found(f, CHECK_SKIPPED, STR(""), json_str(json_get(line, "skip")));
    else if (json_get(line, "crash") || json_get(line, "hang"))
        read_end(line, f);
    else if (json_get(line, "entry"))
        read_entry(r, json_get(line, "entry"));
    else if (json_get(line, "transcript"))
        buf_str(&f->transcript, json_str(json_get(line, "transcript")));
    else if (json_get(line, "done"))
        f->done = true;
}

/* There in a program linked with mimalloc, which neither counts nor spoils memory for us. */
extern int mi_version(void) __attribute__((weak));

/* The environment of a test: that of the program, and for the second process of a test another
 * one, of which nothing that a plugin gives out may depend. */
static const char **environment(bool other)
{
    static const char *const first[] = {"MALLOC_PERTURB_=85", "LC_ALL=C.UTF-8"};
    static const char *const second[] = {"MALLOC_PERTURB_=170", "LC_ALL=C", "TZ=Asia/Tokyo",
                                         "HOME=/", "COLUMNS=40"};
    const char *const *more = other ? second : first;
    size_t extra = other ? 5 : 2, count = 0;
    while (environ[count])
        count++;
    const char **out = mem_array(count + extra + 5, sizeof(*out));
    size_t n = 0;
    for (size_t i = 0; i < extra; i++)
        out[n++] = more[i];
    /* A leak is found by its growth; a sanitizer's own end must look like a crash. */
    out[n++] = "ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:allocator_may_return_null=1:"
               "detect_odr_violation=0:detect_stack_use_after_return=0";
    /* Freed memory that waits in a thread's cache would count as allocated. */
    out[n++] = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0";
    if (mi_version && !getenv("LD_PRELOAD"))
        out[n++] = "LD_PRELOAD=libc.so.6"; /* its allocator before the one linked */
    out[n++] = "UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1";
    for (size_t i = 0; i < count; i++) {
        size_t name = strcspn(environ[i], "=");
        /* Nothing here calls a model, and the plugin may be anybody's. */
        bool left_out = chat_config_secret_name((struct str){environ[i], name});
        for (size_t k = 0; k < n; k++)
            left_out = left_out || strncmp(environ[i], out[k], name + 1) == 0;
        if (!left_out)
            out[n++] = environ[i];
    }
    return out;
}

static void run_process(struct runner *r, const struct check_test *test, const struct entry *entry,
                        bool other, struct findings *f)
{
    CLEANUP_BUF struct buf set = {0};
    CLEANUP_FREE char *seed = mem_printf("%llu", (unsigned long long)r->options->seed);
    CLEANUP_FREE char *limit = mem_printf("%lld", (long long)r->options->timeout_s);
    CLEANUP_FREE const char **env = environment(other);
    struct child_result result = {0};
    struct err err;
    json_write(&set, r->options->set, 0);
    const char *argv[] = {r->program,
                          "check",
                          "--run-test",
                          test->name,
                          r->path,
                          entry ? entry->kind : "",
                          entry ? entry->id : "",
                          seed,
                          limit,
                          r->options->set ? set.ptr : "{}",
                          NULL};
    struct child_request request = {
        .argv = argv,
        .env = env,
        .cwd = other ? "/tmp" : "/",
        .input = STR(""),
        .timeout_ms = (uint32_t)(r->options->timeout_s * 1000 + GRACE_MS),
        .max_output = MAX_REPORT,
    };
    if (child_run(&request, &result, &err)) {
        found(f, CHECK_FAIL, STR(""), str_of(err.text));
        return;
    }
    for (struct str rest = buf_view(&result.out); rest.len;)
        read_line(r, str_cut(&rest, '\n'), f);
    if (!f->done) {
        CLEANUP_BUF struct buf text = {0};
        if (result.timed_out)
            buf_text(&text, "did not end within the time limit");
        else if (result.status > 128)
            buf_printf(&text, "the process was ended by signal %d (%s)", result.status - 128,
                       strsignal(result.status - 128));
        else
            buf_printf(&text, "ended the process, with status %d", result.status);
        found(f, CHECK_FAIL,
              result.timed_out      ? STR("R16")
              : result.status > 128 ? str_of(test->crash)
                                    : STR("R13"),
              buf_view(&text));
    }
    buf_free(&result.out);
    buf_free(&result.err);
}

static void run_twice(struct runner *r, const struct check_test *test, const struct entry *entry,
                      struct findings *f)
{
    struct findings second = {0};
    CLEANUP_BUF struct buf where = {0}, text = {0};
    run_process(r, test, entry, true, &second);
    if (second.status == CHECK_FAIL && f->status != CHECK_FAIL)
        found(f, CHECK_FAIL, buf_view(&second.rules), buf_view(&second.seen));
    else if (f->status != CHECK_FAIL && f->status != CHECK_SKIPPED &&
             drive_differs(&f->transcript, &second.transcript, &where)) {
        buf_printf(&text, "another process gives another output: %s", where.ptr);
        found(f, CHECK_FAIL, STR("R14"), buf_view(&text));
    }
    findings_clear(&second);
}

static void give(struct runner *r, const struct check_test *test, const struct entry *entry,
                 const struct findings *f, uint64_t ms)
{
    CLEANUP_BUF struct buf repeat = {0};
    const char *kind = entry ? entry->kind : "";
    buf_printf(&repeat, "grasp-host check %s%s%s --only %s --seed %llu", r->path, entry ? ":" : "",
               entry ? entry->id : "", test->name, (unsigned long long)r->options->seed);
    if (f->status == CHECK_FAIL)
        r->refused = true;
    struct check_result result = {
        .status = f->status,
        .test = test->name,
        .what = test->what,
        .kind = kind,
        .id = str_of(entry ? entry->id : NULL),
        .rules = f->rules.len ? buf_view(&f->rules) : str_of(test->rules),
        .seen = buf_view(&f->seen),
        .repeat = buf_view(&repeat),
        .ms = ms,
    };
    r->on_result(r->arg, &result);
}

static bool wanted(const struct runner *r, const struct check_test *test)
{
    const char *only = r->options->only;
    if (!only || strcmp(only, test->name) == 0)
        return true;
    for (struct str rest = str_of(test->rules); rest.len;) {
        if (str_is(str_cut(&rest, ' '), only))
            return true;
    }
    return false;
}

static enum check_status *status_of(struct runner *r, const struct check_test *test,
                                    struct entry *entry)
{
    size_t at = (size_t)(test - check_tests);
    return test->kinds == FOR_FILE ? &r->file_status[at] : &entry->status[at];
}

/* The first test that this one builds on and that did not go well, or NULL. With `only`, what
 * was not asked for does not count. */
static const char *unmet(struct runner *r, const struct item *item)
{
    for (struct str rest = str_of(item->test->needs); rest.len;) {
        const struct check_test *t = check_test_find(str_cut(&rest, ' '));
        enum check_status status = *status_of(r, t, item->entry);
        bool ran = !r->options->only || wanted(r, t);
        if (ran && status != CHECK_OK && status != CHECK_WARN)
            return t->name;
    }
    return NULL;
}

static void run_item(struct runner *r, struct item *item, const char *missing)
{
    struct findings *f = &item->findings;
    uint64_t started = clock_monotonic_us();
    if (missing) {
        CLEANUP_BUF struct buf text = {0};
        buf_printf(&text, "not run, because %s did not go well", missing);
        found(f, CHECK_SKIPPED, STR(""), buf_view(&text));
    } else {
        run_process(r, item->test, item->entry, false, f);
        if (item->test->twice && f->status != CHECK_FAIL)
            run_twice(r, item->test, item->entry, f);
    }
    item->ms = (clock_monotonic_us() - started) / 1000;
}

/* Is all that it builds on over? */
static bool is_ready(const struct runner *r, const struct item *item)
{
    for (struct str rest = str_of(item->test->needs); rest.len;) {
        const struct check_test *t = check_test_find(str_cut(&rest, ' '));
        for (const struct item *other = r->items; other < item; other++) {
            bool same = other->test == t && (!other->entry || other->entry == item->entry);
            if (same && other->state != ITEM_DONE)
                return false;
        }
    }
    return true;
}

/* The next item to run, NULL when there is none; *out_more: there may be one later. */
static struct item *next_item(struct runner *r, bool *out_more)
{
    *out_more = false;
    for (size_t i = 0; i < r->item_count; i++) {
        struct item *item = &r->items[i];
        if (item->state != ITEM_WAITS)
            continue;
        if (is_ready(r, item))
            return item;
        *out_more = true;
    }
    return NULL;
}

static void *work(void *arg)
{
    struct runner *r = arg;
    struct item *item;
    bool more;
    pthread_mutex_lock(&r->mutex);
    while ((item = next_item(r, &more)) || more) {
        if (!item) {
            pthread_cond_wait(&r->changed, &r->mutex);
            continue;
        }
        const char *missing = unmet(r, item);
        item->state = ITEM_RUNS;
        pthread_mutex_unlock(&r->mutex);
        run_item(r, item, missing);
        pthread_mutex_lock(&r->mutex);
        item->state = ITEM_DONE;
        *status_of(r, item->test, item->entry) = item->findings.status;
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->mutex);
    return NULL;
}

/* Two for each processor: tests of plugins that start servers or sandboxes mostly wait for them. */
static size_t at_a_time(const struct runner *r)
{
    long count = 2 * sysconf(_SC_NPROCESSORS_ONLN);
    count = count > MAX_AT_A_TIME ? MAX_AT_A_TIME : count > 1 ? count : 1;
    return (size_t)count < r->item_count ? (size_t)count : r->item_count;
}

/* Runs the items that were added, and reports them in their order, each as soon as it is over. */
static void run_items(struct runner *r)
{
    pthread_t threads[MAX_AT_A_TIME];
    size_t count = at_a_time(r);
    for (size_t i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, work, r) != 0)
            mem_exhausted();
    }
    for (size_t i = 0; i < r->item_count; i++) {
        struct item *item = &r->items[i];
        pthread_mutex_lock(&r->mutex);
        while (item->state != ITEM_DONE)
            pthread_cond_wait(&r->changed, &r->mutex);
        pthread_mutex_unlock(&r->mutex);
        if (wanted(r, item->test))
            give(r, item->test, item->entry, &item->findings, item->ms);
        findings_clear(&item->findings);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    r->item_count = 0;
}

static void add_item(struct runner *r, const struct check_test *test, struct entry *entry)
{
    MEM_RESERVE(r->items, r->item_count, r->item_capacity);
    r->items[r->item_count++] = (struct item){.test = test, .entry = entry};
}

static bool only_ok(const char *only)
{
    if (!only || check_test_find(str_of(only)))
        return true;
    for (const struct check_test *t = check_tests; t->name; t++) {
        for (struct str rest = str_of(t->rules); rest.len;) {
            if (str_is(str_cut(&rest, ' '), only))
                return true;
        }
    }
    return false;
}

static int run_entries(struct runner *r, struct err *err)
{
    if (r->wanted && !r->entry_count && r->file_status[0] == CHECK_OK)
        return err_set(err, EXIT_USAGE, "%s: holds no '%s'; see grasp-host list", r->path,
                       r->wanted);
    for (size_t i = 0; i < r->entry_count; i++) {
        struct entry *entry = &r->entries[i];
        unsigned kind = strcmp(entry->kind, "task") == 0 ? FOR_TASK : FOR_METHOD;
        for (const struct check_test *t = check_tests; t->name; t++) {
            if ((t->kinds & kind) && wanted(r, t))
                add_item(r, t, entry);
        }
    }
    run_items(r);
    return 0;
}

static int run_all(struct runner *r, struct err *err)
{
    ssize_t len = readlink("/proc/self/exe", r->program, sizeof(r->program) - 1);
    if (len <= 0)
        return err_set(err, EXIT_INTERNAL, "/proc/self/exe cannot be read");
    r->program[len] = '\0';
    for (size_t i = 0; i < MAX_TESTS; i++)
        r->file_status[i] = CHECK_SKIPPED;
    for (const struct check_test *t = check_tests; t->name; t++) {
        bool first = t == check_tests; /* what is in the file is always asked */
        if (t->kinds == FOR_FILE && (first || wanted(r, t)))
            add_item(r, t, NULL);
    }
    run_items(r);
    int code = run_entries(r, err);
    if (!code && r->file_status[0] == CHECK_FAIL)
        r->refused = true;
    return code ? code : r->refused ? EXIT_PLUGIN : 0;
}

int check_plugin(const struct check_options *options,
                 void (*on_result)(void *arg, const struct check_result *result), void *arg,
                 struct err *err)
{
    struct str id = str_of(options->spec), file = str_cut(&id, ':');
    CLEANUP_FREE char *name = mem_dup(file.ptr, file.len);
    if (!only_ok(options->only))
        return err_set(err, EXIT_USAGE,
                       "--only %s: neither a rule (R1 to R20) nor a test; see grasp-host check "
                       "--list",
                       options->only);
    struct runner *r = mem_alloc(sizeof(*r));
    *r = (struct runner){.options = options, .on_result = on_result, .arg = arg};
    pthread_mutex_init(&r->mutex, NULL);
    pthread_cond_init(&r->changed, NULL);
    r->path = plugin_find(name, err);
    r->wanted = id.len ? mem_dup(id.ptr, id.len) : NULL;
    int code = r->path ? run_all(r, err) : EXIT_USAGE;
    for (size_t i = 0; i < r->entry_count; i++) {
        mem_free(r->entries[i].kind);
        mem_free(r->entries[i].id);
    }
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->mutex);
    mem_free(r->items);
    mem_free(r->path);
    mem_free(r->wanted);
    mem_free(r);
    return code;
}
