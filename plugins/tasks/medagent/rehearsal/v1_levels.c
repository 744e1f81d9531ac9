/* SPDX-License-Identifier: MIT */
/* v1 types 4, 6 and 7: levels to report. */
#include <grasp/helpers.h>
#include <math.h>

#include "common/slice.h"
#include "players.h"

static void search_code(struct play *play, const char *code)
{
    search(play, "Observation?patient=%.*s&code=%s&_count=200", (int)play->mrn.len, play->mrn.ptr,
           code);
}

static void search_magnesium(struct play *play)
{
    search_code(play, "MG");
}

static void search_glucose(struct play *play)
{
    search_code(play, "GLU");
}

/* How many of the newest are of the last day. */
static size_t in_window(const struct play *play, const struct levels *levels)
{
    size_t count = 0;
    while (count < levels->count && levels->items[count].time.micros >= play->now.micros - WHEN_DAY)
        count++;
    return count;
}

static void report(struct play *play, grasp_str text)
{
    if (slip(play, TAG_FINISH_NOT_JSON))
        answer(play, "[%.*s mg/dL]", (int)text.len, text.ptr);
    else if (slip(play, TAG_WRONG_ANSWER_FORM))
        answer(play, "[\"%.*s\"]", (int)text.len, text.ptr);
    else
        answer(play, "[%.*s]", (int)text.len, text.ptr);
}

static void report_missing(struct play *play)
{
    if (slip(play, TAG_MISSING_NOT_REPORTED))
        answer(play, "[]");
    else
        answer(play, "[-1]");
}

/* The newest of `count` readings. */
static void report_newest(struct play *play, const struct levels *levels, size_t count)
{
    bool stale = !count && levels->count && slip(play, TAG_STALE_VALUE_USED);
    size_t older = count > 1 && slip(play, TAG_OLDER_VALUE_USED);
    if (stale || (count && !slip(play, TAG_SENTINEL_OVERUSED)))
        report(play, levels->items[older].text);
    else
        report_missing(play);
}

static void act_magnesium(struct play *play)
{
    struct levels levels = levels_found(play, 0);
    report_newest(play, &levels, in_window(play, &levels));
}

static void act_glucose(struct play *play)
{
    struct levels levels = levels_found(play, 0);
    report_newest(play, &levels, levels.count);
}

static double mean(const struct levels *levels, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += levels->items[i].value;
    return sum / (double)count;
}

static void act_average(struct play *play)
{
    struct levels levels = levels_found(play, 0);
    size_t count = in_window(play, &levels);
    bool wider = levels.count > count &&
                 (!count || fabs(mean(&levels, levels.count) - mean(&levels, count)) > 0.2);
    if (wider && slip(play, TAG_AVERAGE_OVER_WRONG_WINDOW))
        count = levels.count;
    if (!count || slip(play, TAG_SENTINEL_OVERUSED))
        report_missing(play);
    else if (count > 1 && fabs(mean(&levels, count) - levels.items[0].value) > 0.2 &&
             slip(play, TAG_LATEST_GIVEN_AS_AVERAGE))
        report(play, levels.items[0].text);
    else
        report(play, pool_format(play->pool, "%.2f", mean(&levels, count)));
}

static const enum tag magnesium_flaws[] = {
    TAG_STALE_VALUE_USED,  TAG_OLDER_VALUE_USED,  TAG_MISSING_NOT_REPORTED,   TAG_FINISH_NOT_JSON,
    TAG_SENTINEL_OVERUSED, TAG_WRONG_ANSWER_FORM, TAG_ANSWERED_WITHOUT_QUERY,
};
const struct player play_v1_magnesium_level =
    PLAYER(search_magnesium, act_magnesium, magnesium_flaws);

static const enum tag average_flaws[] = {
    TAG_AVERAGE_OVER_WRONG_WINDOW, TAG_LATEST_GIVEN_AS_AVERAGE, TAG_MISSING_NOT_REPORTED,
    TAG_FINISH_NOT_JSON,           TAG_SENTINEL_OVERUSED,
};
const struct player play_v1_glucose_average = PLAYER(search_glucose, act_average, average_flaws);

static const enum tag glucose_flaws[] = {
    TAG_OLDER_VALUE_USED,  TAG_MISSING_NOT_REPORTED, TAG_FINISH_NOT_JSON,
    TAG_SENTINEL_OVERUSED, TAG_WRONG_ANSWER_FORM,    TAG_NO_FINISH,
};
const struct player play_v1_glucose_level = PLAYER(search_glucose, act_glucose, glucose_flaws);
