/* SPDX-License-Identifier: MIT */
#include "patients_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define FILE_MAX (256u << 20)
#define HOURS_MAX 200000

struct source {
    grasp_call *call;
    const grasp_json *json;
    const char *path;
    uint64_t number; /* of the patient, from 0 */
};

static int32_t fault(const struct source *source, const char *what)
{
    return grasp_fail(source->call, GRASP_E_INVALID, "%s: patients[%llu]: %s", source->path,
                      (unsigned long long)source->number, what);
}

static int32_t read_text(grasp_call *call, const char *path, grasp_str *out)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    int32_t status = GRASP_OK;
    if (!file)
        return grasp_fail(call, GRASP_E_INVALID, "%s: %s", path, strerror(errno));
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (size < 0 || size > (long)FILE_MAX || fseek(file, 0, SEEK_SET) != 0)
        status = grasp_fail(call, GRASP_E_INVALID, "%s: not a file of at most %u MiB", path,
                            FILE_MAX >> 20);
    else if (!(text = call->host->scratch(call, (uint64_t)size + 1)))
        status = grasp_fail(call, GRASP_E_NOMEM, "%s: no memory to read it", path);
    else
        *out = (grasp_str){text, fread(text, 1, (size_t)size, file)};
    fclose(file);
    return status;
}

static bool is_mrn(grasp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], lower = (char)(c | 0x20);
        if (!(c >= '0' && c <= '9') && !(lower >= 'a' && lower <= 'z'))
            return false;
    }
    return text.len > 0 && text.len < MRN_SIZE;
}

/* A member of the patient as a text that lives as long as the cohort. */
static const char *keep_member(const struct source *source, struct cohort *cohort,
                               const grasp_json_value *patient, const char *key)
{
    grasp_str value = source->json->as_string(source->json->get(patient, grasp_cstr(key)));
    return cohort_keep(cohort, value);
}

static int32_t read_reading(const struct source *source, const grasp_json_value *pair,
                            struct cohort *cohort)
{
    const grasp_json *json = source->json;
    double value = json->as_double(json->at(pair, 0), NAN) * 10;
    double hours = json->as_double(json->at(pair, 1), NAN);
    if (json->count(pair) != 2 || !(value >= 0 && value < 10000) ||
        fabs(value - round(value)) > 1e-6)
        return fault(source, "a reading is [level in mg/dL with at most one decimal, age in "
                             "hours]");
    if (!(hours >= 0 && hours <= HOURS_MAX))
        return fault(source, "the age of a reading is from 0 to 200000 hours");
    struct reading reading = {(int32_t)round(value), (int32_t)ceil(hours * 60 - 1e-6)};
    if (!cohort_add_reading(cohort, reading))
        return grasp_fail(source->call, GRASP_E_NOMEM, "%s: no memory", source->path);
    return GRASP_OK;
}

static int32_t read_patient(const struct source *source, const grasp_json_value *value,
                            struct cohort *cohort)
{
    const grasp_json *json = source->json;
    grasp_str mrn = json->as_string(json->get(value, grasp_cstr("mrn")));
    grasp_str birth = json->as_string(json->get(value, grasp_cstr("birthDate")));
    if (!is_mrn(mrn))
        return fault(source, "\"mrn\" is missing or not 1 to 16 letters and digits");
    if (birth.len != 10)
        return fault(source, "\"birthDate\" is missing or not of the form 1960-02-29");
    struct patient *patient = cohort_add_patient(cohort, mrn.ptr);
    if (!patient)
        return grasp_fail(source->call, GRASP_E_NOMEM, "%s: no memory", source->path);
    memcpy(patient->birth_date, birth.ptr, 10);
    patient->family = keep_member(source, cohort, value, "family");
    patient->given = keep_member(source, cohort, value, "given");
    patient->gender = keep_member(source, cohort, value, "gender");
    if (!patient->family || !patient->given || !patient->gender)
        return grasp_fail(source->call, GRASP_E_NOMEM, "%s: no memory", source->path);
    const grasp_json_value *readings = json->get(value, grasp_cstr("readings"));
    for (uint64_t i = 0; i < json->count(readings); i++) {
        int32_t status = read_reading(source, json->at(readings, i), cohort);
        if (status)
            return status;
    }
    return GRASP_OK;
}

int32_t patients_file_read(grasp_call *call, const grasp_json *json, const char *path,
                           struct cohort *cohort)
{
    struct source source = {call, json, path, 0};
    grasp_str text = {"", 0}, error = {"", 0};
    int32_t status = read_text(call, path, &text);
    if (status)
        return status;
    const grasp_json_value *root = json->parse(call, text, &error);
    const grasp_json_value *patients = json->get(root, grasp_cstr("patients"));
    if (json->kind(patients) != GRASP_JSON_ARRAY)
        return grasp_fail(call, GRASP_E_INVALID, "%s: %.*s", path, root ? 34 : (int)error.len,
                          root ? "no array \"patients\" in the object" : error.ptr);
    for (; source.number < json->count(patients); source.number++)
        if ((status = read_patient(&source, json->at(patients, source.number), cohort)))
            return status;
    return GRASP_OK;
}
