/* SPDX-License-Identifier: MIT */
#include "results/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/sample.h"
#include "stats/stats.h"

/* Below this many discordant pairs the bootstrap has too little to draw from. */
#define FEW_DISCORDANT 10
#define FEW_RUNS 5

/* A run of each side, to be compared sample by sample. */
struct run_pair {
    const struct side_run *a, *b;
    struct pairs pairs;
    size_t samples;
};

struct work {
    const struct side *a, *b;
    const struct comparison_options *options;
    struct run_pair *pairs;
    size_t count;
    struct json *out, *intervals, *notes;
};

static void note(struct work *w, const char *text)
{
    json_push(w->notes, json_new_str(str_of(text)));
}

static void interval(struct work *w, const char *of, struct interval i)
{
    struct json *item = json_new_object();
    json_set(item, "of", json_new_str(str_of(of)));
    json_set(item, "low", json_new_double(i.low));
    json_set(item, "high", json_new_double(i.high));
    json_push(w->intervals, item);
}

static void set(struct work *w, const char *name, double value)
{
    json_set(w->out, name, json_new_double(value));
}

static void set_test(struct work *w, const char *name, double p)
{
    json_set(w->out, "p_of", json_new_str(str_of(name)));
    set(w, "p", p);
}

static const struct outcome *outcome_of(const struct side_run *run, struct str sample)
{
    size_t at = (size_t)(uintptr_t)map_get(&run->by_sample, sample);
    return at ? &run->outcomes[at - 1] : NULL;
}

/* --- Pairing --- */

static const struct side_run *of_seed(const struct side *side, int64_t seed)
{
    for (size_t i = 0; i < side->count; i++) {
        if (side->runs[i].seed == seed)
            return &side->runs[i];
    }
    return NULL;
}

static bool seeds_differ(const struct side *side)
{
    for (size_t i = 0; i < side->count; i++) {
        if (!side->runs[i].has_seed || of_seed(side, side->runs[i].seed) != &side->runs[i])
            return false;
    }
    return true;
}

static bool has_rows(const struct side *side)
{
    for (size_t i = 0; i < side->count; i++) {
        if (!side->runs[i].outcomes)
            return false;
    }
    return true;
}

static void add_pair(struct work *w, const struct side_run *a, const struct side_run *b)
{
    w->pairs[w->count++] = (struct run_pair){.a = a, .b = b};
}

static void pair_by_seed(struct work *w)
{
    for (size_t i = 0; i < w->a->count; i++) {
        const struct side_run *b = of_seed(w->b, w->a->runs[i].seed);
        if (b)
            add_pair(w, &w->a->runs[i], b);
    }
    if (w->count && (w->count < w->a->count || w->count < w->b->count))
        note(w, "runs whose seed the other side does not have are left out of the pairs");
}

static void pair_runs(struct work *w)
{
    size_t most = w->a->count > w->b->count ? w->a->count : w->b->count;
    w->pairs = mem_array(most + 1, sizeof(*w->pairs));
    if (w->a->count == 1 || w->b->count == 1) {
        for (size_t i = 0; i < most; i++)
            add_pair(w, &w->a->runs[w->a->count == 1 ? 0 : i],
                     &w->b->runs[w->b->count == 1 ? 0 : i]);
        if (most > 1)
            note(w, "one side has a single run, against which every run of the other is compared; "
                    "its own chance is in no interval");
        return;
    }
    if (seeds_differ(w->a) && seeds_differ(w->b))
        pair_by_seed(w);
    if (!w->count && w->a->count == w->b->count) {
        for (size_t i = 0; i < most; i++)
            add_pair(w, &w->a->runs[i], &w->b->runs[i]);
        note(w, "the runs' seeds do not match; runs are paired in the order of their names");
    }
}

/* --- Paired --- */

static void count_pair(struct run_pair *pair)
{
    for (size_t i = 0; i < pair->a->count; i++) {
        const struct outcome *a = &pair->a->outcomes[i], *b = outcome_of(pair->b, a->sample);
        if (!b || !a->available || !b->available)
            continue;
        pair->samples++;
        pair->pairs.both += a->correct && b->correct;
        pair->pairs.only_a += a->correct && !b->correct;
        pair->pairs.only_b += !a->correct && b->correct;
        pair->pairs.neither += !a->correct && !b->correct;
    }
}

