/* SPDX-License-Identifier: MIT */
#include "common/verdict.h"
#include "quickstart.h"
#include "scan.h"
#include "tags.h"

#define MISSING (-10) /* tenths of the answer for "no reading" */

/* What an answer comes to. */
enum shape { SHAPE_NOT_JSON, SHAPE_NOTHING, SHAPE_OTHER, SHAPE_NUMBER };

struct answer {
    enum shape shape;
    double number;
};

static bool is_nothing(const grasp_json *json, const grasp_json_value *value)
{
    grasp_str text = json->as_string(value);
    switch (json->kind(value)) {
    case GRASP_JSON_NULL:
        return true;
    case GRASP_JSON_STRING:
        return !text.len || grasp_equal(text, "none") || grasp_equal(text, "None") ||
               grasp_equal(text, "null") || grasp_equal(text, "N/A");
    case GRASP_JSON_ARRAY:
        return json->count(value) == 0 ||
               (json->count(value) == 1 && json->kind(json->at(value, 0)) != GRASP_JSON_ARRAY &&
                is_nothing(json, json->at(value, 0)));
    default:
        return false;
    }
}

static struct answer read_answer(grasp_call *call, const grasp_json *json, grasp_str text)
{
    if (!text.len)
        return (struct answer){SHAPE_NOTHING, 0};
    const grasp_json_value *value = json->parse(call, text, NULL);
    if (!value && !grasp_equal(text_trim(text), "null"))
        return (struct answer){SHAPE_NOT_JSON, 0};
    if (is_nothing(json, value))
        return (struct answer){SHAPE_NOTHING, 0};
    const grasp_json_value *first = json->at(value, 0);
    if (json->kind(value) == GRASP_JSON_ARRAY && json->count(value) == 1 &&
        (json->kind(first) == GRASP_JSON_INT || json->kind(first) == GRASP_JSON_DOUBLE))
        return (struct answer){SHAPE_NUMBER, json->as_double(first, 0)};
    return (struct answer){SHAPE_OTHER, 0};
}

static bool is_level(double number, int32_t tenths)
{
    return number == tenths / 10.0;
}

/* Which reading the wrong number is, if it is one. */
static enum tag explain_number(const struct cohort *cohort, const struct patient *patient,
                               int32_t window, double number)
{
    bool stale = false;
    for (uint32_t i = 0; i < patient->reading_count; i++) {
        const struct reading *reading = &cohort->readings[patient->first_reading + i];
        if (!is_level(number, reading->tenths))
            continue;
        if (reading->age_minutes <= window)
            return TAG_OLDER_VALUE_USED;
        stale = true;
    }
    return stale ? TAG_STALE_VALUE_USED : TAG_WRONG_VALUE;
}

static enum tag explain(const struct quickstart *self, const struct sample_view *sample,
                        const struct reading *expected, struct answer answer)
{
    int32_t window = sample->form->window_hours * 60;
    enum tag tag = TAG_WRONG_VALUE;
    switch (answer.shape) {
    case SHAPE_NOT_JSON:
        return TAG_FINISH_NOT_JSON;
    case SHAPE_NOTHING:
        return expected ? TAG_SENTINEL_OVERUSED : TAG_MISSING_NOT_REPORTED;
    case SHAPE_OTHER:
        return TAG_WRONG_ANSWER_FORM;
    case SHAPE_NUMBER:
        break;
    }
    if (expected && is_level(answer.number, MISSING))
        return TAG_SENTINEL_OVERUSED;
    tag = explain_number(&self->cohort, sample->patient, window, answer.number);
    return !expected && tag == TAG_WRONG_VALUE ? TAG_MISSING_NOT_REPORTED : tag;
}

/* What the actions alone tell. */
static uint32_t judge_actions(grasp_str actions)
{
    grasp_str action;
    bool searched = false, posted = false;
    while (scan_item(&actions, &action)) {
        action = scan_inside(action);
        searched |= grasp_starts(action, "GET");
        posted |= action.len && memmem(action.ptr, action.len, "POST", 4) != NULL;
    }
    return (searched ? 0 : TAG_BIT(TAG_ANSWERED_WITHOUT_QUERY)) |
           (posted ? TAG_BIT(TAG_READ_ONLY_TASK_USED_POST) : 0);
}

static int32_t emit(grasp_call *call, bool correct, uint64_t tags, const struct sample_view *sample,
                    const struct reading *expected)
{
    struct text names CLEANUP_TEXT = {0}, detail CLEANUP_TEXT = {0};
    if (!correct)
        tags_write(&names, &quickstart_tags, tags);
    text_put(&detail, "{\"expected\": [");
    text_number(&detail, expected ? expected->tenths / 10 : -1);
    if (expected) {
        text_put(&detail, ".");
        text_number(&detail, expected->tenths % 10);
    }
    text_put(&detail, "], \"window_hours\": ");
    text_number(&detail, sample->form->window_hours);
    text_put(&detail, ", \"readings\": ");
    text_number(&detail, sample->patient->reading_count);
    text_put(&detail, "}");
    return verdict_emit(call, correct, &names, &detail);
}

int32_t quickstart_grade(grasp_call *call, void *opaque, grasp_str sample_json, grasp_str rollout,
                         grasp_str judge)
{
    const struct quickstart *self = opaque;
    struct sample_view sample;
    int32_t error = quickstart_sample(call, self, sample_json, &sample);
    if (error)
        return error;
    grasp_str status = scan_inside(scan_member(rollout, "status"));
    grasp_str answer_json = scan_member(rollout, "answer");
    if (!status.len || !answer_json.len)
        return grasp_fail(call, GRASP_E_INVALID,
                          "the rollout is not an object with \"status\" and \"answer\"");
    uint64_t tags = judge_actions(scan_member(rollout, "agent_actions"));
    if (self->preloaded)
        tags &= ~TAG_BIT(TAG_ANSWERED_WITHOUT_QUERY);
    if (grasp_equal(status, "agent invalid action"))
        tags |= TAG_BIT(TAG_PROTOCOL_INVALID);
    else if (grasp_equal(status, "task limit reached"))
        tags |= TAG_BIT(TAG_NO_FINISH);

    const struct reading *expected =
        cohort_latest(&self->cohort, sample.patient, sample.form->window_hours * 60);
    grasp_str text = self->json->as_string(self->json->parse(call, answer_json, NULL));
    struct answer answer = read_answer(call, self->json, text);
    bool correct = answer.shape == SHAPE_NUMBER &&
                   is_level(answer.number, expected ? expected->tenths : MISSING);
    if (!correct && grasp_equal(status, "completed"))
        tags |= TAG_BIT(explain(self, &sample, expected, answer));
    correct = correct && !(tags & TAG_BIT(TAG_READ_ONLY_TASK_USED_POST));
    return emit(call, correct, tags, &sample, expected);
}
