/* SPDX-License-Identifier: MIT */
/* v1 types 5, 9 and 10: orders that depend on a level. */
#include <grasp/helpers.h>

#include "common/slice.h"
#include "order.h"
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

static void search_potassium(struct play *play)
{
    search_code(play, "K");
}

static void search_a1c(struct play *play)
{
    search_code(play, "A1C");
}

static void open_replacement(struct order *order, struct play *play, const char *ndc)
{
    order_open(order, play, "MedicationRequest", "active");
    order_set(order, "intent", "\"order\"");
    order_concept(order, "medicationCodeableConcept", NDC, ndc, NULL);
    order_time(order, "authoredOn");
}

static void order_magnesium(struct play *play, double level)
{
    struct order order;
    int dose = level < 1 ? 4 : level < 1.5 ? 2 : 1;
    if (slip(play, TAG_WRONG_DOSE))
        dose = dose == 1 ? 2 : dose / 2;
    open_replacement(&order, play, "0338-1715-40");
    order_set(
        &order, "dosageInstruction",
        pool_format(
            play->pool,
            "[{\"route\": \"%s\", \"doseAndRate\": [{\"doseQuantity\": {\"value\": %d, \"unit\": "
            "\"g\"}, \"rateQuantity\": {\"value\": %d, \"unit\": \"h\"}}]}]",
            slip(play, TAG_WRONG_ROUTE) ? "intramuscular" : "IV", dose, dose)
            .ptr);
    order_close(&order);
}

static void act_magnesium(struct play *play)
{
    struct levels levels = levels_found(play, 0);
    bool recent = levels.count && levels.items[0].time.micros >= play->now.micros - WHEN_DAY;
    if (!recent) {
        if (slip(play, TAG_ORDERED_WITHOUT_RESULT))
            order_magnesium(play, levels.count ? levels.items[0].value : 1.7);
        answer(play, "[-1]");
        return;
    }
    double level = levels.items[0].value;
    if (level > 1.9 ? slip(play, TAG_NORMAL_VALUE_TREATED) : !slip(play, TAG_LOW_VALUE_NOT_TREATED))
        order_magnesium(play, level);
    answer(play, "[%.*s]", (int)levels.items[0].text.len, levels.items[0].text.ptr);
}

static const enum tag magnesium_flaws[] = {
    TAG_WRONG_DOSE,       TAG_ORDERED_WITHOUT_RESULT, TAG_NORMAL_VALUE_TREATED,
    TAG_WRONG_ORDER_TIME, TAG_LOW_VALUE_NOT_TREATED,  TAG_WRONG_ROUTE,
    TAG_WRONG_ORDER_CODE,
};
const struct player play_v1_magnesium_order =
    PLAYER(search_magnesium, act_magnesium, magnesium_flaws);

static void order_potassium(struct play *play, double level)
{
    struct order order;
    double dose = (3.5 - level) / 0.1 * 10;
    if (slip(play, TAG_WRONG_DOSE))
        dose = dose > 40 ? dose / 2 : dose + 20;
    open_replacement(&order, play, "40032-917-01");
    order_set(
        &order, "dosageInstruction",
        pool_format(
            play->pool,
            "[{\"route\": {\"text\": \"oral\"}, \"doseAndRate\": [{\"doseQuantity\": {\"value\": "
            "%.0f, \"unit\": \"mEq\"}}]}]",
            dose)
            .ptr);
    order_close(&order);
}

/* Eight in the morning of the next day. */
static void order_morning_potassium(struct play *play)
{
    struct order order;
    char morning[WHEN_SIZE];
    int64_t day = when_date(play->now) + !slip(play, TAG_WRONG_LAB_TIME);
    when_write(day * WHEN_DAY + 8 * WHEN_HOUR, morning);
    order_service(&order, play, LOINC, "2823-3", NULL);
    order_set(&order, "occurrenceDateTime", pool_format(play->pool, "\"%s\"", morning).ptr);
    order_close(&order);
}

static void act_potassium(struct play *play)
{
    struct levels levels = levels_found(play, 0);
    double level = levels.count ? levels.items[0].value : 3.2;
    bool low = levels.count ? level < 3.5 : slip(play, TAG_ORDERED_WITHOUT_RESULT);
    if (levels.count && !low && slip(play, TAG_NORMAL_VALUE_TREATED)) {
        low = true;
        level = 3.3;
    }
    if (levels.count && low && slip(play, TAG_LOW_VALUE_NOT_TREATED))
        low = false;
    if (low) {
        order_potassium(play, level);
        if (!slip(play, TAG_PAIRED_LAB_NOT_ORDERED))
            order_morning_potassium(play);
    }
    if (levels.count)
        answer(play, "[%.*s]", (int)levels.items[0].text.len, levels.items[0].text.ptr);
    else
        answer(play, "[-1]");
}

static const enum tag potassium_flaws[] = {
    TAG_PAIRED_LAB_NOT_ORDERED, TAG_WRONG_LAB_TIME,       TAG_WRONG_DOSE,
    TAG_ORDERED_WITHOUT_RESULT, TAG_NORMAL_VALUE_TREATED, TAG_LOW_VALUE_NOT_TREATED,
    TAG_WRONG_ORDER_STATUS,
};
const struct player play_v1_potassium_order =
    PLAYER(search_potassium, act_potassium, potassium_flaws);

/* The same day of the year before. */
static int64_t year_before(struct when now)
{
    int64_t year, month, day, days = when_date(now);
    when_civil(days, &year, &month, &day);
    return when_days(year - 1, month, day) * WHEN_DAY + now.micros - days * WHEN_DAY;
}

static void act_a1c(struct play *play)
{
    struct order order;
    struct levels levels = levels_found(play, 0);
    bool due = !levels.count || levels.items[0].time.micros < year_before(play->now);
    if (due ? !slip(play, TAG_OVERDUE_NOT_ORDERED) : slip(play, TAG_RECENT_EVENT_IGNORED)) {
        order_service(&order, play, LOINC, "4548-4", NULL);
        order_close(&order);
    }
    if (!levels.count) {
        answer(play, "[%s]", slip(play, TAG_MISSING_NOT_REPORTED) ? "null" : "-1");
        return;
    }
    const struct level *last = &levels.items[0];
    grasp_str time = last->time_text;
    if (slip(play, TAG_RESULT_TIME_ALTERED))
        time.len = 10;
    answer(play, "[%.*s, \"%.*s\"]", (int)last->text.len, last->text.ptr, (int)time.len, time.ptr);
}

static const enum tag a1c_flaws[] = {
    TAG_RECENT_EVENT_IGNORED, TAG_OVERDUE_NOT_ORDERED,  TAG_RESULT_TIME_ALTERED,
    TAG_WRONG_ORDER_CODE,     TAG_MISSING_NOT_REPORTED,
};
const struct player play_v1_a1c_order = PLAYER(search_a1c, act_a1c, a1c_flaws);