static double difference_of(const struct run_pair *pair)
{
    return ((double)pair->pairs.only_b - (double)pair->pairs.only_a) / (double)pair->samples;
}

/* Per sample, the sum over pairs of runs; only samples that all of them have. */
static size_t sum_samples(const struct work *w, int *out)
{
    size_t count = 0;
    const struct side_run *first = w->pairs[0].a;
    for (size_t i = 0; i < first->count; i++) {
        bool whole = true;
        int sum = 0;
        for (size_t k = 0; k < w->count && whole; k++) {
            const struct outcome *a = outcome_of(w->pairs[k].a, first->outcomes[i].sample);
            const struct outcome *b = outcome_of(w->pairs[k].b, first->outcomes[i].sample);
            whole = a && b && a->available && b->available;
            if (whole)
                sum += b->correct - a->correct;
        }
        if (whole)
            out[count++] = sum;
    }
    return count;
}

static void bootstrap(struct work *w, size_t discordant)
{
    int *differences = mem_array(w->pairs[0].a->count + 1, sizeof(*differences));
    size_t count = sum_samples(w, differences);
    json_set(w->out, "samples", json_new_int((int64_t)count));
    if (count > 1)
        interval(
            w, "samples (paired bootstrap)",
            bootstrap_paired(differences, count, w->count, w->options->draws, w->options->seed));
    if (discordant < FEW_DISCORDANT)
        note(w, "fewer than ten samples differ: rely on the exact test, not on the bootstrap");
    if (count < w->pairs[0].a->count || count < w->pairs[0].b->count)
        note(w, "samples that a run does not have, or could not run, are left out of the pairs");
    mem_free(differences);
}

static void one_seed(struct work *w)
{
    const struct run_pair *pair = &w->pairs[0];
    double discordant = (double)(pair->pairs.only_a + pair->pairs.only_b) / (double)pair->samples;
    set_test(w, "McNemar, exact", mcnemar_exact(pair->pairs.only_a, pair->pairs.only_b));
    set(w, "detectable",
        mcnemar_detectable(pair->samples, discordant, w->options->alpha, w->options->power));
    note(w, "one run a side: this is about these runs; another seed may differ by more");
}

static void over_seeds(struct work *w, const struct sample *sample, double *out_p)
{
    interval(w, "seeds (clustered, Student's t)", seed_clustered(sample->items, sample->n, out_p));
    set_test(w, "t over seeds", *out_p);
    set(w, "detectable",
        sample_sd(sample) * seeds_detectable(sample->n, w->options->alpha, w->options->power));
    if (sample_sd(sample) == 0)
        note(w, "all seeds differ by the same: their spread is not known, and p says nothing");
    if (sample->n < FEW_RUNS)
        note(w, "fewer than five seeds: the interval over seeds is wide for want of them");
}

static void several_seeds(struct work *w)
{
    struct sample sample = {0};
    double p;
    for (size_t i = 0; i < w->count; i++)
        sample_add(&sample, difference_of(&w->pairs[i]));
    over_seeds(w, &sample, &p);
    sample_clear(&sample);
}

static struct json *by_run(const struct work *w)
{
    struct json *list = json_new_array();
    for (size_t i = 0; i < w->count; i++) {
        const struct run_pair *pair = &w->pairs[i];
        const struct side_run *run = w->a->count == 1 ? pair->b : pair->a;
        struct json *item = json_new_object();
        json_set(item, "seed", run->has_seed ? json_new_int(run->seed) : NULL);
        json_set(item, "samples", json_new_int((int64_t)pair->samples));
        json_set(item, "difference", json_new_double(difference_of(pair)));
        json_set(item, "only_a", json_new_int((int64_t)pair->pairs.only_a));
        json_set(item, "only_b", json_new_int((int64_t)pair->pairs.only_b));
        json_set(item, "p_mcnemar",
                 json_new_double(mcnemar_exact(pair->pairs.only_a, pair->pairs.only_b)));
        json_push(list, item);
    }
    return list;
}

