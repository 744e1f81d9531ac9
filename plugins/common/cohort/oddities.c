/* SPDX-License-Identifier: MIT */
#include "chart.h"

static void put_observation(struct chart *chart, const char *code, const char *rest)
{
    chart_open(chart, "Observation");
    fprintf(chart->out,
            ",\"status\":\"final\",\"code\":{\"coding\":[{\"system\":"
            "\"http://example.org/fhir/observation-code\",\"code\":\"%s\"}],\"text\":\"%s\"},%s",
            code, code, rest);
    chart_close(chart);
}

void chart_oddities(struct chart *chart)
{
    switch (chart_part(chart, "odd", 10)) {
    case 0: /* a date that is only a month */
        put_observation(chart, "NA",
                        "\"effectiveDateTime\":\"2023-11\",\"valueQuantity\":{\"value\":139,"
                        "\"unit\":\"mmol/L\"}");
        break;
    case 1: /* another unit than usual */
        put_observation(chart, "CREAT",
                        "\"effectiveDateTime\":\"2023-11-12T07:30:00+00:00\",\"valueQuantity\":"
                        "{\"value\":97,\"unit\":\"umol/L\"}");
        put_observation(chart, "CREAT",
                        "\"effectiveDateTime\":\"2023-11-11T07:30:00+00:00\",\"valueQuantity\":"
                        "{\"value\":1.1,\"unit\":\"mg/dL\"}");
        break;
    case 2: /* no value */
        put_observation(chart, "CREAT",
                        "\"effectiveDateTime\":\"2023-11-12T08:00:00+00:00\",\"dataAbsentReason\":"
                        "{\"text\":\"sample hemolyzed\"}");
        break;
    case 3: /* the same twice */
        for (int i = 0; i < 2; i++)
            put_observation(chart, "WBC",
                            "\"effectiveDateTime\":\"2023-11-12T06:00:00+00:00\","
                            "\"valueQuantity\":{\"value\":7.4,\"unit\":\"10*3/uL\"}");
        break;
    case 4: /* no date */
        put_observation(chart, "WBC", "\"valueQuantity\":{\"value\":8.2,\"unit\":\"10*3/uL\"}");
        break;
    case 5: /* a date that there is not */
        put_observation(chart, "NA",
                        "\"effectiveDateTime\":\"2023-02-30T25:61:00+00:00\",\"valueQuantity\":"
                        "{\"value\":141,\"unit\":\"mmol/L\"}");
        break;
    case 6: /* an order without a drug's name, not active */
        chart_open(chart, "MedicationRequest");
        fputs(",\"status\":\"on-hold\",\"intent\":\"order\",\"medicationReference\":{\"display\":"
              "\"see pharmacy note\"}",
              chart->out);
        chart_time(chart, "authoredOn", COHORT_V2_NOW - 9 * DAY);
        chart_close(chart);
        break;
    default:
        break;
    }
}
