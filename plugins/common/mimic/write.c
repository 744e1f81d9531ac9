/* SPDX-License-Identifier: MIT */
#include "write.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Some ten thousand members at every open of the task: put together, where the formatting of text
 * would take half of the time. */
static void put_all(struct text *out, const char *const *parts)
{
    for (; *parts; parts++)
        text_put(out, *parts);
}
#define PUT(out, ...) put_all(out, (const char *const[]){__VA_ARGS__, NULL})

void mimic_open(struct text *out, const char *type, const char *profile, const struct mimic_id *id)
{
    bool whole = strncmp(profile, "http", 4) == 0;
    PUT(out, "{\"id\":\"", id->text, "\",\"meta\":{\"profile\":[\"",
        whole ? "" : MIMIC_URI "StructureDefinition/mimic-", profile, "\"]},\"resourceType\":\"",
        type, "\"");
}

void mimic_close(struct text *out)
{
    text_put(out, "}\n");
}

void mimic_refer(struct text *out, const char *name, const char *type, const struct mimic_id *id)
{
    PUT(out, ",\"", name, "\":{\"reference\":\"", type, "/", id->text, "\"}");
}

void mimic_refer_list(struct text *out, const char *name, const char *type,
                      const struct mimic_id *id)
{
    PUT(out, ",\"", name, "\":[{\"reference\":\"", type, "/", id->text, "\"}]");
}

void mimic_when(struct text *out, const char *name, int64_t wall)
{
    char when[WALL_FHIR_SIZE];
    mimic_wall_fhir(wall, when);
    PUT(out, ",\"", name, "\":\"", when, "\"");
}

static void coding(struct text *out, const char *system, const char *code, const char *display)
{
    PUT(out, "{\"coding\":[{\"system\":\"", system, "\",\"code\":\"", code, "\"");
    if (display)
        PUT(out, ",\"display\":\"", display, "\"");
    text_put(out, "}]}");
}

void mimic_concept(struct text *out, const char *name, const char *system, const char *code,
                   const char *display)
{
    PUT(out, ",\"", name, "\":");
    coding(out, system, code, display);
}

void mimic_concept_of(struct text *out, const char *name, const char *system, const char *format,
                      ...)
{
    char code[128];
    va_list args;
    va_start(args, format);
    vsnprintf(code, sizeof(code), format, args);
    va_end(args);
    char *display = strchr(code, '|');
    if (display)
        *display++ = 0;
    mimic_concept(out, name, system, code, display);
}

void mimic_concepts(struct text *out, const char *name, const char *system, const char *code)
{
    PUT(out, ",\"", name, "\":[");
    coding(out, system, code, NULL);
    text_char(out, ']');
}

void mimic_identify(struct text *out, const char *system, const char *format, ...)
{
    char value[128];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    PUT(out, ",\"identifier\":[{\"value\":\"", value, "\",\"system\":\"");
    PUT(out, MIMIC_URI "identifier/", system, "\"}]");
}

void mimic_number(struct text *out, int32_t hundredths)
{
    char number[DECIMAL_SIZE];
    mimic_decimal(hundredths, number);
    text_put(out, number);
}

void mimic_quantity(struct text *out, const char *name, int32_t hundredths, const char *unit)
{
    PUT(out, ",\"", name, "\":{\"value\":");
    mimic_number(out, hundredths);
    if (unit && *unit)
        PUT(out, ",\"unit\":\"", unit, "\",\"code\":\"", unit,
            "\",\"system\":\"" MIMIC_SYSTEM("units") "\"");
    text_char(out, '}');
}

void mimic_value(struct text *out, const struct mimic_item *item, int32_t value)
{
    if (!item->words) {
        mimic_quantity(out, "valueQuantity", value, item->unit);
        return;
    }
    text_put(out, ",\"valueString\":");
    text_json(out, mimic_word(item, value));
}

uint32_t mimic_shuffled(uint32_t count, uint32_t i)
{
    static const uint32_t primes[] = {7919, 6007, 4001}; /* one does not divide the count */
    uint64_t step = primes[0];
    for (uint32_t k = 0; k < 3 && count % step == 0; k++)
        step = primes[k];
    return (uint32_t)((i * step + count / 2) % count);
}

static void write_person(const struct mimic_tables *t, struct text *out)
{
    char birth[WALL_DATE_SIZE];
    static const char *const marital[] = {"M", "S", "W", "D"};
    const struct mimic_id hospital = mimic_uuid("Organization", "1");
    mimic_wall_date(t->birth, birth);
    mimic_open(out, "Patient", "patient", &t->id);
    mimic_identify(out, "patient", "%u", t->subject);
    text_format(out, ",\"name\":[{\"use\":\"official\",\"family\":\"Patient_%u\"}]", t->subject);
    text_format(out, ",\"gender\":\"%s\",\"birthDate\":\"%s\"", t->male ? "male" : "female", birth);
    text_format(out,
                ",\"extension\":[{\"url\":\"http://hl7.org/fhir/us/core/StructureDefinition/"
                "us-core-birthsex\",\"valueCode\":\"%s\"}]",
                t->male ? "M" : "F");
    mimic_concept(out, "maritalStatus", "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
                  marital[t->number % 4], NULL);
    if (t->number % 25 > 1)
        text_put(out, ",\"communication\":[{\"language\":{\"coding\":[{\"system\":"
                      "\"urn:ietf:bcp:47\",\"code\":\"en\"}]}}]");
    if (t->death)
        mimic_when(out, "deceasedDateTime", t->death);
    mimic_refer(out, "managingOrganization", "Organization", &hospital);
    mimic_close(out);
}

void mimic_write_patient(const struct mimic_tables *t, struct mimic_shelf *shelf)
{
    write_person(t, &shelf->files[KIND_PATIENT]);
    mimic_write_stays(t, shelf);
    mimic_write_ed(t, shelf);
    mimic_write_labs(t, shelf);
    mimic_write_icu(t, shelf);
    mimic_write_drugs(t, shelf);
    mimic_write_micro(t, shelf);
}
