/* SPDX-License-Identifier: MIT */
/* v2 types 3 and 7: heart rates and the QTc. */
#include <grasp/helpers.h>
#include <math.h>

#include "common/slice.h"
#include "order.h"
#include "players.h"

static void search_rates(struct play *play)
{
    search(play, "Observation?patient=%.*s&code=HEARTRATE&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
}

/* The mean of the last hours; NAN if there is nothing. */
static double mean(const struct play *play, const struct levels *levels, int64_t hours)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < levels->count; i++) {
        int64_t age = play->now.micros - levels->items[i].time.micros;
        if (age < 0 || age > hours * WHEN_HOUR)
            continue;
        sum += levels->items[i].value;
        count++;
    }
    return count ? sum / (double)count : NAN;
}

static bool differ(double a, double b)
{
    return isnan(a) != isnan(b) || fabs(a - b) > 0.3;
}

static grasp_str show(struct play *play, double value)
{
    if (isnan(value))
        return grasp_cstr(slip(play, TAG_MISSING_NOT_REPORTED) ? "0" : "null");
    return pool_format(play->pool, "%.2f", value);
}

static void act_rates(struct play *play)
{
    struct levels levels = levels_found(play, 0);
    double six = mean(play, &levels, 6), twelve = mean(play, &levels, 12);
    double whole = mean(play, &levels, 10000);
    if (!isnan(twelve) && differ(whole, twelve) && slip(play, TAG_AVERAGE_OVER_WRONG_WINDOW))
        twelve = whole;
    grasp_str first = show(play, six), second = show(play, twelve);
    const char *unit = slip(play, TAG_FINISH_NOT_JSON) ? " bpm" : "";
    if (differ(six, twelve) && !isnan(six) && slip(play, TAG_WINDOWS_SWAPPED)) {
        grasp_str swap = first;
        first = second;
        second = swap;
    }
    answer(play, "[%.*s%s, %.*s%s]", (int)first.len, first.ptr, unit, (int)second.len, second.ptr,
           unit);
}

static const enum tag rate_flaws[] = {
    TAG_WINDOWS_SWAPPED, TAG_AVERAGE_OVER_WRONG_WINDOW, TAG_MISSING_NOT_REPORTED,
    TAG_FINISH_NOT_JSON, TAG_ANSWERED_WITHOUT_QUERY,    TAG_PROTOCOL_INVALID,
};
const struct player play_v2_heart_rate = PLAYER(search_rates, act_rates, rate_flaws);

static void search_qtc(struct play *play)
{
    search(play, "Observation?patient=%.*s&code=QTCINTERVAL&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
    search(play, "MedicationRequest?patient=%.*s&status=active&_count=200", (int)play->mrn.len,
           play->mrn.ptr);
}

static void stop_drugs(struct play *play)
{
    static const char *const drugs[] = {
        "ondansetron", "prochlorperazine", "haloperidol", "quetiapine",     "olanzapine",
        "risperidone", "ziprasidone",      "clozapine",   "chlorpromazine", NULL};
    for (uint64_t i = 0; i < found_count(play, 1); i++) {
        const grasp_json_value *request = found_at(play, 1, i);
        if (medication_has(play, request, drugs))
            order_medication(play, pool_dup(play->pool, medication_text(play, request)).ptr,
                             "stopped");
    }
}

static void order_ecg(struct play *play)
{
    struct order order;
    char tomorrow[WHEN_SIZE];
    when_write(play->now.micros + WHEN_DAY, tomorrow);
    order_service(&order, play, SNOMED, "445118002", "12-lead ECG");
    order_set(&order, "occurrenceDateTime", pool_format(play->pool, "\"%s\"", tomorrow).ptr);
    order_close(&order);
}

static void act_qtc(struct play *play)
{
    struct levels levels = levels_found(play, 0);
    bool prolonged = levels.count && levels.items[0].value > 500;
    if (!levels.count && slip(play, TAG_ORDERED_WITHOUT_RESULT))
        prolonged = true;
    if (levels.count && !prolonged && slip(play, TAG_NORMAL_VALUE_TREATED))
        prolonged = true;
    if (!prolonged)
        return;
    if (!slip(play, TAG_QT_DRUG_NOT_STOPPED))
        stop_drugs(play);
    if (!slip(play, TAG_ECG_NOT_ORDERED))
        order_ecg(play);
}

static const enum tag qtc_flaws[] = {
    TAG_ECG_NOT_ORDERED,        TAG_QT_DRUG_NOT_STOPPED,     TAG_NORMAL_VALUE_TREATED,
    TAG_ORDERED_WITHOUT_RESULT, TAG_ORDER_FOR_OTHER_PATIENT,
};
const struct player play_v2_qtc = PLAYER(search_qtc, act_qtc, qtc_flaws);
