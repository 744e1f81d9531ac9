/* SPDX-License-Identifier: MIT */
#include "run/evaluation.h"

#include <string.h>

struct evaluation {
    struct harness *harness;
    const struct samples *samples;
    struct wave *wave;
    char *place;
};

struct evaluation *evaluation_start(struct harness *h, const struct samples *samples,
                                    enum phase phase, const char *place,
                                    struct knowledge *knowledge, bool behind)
{
    struct evaluation *e = mem_alloc(sizeof(*e));
    *e = (struct evaluation){
        .harness = h,
        .samples = samples,
        .wave = wave_create(h->engine, phase, place),
        .place = mem_dup(place, strlen(place)),
    };
    for (size_t i = 0; i < samples->count; i++)
        wave_add_rollout(e->wave, &samples->items[i], 0, knowledge);
    if (behind)
        wave_let_others_first(e->wave);
    wave_start(e->wave);
    return e;
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
}

int evaluation_finish(struct evaluation *e, struct buf *lines,
                      void (*write)(struct buf *out, const struct rollout *rollout),
                      struct score *out, struct err *err)
{
    struct harness *h = e->harness;
    report_wait(h->report, e->wave, e->place);
    int code = engine_stopped(h->engine, err);
    *out = (struct score){0};
    for (size_t i = 0; !code && i < e->samples->count; i++) {
        const struct rollout *r = wave_rollout(e->wave, i);
        count(out, r);
        if (lines)
            write(lines, r);
    }
    h->missing += out->missing;
    if (!code && out->total && out->missing == out->total)
        code = err_set(err, EXIT_UNAVAILABLE,
                       "%s: none of the %zu samples could be run; see %s_runs.jsonl or the log "
                       "for the reasons, then go on with --resume",
                       e->place, out->total, e->place);
    evaluation_drop(e);
    return code;
}
