/* SPDX-License-Identifier: MIT */
#include "sweep/local.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "sweep/local_internal.h"
#include "sweep/process.h"

#define TICK_MS 100
#define LOOK_US 1000000u
#define LOOK_PART 20     /* of the time, at most, goes into looking at what others do */
#define GRACE_LEAST 1.0  /* seconds for a cell that is over its time to stop cleanly: a tenth of */
#define GRACE_MOST 60.0  /* the time that it had */
#define BUSY_US 1000000u /* between two tries at a run directory that is in use, at first */
#define BUSY_DOUBLED 5   /* how often that doubles */
#define MOST_KILLS 20    /* of one cell from outside: the system's, for want of memory, say */
#define LOG_LINES 8
#define RUN_LIMIT (1u << 20)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool sweep_is_done(const struct cell_state *state)
{
    bool missing = state->end == CELL_MISSING && state->claim > state->forgiven;
    return state->phase == CELL_ENDED && (state->end == CELL_DONE || missing);
}

static bool is_failure(const struct cell_state *state)
{
    return state->phase == CELL_ENDED && (state->end == CELL_FAILED || state->end == CELL_TIMEOUT);
}

static bool may_be_forgiven(const struct cell_state *state)
{
    bool ended = state->phase == CELL_ENDED;
    return is_failure(state) ||
           (ended && (state->end == CELL_MISSING || state->end == CELL_KILLED));
}

bool sweep_may_go_on(const struct sweep_cell *cell, const struct cell_state *state)
{
    if (state->phase == CELL_ENDED && state->end == CELL_KILLED)
        return state->kills <= MOST_KILLS;
    return !sweep_is_done(state) &&
           !(is_failure(state) && state->failures > (uint64_t)cell->retries);
}

/* Nothing more will come of it in this process: a sweep that is begun later may go on with it. */
static bool is_settled(const struct local *l, size_t cell)
{
    const struct cell_state *state = &l->states[cell];
    if (state->phase == CELL_RUNNING)
        return false;
    return l->rested[cell] || l->blocked[cell] || !sweep_may_go_on(&l->sweep->cells[cell], state);
}

/* A cell that ended from outside while this process runs, here or in another shard, rests. */
static void look(struct local *l, size_t cell)
{
    struct cell_state *state = &l->states[cell];
    claim_look(l->folder, cell, l->sweep->claim_timeout, state);
    bool from_outside =
        state->phase == CELL_ENDED && state->claim > l->at_start[cell] &&
        (state->end == CELL_STOPPED || state->end == CELL_BUDGET || state->end == CELL_OUTSIDE);
    l->rested[cell] = from_outside;
}

static void look_at_all(struct local *l, bool now)
{
    uint64_t time = clock_monotonic_us();
    if (!now && time < l->look_us)
        return;
    for (size_t i = 0; i < l->sweep->count; i++) {
        if (l->selected[i] && !sweep_is_done(&l->states[i]))
            look(l, i);
    }
    uint64_t after = clock_monotonic_us(), rest = LOOK_PART * (after - time);
    l->look_us = after + (rest > LOOK_US ? rest : LOOK_US);
}

/* --- Children --- */

static void add_share(const struct local *l, size_t cell, char **texts, const char **argv,
                      size_t *count)
{
    const struct sweep_cell *c = &l->sweep->cells[cell];
    argv[(*count)++] = "--share";
    argv[(*count)++] = texts[2];
    bool paid = strcmp(c->agent, "rehearsal") != 0;
    if (c->baseline != SWEEP_NO_CELL && sweep_is_done(&l->states[c->baseline])) {
        texts[0] = sweep_run_path(l->folder, c->baseline);
        argv[(*count)++] = "--baseline";
        argv[(*count)++] = texts[0];
    }
    if (l->sweep->cache && paid) {
        /* Seeds are repetitions: they do not share replies. */
        texts[1] = mem_printf("%s/state/cache-%lld", l->folder->path,
                              (long long)json_int(json_path(c->config, "cycle.seed"), 1));
        argv[(*count)++] = "--cache";
        argv[(*count)++] = texts[1];
    }
}

static int start_child(struct local *l, struct worker *w, struct err *err)
{
    CLEANUP_FREE char *dir = sweep_run_path(l->folder, w->cell);
    CLEANUP_FREE char *log = sweep_state_path(l->folder, w->cell, "log.txt");
    CLEANUP_FREE char *config = sweep_state_path(l->folder, w->cell, "config.yaml");
    CLEANUP_FREE char *begun = file_join(dir, "config.yaml");
    const char *argv[24] = {"run", "--out", dir};
    char *texts[3] = {0};
    size_t count = 3;
    if (file_exists(begun)) {
        argv[count++] = "--resume";
        argv[count++] = "--retry-missing";
    } else {
        argv[count++] = "--config";
        argv[count++] = config;
    }
    int code = limits_path(l, w->cell, &texts[2], err);
    add_share(l, w->cell, texts, argv, &count);
    argv[count] = NULL;
    if (!code)
        code = sweep_process_start(argv, log, NULL, &w->pid, err);
    for (size_t i = 0; i < COUNT(texts); i++)
        mem_free(texts[i]);
    return code;
}

