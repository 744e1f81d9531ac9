/* SPDX-License-Identifier: MIT */
#include "cli/estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"

#define BYTES_PER_TOKEN 4
#define ROLLOUTS_PLAYED 2000
#define REPLY_TOKENS 256 /* of a turn, where nothing has been measured */

/* What is estimated. */
struct work {
    struct session *s;
    struct harness *h;
    const struct samples *samples; /* of an evaluation; NULL: a run */
    struct knowledge *knowledge;
};

struct estimate {
    struct ledger_row rows[PHASE_COUNT][LEDGER_ROLES];
    const struct ledger *prices;
    bool measured;
    double factors[PHASE_COUNT]; /* of what was played, if measured */
    int64_t turns;               /* most, if not measured */
    double per_minute[2];        /* quotas: requests, tokens; 0: unknown */
};

static void scale(struct ledger_row *row, double by)
{
    row->calls = llround((double)row->calls * by);
    row->prompt_tokens = llround((double)row->prompt_tokens * by);
    row->cached_tokens = llround((double)row->cached_tokens * by);
    row->completion_tokens = llround((double)row->completion_tokens * by);
    row->reasoning_tokens = llround((double)row->reasoning_tokens * by);
}

/* Validation is that of the epochs and, if it is run, the baseline. */
static double factor(const struct run_config *run, int64_t epochs_played, enum phase phase)
{
    double played = (double)epochs_played, epochs = played > 0 ? (double)run->epochs : 0;
    if (phase == PHASE_TEST)
        return 1;
    if (phase == PHASE_VAL) {
        double baseline = run->run_baseline;
        return played + baseline > 0 ? (epochs + baseline) / (played + baseline) : 0;
    }
    return played > 0 ? epochs / played : 0;
}

/* As many epochs as take little time. */
static int64_t epochs_to_play(const struct work *w)
{
    const struct session *s = w->s;
    const struct harness *h = w->h;
    int64_t epochs = s->run.epochs, rollouts = (int64_t)(h->dev.count + h->val.count);
    if (method_info(s->method)->unit == UNIT_NONE || epochs < 1)
        return 0;
    if (rollouts * epochs <= ROLLOUTS_PLAYED)
        return epochs;
    return 1;
}

static int play_run(const struct work *w, struct estimate *e, struct err *err)
{
    struct run_config once = w->s->run;
    once.epochs = epochs_to_play(w);
    w->h->config = &once;
    int code = harness_run(w->h, err);
    w->h->config = &w->s->run;
    for (int p = 0; p < PHASE_COUNT; p++)
        e->factors[p] = factor(&w->s->run, once.epochs, (enum phase)p);
    return code;
}

static int play_evaluation(const struct work *w, struct estimate *e, struct err *err)
{
    size_t all = w->samples->count, count = all < ROLLOUTS_PLAYED ? all : ROLLOUTS_PLAYED;
    struct samples some = {.items = mem_array(count, sizeof(*some.items)), .count = count};
    struct score score;
    CLEANUP_FREE char *rows = file_join(w->h->dir, "runs.jsonl");
    for (size_t i = 0; i < count; i++)
        some.items[i] = w->samples->items[i * all / count];
    int code = harness_evaluate(w->h, &some, PHASE_TEST, w->s->split, w->knowledge, rows,
                                record_eval_line, &score, err);
    e->factors[PHASE_TEST] = (double)all / (double)count;
    mem_free(some.items);
    return code;
}

static int play(const struct work *w, struct estimate *e, const char *dir, struct err *err)
{
    w->h->dir = dir;
    w->s->report.quiet = true;
    int code = session_start(w->s, err);
    w->h->engine = w->s->engine;
    if (!code)
        code = w->samples ? play_evaluation(w, e, err) : play_run(w, e, err);
    engine_finish(w->s->engine);
    return code;
}

/* Puts the rehearsal in the model's place; the calls it reuses are those the model would. */
static void change_model(struct session *s, struct rehearsal *rehearsal)
{
    double temperature = model_temperature(s->model);
    if (!s->run.has_temperature && !isnan(temperature)) {
        s->run.has_temperature = true;
        s->run.temperature = temperature;
    }
    model_close(s->model);
    model_close(s->writer);
    model_close(s->judge);
    s->writer = s->judge = NULL;
    s->rehearsal = rehearsal;
    s->model = model_open_local(rehearsal_answer, rehearsal, s->pool);
}

