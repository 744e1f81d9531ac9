/* SPDX-License-Identifier: MIT */
/* The lab that plugins see, over the one that the layer above gives. */
#include <string.h>

#include "plugin/call.h"

static struct call *call_of(grasp_call *call)
{
    return (struct call *)call;
}

static int32_t give(struct call *call, int code, const struct err *err)
{
    return code ? call_host_error(call, err) : GRASP_OK;
}

static int32_t start_complete(grasp_call *base, grasp_str requests, uint64_t *out_ticket)
{
    struct call *call = call_of(base);
    struct err err;
    return give(call,
                call->lab->start_complete(call->lab->self, str_from(requests), out_ticket, &err),
                &err);
}

static int32_t read_files(struct call *call, const grasp_files *given, struct files **out)
{
    struct files *files = files_create();
    struct err err;
    for (uint64_t i = 0; i < given->count; i++) {
        const grasp_file *f = &given->items[i];
        if (files_set(files, str_from(f->name), str_from(f->text), &err)) {
            files_destroy(files);
            return call_fault(call, GRASP_E_INVALID, "%s", err.text);
        }
    }
    *out = files;
    return GRASP_OK;
}

#define DRAW_MAX 1000000000
#define MARKER_MAX 1000

static int32_t start_trial(grasp_call *base, const grasp_trial *trial, uint32_t draw,
                           grasp_str marker, uint64_t *out_ticket)
{
    struct call *call = call_of(base);
    struct files *files;
    struct err err;
    if (!trial || trial->size < sizeof(grasp_trial))
        return call_fault(call, GRASP_E_INVALID, "a trial has no valid `size` (R3)");
    int32_t status = read_files(call, &trial->knowledge, &files);
    if (status)
        return status;
    struct lab_trial inner = {
        .files = files,
        .samples = str_from(trial->samples),
        .repeats = trial->repeats,
        .draw = draw,
        .marker = str_from(marker),
    };
    return give(call, call->lab->start_rollouts(call->lab->self, &inner, out_ticket, &err), &err);
}

static int32_t start_rollouts(grasp_call *base, const grasp_trial *trial, uint64_t *out_ticket)
{
    return start_trial(base, trial, 0, (grasp_str){"", 0}, out_ticket);
}

static int32_t start_draws(grasp_call *base, const grasp_trial *trial, uint32_t draw,
                           grasp_str marker, uint64_t *out_ticket)
{
    if (draw < 1 || draw > DRAW_MAX || marker.len > MARKER_MAX)
        return call_fault(call_of(base), GRASP_E_INVALID,
                          "start_draws takes a draw from 1 to %d and a marker of at most %d bytes",
                          DRAW_MAX, MARKER_MAX);
    return start_trial(base, trial, draw, marker, out_ticket);
}

static int32_t lab_wait(grasp_call *base, uint64_t ticket, grasp_str *out)
{
    struct call *call = call_of(base);
    struct str text;
    struct err err;
    int32_t status =
        give(call, call->lab->wait(call->lab->self, ticket, call->out, &text, &err), &err);
    if (status == GRASP_OK)
        *out = str_to(text);
    return status;
}

static int32_t lab_drop(grasp_call *base, uint64_t ticket)
{
    struct call *call = call_of(base);
    struct err err;
    return give(call, call->lab->drop(call->lab->self, ticket, &err), &err);
}

static int32_t complete(grasp_call *base, grasp_str requests, grasp_str *out_replies)
{
    uint64_t ticket;
    int32_t status = start_complete(base, requests, &ticket);
    return status ? status : lab_wait(base, ticket, out_replies);
}

static int32_t rollouts(grasp_call *base, const grasp_trial *const *trials, uint64_t count,
                        grasp_str *out_rollouts)
{
    struct call *call = call_of(base);
    uint64_t *tickets = arena_alloc(&call->scratch, (count + 1) * sizeof(*tickets));
    CLEANUP_BUF struct buf text = {0};
    for (uint64_t i = 0; i < count; i++) {
        int32_t status = start_rollouts(base, trials[i], &tickets[i]);
        if (status)
            return status;
    }
    buf_char(&text, '[');
    for (uint64_t i = 0; i < count; i++) {
        grasp_str one;
        int32_t status = lab_wait(base, tickets[i], &one);
        if (status)
            return status;
        if (i)
            buf_text(&text, ", ");
        buf_str(&text, str_from(one));
    }
    buf_char(&text, ']');
    *out_rollouts = (grasp_str){arena_dup(call->out, text.ptr, text.len), text.len};
    return GRASP_OK;
}

static int32_t note(grasp_call *base, grasp_str name, grasp_str json)
{
    struct call *call = call_of(base);
    struct err err;
    return give(call, call->lab->note(call->lab->self, str_from(name), str_from(json), &err), &err);
}

static int32_t record(grasp_call *base, grasp_str name, grasp_str text)
{
    struct call *call = call_of(base);
    struct err err;
    return give(call, call->lab->record(call->lab->self, str_from(name), str_from(text), &err),
                &err);
}

static int32_t lab_rng(grasp_call *base, grasp_str label, grasp_rng **out_rng)
{
    struct call *call = call_of(base);
    struct rng *rng = arena_alloc(call->out, sizeof(*rng));
    call->lab->rng(call->lab->self, str_from(label), rng);
    *out_rng = (grasp_rng *)rng;
    return GRASP_OK;
}

static uint32_t lab_rng_next(grasp_rng *rng)
{
    return rng_next((struct rng *)rng);
}

static int32_t lab_expect(grasp_call *base, const grasp_files *given)
{
    struct call *call = call_of(base);
    struct files *files = NULL;
    struct err err;
    if (!given)
        return call_fault(call, GRASP_E_INVALID, "expect was given no files");
    int32_t status = read_files(call, given, &files);
    return status ? status : give(call, call->lab->expect(call->lab->self, files, &err), &err);
}

const grasp_lab lab_table = {
    .size = sizeof(grasp_lab),
    .complete = complete,
    .rollouts = rollouts,
    .start_complete = start_complete,
    .start_rollouts = start_rollouts,
    .wait = lab_wait,
    .drop = lab_drop,
    .note = note,
    .record = record,
    .rng = lab_rng,
    .rng_next = lab_rng_next,
    .expect = lab_expect,
    .start_draws = start_draws,
};
