/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <grasp/helpers.h>

#include "clock.h"

static void new_line(struct bundle *out)
{
    static const char blanks[] = "\n                                ";
    if (out->level >= 0)
        text_add(out->text, blanks, 1 + 2 * (size_t)out->level);
}

/* What goes before an element or member: a comma, a line end, the key. */
static void lead(struct bundle *out, const char *key)
{
    if (out->continued)
        text_add(out->text, ", ", out->level < 0 ? 2 : 1);
    new_line(out);
    out->continued = true;
    if (key) {
        text_add(out->text, "\"", 1);
        text_put(out->text, key);
        text_add(out->text, "\": ", 3);
    }
}

static void open_as(struct bundle *out, char bracket)
{
    text_add(out->text, &bracket, 1);
    out->level += out->level >= 0;
    out->continued = false;
}

static void open_at(struct bundle *out, const char *key, char bracket)
{
    lead(out, key);
    open_as(out, bracket);
}

static void close_as(struct bundle *out, char bracket)
{
    out->level -= out->level > 0;
    if (out->continued)
        new_line(out);
    text_add(out->text, &bracket, 1);
    out->continued = true;
}

static void put_string(struct bundle *out, const char *key, const char *value)
{
    lead(out, key);
    text_add(out->text, "\"", 1);
    text_escaped(out->text, grasp_cstr(value));
    text_add(out->text, "\"", 1);
}

static void put_reference(struct bundle *out, const char *key, const char *mrn)
{
    open_at(out, key, '{');
    lead(out, "reference");
    text_put(out->text, "\"Patient/");
    text_put(out->text, mrn);
    text_add(out->text, "\"", 1);
    close_as(out, '}');
}

static void open_resource(struct bundle *out, const char *type)
{
    open_at(out, NULL, '{');
    open_at(out, "resource", '{');
    put_string(out, "resourceType", type);
}

static void close_resource(struct bundle *out)
{
    close_as(out, '}');
    close_as(out, '}');
}

struct bundle bundle_open(struct text *text, int level, uint64_t total)
{
    struct bundle out = {.text = text, .level = level};
    open_as(&out, '{');
    put_string(&out, "resourceType", "Bundle");
    put_string(&out, "type", "searchset");
    lead(&out, "total");
    text_number(text, (int64_t)total);
    open_at(&out, "entry", '[');
    return out;
}

void bundle_close(struct bundle *bundle)
{
    close_as(bundle, ']');
    close_as(bundle, '}');
}

void bundle_add_patient(struct bundle *bundle, const struct patient *patient)
{
    open_resource(bundle, "Patient");
    put_string(bundle, "id", patient->mrn);
    open_at(bundle, "identifier", '[');
    open_at(bundle, NULL, '{');
    put_string(bundle, "use", "usual");
    put_string(bundle, "value", patient->mrn);
    close_as(bundle, '}');
    close_as(bundle, ']');
    open_at(bundle, "name", '[');
    open_at(bundle, NULL, '{');
    put_string(bundle, "use", "official");
    put_string(bundle, "family", patient->family);
    open_at(bundle, "given", '[');
    put_string(bundle, NULL, patient->given);
    close_as(bundle, ']');
    close_as(bundle, '}');
    close_as(bundle, ']');
    put_string(bundle, "birthDate", patient->birth_date);
    put_string(bundle, "gender", patient->gender);
    close_resource(bundle);
}

static void put_code(struct bundle *out, const char *code)
{
    open_at(out, "code", '{');
    put_string(out, "text", code);
    open_at(out, "coding", '[');
    open_at(out, NULL, '{');
    put_string(out, "code", code);
    put_string(out, "display", code);
    close_as(out, '}');
    close_as(out, ']');
    close_as(out, '}');
}

static void put_tenths(struct bundle *out, const char *key, int32_t tenths)
{
    char digit = (char)('0' + tenths % 10);
    lead(out, key);
    text_number(out->text, tenths / 10);
    text_add(out->text, ".", 1);
    text_add(out->text, &digit, 1);
}

void bundle_add_reading(struct bundle *bundle, const struct cohort *cohort,
                        const struct patient *patient, uint32_t number)
{
    const struct reading *reading = &cohort->readings[number];
    char time[CLOCK_SIZE];
    clock_before(reading->age_minutes, time);
    open_resource(bundle, "Observation");
    lead(bundle, "id");
    text_add(bundle->text, "\"obs-", 5);
    text_number(bundle->text, number);
    text_add(bundle->text, "\"", 1);
    put_string(bundle, "status", "final");
    put_code(bundle, "MG");
    put_reference(bundle, "subject", patient->mrn);
    put_string(bundle, "effectiveDateTime", time);
    open_at(bundle, "valueQuantity", '{');
    put_tenths(bundle, "value", reading->tenths);
    put_string(bundle, "unit", "mg/dL");
    close_as(bundle, '}');
    close_resource(bundle);
}
