/* SPDX-License-Identifier: MIT */
#include "chart.h"

#define FLU_NOW (COHORT_V2_NOW + 62 * DAY + HOUR + 13 * MINUTE) /* 2024-01-09T00:00:00Z */

static void put_condition(struct chart *chart, const char *code, const char *display, int64_t when)
{
    chart_open(chart, "Condition");
    fputs(",\"clinicalStatus\":{\"coding\":[{\"system\":"
          "\"http://terminology.hl7.org/CodeSystem/condition-clinical\",\"code\":\"active\"}]},"
          "\"category\":[{\"coding\":[{\"system\":"
          "\"http://terminology.hl7.org/CodeSystem/condition-category\",\"code\":"
          "\"problem-list-item\"}]}]",
          chart->out);
    chart_concept(chart, "code", "http://hl7.org/fhir/sid/icd-10-cm", code, display);
    chart_time(chart, "recordedDate", when);
    chart_close(chart);
}

/* 0 none · 1 older than a year · 2 months ago · 3 weeks ago · 4 exactly a year ago */
static void imaging(struct chart *chart)
{
    uint32_t which = chart_part(chart, "ct", 5);
    static const uint32_t days[][2] = {{0, 0}, {380, 800}, {100, 350}, {10, 85}, {365, 365}};
    const char *code = chart_draw(chart, 2) ? "IMGCT0491" : "IMGIL0001";
    if (!which)
        return;
    int64_t when = COHORT_V2_NOW - chart_draw_time(chart, days[which][0], days[which][1], DAY);
    chart_procedure(chart, code, "CT abdomen", when, which == 2);
    if (chart_draw(chart, 2))
        chart_procedure(chart, "IMGCT0491", "CT abdomen",
                        when - chart_draw_time(chart, 100, 500, DAY), false);
    if (chart_draw(chart, 3) == 0)
        chart_procedure(chart, "74177", "CT abdomen and pelvis with contrast",
                        when - chart_draw_time(chart, 20, 90, DAY), false);
}

static void kidney(struct chart *chart)
{
    uint32_t which = chart_part(chart, "dx", 3);
    int64_t when = COHORT_V2_NOW - chart_draw_time(chart, 200, 900, DAY);
    if (which)
        put_condition(chart, "C64.2", "Malignant neoplasm of left kidney", when);
    else if (chart_draw(chart, 2))
        put_condition(chart, "C64.1", "Malignant neoplasm of right kidney", when);
    put_condition(chart, "I10", "Essential hypertension", when - 400 * DAY);
}

/* 0 none · 1 recent · 2 old, removal ordered · 3 exactly 48 hours · others old */
static void catheter(struct chart *chart)
{
    uint32_t which = chart_part(chart, "catheter", 6);
    int64_t now = chart->patient->catheter_now, age = chart_draw_time(chart, 49, 200, HOUR);
    if (!which)
        return;
    if (which == 1)
        age = chart_draw_time(chart, 3, 47, HOUR);
    if (which == 3)
        age = 48 * HOUR;
    chart_procedure(chart, "NUR1373", "Insert urinary catheter", now - age, false);
    if (which == 5)
        chart_procedure(chart, "NUR1373", "Insert urinary catheter", now - age - 40 * DAY, false);
    if (which != 2 && which != 4)
        return;
    chart_open(chart, "ServiceRequest");
    fprintf(chart->out, ",\"status\":\"%s\",\"intent\":\"order\"",
            which == 2 ? "active" : "completed");
    chart_concept(chart, "code", "http://www.ama-assn.org/go/cpt", "NUR1373",
                  "Remove urinary catheter");
    chart_time(chart, "authoredOn", now - (which == 2 ? 5 * HOUR : 40 * DAY));
    chart_close(chart);
}

static void influenza(struct chart *chart)
{
    uint32_t which = chart_part(chart, "flu", 5);
    int64_t age = which == 1   ? chart_draw_time(chart, 20, 360, DAY)
                  : which == 2 ? 365 * DAY
                               : chart_draw_time(chart, 366, 900, DAY);
    if (!which)
        return;
    chart_procedure(chart, "90686", "Influenza vaccine, quadrivalent", FLU_NOW - age, false);
    if (chart_draw(chart, 2))
        chart_procedure(chart, "90686", "Influenza vaccine, quadrivalent",
                        FLU_NOW - age - 370 * DAY, false);
}

/* 0 none · 1 recent procedure · 2 recent request after an old procedure · 3 old procedure · 4 old
 * request · 5 exactly 365 days */
static void covid(struct chart *chart)
{
    uint32_t which = chart_part(chart, "covid", 6);
    static const uint32_t days[][2] = {{0, 0},     {20, 350},  {20, 350},
                                       {370, 800}, {370, 800}, {365, 365}};
    int64_t now = COHORT_V2_NOW - 11 * HOUR; /* in the morning of that day */
    int64_t when = now - chart_draw_time(chart, days[which][0], days[which][1], DAY);
    if (which == 2 || which == 4)
        chart_medication(chart, "COVID-19 VAC, MRNA, LNP-S, 30 MCG/0.3 ML IM", "completed", when);
    else if (which)
        chart_procedure(chart, "COVIDVACCINE", "COVID-19 vaccination", when, false);
    if (which == 2 || which == 3)
        chart_procedure(chart, "COVIDVACCINE", "COVID-19 vaccination", when - 400 * DAY, false);
}

void chart_procedures(struct chart *chart)
{
    imaging(chart);
    kidney(chart);
    catheter(chart);
    influenza(chart);
    covid(chart);
}
