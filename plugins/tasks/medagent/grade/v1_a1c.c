/* SPDX-License-Identifier: MIT */
/* v1 type 10: the last HbA1C with its time, and a new one if that is over a year ago. */
#include <grasp/helpers.h>

#include "common/cohort/now.h"
#include "common/slice.h"
#include "graders.h"
#include "orders.h"

#define YEAR_AGO "2022-11-13T10:15:00+00:00"

static void need_test(struct grader *g)
{
    if (!need_posts(g, 1, TAG_OVERDUE_NOT_ORDERED))
        return;
    const struct post *post = &g->posts->items[0];
    need_resource(g, post, "ServiceRequest");
    need_coding(g, post, "code", LOINC, "4548-4");
    need(g, part_is(g, post, "authoredOn", NOW_V1), TAG_WRONG_ORDER_TIME);
    need_active_order(g, post, true);
}

static enum tag explain(const struct grader *g, const grasp_json_value *answer,
                        const struct series *series, const struct reading *latest)
{
    const grasp_json_value *value = g->json->at(answer, 0);
    if (!latest)
        return TAG_MISSING_NOT_REPORTED;
    if (py_equal(g->json, value, latest->value))
        return TAG_RESULT_TIME_ALTERED;
    if (answer_is_number(g, answer, -1))
        return TAG_SENTINEL_OVERUSED;
    if (g->json->kind(answer) != GRASP_JSON_ARRAY || g->json->count(answer) != 2)
        return TAG_WRONG_ANSWER_FORM;
    for (uint64_t i = 0; i < series->count; i++)
        if (py_equal(g->json, value, series->items[i].value))
            return TAG_OLDER_VALUE_USED;
    return TAG_WRONG_VALUE;
}

static void need_result(struct grader *g, const struct series *series, const struct reading *latest)
{
    const grasp_json *json = g->json;
    const grasp_json_value *answer;
    if (!read_answer(g, &answer) || answer_is_empty(g, answer))
        return;
    bool right = latest ? json->kind(answer) == GRASP_JSON_ARRAY && json->count(answer) == 2 &&
                              py_equal(json, json->at(answer, 0), latest->value) &&
                              py_equal(json, json->at(answer, 1), latest->time_value)
                        : answer_is_number(g, answer, -1);
    if (!right)
        need(g, false, explain(g, answer, series, latest));
}

void grade_v1_a1c_order(struct grader *g)
{
    struct series series;
    struct when year_ago;
    if (!read_series(g, 0, &series))
        return;
    const struct reading *latest = series_latest(g, &series, NULL);
    when_read(SLICE(YEAR_AGO), false, &year_ago);
    if (!latest || minus(g, latest->time, year_ago) < 0)
        need_test(g);
    else
        need_no_attempt(g, TAG_RECENT_EVENT_IGNORED);
    need_result(g, &series, latest);
}
