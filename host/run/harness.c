/* SPDX-License-Identifier: MIT */
#include "run/harness.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "run/ahead.h"
#include "run/evaluation.h"
#include "run/harness_internal.h"

int harness_evaluate(struct harness *h, const struct samples *samples, enum phase phase,
                     const char *place, struct knowledge *knowledge, const char *file,
                     void (*write)(struct buf *out, const struct rollout *rollout),
                     struct score *out, struct err *err)
{
    struct evaluation *e = evaluation_start(h, samples, phase, place, knowledge, false, NULL);
    return evaluation_finish(e, file, write, out, err);
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

static void val_name(int64_t epoch, char *out, size_t room)
{
    if (epoch < 0)
        snprintf(out, room, "baseline");
    else
        snprintf(out, room, "epoch_%lld", (long long)epoch);
}

static void clear_val(struct validation *v)
{
    evaluation_drop(v->run);
    knowledge_unref(v->knowledge);
    *v = (struct validation){0};
}

void harness_val_ahead(struct harness *h, int64_t epoch, struct knowledge *knowledge,
                       const char *prefix)
{
    CLEANUP_FREE char *place = mem_printf("epoch_%lld/val", (long long)epoch);
    h->next = (struct validation){
        .knowledge = knowledge_ref(knowledge),
        .run = evaluation_start(h, &h->val, PHASE_VAL, place, knowledge, true, prefix),
    };
}

/* The validation that went ahead, if it did with the present knowledge. */
static struct evaluation *take_val_ahead(struct harness *h)
{
    struct evaluation *run = h->next.run;
    if (!run)
        return NULL;
    bool right = strcmp(knowledge_hash(h->next.knowledge), knowledge_hash(h->present)) == 0;
    if (right)
        evaluation_settle(run);
    else
        evaluation_put_aside(run);
    h->next.run = NULL;
    clear_val(&h->next);
    return right ? run : NULL;
}

/* Begins to validate the present knowledge. dev: the score of the epoch that it comes from. */
static void start_val(struct harness *h, int64_t epoch, const struct score *dev)
{
    char name[64];
    val_name(epoch, name, sizeof(name));
    CLEANUP_FREE char *place = mem_printf("%s/val", name);
    struct evaluation *run = take_val_ahead(h);
    if (!run)
        run = evaluation_start(h, &h->val, PHASE_VAL, place, h->present, h->config->overlap, NULL);
    h->validation = (struct validation){
        .epoch = epoch,
        .knowledge = knowledge_ref(h->present),
        .run = run,
    };
    if (dev)
        h->validation.dev = *dev;
}

/* Writes val_score and the curve. */
static int write_val(struct harness *h, const struct validation *v, const char *dir,
                     const struct score *score, struct err *err)
{
    struct json *record = record_val_score(v->epoch, score, v->epoch < 0 ? NULL : &v->dev);
    int code = record_write_json(dir, "val_score.json", record, JSON_ASCII, err);
    json_push(h->curve, record);
    return code ? code : record_write_json(h->dir, "val_scores.json", h->curve, JSON_ASCII, err);
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
static int keep_best(struct harness *h, const struct validation *v, const struct score *val,
                     struct err *err)
{
    double score = score_value(val);
    if (v->epoch < 0) {
        if (h->config->baseline_competes)
            set_best(h, v->knowledge, score, -1);
        return 0;
    }
    if (!score_beats(score, h->has_best ? &h->best_score : NULL, !h->config->baseline_competes))
        return 0;
    set_best(h, v->knowledge, score, v->epoch);
    return harness_write_knowledge(h, "best", h->best, err);
}

/* Waits for the validation that was begun, if one was. */
static int finish_val(struct harness *h, struct err *err)
{
    struct validation *v = &h->validation;
    struct score score;
    char name[64];
    if (!v->run)
        return 0;
    val_name(v->epoch, name, sizeof(name));
    CLEANUP_FREE char *dir = file_join(h->dir, name);
    CLEANUP_FREE char *file = file_join(dir, "val_runs.jsonl");
    int code = file_make_dirs(dir, err);
    if (!code) {
        code = evaluation_finish(v->run, file, record_val_line, &score, err);
        v->run = NULL;
    }
    if (!code)
        code = write_val(h, v, dir, &score, err);
    if (!code)
        show_score(h, name, &score);
    if (!code)
        code = keep_best(h, v, &score, err);
    clear_val(v);
    return code;
}

/* The validation of an epoch goes on during the next one, which does not need it. */
static int run_epochs(struct harness *h, struct err *err)
{
    for (int64_t epoch = 0; epoch < h->config->epochs; epoch++) {
        struct score dev;
        int code = harness_epoch(h, epoch, &dev, err);
        if (!code)
            code = finish_val(h, err);
        if (code)
            return code;
        start_val(h, epoch, &dev);
        if (!h->config->overlap && (code = finish_val(h, err)))
            return code;
    }
    int code = finish_val(h, err);
    if (code || !h->has_best || h->config->epochs == 0)
        return code;
    code = harness_write_knowledge(h, "best", h->best, err);
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

static const char *const test_splits[HARNESS_TESTS][2] = {{"test", "test_eval"},
                                                          {"id_test", "id_test_eval"}};

static char *test_name(int split, bool best)
{
    return mem_printf("%s_%s", test_splits[split][1], best ? "best" : "baseline");
}

static int start_test(struct harness *h, int split, bool best, bool ahead, struct err *err)
{
    CLEANUP_FREE char *name = test_name(split, best);
    struct samples *samples = &h->test_samples[split];
    int code = samples->count ? 0 : load_split(h, test_splits[split][0], samples, err);
    if (!code)
        h->test_runs[split][best] =
            evaluation_start(h, samples, PHASE_TEST, name, best ? h->best : h->first,
                             h->config->overlap, ahead ? "ahead_test/" : NULL);
    return code;
}

static int start_tests(struct harness *h, bool best, bool ahead, struct err *err)
{
    int code = 0;
    for (int split = 0; split < HARNESS_TESTS && !code; split++) {
        if (task_has_split(h->task, test_splits[split][0]))
            code = start_test(h, split, best, ahead, err);
    }
    return code;
}

static bool has_learned(const struct harness *h)
{
    return h->has_best && strcmp(knowledge_hash(h->best), knowledge_hash(h->first)) != 0;
}

/* The best so far mostly stays the best: an epoch more often than not does not beat all before. */
int harness_last_epoch(struct harness *h, struct err *err)
{
    if (!h->config->overlap || !h->config->test)
        return 0;
    int code = finish_val(h, err);
    if (code || !has_learned(h))
        return code;
    h->tested = knowledge_ref(h->best);
    return start_tests(h, true, true, err);
}

/* Were the tests that went ahead those of the best? */
static int settle_tests(struct harness *h, struct err *err)
{
    bool right = h->tested && strcmp(knowledge_hash(h->tested), knowledge_hash(h->best)) == 0;
    for (int split = 0; split < HARNESS_TESTS; split++) {
        struct evaluation **run = &h->test_runs[split][true];
        if (*run && right)
            evaluation_settle(*run);
        if (*run && !right) {
            evaluation_put_aside(*run);
            *run = NULL;
        }
    }
    return right || !has_learned(h) || !h->config->overlap ? 0 : start_tests(h, true, false, err);
}

static int finish_test(struct harness *h, int split, bool best, struct err *err)
{
    struct score score;
    CLEANUP_FREE char *name = test_name(split, best);
    CLEANUP_FREE char *dir = file_join(h->dir, name);
    CLEANUP_FREE char *file = file_join(dir, "test_runs.jsonl");
    int code = file_make_dirs(dir, err);
    if (!code && !h->test_runs[split][best])
        code = start_test(h, split, best, false, err);
    if (!code) {
        code = evaluation_finish(h->test_runs[split][best], file, record_test_line, &score, err);
        h->test_runs[split][best] = NULL;
    }
    if (code)
        return code;
    struct json *json = record_test_score(test_splits[split][0], &score);
    code = record_write_json(dir, "test_score.json", json, 0, err);
    json_set(h->tests, name, json);
    show_score(h, name, &score);
    return code;
}

/* An attempt before this one had a sample missing, and so learned something else. */
static int remove_test(const struct harness *h, int split, struct err *err)
{
    CLEANUP_FREE char *name = test_name(split, true);
    CLEANUP_FREE char *dir = file_join(h->dir, name);
    return file_remove_tree(dir, err);
}

static int run_tests(struct harness *h, struct err *err)
{
    bool learned = has_learned(h);
    int code = settle_tests(h, err);
    for (int split = 0; split < HARNESS_TESTS && !code; split++) {
        if (!task_has_split(h->task, test_splits[split][0]))
            continue;
        code = learned ? finish_test(h, split, true, err) : remove_test(h, split, err);
        if (!code)
            code = finish_test(h, split, false, err);
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

/* The initial knowledge, on val and on the tests: nothing that is learned depends on it. */
static int run_baseline(struct harness *h, struct err *err)
{
    if (h->config->run_baseline)
        start_val(h, -1, NULL);
    if (!h->config->overlap)
        return finish_val(h, err);
    return h->config->test ? start_tests(h, false, false, err) : 0;
}

int harness_run(struct harness *harness, struct err *err)
{
    int code = harness_write_knowledge(harness, "learned", harness->present, err);
    if (!code)
        code = run_baseline(harness, err);
    if (!code && method_info(harness->method)->unit != UNIT_NONE)
        code = run_epochs(harness, err);
    if (!code)
        code = finish_val(harness, err);
    if (!code && harness->config->test)
        code = run_tests(harness, err);
    if (!code)
        ahead_finish(harness);
    return code ? code : engine_stopped(harness->engine, err);
}

void harness_clear(struct harness *harness)
{
    ahead_clear(harness);
    clear_val(&harness->validation);
    clear_val(&harness->next);
    for (int split = 0; split < HARNESS_TESTS; split++) {
        evaluation_drop(harness->test_runs[split][false]);
        evaluation_drop(harness->test_runs[split][true]);
        samples_clear(&harness->test_samples[split]);
    }
    samples_clear(&harness->dev);
    samples_clear(&harness->val);
    knowledge_unref(harness->first);
    knowledge_unref(harness->present);
    knowledge_unref(harness->best);
    knowledge_unref(harness->tested);
    json_free(harness->curve);
    json_free(harness->tests);
    files_destroy(harness->initial);
}
