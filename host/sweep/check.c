/* SPDX-License-Identifier: MIT */
#include "sweep/check.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "base/yaml.h"
#include "plugin/scratch.h"
#include "sweep/process.h"

#define CHECK_S 120
#define ESTIMATE_S 900
#define POLL_NS 5000000
#define TRIES 5
#define WORDS_MOST (4u << 20)

/* A folder for the configurations that are tried, and what came of each. */
struct bench {
    const struct sweep *sweep;
    struct scratch scratch;
    const char *dir; /* of scratch */
    struct job *jobs;
    size_t count;
    bool estimate;
};

/* A process that tries one cell. */
struct job {
    size_t cell;
    char *config, *out, *said, *run;
    pid_t pid; /* 0: not begun, or over */
    uint64_t deadline_us;
    bool over, late;
    unsigned tries;
    int code;
};

static void bench_close(struct bench *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct job *job = &b->jobs[i];
        mem_free(job->config);
        mem_free(job->out);
        mem_free(job->said);
        mem_free(job->run);
    }
    scratch_remove(&b->scratch);
    mem_free(b->jobs);
}

static void add_job(struct bench *b, size_t cell)
{
    struct job *job = &b->jobs[b->count];
    *job = (struct job){
        .cell = cell,
        .config = mem_printf("%s/%zu.yaml", b->dir, b->count),
        .out = mem_printf("%s/%zu.out", b->dir, b->count),
        .said = mem_printf("%s/%zu.err", b->dir, b->count),
        .run = mem_printf("%s/%zu.run", b->dir, b->count),
    };
    b->count++;
}

/* Cells that differ in the seed alone are one: *out_job is its job, by cell. */
static int bench_open(struct bench *b, const struct sweep *s, const bool *selected, size_t *out_job,
                      struct err *err)
{
    struct map seen = {0};
    const char *base = getenv("TMPDIR");
    *b = (struct bench){.sweep = s};
    int code = scratch_make(base && *base ? base : "/tmp", &b->scratch, err);
    if (code)
        return code;
    b->dir = b->scratch.path;
    b->jobs = mem_array(s->count, sizeof(*b->jobs));
    for (size_t i = 0; i < s->count; i++) {
        CLEANUP_BUF struct buf key = {0};
        if (!selected[i])
            continue;
        CLEANUP_JSON struct json *config = json_copy(s->cells[i].config);
        if (json_is(json_path(config, "cycle.seed"), JSON_INT))
            json_remove(json_get(config, "cycle"), "seed");
        json_write(&key, config, JSON_SORTED | JSON_COMPACT);
        if (!map_has(&seen, buf_view(&key))) {
            map_set(&seen, buf_view(&key), (void *)(uintptr_t)b->count);
            add_job(b, i);
        }
        out_job[i] = (size_t)(uintptr_t)map_get(&seen, buf_view(&key));
    }
    map_clear(&seen);
    return 0;
}

/* --- Running them --- */

static int start(const struct bench *b, struct job *job, struct err *err)
{
    const struct sweep *s = b->sweep;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *cost = mem_printf("%.17g", s->max_cost);
    const char *argv[16] = {"run", "--config", job->config, "--out", job->run};
    size_t count = 5;
    argv[count++] = b->estimate ? "--estimate" : "--dry-run";
    if (b->estimate)
        argv[count++] = "--json";
    /* Whether a budget can be kept: prices are known, and replies bounded. */
    if (s->max_cost >= 0 && !b->estimate) {
        argv[count++] = "--max-cost";
        argv[count++] = cost;
    }
    if (s->max_tokens >= 0 && !b->estimate) {
        argv[count++] = "--max-tokens";
        argv[count++] = "1";
    }
    yaml_write(&text, s->cells[job->cell].config);
    int code = file_write_atomic(job->config, buf_view(&text), err);
    if (!code)
        code = sweep_process_start(argv, job->out, job->said, &job->pid, err);
    job->tries++;
    job->deadline_us =
        clock_monotonic_us() + (b->estimate ? ESTIMATE_S : CHECK_S) * UINT64_C(1000000);
    return code;
}

