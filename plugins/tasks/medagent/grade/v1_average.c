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

static enum tag explain(struct grader *g, const struct series *series, double given, bool any)
{
    struct when since = before_now(g, WHEN_DAY);
    const struct reading *latest = series_latest(g, series, &since);
    double value, mean;
    if (any && given == -1)
        return TAG_SENTINEL_OVERUSED;
    if (series_mean(g, series, NULL, &mean) && is_near(g, given, mean))
        return TAG_AVERAGE_OVER_WRONG_WINDOW;
    if (latest && value_number(g->json, latest->value, &value) && given == value)
        return TAG_LATEST_GIVEN_AS_AVERAGE;
    return any ? TAG_WRONG_VALUE : TAG_MISSING_NOT_REPORTED;
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
                  value_number(g->json, g->json->at(answer, 0), &given);
    if (!need(g, number, TAG_WRONG_ANSWER_FORM))
        return;
    if (!is_near(g, given, any ? mean : -1))
        need(g, false, explain(g, &series, given, any));
}