static int measure(const struct work *w, struct estimate *e, struct err *err)
{
    const char *base = getenv("TMPDIR");
    CLEANUP_FREE char *dir = mem_printf("%s/grasp-estimate-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(dir))
        return err_set(err, EXIT_INTERNAL, "--estimate: cannot make a folder %s", dir);
    int code = play(w, e, dir, err);
    file_remove_tree(dir, NULL);
    if (code)
        return err_prefix(err, "--estimate, on the rehearsal model");
    for (int p = 0; p < PHASE_COUNT; p++) {
        for (int r = 0; r < LEDGER_ROLES; r++) {
            e->rows[p][r] = w->s->ledger.rows[p][r];
            scale(&e->rows[p][r], e->factors[p]);
        }
    }
    e->measured = true;
    return 0;
}

static int first_bytes(struct session *s, const struct sample *sample, size_t *out, struct err *err)
{
    struct arena arena = {0};
    struct turn_sink sink = {.arena = &arena};
    struct task_episode *episode = NULL;
    int code = task_begin(s->task, sample, 0, NULL, &sink, &episode, err);
    *out = task_info(s->task)->tools.len;
    for (size_t i = 0; i < sink.count; i++)
        *out += sink.messages[i].content.len;
    task_end(episode);
    turn_sink_clear(&sink);
    arena_clear(&arena);
    return code;
}

/* Half of the turns that are allowed, each with what was said before it. */
static void guess_phase(struct ledger_row *row, size_t bytes, int64_t rollouts, int64_t turns)
{
    int64_t used = (turns + 1) / 2, prompt = (int64_t)bytes / BYTES_PER_TOKEN;
    row->calls = rollouts * used;
    row->prompt_tokens = rollouts * (used * prompt + used * (used - 1) / 2 * REPLY_TOKENS);
    row->completion_tokens = rollouts * used * REPLY_TOKENS;
}

static int guess_evaluation(const struct work *w, struct estimate *e, struct err *err)
{
    size_t bytes = 0;
    int code = first_bytes(w->s, &w->samples->items[0], &bytes, err);
    guess_phase(&e->rows[PHASE_TEST][MODEL_EXECUTOR], bytes, (int64_t)w->samples->count, e->turns);
    return code;
}

static int guess_run(const struct work *w, struct estimate *e, struct err *err)
{
    struct session *s = w->s;
    const struct harness *h = w->h;
    const struct run_config *run = &s->run;
    bool learns = method_info(s->method)->unit != UNIT_NONE;
    int64_t epochs = learns ? run->epochs : 0, tests = 0;
    size_t bytes = 0;
    int code = first_bytes(s, &h->val.items[0], &bytes, err);
    if (code)
        return code;
    static const char *const splits[] = {"test", "id_test"};
    for (int i = 0; i < 2 && run->test && !code; i++) {
        struct samples samples = {0};
        if (!task_has_split(s->task, splits[i]))
            continue;
        code = task_samples(s->task, splits[i], &samples, err);
        tests += (int64_t)samples.count * (learns ? 2 : 1);
        samples_clear(&samples);
    }
    guess_phase(&e->rows[PHASE_DEV][MODEL_EXECUTOR], bytes, (int64_t)h->dev.count * epochs,
                e->turns);
    guess_phase(&e->rows[PHASE_VAL][MODEL_EXECUTOR], bytes,
                (int64_t)h->val.count * (epochs + run->run_baseline), e->turns);
    guess_phase(&e->rows[PHASE_TEST][MODEL_EXECUTOR], bytes, tests, e->turns);
    return code;
}

static int guess(const struct work *w, struct estimate *e, struct err *err)
{
    e->turns = task_info(w->s->task)->max_turns;
    int code = w->samples ? guess_evaluation(w, e, err) : guess_run(w, e, err);
    return code ? err_prefix(err, "--estimate: the first sample") : 0;
}

/* A row, and what it costs, in picodollars; -1 where that is not known. */
struct line {
    struct ledger_row row;
    int64_t cost;
};

static struct line line_of(const struct estimate *e, int phase, int role)
{
    const struct ledger_row *row = &e->rows[phase][role];
    bool known = e->prices->prices[role].known;
    return (struct line){*row, known ? ledger_cost(e->prices, (enum model_role)role, row) : -1};
}

static void add(struct line *sum, const struct line *line)
{
    sum->row.calls += line->row.calls;
    sum->row.prompt_tokens += line->row.prompt_tokens;
    sum->row.completion_tokens += line->row.completion_tokens;
    sum->cost = sum->cost < 0 || line->cost < 0 ? -1 : sum->cost + line->cost;
}

static void write_row(struct buf *out, const char *phase, const char *role, const struct line *line)
{
    const struct ledger_row *row = &line->row;
    buf_printf(out, "  %-8s %-10s %10lld %14lld %12lld", phase, role, (long long)row->calls,
               (long long)row->prompt_tokens, (long long)row->completion_tokens);
    if (line->cost >= 0)
        buf_printf(out, "  $%.4f", price_dollars(line->cost));
    buf_char(out, '\n');
}

static void write_basis(struct buf *out, const struct estimate *e, bool learns)
{
    if (e->measured) {
        buf_text(out, "\nMeasured on the rehearsal model, which replies shortly: a model that "
                      "reasons writes many times\nas much, and may take other turns. Tokens in "
                      "are bytes / 4.\n");
        return;
    }
    buf_printf(
        out,
        "\nThere is no rehearsal of this pairing to measure on. From the first messages of a "
        "sample, half of\nthe %lld turns that are allowed, and %d tokens a reply; a judge's "
        "calls are not in it.\n",
        (long long)e->turns, REPLY_TOKENS);
    if (learns)
        buf_text(out, "Nor is what the method asks for itself: its writer's calls and probes.\n");
}

static void write_time(struct buf *out, const struct estimate *e, const struct ledger_row *sum)
{
    double tokens = (double)(sum->prompt_tokens + sum->completion_tokens);
    double by_calls = e->per_minute[0] > 0 ? (double)sum->calls / e->per_minute[0] : 0;
    double by_tokens = e->per_minute[1] > 0 ? tokens / e->per_minute[1] : 0;
    if (by_calls > 0 || by_tokens > 0)
        buf_printf(out, "At the quotas of the preset: %.0f minutes at least (%s).\n",
                   ceil(fmax(by_calls, by_tokens)), by_calls > by_tokens ? "requests" : "tokens");
}

static void write_table(struct buf *out, const struct estimate *e, bool learns)
{
    struct line sum = {0};
    buf_printf(out, "  %-8s %-10s %10s %14s %12s%s\n", "phase", "role", "calls", "tokens in",
               "tokens out", ledger_is_priced(e->prices) ? "  cost" : "");
    for (int p = 0; p < PHASE_COUNT; p++) {
        for (int r = 0; r < LEDGER_ROLES; r++) {
            struct line line = line_of(e, p, r);
            if (!line.row.calls)
                continue;
            write_row(out, phase_name((enum phase)p), model_role_name((enum model_role)r), &line);
            add(&sum, &line);
        }
    }
    write_row(out, "all", "", &sum);
    write_basis(out, e, learns);
    if (sum.cost < 0)
        buf_text(out, "No cost: no price for this model in a price file (--prices).\n");
    write_time(out, e, &sum.row);
}

static struct json *line_json(const struct line *line)
{
    const struct ledger_row *row = &line->row;
    struct json *out = json_new_object();
    json_set(out, "calls", json_new_int(row->calls));
    json_set(out, "prompt_tokens", json_new_int(row->prompt_tokens));
    json_set(out, "completion_tokens", json_new_int(row->completion_tokens));
    json_set(out, "cost", line->cost < 0 ? NULL : json_new_double(price_dollars(line->cost)));
    return out;
}

static void write_json(struct buf *out, const struct estimate *e)
{
    CLEANUP_JSON struct json *all = json_new_object();
    struct line sum = {0};
    json_set(all, "event", json_new_str(STR("estimate")));
    json_set(all, "measured", json_new_bool(e->measured));
    for (int p = 0; p < PHASE_COUNT; p++) {
        struct json *phase = json_new_object();
        for (int r = 0; r < LEDGER_ROLES; r++) {
            struct line line = line_of(e, p, r);
            if (!line.row.calls)
                continue;
            json_set(phase, model_role_name((enum model_role)r), line_json(&line));
            add(&sum, &line);
        }
        json_set(all, phase_name((enum phase)p), phase);
    }
    json_set(all, "total", line_json(&sum));
    json_write(out, all, 0);
    buf_char(out, '\n');
}

static int estimate(const struct work *w, struct err *err)
{
    struct session *s = w->s;
    struct estimate e = {.prices = &s->ledger};
    struct rehearsal *rehearsal = NULL;
    bool learns = !w->samples && method_info(s->method)->unit != UNIT_NONE;
    model_quotas(s->model, &e.per_minute[0], &e.per_minute[1]);
    /* Which of the two lacks it shows when it is played. */
    if (!s->rehearsal && !rehearsal_open(s->task_entry, s->method_entry, &rehearsal, NULL))
        change_model(s, rehearsal);
    model_set_budget(s->model, NULL);
    int code = s->rehearsal ? measure(w, &e, err) : EXIT_UNAVAILABLE;
    if (code && s->rehearsal)
        log_line(LOG_INFO, "%s; going by the messages of a sample instead", err->text);
    if (code)
        code = guess(w, &e, err);
    if (code)
        return code;
    CLEANUP_BUF struct buf text = {0};
    if (s->options->json)
        write_json(&text, &e);
    else
        write_table(&text, &e, learns);
    return cli_print(buf_view(&text));
}

int estimate_run(struct session *s, struct harness *h, struct err *err)
{
    return estimate(&(struct work){.s = s, .h = h}, err);
}

int estimate_evaluation(struct session *s, struct harness *h, const struct samples *samples,
                        struct knowledge *knowledge, struct err *err)
{
    return estimate(&(struct work){s, h, samples, knowledge}, err);
}
