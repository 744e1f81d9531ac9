/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "common/verdict.h"
#include "judge.h"
#include "medagent.h"

/* What the verdict rests on, for people. */
static void put_detail(struct text *out, const struct medagent *self, const struct sample *sample)
{
    struct pool pool CLEANUP_POOL = {0};
    text_format(out, "{\"type\": %d, \"patient\": ", sample->type);
    text_json(out, sample->mrn);
    text_put(out, ", \"now\": ");
    text_json(out, sample_now_text(&pool, sample, self->reference));
    text_put(out, "}");
}

/* An episode that came to its end has what the grader reads of the chart. */
static bool has_evidence(const struct medagent *self, const struct sample *sample,
                         const grasp_json_value *rollout)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str queries[EVIDENCE_MAX];
    const grasp_json_value *evidence = py_at(self->json, rollout, "raw.evidence");
    bool completed = py_is(self->json, self->json->get(rollout, SLICE("status")), "completed");
    return !completed || self->json->count(evidence) >= evidence_queries(&pool, sample, queries);
}

int32_t medagent_grade(grasp_call *call, void *opaque, grasp_str sample_json, grasp_str rollout,
                       grasp_str judge_replies)
{
    const struct medagent *self = opaque;
    struct text tags CLEANUP_TEXT = {0}, detail CLEANUP_TEXT = {0};
    struct sample sample;
    int32_t status = medagent_read_sample(call, self, sample_json, &sample);
    if (status)
        return status;
    const grasp_json_value *object = self->json->parse(call, rollout, NULL);
    if (self->json->kind(self->json->get(object, SLICE("status"))) != GRASP_JSON_STRING)
        return grasp_fail(call, GRASP_E_INVALID, "the rollout is not an object with a 'status'");
    if (!has_evidence(self, &sample, object))
        return grasp_fail(
            call, GRASP_E_INVALID,
            "the rollout of %.*s has no 'evidence' in 'raw', what the chart said at its "
            "end: it was not made by this task",
            (int)sample.id.len, sample.id.ptr);
    struct judge judge = {&sample, self->source.base, self->reference, NULL, NULL};
    struct verdict found = judge_rollout(call, self->json, &judge, object);
    if (!self->reference && !found.correct)
        tags_write(&tags, &medagent_tags, found.tags);
    put_detail(&detail, self, &sample);
    return verdict_emit(call, found.correct, &tags, &detail);
}