static int begin(struct local *l, struct worker *w, size_t cell, struct err *err)
{
    double limit = l->sweep->cells[cell].time_limit;
    *w = (struct worker){.cell = cell};
    int code = sweep_folder_add_cell(l->folder, cell, err);
    if (!code)
        code = claim_take(l->folder, cell, &l->states[cell], &w->claim, err);
    if (code == EXIT_TEMPORARY) {
        look(l, cell);
        return 0;
    }
    if (!code)
        code = start_child(l, w, err);
    if (code) {
        claim_clear(&w->claim);
        w->pid = 0;
        return code;
    }
    w->begun_us = clock_monotonic_us();
    if (limit > 0) {
        double grace = fmin(fmax(limit / 10, GRACE_LEAST), GRACE_MOST);
        w->deadline_us = w->begun_us + (uint64_t)(limit * 1e6);
        w->kill_us = w->deadline_us + (uint64_t)(grace * 1e6);
    }
    l->running++;
    look(l, cell);
    return 0;
}

/* A plugin may end the process with any code: is there what a run that ends so leaves? */
static bool is_at_end(const struct local *l, size_t cell, int code)
{
    CLEANUP_FREE char *dir = sweep_run_path(l->folder, cell);
    CLEANUP_FREE char *path = file_join(dir, code == EXIT_MISSING ? "missing.json" : "run.json");
    CLEANUP_BUF struct buf text = {0};
    if (code != EXIT_DONE)
        return code == EXIT_MISSING && file_exists(path);
    if (file_read(path, RUN_LIMIT, &text, NULL))
        return false;
    CLEANUP_JSON struct json *run = json_parse(buf_view(&text), NULL);
    return json_bool(json_get(run, "complete"), false);
}

static enum cell_end end_of(const struct local *l, const struct worker *w, int code, int signum)
{
    if (!signum && is_at_end(l, w->cell, code))
        return code == EXIT_DONE ? CELL_DONE : CELL_MISSING;
    if (w->late)
        return CELL_TIMEOUT;
    switch (code) {
    case EXIT_BUDGET:
        return CELL_BUDGET;
    case EXIT_UNAVAILABLE:
    case EXIT_PERMISSION:
        return CELL_OUTSIDE;
    case EXIT_TEMPORARY:
        return CELL_BUSY;
    case EXIT_SIGINT:
    case EXIT_SIGTERM:
        return CELL_STOPPED;
    default:
        if (l->signals && (signum == SIGKILL || signum == SIGTERM || signum == SIGINT))
            return CELL_STOPPED;
        return signum == SIGKILL ? CELL_KILLED : CELL_FAILED;
    }
}

static void show_log(struct local *l, const char *log)
{
    CLEANUP_BUF struct buf tail = {0};
    sweep_log_tail(log, LOG_LINES, &tail);
    if (!tail.len)
        screen_line(&l->screen, "    (nothing)");
    for (struct str rest = buf_view(&tail); rest.len;) {
        struct str line = str_cut(&rest, '\n');
        CLEANUP_BUF struct buf shown = {0};
        buf_text(&shown, "");
        buf_escaped(&shown, line);
        screen_line(&l->screen, "    %s", shown.ptr);
    }
}

/* What a person needs to see of a cell that went wrong. noted: its end is, so that what is next for
 * it is known. */
static void show_failure(struct local *l, const struct worker *w, enum cell_end end, int code,
                         int signum, bool noted)
{
    const struct sweep_cell *cell = &l->sweep->cells[w->cell];
    CLEANUP_FREE char *log = sweep_state_path(l->folder, w->cell, "log.txt");
    CLEANUP_BUF struct buf what = {0};
    bool again = noted && end != CELL_OUTSIDE && sweep_may_go_on(cell, &l->states[w->cell]);
    if (end == CELL_TIMEOUT)
        buf_printf(&what, "took longer than its %g s", cell->time_limit);
    else if (signum)
        buf_printf(&what, "was ended by signal %d (%s)", signum, strsignal(signum));
    else
        buf_printf(&what, "ended with %d%s", code,
                   code == EXIT_DONE || code == EXIT_MISSING ? ", but its run is not complete"
                                                             : "");
    screen_line(&l->screen, "%s: %s%s; the end of %s:", cell->name, what.ptr,
                again ? ", and is tried again" : "", log);
    show_log(l, log);
}

