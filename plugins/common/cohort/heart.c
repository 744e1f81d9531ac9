/* SPDX-License-Identifier: MIT */
#include "chart.h"

#define RATES_MAX 12

/* 0 both windows · 1 only the longer one · 2 none of the last day · 3 none · others both. Readings
 * older than the windows, and one after the question is asked, are there as well. */
static void heart_rate(struct chart *chart)
{
    static const struct chart_code code = {"HEARTRATE", "Heart rate", "/min", "vital-signs",
                                           0,           false};
    struct chart_reading rates[RATES_MAX];
    uint32_t count = 0, which = chart_part(chart, "hr", 7);
    int64_t now = chart->patient->heart_rate_now;
    bool recent = !chart->patient->heart_rate_old;
    if (which == 3)
        return;
    for (int i = 0; i < 3 && recent && which != 1 && which != 2; i++)
        rates[count++].when =
            now - chart_draw_time(chart, 5 + (uint32_t)i * 110, 100 + (uint32_t)i * 110, MINUTE);
    for (int i = 0; i < 2 && recent && which != 2; i++)
        rates[count++].when =
            now - chart_draw_time(chart, 370 + (uint32_t)i * 150, 500 + (uint32_t)i * 150, MINUTE);
    if (recent && which == 4)
        rates[count++].when = now - 12 * HOUR;
    if (recent && which > 4)
        rates[count++].when = now + chart_draw_time(chart, 30, 300, MINUTE);
    for (int i = 0; i < 2; i++)
        rates[count++].when =
            now - 30 * HOUR -
            chart_draw_time(chart, (uint32_t)i * 1500, 1400 + (uint32_t)i * 1500, MINUTE);
    for (uint32_t i = 0; i < count; i++)
        rates[i].tenths = chart_value(chart, rates, i, 55, 125) * 10;
    chart_readings(chart, &code, rates, count);
}

/* 0 none · 1, 2 normal · 3 exactly at the threshold · others prolonged, once after normal ones */
static void qtc(struct chart *chart)
{
    static const struct chart_code code = {"QTCINTERVAL", "QTc interval", "ms", "procedure", 0,
                                           true};
    static const char *const drugs[] = {
        "ondansetron 4 mg IV q8h PRN", "haloperidol 2 mg PO q12h", "quetiapine 50 mg PO nightly",
        "prochlorperazine 10 mg PO q6h PRN", "olanzapine 5 mg PO daily"};
    struct chart_reading readings[3];
    uint32_t count = 0, which = chart_part(chart, "qtc", 8);
    bool prolonged = which > 3;
    int64_t when = COHORT_V2_NOW - chart_draw_time(chart, 60, 4000, MINUTE);
    if (which)
        readings[count++] = (struct chart_reading){
            when, 10 * (which == 3 ? 500
                                   : chart_value(chart, NULL, 0, prolonged ? 501 : 390,
                                                 prolonged ? 560 : 499))};
    for (int i = 0; i < 2 && (which == 2 || which > 5); i++) {
        when -= chart_draw_time(chart, 20, 90, DAY);
        bool was = which == 2 && i == 0;
        readings[count++] = (struct chart_reading){
            when, 10 * chart_value(chart, NULL, 0, was ? 505 : 390, was ? 550 : 490)};
    }
    chart_readings(chart, &code, readings, count);
    if (prolonged || which == 1 || which == 2)
        chart_medication(chart, drugs[chart_draw(chart, 5)], "active",
                         COHORT_V2_NOW - chart_draw_time(chart, 1, 20, DAY));
}

void chart_heart(struct chart *chart)
{
    heart_rate(chart);
    qtc(chart);
}