static void set_discordant(struct work *w, size_t only_a, size_t only_b)
{
    struct json *item = json_new_object();
    json_set(item, "only_a", json_new_int((int64_t)only_a));
    json_set(item, "only_b", json_new_int((int64_t)only_b));
    json_set(item, "odds", json_new_double(discordant_odds(only_a, only_b)));
    json_set(w->out, "discordant", item);
}

static int paired(struct work *w, struct err *err)
{
    size_t only_a = 0, only_b = 0;
    double a = 0, b = 0;
    for (size_t i = 0; i < w->count; i++) {
        struct run_pair *pair = &w->pairs[i];
        count_pair(pair);
        if (!pair->samples)
            return err_set(err, EXIT_USAGE, "%s and %s have no sample in common", pair->a->name,
                           pair->b->name);
        only_a += pair->pairs.only_a;
        only_b += pair->pairs.only_b;
        a += (double)(pair->pairs.both + pair->pairs.only_a) / (double)pair->samples;
        b += (double)(pair->pairs.both + pair->pairs.only_b) / (double)pair->samples;
    }
    a /= (double)w->count;
    b /= (double)w->count;
    json_set(w->out, "kind", json_new_str(STR("paired")));
    set(w, "difference", b - a);
    set(w, "effect_h", cohen_h(a, b));
    set_discordant(w, only_a, only_b);
    bootstrap(w, only_a + only_b);
    if (w->count == 1)
        one_seed(w);
    else
        several_seeds(w);
    json_set(w->out, "by_run", by_run(w));
    return 0;
}

/* --- Unpaired: counts only --- */

static void shares(const struct side *side, struct sample *out, size_t *correct, size_t *total)
{
    for (size_t i = 0; i < side->count; i++) {
        const struct tally *tally = &side->runs[i].tally;
        sample_add(out, (double)tally->correct / (double)tally->total);
        *correct += (size_t)tally->correct;
        *total += (size_t)tally->total;
    }
}

#define COUNTS_ONLY "only counts are known, not which samples were right: "

/* The same runs before and after learning. */
static bool same_runs(const struct side *a, const struct side *b)
{
    bool same = a->count == b->count && a->count > 1;
    for (size_t i = 0; i < a->count && same; i++)
        same = strcmp(a->runs[i].name, b->runs[i].name) == 0;
    return same;
}

static void paired_by_run(struct work *w, const struct sample *a, const struct sample *b)
{
    struct sample differences = {0};
    double p;
    for (size_t i = 0; i < a->n; i++)
        sample_add(&differences, b->items[i] - a->items[i]);
    json_set(w->out, "kind", json_new_str(STR("paired by run")));
    note(w, COUNTS_ONLY "runs are paired with themselves, not sample by sample");
    over_seeds(w, &differences, &p);
    sample_clear(&differences);
}

/* With two runs on a side nothing that looks at their spread alone is near its level. */
static void over_few_runs(struct work *w, const struct sample *a, const struct sample *b)
{
    double p;
    bool few_b = b->n < a->n;
    const struct sample *few = few_b ? b : a, *many = few_b ? a : b;
    struct interval got = scheffe(few->items, few->n, many->items, many->n, &p);
    if (few_b)
        got = (struct interval){-got.high, -got.low};
    interval(w, "runs (Scheffe's t)", got);
    set_test(w, "Scheffe's t over runs", p);
    note(w, "two runs on a side: each is set against one of the other side's, in the order given; "
            "the interval is exact, and wide");
}

static void over_runs(struct work *w, const struct sample *a, const struct sample *b)
{
    struct welch calibrated;
    double p;
    if (a->n < WELCH_LEAST || b->n < WELCH_LEAST) {
        over_few_runs(w, a, b);
        return;
    }
    welch_calibrate(&calibrated, a->n, b->n);
    interval(w, "runs (Welch's t, calibrated)", welch(&calibrated, a->items, b->items, &p));
    set_test(w, "Welch's t over runs, calibrated", p);
    if (a->n < FEW_RUNS || b->n < FEW_RUNS)
        note(w,
             "fewer than five runs on a side: p is right around 0.05; far below that it is rough, "
             "and 0.01 may be 0.02");
}

