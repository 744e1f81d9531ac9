/* SPDX-License-Identifier: MIT */
#include "chart.h"

#define READINGS_MAX 8

struct readings {
    struct chart_reading items[READINGS_MAX];
    uint32_t count;
};

/* Adds a reading of a time before now and a value that is new. */
static void add(struct chart *chart, struct readings *readings, int64_t when, int32_t low,
                int32_t high)
{
    int32_t value = chart_value(chart, readings->items, readings->count, low, high);
    readings->items[readings->count++] = (struct chart_reading){when, value};
}

/* Up to three of the weeks before, none of the last two days. */
static void add_old(struct chart *chart, struct readings *readings, int32_t low, int32_t high)
{
    int64_t age = 2 * DAY;
    for (uint32_t i = 1 + chart_draw(chart, 3); i; i--) {
        age += chart_draw_time(chart, 60, 6000, MINUTE);
        add(chart, readings, COHORT_V1_NOW - age, low, high);
    }
}

static void magnesium(struct chart *chart)
{
    static const struct chart_code code = {"MG", "Magnesium", "mg/dL", "laboratory", 1, false};
    /* Lowest and highest of the newest value in tenths; the last one is exactly a day old. */
    static const int32_t bands[][2] = {{20, 25}, {15, 19}, {10, 14}, {6, 9},  {15, 15},
                                       {19, 19}, {10, 10}, {17, 24}, {12, 19}};
    struct readings readings = {.count = 0};
    uint32_t which = chart_part(chart, "mg", 12);
    if (which >= 3) {
        const int32_t *band = bands[which - 3];
        int64_t age = which == 11 ? 24 * 60 : 30 + chart_draw(chart, 600);
        add(chart, &readings, COHORT_V1_NOW - age * MINUTE, band[0], band[1]);
        if (which != 11 && chart_draw(chart, 3))
            add(chart, &readings, COHORT_V1_NOW - (age + 60 + chart_draw(chart, 700)) * MINUTE, 6,
                26);
    }
    if (which)
        add_old(chart, &readings, 6, 26);
    chart_readings(chart, &code, readings.items, readings.count);
}

static void glucose(struct chart *chart)
{
    static const struct chart_code code = {"GLU", "Glucose, capillary", "mg/dL", "laboratory", 0,
                                           false};
    struct readings readings = {.count = 0};
    uint32_t which = chart_part(chart, "glu", 6);
    int64_t age = 0;
    for (uint32_t i = which < 2 ? 0 : which - 1; i; i--) {
        age += 40 + chart_draw(chart, 280);
        add(chart, &readings, COHORT_V1_NOW - age * MINUTE, 700, 2600);
    }
    if (which)
        add_old(chart, &readings, 700, 2600);
    for (uint32_t i = 0; i < readings.count; i++)
        readings.items[i].tenths = readings.items[i].tenths / 10 * 10 + (int32_t)i * 10;
    chart_readings(chart, &code, readings.items, readings.count);
}

static void potassium(struct chart *chart)
{
    static const struct chart_code code = {"K", "Potassium", "mmol/L", "laboratory", 1, false};
    static const int32_t bands[][2] = {{35, 52}, {25, 34}, {28, 34}, {35, 35}, {30, 34}};
    struct readings readings = {.count = 0};
    uint32_t which = chart_part(chart, "k", 6);
    if (which) {
        int64_t age = chart_draw_time(chart, 60, 2800, MINUTE);
        add(chart, &readings, COHORT_V1_NOW - age, bands[which - 1][0], bands[which - 1][1]);
        if (which != 3)
            add_old(chart, &readings, 26, 55);
    }
    chart_readings(chart, &code, readings.items, readings.count);
}

static void a1c(struct chart *chart)
{
    static const struct chart_code code = {"A1C", "Hemoglobin A1C", "%", "laboratory", 1, false};
    struct readings readings = {.count = 0};
    uint32_t which = chart_part(chart, "a1c", 6);
    int64_t age = which == 0   ? 0
                  : which == 1 ? 365 * DAY
                  : which < 4  ? chart_draw_time(chart, 10, 350, DAY)
                               : chart_draw_time(chart, 370, 900, DAY);
    if (which)
        add(chart, &readings, COHORT_V1_NOW - age, 48, 115);
    for (uint32_t i = which && which != 3 ? 1 + chart_draw(chart, 2) : 0; i; i--) {
        age += chart_draw_time(chart, 80, 200, DAY);
        add(chart, &readings, COHORT_V1_NOW - age, 48, 115);
    }
    chart_readings(chart, &code, readings.items, readings.count);
}

static const struct chart_code tsh_code = {"TSH", "Thyrotropin", "uIU/mL", "laboratory", 1, false};
static const struct chart_code ft4_code = {"FT4", "Thyroxine, free", "ng/dL", "laboratory", 1,
                                           false};

static void put_thyroid(struct chart *chart, struct readings *tsh, struct readings *ft4)
{
    chart_readings(chart, &tsh_code, tsh->items, tsh->count);
    chart_readings(chart, &ft4_code, ft4->items, ft4->count);
}

/* 0 none · 1, 2 high twice, over a month apart · 3, 4 between · 5 normal · 6 high once · 7 high
 * twice within a month · 8 between, without free T4 · 9 between, free T4 not normal */
static void thyroid(struct chart *chart)
{
    struct readings tsh = {.count = 0}, ft4 = {.count = 0};
    uint32_t which = chart_part(chart, "thyroid", 10);
    int64_t last = COHORT_V2_NOW - chart_draw_time(chart, 2, 20, DAY);
    bool high = which == 1 || which == 2 || which == 6 || which == 7;
    if (which)
        add(chart, &tsh, last,
            high         ? 105
            : which == 5 ? 8
                         : 45,
            high         ? 220
            : which == 5 ? 40
                         : 100);
    if (which == 1 || which == 2)
        add(chart, &tsh, last - chart_draw_time(chart, 31, 200, DAY), 105, 220);
    if (which == 7)
        add(chart, &tsh, last - chart_draw_time(chart, 5, 28, DAY), 105, 220);
    if (which == 3 || which == 5)
        add(chart, &tsh, last - chart_draw_time(chart, 40, 300, DAY), 15, 44);
    if (which && which != 8)
        add(chart, &ft4, last, which == 9 ? 3 : 8, which == 9 ? 7 : 18);
    put_thyroid(chart, &tsh, &ft4);
}

void chart_labs(struct chart *chart)
{
    magnesium(chart);
    glucose(chart);
    potassium(chart);
    a1c(chart);
    thyroid(chart);
}