/* True if it is over. */
static bool poll_job(struct job *job)
{
    int status;
    pid_t found = waitpid(job->pid, &status, WNOHANG);
    if (found == 0 && clock_monotonic_us() > job->deadline_us && !job->late) {
        job->late = true;
        sweep_process_kill(job->pid, SIGKILL);
    }
    if (found != job->pid)
        return false;
    job->pid = 0;
    job->over = true;
    job->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

/* Sleeps a little; the number of a signal that came, or 0. */
static int wait_a_little(void)
{
    struct timespec tick = {.tv_nsec = POLL_NS};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int signum = sigtimedwait(&set, NULL, &tick);
    return signum > 0 ? signum : 0;
}

static void kill_jobs(struct bench *b)
{
    for (size_t i = 0; i < b->count; i++) {
        if (!b->jobs[i].pid)
            continue;
        sweep_process_kill(b->jobs[i].pid, SIGKILL);
        waitpid(b->jobs[i].pid, NULL, 0);
        b->jobs[i].pid = 0;
    }
}

/* SIGKILL that is not ours, for want of memory perhaps, says nothing of the cell. */
static bool is_worth_another(const struct job *job)
{
    return job->over && !job->late && job->code == 128 + SIGKILL && job->tries < TRIES;
}

/* All, several at once, or until one fails; those before it are finished. */
static int run_jobs(struct bench *b, struct err *err)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t next = 0, running = 0, most = processors > 1 ? (size_t)processors : 1;
    bool failed = false;
    int code = 0;
    while (running || (next < b->count && !failed && !code)) {
        while (running < most && next < b->count && !failed && !code) {
            code = start(b, &b->jobs[next], err);
            running += !code;
            next += !code;
        }
        for (size_t i = 0; i < next; i++) {
            if (!b->jobs[i].pid || !poll_job(&b->jobs[i]))
                continue;
            running--;
            if (is_worth_another(&b->jobs[i]) && !code) {
                b->jobs[i].over = false;
                code = start(b, &b->jobs[i], err);
                running += !code;
                continue;
            }
            failed = failed || b->jobs[i].code;
        }
        int signum = wait_a_little();
        if (signum) {
            kill_jobs(b);
            return err_set(err, 128 + signum, "stopped by a signal; nothing was run");
        }
    }
    return code;
}

/* What the program said, without its own name, and with the sweep's file in place of ours. */
static void add_words(struct buf *out, const struct sweep *s, const struct job *job)
{
    CLEANUP_BUF struct buf said = {0};
    if (file_read(job->said, WORDS_MOST, &said, NULL))
        return;
    struct str rest = str_trim(buf_view(&said));
    for (bool first = true; rest.len; first = false) {
        struct str line = str_cut(&rest, '\n');
        size_t at;
        if (str_starts(line, "grasp-host: "))
            line = (struct str){line.ptr + 12, line.len - 12};
        if (!first)
            buf_char(out, '\n');
        if (str_find(line, str_of(job->config), &at)) {
            /* The line number is that of a file that nobody has. */
            size_t end = at + strlen(job->config);
            while (end < line.len &&
                   (line.ptr[end] == ':' || (line.ptr[end] >= '0' && line.ptr[end] <= '9')))
                end++;
            buf_add(out, line.ptr, at);
            buf_printf(out, "%s:", s->file);
            line = (struct str){line.ptr + end, line.len - end};
        }
        buf_str(out, line);
    }
}

static int judge(const struct bench *b, const struct job *job, struct err *err)
{
    CLEANUP_BUF struct buf words = {0};
    int code;
    if (!job->code)
        return 0;
    add_words(&words, b->sweep, job);
    if (job->late)
        code = err_set(err, EXIT_PLUGIN, "trying it took longer than %d s: does a plugin hang?",
                       b->estimate ? ESTIMATE_S : CHECK_S);
    else if (job->code > 128)
        code = err_set(err, EXIT_PLUGIN,
                       "trying it ended the program with signal %d: a plugin has crashed; "
                       "grasp-host check PLUGIN.so tells more\n%s",
                       job->code - 128, words.len ? words.ptr : "");
    else
        code = err_set(err, job->code, "%s", words.len ? words.ptr : "cannot be run");
    if (b->sweep->count > 1)
        err_prefix(err, "cell %s", b->sweep->cells[job->cell].name);
    return code;
}

static int try_all(struct bench *b, struct err *err)
{
    /* What the processes leave in the folder for such things goes with it. */
    const char *before = getenv("TMPDIR");
    CLEANUP_FREE char *kept = before ? mem_dup(before, strlen(before)) : NULL;
    assert(b->dir);
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &old);
    setenv("TMPDIR", b->dir, 1);
    int code = run_jobs(b, err);
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    sigprocmask(SIG_SETMASK, &old, NULL);
    for (size_t i = 0; i < b->count && !code; i++)
        code = b->jobs[i].over ? judge(b, &b->jobs[i], err) : 0;
    return code;
}

