/* SPDX-License-Identifier: MIT */
#include "run/harness.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "run/harness_internal.h"

static void count(struct score *score, const struct rollout *r)
{
    score->total++;
    score->missing += !r->available;
    score->correct += r->available && r->correct;
}

int harness_evaluate(struct harness *h, const struct samples *samples, enum phase phase,
                     const char *place, struct knowledge *knowledge, struct buf *lines,
                     void (*write)(struct buf *out, const struct rollout *rollout),
                     struct score *out, struct err *err)
{
    struct wave *wave = wave_create(h->engine, phase, place);
    for (size_t i = 0; i < samples->count; i++)
        wave_add_rollout(wave, &samples->items[i], 0, knowledge);
    wave_start(wave);
    report_wait(h->report, wave, place);
    int code = engine_stopped(h->engine, err);
    *out = (struct score){0};
    for (size_t i = 0; !code && i < samples->count; i++) {
        const struct rollout *r = wave_rollout(wave, i);
        count(out, r);
        if (lines)
            write(lines, r);
    }
    wave_destroy(wave);
    h->missing += out->missing;
    if (!code && out->total && out->missing == out->total)
        code = err_set(err, EXIT_UNAVAILABLE,
                       "%s: none of the %zu samples could be run; see %s_runs.jsonl or the log "
                       "for the reasons, then go on with --resume",
                       place, out->total, place);
    return code;
}

int harness_write_text(const char *dir, const char *name, const struct buf *text, struct err *err)
{
    CLEANUP_FREE char *path = file_join(dir, name);
    return file_write_atomic(path, buf_view(text), err);
}

int harness_write_knowledge(struct harness *h, const char *which, const struct knowledge *knowledge,
                            struct err *err)
{
    CLEANUP_FREE char *dir = mem_printf("%s/%s/%s", h->dir, method_info(h->method)->folder, which);
    int code = file_make_dirs(dir, err);
    return code ? code : files_write(knowledge_files(knowledge), dir, err);
}

static void show_score(struct harness *h, const char *label, const struct score *score)
{
    report_line(h->report, "%-10s %5.1f %%  (%zu of %zu%s)", label, 100 * score_value(score),
                score->correct, score->total, score->missing ? ", some missing" : "");
    if (score->missing)
        report_line(h->report, "           %zu samples could not be run: neither right nor wrong",
                    score->missing);
}

/* Validates with the present knowledge and writes val_runs, val_score and the curve. */
static int validate(struct harness *h, int64_t epoch, const struct score *dev, struct score *out,
                    struct err *err)
{
    char name[64];
    CLEANUP_BUF struct buf lines = {0};
    if (epoch < 0)
        snprintf(name, sizeof(name), "baseline");
    else
        snprintf(name, sizeof(name), "epoch_%lld", (long long)epoch);
    CLEANUP_FREE char *dir = file_join(h->dir, name);
    CLEANUP_FREE char *place = mem_printf("%s/val", name);
    int code = file_make_dirs(dir, err);
    if (!code)
        code = harness_evaluate(h, &h->val, PHASE_VAL, place, h->present, &lines, record_val_line,
                                out, err);
    if (!code)
        code = harness_write_text(dir, "val_runs.jsonl", &lines, err);
    if (code)
        return code;
    struct json *score = record_val_score(epoch, out, dev);
    code = record_write_json(dir, "val_score.json", score, JSON_ASCII, err);
    json_push(h->curve, score);
    if (!code)
        code = record_write_json(h->dir, "val_scores.json", h->curve, JSON_ASCII, err);
    show_score(h, name, out);
    return code;
}

static void set_best(struct harness *h, struct knowledge *knowledge, double score, int64_t epoch)
{
    struct knowledge *old = h->best;
    h->best = knowledge_ref(knowledge);
    knowledge_unref(old);
    h->has_best = true;
    h->best_score = score;
    h->best_epoch = epoch;
}

/* The initial knowledge competes, unless the reference's rule is asked for: there the best
 * starts at 0, and the baseline takes no part. */
static int run_baseline(struct harness *h, struct err *err)
{
    struct score score;
    if (!h->config->run_baseline)
        return 0;
    int code = validate(h, -1, NULL, &score, err);
    if (!code && h->config->baseline_competes)
        set_best(h, h->first, score_value(&score), -1);
    return code;
}

