/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "chart.h"

#define HEPARIN "heparin (porcine) 5,000 units SC q8h"
#define HEPARIN_PLAIN "heparin 5000 units/mL injection 5000 units SC q8h"

static int64_t days_ago(struct chart *chart, uint32_t low, uint32_t high)
{
    return COHORT_V2_NOW - chart_draw_time(chart, low * 24, high * 24, HOUR);
}

static void anticoagulants(struct chart *chart)
{
    /* The active orders of each case, the oldest first. */
    static const char *const cases[][2] = {
        {NULL, NULL},
        {HEPARIN, NULL},
        {HEPARIN, "enoxaparin 40 mg SC daily"},
        {HEPARIN_PLAIN, HEPARIN},
        {"enoxaparin 30 mg SC q12h", NULL},
        {HEPARIN_PLAIN, NULL},
        {"apixaban 5 mg PO BID", "rivaroxaban 20 mg PO daily"},
    };
    uint32_t which = chart_part(chart, "anticoagulant", sizeof(cases) / sizeof(*cases));
    for (uint32_t i = 0; i < 2 && cases[which][i]; i++)
        chart_medication(chart, cases[which][i], "active", days_ago(chart, 8 - 5 * i, 12 - 5 * i));
    if (chart_draw(chart, 2))
        chart_medication(chart, "warfarin 5 mg PO daily", "stopped", days_ago(chart, 60, 300));
}

static void opioids(struct chart *chart)
{
    static const char *const names[] = {
        "oxycodone 5 mg PO q6h PRN", "hydromorphone 2 mg PO q4h PRN", "morphine ER 15 mg PO q12h",
        "fentanyl 25 mcg/h patch q72h", "hydrocodone-acetaminophen 5-325 mg PO q6h PRN"};
    uint32_t which = chart_part(chart, "opioid", 5);
    const char *name = names[chart_draw(chart, 5)];
    if (which == 1)
        chart_medication(chart, name, "stopped", days_ago(chart, 30, 90));
    if (which >= 2)
        chart_medication(chart, name, "active", days_ago(chart, 1, 20));
    if (which == 3)
        chart_medication(chart,
                         chart_draw(chart, 2) ? "naloxone nasal spray 4 mg PRN"
                                              : "Narcan 4 mg nasal spray",
                         "active", days_ago(chart, 1, 20));
    if (which == 4)
        chart_medication(chart, "naloxone 0.4 mg IV PRN", "stopped", days_ago(chart, 40, 90));
}

static void others(struct chart *chart)
{
    static const char *const names[] = {"lisinopril 10 mg PO daily", "metformin 500 mg PO BID",
                                        "atorvastatin 40 mg PO nightly",
                                        "pantoprazole 40 mg PO daily"};
    chart_part(chart, "drug", 1);
    for (uint32_t i = chart_draw(chart, 3); i; i--)
        chart_medication(chart, names[chart_draw(chart, 4)], "active", days_ago(chart, 20, 400));
}

void chart_medications(struct chart *chart)
{
    anticoagulants(chart);
    opioids(chart);
    others(chart);
}