int sweep_check(const struct sweep *sweep, const bool *selected, struct err *err)
{
    struct bench bench = {0};
    size_t *jobs = mem_array(sweep->count, sizeof(*jobs));
    int code = bench_open(&bench, sweep, selected, jobs, err);
    if (!code)
        code = try_all(&bench, err);
    bench_close(&bench);
    mem_free(jobs);
    return code;
}

/* --- Estimates --- */

struct sum {
    int64_t calls, prompt, completion;
    double cost;
    bool unknown;
};

static void sum_add(struct sum *sum, const struct json *row, int sign)
{
    const struct json *cost = json_get(row, "cost");
    sum->calls += sign * json_int(json_get(row, "calls"), 0);
    sum->prompt += sign * json_int(json_get(row, "prompt_tokens"), 0);
    sum->completion += sign * json_int(json_get(row, "completion_tokens"), 0);
    sum->cost += sign * json_double(cost, 0);
    sum->unknown = sum->unknown || json_is(cost, JSON_NULL);
}

static struct json *sum_json(const char *name, const struct sum *sum, bool measured)
{
    struct json *out = json_new_object();
    if (name)
        json_set(out, "name", json_new_str(str_of(name)));
    json_set(out, "calls", json_new_int(sum->calls));
    json_set(out, "prompt_tokens", json_new_int(sum->prompt));
    json_set(out, "completion_tokens", json_new_int(sum->completion));
    json_set(out, "cost", sum->unknown ? NULL : json_new_double(sum->cost));
    json_set(out, "measured", json_new_bool(measured));
    return out;
}

/* Less what the cell takes from its baseline: all that the baseline's own run uses. */
static void add_estimate(const char *name, const struct json *estimate, const struct json *baseline,
                         struct json *rows, struct sum *total)
{
    struct sum sum = {0};
    sum_add(&sum, json_get(estimate, "total"), 1);
    if (baseline)
        sum_add(&sum, json_get(baseline, "total"), -1);
    total->calls += sum.calls;
    total->prompt += sum.prompt;
    total->completion += sum.completion;
    total->cost += sum.cost;
    total->unknown = total->unknown || sum.unknown;
    json_push(rows, sum_json(name, &sum, json_bool(json_get(estimate, "measured"), false)));
}

static int read_estimates(const struct bench *b, struct json **out, struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < b->count && !code; i++) {
        CLEANUP_BUF struct buf text = {0};
        code = file_read(b->jobs[i].out, WORDS_MOST, &text, err);
        if (!code)
            out[i] = json_parse(str_trim(buf_view(&text)), err);
        if (!code && !out[i])
            code = err_prefix(err, "cell %s", b->sweep->cells[b->jobs[i].cell].name);
    }
    return code;
}

static struct json *sum_up(const struct sweep *s, const bool *selected, const size_t *jobs,
                           struct json *const *estimates)
{
    struct sum total = {0};
    struct json *out = json_new_object(), *rows = json_new_array();
    for (size_t i = 0; i < s->count; i++) {
        size_t baseline = s->cells[i].baseline;
        bool shared = baseline != SWEEP_NO_CELL && selected[baseline];
        if (selected[i])
            add_estimate(s->cells[i].name, estimates[jobs[i]],
                         shared ? estimates[jobs[baseline]] : NULL, rows, &total);
    }
    json_set(out, "cells", rows);
    json_set(out, "total", sum_json(NULL, &total, true));
    return out;
}

int sweep_estimate(const struct sweep *sweep, const bool *selected, struct json **out,
                   struct err *err)
{
    struct bench bench = {0};
    size_t *jobs = mem_array(sweep->count, sizeof(*jobs));
    struct json **estimates = mem_array(sweep->count, sizeof(struct json *));
    int code = bench_open(&bench, sweep, selected, jobs, err);
    bench.estimate = true;
    if (!code)
        code = try_all(&bench, err);
    if (!code)
        code = read_estimates(&bench, estimates, err);
    if (!code)
        *out = sum_up(sweep, selected, jobs, estimates);
    for (size_t i = 0; i < bench.count; i++)
        json_free(estimates[i]);
    bench_close(&bench);
    mem_free(estimates);
    mem_free(jobs);
    return code;
}