/* An endpoint that is down, or a key that is refused, is so for all cells of the agent: they need
 * not find out one by one. */
static void block(struct local *l, const char *agent)
{
    for (size_t i = 0; i < l->sweep->count; i++)
        l->blocked[i] = l->blocked[i] || strcmp(l->sweep->cells[i].agent, agent) == 0;
}

static int finish(struct local *l, struct worker *w, int status, struct err *err)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    int signum = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int failed = 0;
    enum cell_end end = end_of(l, w, code, signum);
    if (!w->lost)
        failed = claim_end(l->folder, w->cell, &w->claim, end, code, signum, err);
    look(l, w->cell);
    if (end == CELL_BUDGET)
        l->budget = true;
    l->over = l->over || limits_over(l);
    if (end == CELL_OUTSIDE) {
        l->outside = code;
        block(l, l->sweep->cells[w->cell].agent);
    }
    if (end == CELL_BUSY) {
        unsigned tries = l->states[w->cell].claim - l->at_start[w->cell];
        uint64_t wait = BUSY_US << (tries < BUSY_DOUBLED ? tries : BUSY_DOUBLED);
        l->not_before[w->cell] = clock_monotonic_us() + wait / 2;
    }
    if (!w->lost &&
        (end == CELL_FAILED || end == CELL_TIMEOUT || end == CELL_OUTSIDE || end == CELL_KILLED))
        show_failure(l, w, end, code, signum, !failed);
    claim_clear(&w->claim);
    w->pid = 0;
    l->running--;
    screen_show(l, true);
    return failed;
}

static int reap(struct local *l, struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < l->parallel; i++) {
        struct worker *w = &l->workers[i];
        int status;
        if (!w->pid || waitpid(w->pid, &status, WNOHANG) != w->pid)
            continue;
        int failed = finish(l, w, status, code ? NULL : err);
        code = code ? code : failed;
    }
    return code;
}

/* --- Time --- */

static void beat(struct local *l)
{
    uint64_t now = clock_monotonic_us();
    bool due = now - l->beat_us >= CLAIM_BEAT_S * 1000000u;
    for (size_t i = 0; i < l->parallel; i++) {
        struct worker *w = &l->workers[i];
        if (!w->pid)
            continue;
        if (due && !w->lost && !claim_beat(&w->claim)) {
            w->lost = true;
            sweep_process_kill(w->pid, SIGKILL);
        }
        if (w->deadline_us && now >= w->deadline_us && !w->late) {
            w->late = true;
            sweep_process_kill(w->pid, SIGTERM);
        }
        if (w->late && now >= w->kill_us && !w->killed) {
            w->killed = true;
            sweep_process_kill(w->pid, SIGKILL);
        }
    }
    if (due)
        l->beat_us = now;
}

/* The first one lets cells finish the calls that are out, the second gives these up, the third
 * ends the cells. */
static void on_signal(struct local *l, int signum)
{
    static const char *const words[] = {"stopping the cells; a second signal gives up their calls",
                                        "giving up calls; a third signal ends the cells",
                                        "ending the cells"};
    l->signum = signum;
    if (l->signals < COUNT(words))
        screen_line(&l->screen, "%s", words[l->signals]);
    l->signals++;
    for (size_t i = 0; i < l->parallel; i++) {
        if (l->workers[i].pid)
            sweep_process_kill(l->workers[i].pid, l->signals > 2 ? SIGKILL : SIGTERM);
    }
}

static void wait_a_little(struct local *l)
{
    struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    int signum = sigtimedwait(&set, NULL, &tick);
    if (signum == SIGINT || signum == SIGTERM)
        on_signal(l, signum);
}

/* --- Which cell is next --- */

static bool is_ready(const struct local *l, size_t cell)
{
    const struct cell_state *state = &l->states[cell];
    size_t baseline = l->sweep->cells[cell].baseline;
    if (!l->selected[cell] || state->phase == CELL_RUNNING || l->rested[cell] || l->blocked[cell] ||
        clock_monotonic_us() < l->not_before[cell] ||
        !sweep_may_go_on(&l->sweep->cells[cell], state))
        return false;
    return baseline == SWEEP_NO_CELL || !l->selected[baseline] || is_settled(l, baseline);
}

/* Cells of the own shard first; then whatever is left. */
static size_t next_cell(const struct local *l)
{
    const struct sweep_local *o = l->options;
    for (int own = 1; own >= 0; own--) {
        for (size_t i = 0; i < l->sweep->count; i++) {
            if ((i % o->shards == o->shard) == own && is_ready(l, i))
                return i;
        }
    }
    return SWEEP_NO_CELL;
}

