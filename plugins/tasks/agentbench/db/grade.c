/* SPDX-License-Identifier: MIT */
#include "../status.h"
#include "common/slice.h"
#include "common/verdict.h"
#include "dbbench.h"
#include "evaluate.h"
#include "explain.h"

struct case_view {
    const grasp_json *json;
    grasp_str type;
    const grasp_json_value *truth;  /* of the sample */
    const grasp_json_value *result; /* of the rollout */
};

/* The hash for a change, else the answer; a result without the former was made by another program.
 */
static void values(struct pool *pool, const struct case_view *view, struct py *answer,
                   struct py *truth)
{
    const grasp_json *json = view->json;
    bool mutation = type_is_mutation(view->type);
    bool open = mutation && !json->as_string(view->truth).len;
    const char *key = mutation ? "table_hash" : "answer";
    py_of_json(pool, json, json->get(view->result, grasp_cstr(key)), answer);
    py_of_json(pool, json, open ? json->get(view->result, SLICE("ground_truth")) : view->truth,
               truth);
}

static bool is_correct(grasp_call *call, struct pool *pool, const struct case_view *view)
{
    const grasp_json *json = view->json;
    struct py answer, truth;
    bool mutation = type_is_mutation(view->type);
    bool own = mutation ? json->get(view->result, SLICE("table_hash")) != NULL
                        : json->get(view->result, SLICE("is_correct")) != NULL;
    if (!own && json->kind(json->get(view->result, SLICE("is_correct"))) == GRASP_JSON_BOOL)
        return json->as_bool(json->get(view->result, SLICE("is_correct")), 0);
    if (!own)
        return evaluate_result(call, view->truth, view->type, view->result);
    values(pool, view, &answer, &truth);
    return answer_equal(pool, &answer, &truth, view->type);
}

static uint64_t explain(grasp_call *call, struct pool *pool, const struct dbbench *self,
                        const struct case_view *view, const grasp_json_value *rollout)
{
    const grasp_json *json = view->json;
    struct py answer, truth;
    struct rollout_view seen = {
        .json = json,
        .type = view->type,
        .status = json->as_string(json->get(rollout, SLICE("status"))),
        .actions = json->get(rollout, SLICE("agent_actions")),
        .history = json->get(rollout, SLICE("history")),
    };
    seen.client_error = grasp_equal(seen.status, STATUS_TASK_ERROR);
    uint64_t tags = explain_reference(&seen);
    if (self->reference)
        return tags;
    values(pool, view, &answer, &truth);
    return tags | explain_more(pool, &seen, &answer, &truth);
}

static int32_t emit(grasp_call *call, const struct case_view *view, bool correct, uint64_t tags)
{
    struct text names CLEANUP_TEXT = {0}, detail CLEANUP_TEXT = {0};
    const grasp_json_value *hash = view->json->get(view->result, SLICE("table_hash"));
    tags_write(&names, &dbbench_tags, correct ? 0 : tags);
    text_put(&detail, "{\"expected\": ");
    text_str(&detail, view->json->print(call, view->truth, 0));
    if (hash) {
        text_put(&detail, ", \"table_hash\": ");
        text_str(&detail, view->json->print(call, hash, 0));
    }
    text_put(&detail, "}");
    return verdict_emit(call, correct, &names, &detail);
}

int32_t dbbench_grade(grasp_call *call, void *opaque, grasp_str sample, grasp_str rollout,
                      grasp_str judge)
{
    const struct dbbench *self = opaque;
    const grasp_json *json = self->json;
    struct pool pool CLEANUP_POOL = {0};
    const grasp_json_value *object = json->parse(call, sample, NULL);
    const grasp_json_value *run = json->parse(call, rollout, NULL);
    grasp_str status = json->as_string(json->get(run, SLICE("status")));
    struct case_view view = {
        .json = json,
        .type = json->as_string(json->get(object, SLICE("type"))),
        .truth = json->get(object, SLICE("answer")),
        .result = json->get(run, SLICE("raw")),
    };
    if (!view.type.len || !view.truth)
        return grasp_fail(call, GRASP_E_INVALID,
                          "the sample is no object with a 'type' and an 'answer'");
    if (!status.len)
        return grasp_fail(call, GRASP_E_INVALID, "the rollout is not an object with a 'status'");
    bool correct = grasp_equal(status, STATUS_COMPLETED) && is_correct(call, &pool, &view);
    return emit(call, &view, correct, explain(call, &pool, self, &view, run));
}
