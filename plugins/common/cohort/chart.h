/* SPDX-License-Identifier: MIT */
/* What the writers of the chart's parts share. */
#pragma once

#include "common/cohort/cohort.h"
#include <stdbool.h>

#define MINUTE INT64_C(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* A part of a chart. Draws of different parts do not depend on each other. */
struct chart {
    FILE *out;
    const struct cohort_patient *patient;
    uint64_t seed;
    uint32_t number;
    uint64_t draws; /* state of the generator */
    const char *part;
    uint32_t written; /* resources of this part, for their ids */
};

/* Starts a part; returns which of `count` cases it is. Consecutive numbers go through all cases. */
uint32_t chart_part(struct chart *chart, const char *name, uint32_t count);
/* A number in [0, n). */
uint32_t chart_draw(struct chart *chart, uint32_t n);
/* From low to high, in this unit of seconds. */
int64_t chart_draw_time(struct chart *chart, uint32_t low, uint32_t high, int64_t unit);

/* The opening of a resource up to its own members: type, id and subject. */
void chart_open(struct chart *chart, const char *type);
void chart_close(struct chart *chart);
/* `,"name":"2023-11-13T10:15:00+00:00"` */
void chart_time(struct chart *chart, const char *name, int64_t when);
/* `,"name":{"coding":[{"system":...,"code":...,"display":...}],"text":...}` */
void chart_concept(struct chart *chart, const char *name, const char *system, const char *code,
                   const char *display);

struct chart_reading {
    int64_t when;
    int32_t tenths;
};

/* Observations of one code, in a mixed order. decimals: 0 or 1. with_change: each was last changed
 * at its own time. */
struct chart_code {
    const char *code, *display, *unit, *category;
    int decimals;
    bool with_change;
};
void chart_readings(struct chart *chart, const struct chart_code *code,
                    struct chart_reading *readings, uint32_t count);
/* A value in [low, high] tenths that no reading has yet. */
int32_t chart_value(struct chart *chart, const struct chart_reading *readings, uint32_t count,
                    int32_t low, int32_t high);

/* A medication request with this text. */
void chart_medication(struct chart *chart, const char *text, const char *status, int64_t when);
/* A procedure; `period`: as performedPeriod. */
void chart_procedure(struct chart *chart, const char *code, const char *display, int64_t when,
                     bool period);

/* The parts. */
void chart_labs(struct chart *chart);        /* MG, GLU, K, A1C, TSH and FT4 */
void chart_heart(struct chart *chart);       /* HEARTRATE, QTCINTERVAL and drugs that prolong it */
void chart_medications(struct chart *chart); /* anticoagulants, opioids, others */
void chart_procedures(struct chart *chart);  /* CT, catheter, vaccines; the kidney's diagnosis */
void chart_oddities(struct chart *chart);    /* what no task asks for */
