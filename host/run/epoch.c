/* SPDX-License-Identifier: MIT */
/* One epoch: dev in a seeded order, unit by unit, learning after each. */
#include <string.h>

#include "base/file.h"
#include "run/ahead.h"
#include "run/harness_internal.h"
#include "run/lab.h"
#include "run/order.h"

struct epoch {
    struct harness *h;
    int64_t number;
    char *dir;
    size_t *order; /* positions in dev */
    size_t unit;   /* samples per unit */
    size_t cycle;  /* the unit under way */
    struct score score;
    struct map ids; /* dev: id -> const struct sample * */
    struct map notes, records;
    struct buf lines; /* dev_runs.jsonl so far */
    const char *what; /* for progress */
};

static size_t *shuffled(const struct harness *h, int64_t epoch)
{
    size_t *order = mem_array(h->dev.count, sizeof(*order));
    order_shuffle(method_info(h->method)->order, h->config->seed, epoch, order, h->dev.count);
    return order;
}

/* Rollouts of one unit, not started. order: of that epoch. */
static struct wave *unit_wave(const struct epoch *e, int64_t epoch, size_t cycle,
                              const size_t *order, struct knowledge *knowledge)
{
    const struct samples *dev = &e->h->dev;
    size_t from = 0, to = 0;
    CLEANUP_FREE char *place = mem_printf("epoch_%lld/dev", (long long)epoch);
    struct wave *wave = wave_create(e->h->engine, PHASE_DEV, place);
    order_slice(e->unit, dev->count, cycle, &from, &to);
    for (size_t i = from; i < to; i++)
        wave_add_rollout(wave, &dev->items[order[i]], 0, knowledge);
    return wave;
}

/* The method expects this of the update that runs: the unit after it begins. */
static void go_ahead(void *arg, const struct lab_run *lab, struct knowledge *knowledge)
{
    struct epoch *e = arg;
    struct harness *h = e->h;
    CLEANUP_FREE char *prefix =
        mem_printf("ahead/epoch_%lld/update_%zu/", (long long)e->number, e->cycle);
    size_t next = (e->cycle + 1) * e->unit < h->dev.count ? e->cycle + 1 : 0;
    int64_t epoch = next ? e->number : e->number + 1;
    if (!next)
        harness_val_ahead(h, e->number, knowledge, prefix);
    if (epoch == h->config->epochs)
        return;
    CLEANUP_FREE size_t *order = next ? NULL : shuffled(h, epoch);
    struct wave *wave = unit_wave(e, epoch, next, next ? e->order : order, knowledge);
    for (size_t i = 0; i < h->dev.count; i++) {
        if (lab_has(lab, &h->dev.items[i]))
            wave_hold(wave, &h->dev.items[i]);
    }
    ahead_start(h, epoch, next, wave, knowledge, prefix);
}

static void wait_for_lab(void *arg, struct wave *wave)
{
    struct epoch *e = arg;
    report_wait(e->h->report, wave, e->what);
}

static void lab_open(struct epoch *e, struct lab_run *lab, char *place)
{
    *lab = (struct lab_run){
        .engine = e->h->engine,
        .method = e->h->method,
        .present = e->h->present,
        .dev = &e->ids,
        .seed = e->h->config->seed,
        .place = place,
        .notes = &e->notes,
        .records = &e->records,
        .waiting = wait_for_lab,
        .waiting_arg = e,
        .expected = e->h->config->overlap ? go_ahead : NULL,
        .expected_arg = e,
    };
    lab_init(lab);
    e->what = place;
}

static int take_knowledge(struct epoch *e, struct files *files, struct err *err)
{
    struct harness *h = e->h;
    struct knowledge *next;
    if (!files)
        return 0;
    int code = knowledge_load(h->method, files, &next, err);
    if (code)
        return err_prefix(err, "epoch %lld: the method cannot load what it learned",
                          (long long)e->number);
    knowledge_unref(h->present);
    h->present = next;
    return harness_write_knowledge(h, "learned", next, err);
}

/* Of what could not be run there is nothing to learn; in the reference it counts as a failure. */
static bool teaches(const struct epoch *e, const struct rollout *r)
{
    return r->available || e->h->config->compat_reference;
}

static void batch_json(struct buf *out, const struct epoch *e, size_t cycle, bool last,
                       struct wave *wave)
{
    bool first = true;
    buf_printf(out, "{\"epoch\": %lld, \"update_cycle\": %zu, \"last\": %s, \"rollouts\": [",
               (long long)e->number, cycle, last ? "true" : "false");
    for (size_t i = 0; i < wave_rollout_count(wave); i++) {
        if (!teaches(e, wave_rollout(wave, i)))
            continue;
        if (!first)
            buf_text(out, ", ");
        rollout_write(out, wave_rollout(wave, i), true);
        first = false;
    }
    buf_text(out, "]}");
}

static int learn(struct epoch *e, size_t cycle, bool last, struct wave *wave, struct err *err)
{
    struct harness *h = e->h;
    struct lab_run lab;
    struct files *files = NULL;
    CLEANUP_BUF struct buf batch = {0};
    CLEANUP_FREE char *place = mem_printf("epoch_%lld/update_%zu", (long long)e->number, cycle);
    batch_json(&batch, e, cycle, last, wave);
    if (batch.failed)
        return err_set(err, EXIT_CONFIG,
                       "%s: the batch is over 1 GiB of text; lower "
                       "cycle.update_every",
                       place);
    lab_open(e, &lab, place);
    int code = method_learn(h->method, &lab.lab, h->present, buf_view(&batch), &files, err);
    lab_finish(&lab);
    /* What stopped the run is the reason, whatever the method made of it. */
    if (engine_stopped(h->engine, NULL)) {
        files_destroy(files);
        return engine_stopped(h->engine, err);
    }
    return code ? code : take_knowledge(e, files, err);
}