static int launch(struct local *l, struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < l->parallel && !code && !l->signals && !l->over; i++) {
        if (l->workers[i].pid)
            continue;
        size_t cell = next_cell(l);
        if (cell == SWEEP_NO_CELL)
            break;
        code = begin(l, &l->workers[i], cell, err);
    }
    return code;
}

static bool is_over(const struct local *l)
{
    if (l->running)
        return false;
    if (l->signals || l->over)
        return true;
    if (l->options->only != SWEEP_NO_CELL)
        return is_settled(l, l->options->only);
    for (size_t i = 0; i < l->sweep->count; i++) {
        if (l->selected[i] && !is_settled(l, i))
            return false;
    }
    return true;
}

static int loop(struct local *l, struct err *err)
{
    struct err first = {0};
    look_at_all(l, true);
    for (;;) {
        struct err now = {0};
        int code = reap(l, &now);
        beat(l);
        look_at_all(l, false);
        if (!code && !first.code)
            code = launch(l, &now);
        if (code && !first.code) {
            first = now;
            on_signal(l, SIGTERM);
        }
        if (is_over(l))
            break;
        screen_show(l, false);
        wait_a_little(l);
    }
    screen_clear(&l->screen);
    if (!first.code)
        return 0;
    l->signum = 0;
    if (err)
        *err = first;
    return first.code;
}

static void count(const struct local *l, struct sweep_outcome *out)
{
    *out = (struct sweep_outcome){.budget = l->budget, .outside = l->outside, .signum = l->signum};
    for (size_t i = 0; i < l->sweep->count; i++) {
        const struct cell_state *state = &l->states[i];
        if (!l->selected[i])
            continue;
        if (sweep_is_done(state) && state->end == CELL_DONE)
            out->done++;
        else if (sweep_is_done(state))
            out->missing++;
        else if (!sweep_may_go_on(&l->sweep->cells[i], state))
            out->failed++;
        else
            out->unfinished++;
    }
}

/* Baselines that are only there for others go with them. */
static void select_cells(struct local *l)
{
    const struct sweep_local *o = l->options;
    for (size_t i = 0; i < l->sweep->count; i++) {
        const struct sweep_cell *cell = &l->sweep->cells[i];
        bool wanted = o->only == SWEEP_NO_CELL ? o->selected[i] : i == o->only;
        l->selected[i] = l->selected[i] || wanted;
        if (wanted && cell->baseline != SWEEP_NO_CELL &&
            (l->sweep->cells[cell->baseline].implied || o->only != SWEEP_NO_CELL))
            l->selected[cell->baseline] = true;
    }
}

static int prepare(struct local *l, struct err *err)
{
    int code = 0;
    select_cells(l);
    for (size_t i = 0; i < l->sweep->count && !code; i++) {
        if (!l->selected[i])
            continue;
        claim_look(l->folder, i, l->sweep->claim_timeout, &l->states[i]);
        l->at_start[i] = l->states[i].claim;
        if (l->options->retry_failed && may_be_forgiven(&l->states[i]))
            code = claim_forgive(l->folder, i, &l->states[i], err);
        if (l->options->retry_failed)
            claim_look(l->folder, i, l->sweep->claim_timeout, &l->states[i]);
    }
    return code;
}

int sweep_run_local(const struct sweep_local *options, struct sweep_outcome *out, struct err *err)
{
    const struct sweep *sweep = options->folder->sweep;
    struct local l = {
        .options = options,
        .sweep = sweep,
        .folder = options->folder,
        .states = mem_array(sweep->count, sizeof(*l.states)),
        .selected = mem_array(sweep->count, sizeof(*l.selected)),
        .rested = mem_array(sweep->count, sizeof(*l.rested)),
        .blocked = mem_array(sweep->count, sizeof(*l.blocked)),
        .at_start = mem_array(sweep->count, sizeof(*l.at_start)),
        .not_before = mem_array(sweep->count, sizeof(*l.not_before)),
        .workers = mem_array(options->parallel, sizeof(*l.workers)),
        .parallel = options->parallel,
    };
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &old);
    screen_init(&l.screen, options->quiet);
    int code = prepare(&l, err);
    if (!code)
        code = limits_open(&l, err);
    if (!code)
        code = loop(&l, err);
    count(&l, out);
    sigprocmask(SIG_SETMASK, &old, NULL);
    limits_close(&l);
    mem_free(l.states);
    mem_free(l.selected);
    mem_free(l.rested);
    mem_free(l.blocked);
    mem_free(l.at_start);
    mem_free(l.not_before);
    mem_free(l.workers);
    return code;
}
