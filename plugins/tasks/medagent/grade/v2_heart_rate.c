/* SPDX-License-Identifier: MIT */
/* v2 type 3: mean heart rates of the last 6 and 12 hours. */
#include <grasp/helpers.h>
#include <math.h>

#include "../literal.h"
#include "chart.h"
#include "common/pynumber.h"
#include "common/slice.h"
#include "graders.h"

struct mean {
    double sum;
    uint64_t count;
};

static void add(struct grader *g, const grasp_json_value *resource, struct mean mean[2])
{
    struct when time;
    double value;
    const grasp_json_value *text = g->json->get(resource, SLICE("effectiveDateTime"));
    const grasp_json_value *number = py_at(g->json, resource, "valueQuantity.value");
    if (py_is_null(g->json, number) || !when_read(g->json->as_string(text), !g->reference, &time))
        return;
    int64_t age = minus(g, g->now, time);
    if (age < 0 || age > 12 * WHEN_HOUR)
        return;
    if (!py_number(g->json, number, &value)) {
        unusable(g);
        return;
    }
    for (int i = age > 6 * WHEN_HOUR; i < 2; i++) {
        mean[i].sum += value;
        mean[i].count++;
    }
}

static bool read_json_pair(struct grader *g, struct literal out[2])
{
    const grasp_json_value *pair = g->json->parse(g->call, g->answer, NULL);
    if (!need(g, pair != NULL, TAG_FINISH_NOT_JSON))
        return false;
    for (uint64_t i = 0; i < 2; i++) {
        const grasp_json_value *item = g->json->at(pair, i);
        out[i] = (struct literal){.kind = LITERAL_OTHER};
        if (py_is_null(g->json, item))
            out[i].kind = LITERAL_NONE;
        else if (py_number(g->json, item, &out[i].number))
            out[i].kind = LITERAL_NUMBER;
        else if (g->json->kind(item) == GRASP_JSON_STRING)
            out[i] = (struct literal){LITERAL_STRING, 0, g->json->as_string(item)};
    }
    return g->json->kind(pair) == GRASP_JSON_ARRAY && g->json->count(pair) == 2;
}

/* A text that says -1 is nothing; other texts are numbers or nothing that compares. */
static void settle(struct literal *value)
{
    double number;
    bool text = value->kind == LITERAL_STRING;
    bool nothing = text ? grasp_equal(slice_trim(value->text), "-1")
                        : value->kind == LITERAL_NUMBER && value->number == -1;
    if (nothing)
        value->kind = LITERAL_NONE;
    else if (text && pynumber_float(value->text, &number))
        *value = (struct literal){.kind = LITERAL_NUMBER, .number = number};
    else if (text)
        value->kind = LITERAL_OTHER;
}

static bool read_pair(struct grader *g, struct literal out[2])
{
    bool valid;
    grasp_str answer = g->reference ? g->answer : slice_trim(g->answer);
    bool pair = literal_pair(answer, out, &valid) || (!valid && read_json_pair(g, out));
    if (g->failed || !need(g, pair, TAG_WRONG_ANSWER_FORM))
        return false;
    settle(&out[0]);
    settle(&out[1]);
    return true;
}

static bool agrees(struct literal given, struct mean mean)
{
    if (!mean.count)
        return given.kind == LITERAL_NONE;
    return given.kind == LITERAL_NUMBER &&
           fabs(given.number - mean.sum / (double)mean.count) <= 0.1;
}

static enum tag explain(const struct literal given[2], const struct mean mean[2])
{
    if (agrees(given[0], mean[1]) && agrees(given[1], mean[0]))
        return TAG_WINDOWS_SWAPPED;
    for (int i = 0; i < 2; i++) {
        if (!mean[i].count && given[i].kind != LITERAL_NONE)
            return TAG_MISSING_NOT_REPORTED;
        if (mean[i].count && given[i].kind == LITERAL_NONE)
            return TAG_SENTINEL_OVERUSED;
        if (given[i].kind == LITERAL_OTHER)
            return TAG_WRONG_ANSWER_FORM;
    }
    return TAG_AVERAGE_OVER_WRONG_WINDOW;
}

void grade_v2_heart_rate(struct grader *g)
{
    struct found found;
    struct mean mean[2] = {{0}};
    struct literal given[2];
    if (!find_charted(g, 0, true, &found))
        return;
    for (uint64_t i = 0; i < found.count; i++)
        add(g, found.items[i], mean);
    if (!need_read_only(g) || !read_pair(g, given) || g->failed)
        return;
    if (!agrees(given[0], mean[0]) || !agrees(given[1], mean[1]))
        need(g, false, explain(given, mean));
}
