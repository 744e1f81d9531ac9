/* SPDX-License-Identifier: MIT */
#include "run/evaluation.h"

#include <string.h>

#include "base/file.h"
#include "run/ahead.h"

#define LET_GO_AFTER 1024 /* samples: their texts are a few times the pages that a run touches */

struct evaluation {
    struct harness *harness;
    const struct samples *samples;
    struct wave *wave;
    char *place;
};

struct evaluation *evaluation_start(struct harness *h, const struct samples *samples,
                                    enum phase phase, const char *place,
                                    struct knowledge *knowledge, bool behind, const char *ahead)
{
    struct evaluation *e = mem_alloc(sizeof(*e));
    *e = (struct evaluation){
        .harness = h,
        .samples = samples,
        .wave = wave_create(h->engine, phase, place),
        .place = mem_dup(place, strlen(place)),
    };
    wave_reserve(e->wave, samples->count);
    for (size_t i = 0; i < samples->count; i++)
        wave_add_rollout(e->wave, &samples->items[i], 0, knowledge);
    if (behind)
        wave_let_others_first(e->wave);
    if (ahead)
        wave_go_ahead(e->wave, ahead);
    wave_start(e->wave);
    return e;
}

void evaluation_settle(struct evaluation *e)
{
    wave_settle(e->wave);
}

void evaluation_put_aside(struct evaluation *e)
{
    ahead_put_aside(e->harness, e->wave);
    mem_free(e->place);
    mem_free(e);
}

void evaluation_drop(struct evaluation *e)
{
    if (!e)
        return;
    wave_destroy(e->wave);
    mem_free(e->place);
    mem_free(e);
}

static void count(struct score *score, const struct rollout *r)
{
    score->total++;
    score->missing += !r->available;
    score->correct += r->available && r->correct;
    if (r->available)
        figures_add(&score->figures, r->detail);
}

struct result {
    const struct samples *samples;
    struct score score;
    struct file_writer *file;
    void (*write)(struct buf *out, const struct rollout *rollout);
    struct buf line;
};

static void take(void *arg, const struct rollout *rollout)
{
    struct result *result = arg;
    count(&result->score, rollout);
    buf_reset(&result->line);
    result->write(&result->line, rollout);
    file_writer_add(result->file, buf_view(&result->line));
    if (result->score.total % LET_GO_AFTER == 0)
        samples_let_go(result->samples);
}

static int wait_for_all(struct evaluation *e, struct result *result, const char *file,
                        struct err *err)
{
    struct harness *h = e->harness;
    int code = file_writer_open(file, &result->file, err);
    if (code)
        return code;
    wave_on_rollout(e->wave, take, result);
    report_wait(h->report, e->wave, e->place);
    code = engine_stopped(h->engine, err);
    if (!code)
        return file_writer_finish(result->file, err);
    file_writer_cancel(result->file);
    return code;
}

int evaluation_finish(struct evaluation *e, const char *file,
                      void (*write)(struct buf *out, const struct rollout *rollout),
                      struct score *out, struct err *err)
{
    struct result result = {.samples = e->samples, .write = write};
    int code = wait_for_all(e, &result, file, err);
    *out = code ? (struct score){0} : result.score;
    e->harness->missing += out->missing;
    if (!code && out->total && out->missing == out->total)
        code =
            err_set(err, EXIT_UNAVAILABLE,
                    "%s: none of the %zu samples could be run; see missing.json for the reasons, "
                    "then go on with --resume --retry-missing",
                    e->place, out->total);
    buf_free(&result.line);
    evaluation_drop(e);
    return code;
}