static void unpaired(struct work *w)
{
    struct sample a = {0}, b = {0};
    size_t correct_a = 0, total_a = 0, correct_b = 0, total_b = 0;
    shares(w->a, &a, &correct_a, &total_a);
    shares(w->b, &b, &correct_b, &total_b);
    json_set(w->out, "kind", json_new_str(STR("unpaired")));
    set(w, "difference", sample_mean(&b) - sample_mean(&a));
    set(w, "effect_h", cohen_h(sample_mean(&a), sample_mean(&b)));
    if (same_runs(w->a, w->b)) {
        paired_by_run(w, &a, &b);
    } else if (a.n > 1 && b.n > 1) {
        over_runs(w, &a, &b);
    } else {
        interval(w, "samples (Newcombe)", newcombe(correct_a, total_a, correct_b, total_b));
        set_test(w, "Fisher, exact", fisher_exact(correct_a, total_a, correct_b, total_b));
        note(w, "a side has a single run: this is about these runs; another seed may differ by "
                "more");
    }
    sample_clear(&a);
    sample_clear(&b);
}

/* --- Together --- */

static int check_tasks(const struct side *a, const struct side *b, struct err *err)
{
    const struct side_run *first = &a->runs[0];
    for (size_t i = 0; i < a->count + b->count; i++) {
        const struct side_run *run = i < a->count ? &a->runs[i] : &b->runs[i - a->count];
        if (*run->task && *first->task && strcmp(run->task, first->task) != 0)
            return err_set(err, EXIT_USAGE, "%s is a run of task '%s', %s of task '%s'",
                           first->name, first->task, run->name, run->task);
    }
    return 0;
}

int comparison_make(const struct side *a, const struct side *b,
                    const struct comparison_options *options, struct json **out, struct err *err)
{
    struct work w = {.a = a,
                     .b = b,
                     .options = options,
                     .out = json_new_object(),
                     .intervals = json_new_array(),
                     .notes = json_new_array()};
    int code = check_tasks(a, b, err);
    json_set(w.out, "a", json_new_str(str_of(a->label)));
    json_set(w.out, "b", json_new_str(str_of(b->label)));
    if (!code && has_rows(a) && has_rows(b))
        pair_runs(&w);
    if (!code && w.count) {
        code = paired(&w, err);
    } else if (!code) {
        if (has_rows(a) && has_rows(b))
            note(&w, "the runs cannot be paired: no seed in common, and not as many of each");
        else if (!same_runs(a, b))
            note(&w, COUNTS_ONLY "this is an unpaired comparison, less sharp than a paired one");
        unpaired(&w);
    }
    json_set(w.out, "intervals", w.intervals);
    json_set(w.out, "notes", w.notes);
    mem_free(w.pairs);
    if (code)
        json_free(w.out);
    else
        *out = w.out;
    return code;
}

void comparison_holm(struct json *list)
{
    size_t count = json_count(list);
    double *p = mem_array(count + 1, sizeof(*p));
    for (size_t i = 0; i < count; i++)
        p[i] = json_double(json_get(json_at(list, i), "p"), 1);
    holm(p, count);
    for (size_t i = 0; i < count; i++)
        json_set(json_at(list, i), "p_holm", json_new_double(p[i]));
    mem_free(p);
}

struct json *side_json(const struct side *side)
{
    static const char *const names[] = {"calls", "prompt_tokens", "completion_tokens"};
    struct json *out = json_new_object();
    int64_t correct = 0, total = 0, costs[3] = {0};
    bool known = side->count > 0;
    for (size_t i = 0; i < side->count; i++) {
        const struct side_run *run = &side->runs[i];
        correct += run->tally.correct;
        total += run->tally.total;
        costs[0] += run->calls;
        costs[1] += run->prompt_tokens;
        costs[2] += run->completion_tokens;
        known = known && run->has_cost;
    }
    json_set(out, "label", json_new_str(str_of(side->label)));
    json_set(out, "runs", json_new_int((int64_t)side->count));
    json_set(out, "score", json_new_double(side_score(side)));
    json_set(out, "n_correct", json_new_int(correct));
    json_set(out, "n_total", json_new_int(total));
    for (size_t i = 0; i < 3; i++)
        json_set(out, names[i],
                 known ? json_new_double((double)costs[i] / (double)side->count) : NULL);
    return out;
}
