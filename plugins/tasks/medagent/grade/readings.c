/* SPDX-License-Identifier: MIT */
#include "readings.h"

#include <grasp/helpers.h>

bool read_series(struct grader *g, size_t query, struct series *out)
{
    struct found found;
    if (!find(g, query, &found))
        return false;
    out->count = found.count;
    out->items = g->call->host->scratch(g->call, (found.count + 1) * sizeof(*out->items));
    if (!out->items) {
        unusable(g);
        return false;
    }
    for (uint64_t i = 0; i < found.count; i++)
        if (!read_observation(g, found.items[i], &out->items[i]))
            return false;
    return true;
}

struct when before_now(const struct grader *g, int64_t micros)
{
    struct when when = g->now;
    when.micros -= micros;
    return when;
}

static bool counts(struct grader *g, const struct reading *reading, const struct when *since)
{
    return (!since || minus(g, reading->time, *since) >= 0) &&
           (g->reference || minus(g, reading->time, g->now) <= 0);
}

const struct reading *series_latest(struct grader *g, const struct series *series,
                                    const struct when *since)
{
    const struct reading *latest = NULL;
    for (uint64_t i = 0; i < series->count; i++) {
        const struct reading *reading = &series->items[i];
        if (counts(g, reading, since) && (!latest || minus(g, reading->time, latest->time) > 0))
            latest = reading;
    }
    return latest;
}

bool series_mean(struct grader *g, const struct series *series, const struct when *since,
                 double *out_mean)
{
    double sum = 0, value;
    uint64_t count = 0;
    for (uint64_t i = 0; i < series->count; i++) {
        if (!counts(g, &series->items[i], since))
            continue;
        if (!py_number(g->json, series->items[i].value, &value)) {
            unusable(g);
            return false;
        }
        sum += value;
        count++;
    }
    *out_mean = count ? sum / (double)count : 0;
    return count > 0;
}

/* Which reading a wrong number is, if it is one. */
static enum tag explain_number(struct grader *g, const struct series *series,
                               const grasp_json_value *number, const struct when *since)
{
    enum tag tag = TAG_WRONG_VALUE;
    for (uint64_t i = 0; i < series->count; i++) {
        if (!py_equal(g->json, series->items[i].value, number))
            continue;
        if (!since || minus(g, series->items[i].time, *since) >= 0)
            return TAG_OLDER_VALUE_USED;
        tag = TAG_STALE_VALUE_USED;
    }
    return tag;
}

static enum tag explain(struct grader *g, const grasp_json_value *answer,
                        const struct series *series, const struct reading *expected,
                        const struct when *since)
{
    const grasp_json_value *first = g->json->at(answer, 0);
    double number;
    if (answer_is_empty(g, answer) || py_is_null(g->json, answer) ||
        (g->json->count(answer) == 1 && py_is_null(g->json, first)))
        return expected ? TAG_SENTINEL_OVERUSED : TAG_MISSING_NOT_REPORTED;
    if (g->json->kind(answer) != GRASP_JSON_ARRAY || g->json->count(answer) != 1 ||
        !py_number(g->json, first, &number))
        return TAG_WRONG_ANSWER_FORM;
    if (expected && number == -1)
        return TAG_SENTINEL_OVERUSED;
    enum tag tag = explain_number(g, series, first, since);
    return !expected && tag == TAG_WRONG_VALUE ? TAG_MISSING_NOT_REPORTED : tag;
}

void need_value(struct grader *g, const struct series *series, const struct reading *expected,
                const struct when *since, bool empty_too)
{
    const grasp_json_value *answer;
    if (!read_answer(g, &answer) || (empty_too && answer_is_empty(g, answer)))
        return;
    bool right =
        expected ? answer_is_one(g, answer, expected->value) : answer_is_number(g, answer, -1);
    if (!right)
        need(g, false, explain(g, answer, series, expected, since));
}
