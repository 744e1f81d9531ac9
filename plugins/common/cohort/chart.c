/* SPDX-License-Identifier: MIT */
#include "chart.h"

#include <string.h>
#include <time.h>

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t hash(const char *text, uint64_t seed)
{
    uint64_t h = UINT64_C(14695981039346656037) ^ mix(seed);
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return mix(h);
}

uint32_t chart_part(struct chart *chart, const char *name, uint32_t count)
{
    chart->part = name;
    chart->written = 0;
    chart->draws = hash(chart->patient->mrn, hash(name, chart->seed));
    return (uint32_t)((chart->number + hash(name, chart->seed)) % count);
}

uint32_t chart_draw(struct chart *chart, uint32_t n)
{
    chart->draws += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)((mix(chart->draws) >> 32) * n >> 32);
}

int64_t chart_draw_time(struct chart *chart, uint32_t low, uint32_t high, int64_t unit)
{
    return ((int64_t)low + chart_draw(chart, high - low + 1)) * unit;
}

void chart_open(struct chart *chart, const char *type)
{
    fprintf(
        chart->out,
        "{\"resourceType\":\"%s\",\"id\":\"%s-%s-%u\",\"subject\":{\"reference\":\"Patient/%s\"}",
        type, chart->patient->mrn, chart->part, ++chart->written, chart->patient->mrn);
}

void chart_close(struct chart *chart)
{
    fputs("}\n", chart->out);
}

void chart_time(struct chart *chart, const char *name, int64_t when)
{
    time_t seconds = (time_t)when;
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
    fprintf(chart->out, ",\"%s\":\"%s\"", name, text);
}

void chart_concept(struct chart *chart, const char *name, const char *system, const char *code,
                   const char *display)
{
    fprintf(chart->out,
            ",\"%s\":{\"coding\":[{\"system\":\"%s\",\"code\":\"%s\",\"display\":\"%s\"}],"
            "\"text\":\"%s\"}",
            name, system, code, display, display);
}

static void put_reading(struct chart *chart, const struct chart_code *code,
                        const struct chart_reading *reading)
{
    chart_open(chart, "Observation");
    if (code->with_change) {
        fputs(",\"meta\":{\"versionId\":\"1\"", chart->out);
        chart_time(chart, "lastUpdated", reading->when);
        fputs("}", chart->out);
    }
    fprintf(chart->out,
            ",\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
            "\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"%s\"}]}]",
            code->category);
    fprintf(chart->out,
            ",\"code\":{\"coding\":[{\"system\":\"http://example.org/fhir/observation-code\","
            "\"code\":\"%s\",\"display\":\"%s\"}],\"text\":\"%s\"}",
            code->code, code->display, code->code);
    chart_time(chart, "effectiveDateTime", reading->when);
    fprintf(chart->out, ",\"valueQuantity\":{\"value\":%d", reading->tenths / 10);
    if (code->decimals)
        fprintf(chart->out, ".%d", reading->tenths % 10);
    fprintf(chart->out, ",\"unit\":\"%s\"}", code->unit);
    chart_close(chart);
}

void chart_readings(struct chart *chart, const struct chart_code *code,
                    struct chart_reading *readings, uint32_t count)
{
    for (uint32_t i = count; i-- > 1;) {
        uint32_t k = chart_draw(chart, i + 1);
        struct chart_reading swap = readings[i];
        readings[i] = readings[k];
        readings[k] = swap;
    }
    for (uint32_t i = 0; i < count; i++)
        put_reading(chart, code, &readings[i]);
}

int32_t chart_value(struct chart *chart, const struct chart_reading *readings, uint32_t count,
                    int32_t low, int32_t high)
{
    int32_t value = low + (int32_t)chart_draw(chart, (uint32_t)(high - low + 1));
    for (uint32_t i = 0; i < count;) {
        if (readings[i].tenths == value) {
            value = value == high ? low : value + 1;
            i = 0;
        } else {
            i++;
        }
    }
    return value;
}

void chart_medication(struct chart *chart, const char *text, const char *status, int64_t when)
{
    chart_open(chart, "MedicationRequest");
    fprintf(
        chart->out,
        ",\"status\":\"%s\",\"intent\":\"order\",\"medicationCodeableConcept\":{\"text\":\"%s\"}",
        status, text);
    chart_time(chart, "authoredOn", when);
    chart_close(chart);
}

void chart_procedure(struct chart *chart, const char *code, const char *display, int64_t when,
                     bool period)
{
    chart_open(chart, "Procedure");
    fputs(",\"status\":\"completed\"", chart->out);
    chart_concept(chart, "code", "http://www.ama-assn.org/go/cpt", code, display);
    if (period) {
        fputs(",\"performedPeriod\":{\"id\":\"1\"", chart->out);
        chart_time(chart, "start", when - 30 * MINUTE);
        chart_time(chart, "end", when);
        fputs("}", chart->out);
    } else {
        chart_time(chart, "performedDateTime", when);
    }
    chart_close(chart);
}

static void put_patient(struct chart *chart)
{
    static const char *const towns[][3] = {{"Fairview", "94043", "CA"},
                                           {"Millbrook", "12545", "NY"},
                                           {"Cedar Falls", "50613", "IA"},
                                           {"Sunnyside", "98944", "WA"}};
    const struct cohort_patient *patient = chart->patient;
    chart_part(chart, "patient", 1);
    const char *const *town = towns[chart_draw(chart, 4)];
    fprintf(chart->out,
            "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"identifier\":[{\"use\":\"usual\","
            "\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/v2-0203\","
            "\"code\":\"MR\"}]},\"value\":\"%s\"}],\"name\":[{\"use\":\"official\",\"family\":"
            "\"%s\",\"given\":[\"%s\"]}],\"birthDate\":\"%s\"",
            patient->mrn, patient->mrn, patient->family, patient->given, patient->birth_date);
    if (chart->number % 9 != 4)
        fprintf(chart->out, ",\"gender\":\"%s\"", patient->male ? "male" : "female");
    if (chart->number % 7 != 3)
        fprintf(
            chart->out,
            ",\"address\":[{\"line\":[\"%u Main Street\"],\"city\":\"%s\",\"postalCode\":\"%s\","
            "\"state\":\"%s\"}],\"telecom\":[{\"system\":\"phone\",\"value\":\"555-%04u\"}]",
            1 + chart_draw(chart, 200), town[0], town[1], town[2], chart_draw(chart, 10000));
    chart_close(chart);
}

void cohort_write(FILE *out, uint64_t seed, uint32_t number, const struct cohort_patient *patient)
{
    struct chart chart = {.out = out, .patient = patient, .seed = seed, .number = number};
    put_patient(&chart);
    chart_labs(&chart);
    chart_heart(&chart);
    chart_medications(&chart);
    chart_procedures(&chart);
    chart_oddities(&chart);
}