static int keep_best(struct harness *h, int64_t epoch, const struct score *val, struct err *err)
{
    double score = score_value(val);
    if (!score_beats(score, h->has_best ? &h->best_score : NULL, !h->config->baseline_competes))
        return 0;
    set_best(h, h->present, score, epoch);
    return harness_write_knowledge(h, "best", h->best, err);
}

static int run_epochs(struct harness *h, struct err *err)
{
    for (int64_t epoch = 0; epoch < h->config->epochs; epoch++) {
        struct score dev, val;
        int code = harness_epoch(h, epoch, &dev, err);
        if (!code)
            code = validate(h, epoch, &dev, &val, err);
        if (!code)
            code = keep_best(h, epoch, &val, err);
        if (code)
            return code;
    }
    if (!h->has_best)
        return 0;
    int code = harness_write_knowledge(h, "best", h->best, err);
    return code ? code : harness_write_knowledge(h, "learned", h->best, err);
}

static int load_split(struct harness *h, const char *split, struct samples *out, struct err *err)
{
    int code = task_samples(h->task, split, out, err);
    if (!code && out->count == 0)
        code = err_set(err, EXIT_CONFIG, "task %s: split '%s' is empty; give it samples",
                       task_info(h->task)->name, split);
    return code;
}

static int test_split(struct harness *h, const char *split, const char *prefix, bool best,
                      struct err *err)
{
    struct samples samples = {0};
    struct score score;
    CLEANUP_BUF struct buf lines = {0};
    CLEANUP_FREE char *name = mem_printf("%s_%s", prefix, best ? "best" : "baseline");
    CLEANUP_FREE char *dir = file_join(h->dir, name);
    int code = load_split(h, split, &samples, err);
    if (!code)
        code = file_make_dirs(dir, err);
    if (!code)
        code = harness_evaluate(h, &samples, PHASE_TEST, name, best ? h->best : h->first, &lines,
                                record_test_line, &score, err);
    if (!code)
        code = harness_write_text(dir, "test_runs.jsonl", &lines, err);
    if (!code) {
        struct json *json = record_test_score(split, &score);
        code = record_write_json(dir, "test_score.json", json, 0, err);
        json_set(h->tests, name, json);
        show_score(h, name, &score);
    }
    samples_clear(&samples);
    return code;
}

static int run_tests(struct harness *h, struct err *err)
{
    static const char *const splits[][2] = {{"test", "test_eval"}, {"id_test", "id_test_eval"}};
    bool learned = h->has_best && strcmp(knowledge_hash(h->best), knowledge_hash(h->first)) != 0;
    int code = 0;
    for (int i = 0; i < 2 && !code; i++) {
        if (!task_has_split(h->task, splits[i][0]))
            continue;
        if (learned)
            code = test_split(h, splits[i][0], splits[i][1], true, err);
        if (!code)
            code = test_split(h, splits[i][0], splits[i][1], false, err);
    }
    if (!code && json_count(h->tests))
        code = record_write_json(h->dir, "test_scores.json", h->tests, 0, err);
    return code;
}

int harness_prepare(struct harness *h, struct err *err)
{
    h->curve = json_new_array();
    h->tests = json_new_object();
    h->best_epoch = -1;
    int code = load_split(h, "val", &h->val, err);
    if (!code && method_info(h->method)->unit != UNIT_NONE)
        code = load_split(h, "dev", &h->dev, err);
    if (code)
        return code;
    struct files *initial = h->initial;
    h->initial = NULL;
    code = knowledge_load(h->method, initial, &h->first, err);
    if (code)
        return code;
    h->present = knowledge_ref(h->first);
    return 0;
}

int harness_run(struct harness *harness, struct err *err)
{
    int code = harness_write_knowledge(harness, "learned", harness->present, err);
    if (!code)
        code = run_baseline(harness, err);
    if (!code && method_info(harness->method)->unit != UNIT_NONE)
        code = run_epochs(harness, err);
    if (!code && harness->config->test)
        code = run_tests(harness, err);
    return code;
}

void harness_clear(struct harness *harness)
{
    samples_clear(&harness->dev);
    samples_clear(&harness->val);
    knowledge_unref(harness->first);
    knowledge_unref(harness->present);
    knowledge_unref(harness->best);
    json_free(harness->curve);
    json_free(harness->tests);
    files_destroy(harness->initial);
}
