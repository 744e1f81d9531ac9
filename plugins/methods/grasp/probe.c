/* SPDX-License-Identifier: MIT */
/* The probe: which samples judge an edit, and running them (spec/grasp.md 9.1, 9.2). */
#include <string.h>

#include "common/slice.h"
#include "stratify.h"
#include "update.h"

struct halves {
    size_t *failing, *passing;
    size_t failing_count, passing_count;
};

static void put(struct halves *halves, size_t sample, bool correct)
{
    if (correct)
        halves->passing[halves->passing_count++] = sample;
    else
        halves->failing[halves->failing_count++] = sample;
}

/* Earlier batches of the epoch come first: the proposals have not seen them. */
static bool from_earlier_batches(const struct update *u, struct halves *halves)
{
    const struct past *past = &u->self->past;
    for (size_t i = 0; i < past->count; i++) {
        if (past->entries[i].update_cycle < u->cycle)
            put(halves, past->entries[i].sample, past->entries[i].correct);
    }
    return halves->failing_count + halves->passing_count > 0;
}

static bool from_epoch_before(const struct update *u, struct halves *halves)
{
    for (size_t i = 0; i < u->self->dev.count; i++) {
        int outcome = past_before(&u->self->past, i);
        if (outcome >= 0)
            put(halves, i, outcome == 1);
    }
    return halves->failing_count + halves->passing_count > 0;
}

static void from_this_batch(const struct update *u, struct halves *halves)
{
    const struct past *past = &u->self->past;
    for (size_t i = 0; i < past->count; i++)
        put(halves, past->entries[i].sample, past->entries[i].correct);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What one half cannot use goes to the other, unless it is the reference's way. */
static void draw_halves(struct update *u, const struct draw *draw, const struct halves *halves)
{
    size_t half = (size_t)u->self->options.probe_size / 2, failing = half, passing = half;
    struct probe *probe = &u->probe;
    if (u->self->options.fill_probe)
        failing += half - smaller(half, halves->passing_count);
    probe->samples =
        pool_array(u->pool, halves->failing_count + halves->passing_count, sizeof(*probe->samples));
    probe->count = stratify(draw, halves->failing, halves->failing_count, failing, probe->samples);
    if (u->self->options.fill_probe)
        passing += half - smaller(half, probe->count);
    probe->count += stratify(draw, halves->passing, halves->passing_count, passing,
                             probe->samples + probe->count);
}

/* What the batch says of a sample comes before what is remembered. */
static grasp_str cause_of(const struct update *u, size_t sample)
{
    for (size_t i = 0; i < u->count; i++) {
        if (u->entries[i].sample == sample && entry_failed(&u->entries[i]))
            return group_label(&u->entries[i]);
    }
    return u->self->past.causes[sample];
}

int32_t probe_draw(struct update *u, grasp_str label)
{
    size_t dev_count = u->self->dev.count;
    size_t *room = pool_array(u->pool, 2 * dev_count + 2 * u->self->past.count, sizeof(*room));
    struct halves halves = {.failing = room, .passing = room + dev_count + u->self->past.count};
    struct draw draw = {
        .lab = u->lab,
        .dev = &u->self->dev,
        .pool = u->pool,
        .capped = u->self->options.fill_probe,
    };
    int32_t status = u->lab->rng(u->call, label, &draw.rng);
    if (status)
        return status;
    if (!from_earlier_batches(u, &halves) && !from_epoch_before(u, &halves))
        from_this_batch(u, &halves);
    draw_halves(u, &draw, &halves);
    u->probe.was_failing = pool_array(u->pool, dev_count, sizeof(bool));
    for (size_t i = 0; i < halves.failing_count; i++)
        u->probe.was_failing[halves.failing[i]] = true;
    u->was_failing = pool_array(u->pool, u->probe.count, sizeof(bool));
    u->probe.causes = pool_array(u->pool, u->probe.count, sizeof(grasp_str));
    for (size_t i = 0; i < u->probe.count; i++) {
        u->was_failing[i] = u->probe.was_failing[u->probe.samples[i]];
        if (u->was_failing[i])
            u->probe.causes[i] = cause_of(u, u->probe.samples[i]);
    }
    return GRASP_OK;
}

void probe_open(struct update *u, struct probe_run *run)
{
    size_t count = u->probe.count;
    *run = (struct probe_run){
        .outcomes = pool_array(u->pool, count, sizeof(*run->outcomes)),
        .rollouts = pool_array(u->pool, count, sizeof(*run->rollouts)),
        .done = pool_array(u->pool, count, sizeof(*run->done)),
        .asked = pool_array(u->pool, count, sizeof(*run->asked)),
    };
}

int32_t probe_start(struct update *u, const struct library *library, const bool *wanted,
                    struct probe_run *run)
{
    struct text ids CLEANUP_TEXT = {0};
    text_char(&ids, '[');
    for (size_t i = 0; i < u->probe.count; i++) {
        run->asked[i] = !run->done[i] && (!wanted || wanted[i]);
        if (!run->asked[i])
            continue;
        if (run->open)
            text_put(&ids, ", ");
        text_json(&ids, u->self->dev.samples[u->probe.samples[i]].id);
        run->open = true;
    }
    text_char(&ids, ']');
    if (!run->open)
        return GRASP_OK;
    const grasp_trial trial = {
        .size = sizeof(trial),
        .repeats = 1,
        .knowledge = library_files(library),
        .samples = text_view(&ids),
    };
    return u->lab->start_rollouts(u->call, &trial, &run->ticket);
}

static struct gate_outcome read_outcome(const struct update *u, const grasp_json_value *rollout)
{
    grasp_str status = u->json->as_string(u->json->get(rollout, SLICE("status")));
    bool available = u->json->as_bool(u->json->get(rollout, SLICE("available")), 0);
    return (struct gate_outcome){
        .available = available,
        .correct = available && u->json->as_bool(u->json->get(rollout, SLICE("correct")), 0),
        .error = slice_eq(status, SLICE("error")),
        .invalid = slice_eq(status, SLICE("agent invalid action")),
    };
}

int32_t probe_wait(struct update *u, struct probe_run *run)
{
    grasp_str text;
    uint64_t at = 0;
    if (!run->open)
        return GRASP_OK;
    int32_t status = u->lab->wait(u->call, run->ticket, &text);
    if (status)
        return status;
    const grasp_json_value *rollouts = u->json->parse(u->call, text, NULL);
    for (size_t i = 0; i < u->probe.count; i++) {
        if (!run->asked[i])
            continue;
        run->rollouts[i] = u->json->at(rollouts, at++);
        run->outcomes[i] = read_outcome(u, run->rollouts[i]);
        run->done[i] = true;
    }
    run->open = false;
    return GRASP_OK;
}