static int end_epoch(struct epoch *e, struct err *err)
{
    struct harness *h = e->h;
    struct lab_run lab;
    struct files *files = NULL;
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *place = mem_printf("epoch_%lld/end", (long long)e->number);
    buf_printf(&text, "{\"epoch\": %lld, \"dev_score\": ", (long long)e->number);
    json_write_double(&text, score_value(&e->score));
    buf_printf(&text, ", \"n_correct\": %zu, \"n_total\": %zu}", e->score.correct, e->score.total);
    lab_open(e, &lab, place);
    lab.expected = NULL;
    int code = method_epoch_end(h->method, &lab.lab, h->present, buf_view(&text), &files, err);
    lab_finish(&lab);
    if (engine_stopped(h->engine, NULL)) {
        files_destroy(files);
        return engine_stopped(h->engine, err);
    }
    return code ? code : take_knowledge(e, files, err);
}

static int collect(struct epoch *e, size_t cycle, struct wave *wave, struct str snapshot,
                   struct err *err)
{
    struct score unit = {0};
    for (size_t i = 0; i < wave_rollout_count(wave); i++) {
        const struct rollout *r = wave_rollout(wave, i);
        unit.total++;
        unit.missing += !r->available;
        unit.correct += r->available && r->correct;
        record_dev_line(&e->lines, r, (int64_t)cycle, snapshot);
    }
    e->score.total += unit.total;
    e->score.missing += unit.missing;
    e->score.correct += unit.correct;
    e->h->missing += unit.missing;
    if (e->lines.failed)
        return err_set(err, EXIT_CONFIG, "epoch %lld: dev_runs.jsonl would pass 1 GiB",
                       (long long)e->number);
    if (unit.total > 1 && unit.missing == unit.total)
        return err_set(
            err, EXIT_UNAVAILABLE,
            "epoch %lld, batch %zu: none of the %zu samples could be run; see missing.json "
            "for the reasons, then go on with --resume --retry-missing",
            (long long)e->number, cycle, unit.total);
    return 0;
}

/* Rollouts of one unit with the present knowledge, then learning from them. */
static int run_unit(struct epoch *e, size_t cycle, struct err *err)
{
    struct harness *h = e->h;
    size_t from = 0, to = 0;
    struct arena arena = {0};
    struct str snapshot;
    order_slice(e->unit, h->dev.count, cycle, &from, &to);
    int code = method_describe(h->present, &arena, &snapshot, err);
    CLEANUP_FREE char *place = mem_printf("epoch_%lld/dev", (long long)e->number);
    struct wave *wave = ahead_take(h, e->number, cycle), *begun = wave;
    e->cycle = cycle;
    if (!wave)
        wave = unit_wave(e, e->number, cycle, e->order, h->present);
    if (!code) {
        if (!begun)
            wave_start(wave);
        if (cycle == 0 && e->number + 1 == h->config->epochs)
            code = harness_last_epoch(h, err);
    }
    if (!code) {
        report_wait(h->report, wave, place);
        code = engine_stopped(h->engine, err);
    }
    if (!code)
        code = collect(e, cycle, wave, snapshot, err);
    if (!code)
        code = learn(e, cycle, to == h->dev.count, wave, err);
    wave_destroy(wave);
    arena_clear(&arena);
    return code;
}

static int write_notes(struct epoch *e, struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < e->notes.count && !code; i++) {
        const struct buf *elements = e->notes.entries[i].value;
        CLEANUP_BUF struct buf text = {0};
        buf_char(&text, '[');
        buf_str(&text, buf_view(elements));
        buf_char(&text, ']');
        CLEANUP_JSON struct json *array = json_parse(buf_view(&text), err);
        code = array ? record_write_json(e->dir, e->notes.entries[i].key.ptr, array, 0, err)
                     : EXIT_INTERNAL;
    }
    for (size_t i = 0; i < e->records.count && !code; i++)
        code = harness_write_text(e->dir, e->records.entries[i].key.ptr,
                                  e->records.entries[i].value, err);
    return code;
}

static void clear_map(struct map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        buf_free(map->entries[i].value);
        mem_free(map->entries[i].value);
    }
    map_clear(map);
}

static int run_units(struct epoch *e, struct err *err)
{
    size_t units = (e->h->dev.count + e->unit - 1) / e->unit;
    int code = 0;
    for (size_t cycle = 0; cycle < units && !code; cycle++) {
        code = run_unit(e, cycle, err);
        if (!code && (cycle + 1 == units || e->unit > 1))
            code = harness_write_text(e->dir, "dev_runs.jsonl", &e->lines, err);
        if (!code && cycle + 1 == units)
            code = end_epoch(e, err);
        if (!code)
            code = write_notes(e, err);
    }
    return code;
}

int harness_epoch(struct harness *h, int64_t number, struct score *out_dev, struct err *err)
{
    struct epoch e = {.h = h, .number = number, .lines = {.limit = 1u << 30}};
    e.dir = mem_printf("%s/epoch_%lld", h->dir, (long long)number);
    e.unit = order_unit(method_info(h->method)->unit, h->config->update_every, h->dev.count);
    for (size_t i = 0; i < h->dev.count; i++)
        map_set(&e.ids, str_of(h->dev.items[i].id), (void *)&h->dev.items[i]);
    e.order = shuffled(h, number);
    int code = file_make_dirs(e.dir, err);
    if (!code)
        code = run_units(&e, err);
    *out_dev = e.score;
    map_clear(&e.ids);
    clear_map(&e.notes);
    clear_map(&e.records);
    buf_free(&e.lines);
    mem_free(e.order);
    mem_free(e.dir);
    return code;
}
