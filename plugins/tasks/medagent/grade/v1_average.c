/* SPDX-License-Identifier: MIT */
/* v1 type 6: the mean glucose of the last day. */
#include <math.h>

#include "graders.h"

/* Double arithmetic makes a difference of 0.1 a little less or more. */
#define TOLERANCE 0.1
#define ROUNDING 1e-9

static bool is_near(const struct grader *g, double given, double mean)
{
    double off = fabs(given - mean);
    return g->reference ? off < TOLERANCE : off <= TOLERANCE + ROUNDING;
}

/* Names what the number is; it may be both. */
static void explain(struct grader *g, const struct series *series, double given, bool any)
{
    struct when since = before_now(g, WHEN_DAY);
    const struct reading *latest = series_latest(g, series, &since);
    double value, mean;
    bool wider = series_mean(g, series, NULL, &mean) && is_near(g, given, mean);
    bool single = latest && py_number(g->json, latest->value, &value) && given == value;
    if (any && given == -1)
        need(g, false, TAG_SENTINEL_OVERUSED);
    else if (!wider && !single)
        need(g, false, any ? TAG_WRONG_VALUE : TAG_MISSING_NOT_REPORTED);
    need(g, !wider, TAG_AVERAGE_OVER_WRONG_WINDOW);
    need(g, !single, TAG_LATEST_GIVEN_AS_AVERAGE);
}

void grade_v1_glucose_average(struct grader *g)
{
    struct series series;
    struct when since = before_now(g, WHEN_DAY);
    const grasp_json_value *answer;
    double mean, given = 0;
    if (!need_read_only(g) || !read_series(g, 0, &series))
        return;
    bool any = series_mean(g, &series, &since, &mean);
    if (g->failed || !read_answer(g, &answer))
        return;
    if (answer_is_empty(g, answer)) {
        need(g, false, any ? TAG_SENTINEL_OVERUSED : TAG_MISSING_NOT_REPORTED);
        return;
    }
    bool number = g->json->kind(answer) == GRASP_JSON_ARRAY && g->json->count(answer) == 1 &&
                  py_number(g->json, g->json->at(answer, 0), &given);
    if (!need(g, number, TAG_WRONG_ANSWER_FORM))
        return;
    if (!is_near(g, given, any ? mean : -1))
        explain(g, &series, given, any);
}
