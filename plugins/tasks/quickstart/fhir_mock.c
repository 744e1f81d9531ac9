/* SPDX-License-Identifier: MIT */
#include "fhir_mock.h"

#include <grasp/helpers.h>
#include <string.h>

#include "bundle.h"
#include "fhir_url.h"

#define NAMED_SHOWN 200 /* bytes of a resource's name in an error */

static bool allows(grasp_str filter, const char *value)
{
    return !filter.len || grasp_equal(filter, value);
}

static bool allows_name(grasp_str filter, const char *value)
{
    return !filter.len ||
           (filter.len == strlen(value) && strncasecmp(filter.ptr, value, filter.len) == 0);
}

/* Is the filter, whatever its case, a part of "given family"? */
static bool allows_full_name(grasp_str filter, const struct patient *patient)
{
    char full[256];
    int len = snprintf(full, sizeof(full), "%s %s", patient->given, patient->family);
    for (int at = 0; at + (int64_t)filter.len <= len; at++)
        if (strncasecmp(full + at, filter.ptr, filter.len) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct patient *patient, const grasp_str filters[FILTER_COUNT])
{
    return allows(filters[FILTER_IDENTIFIER], patient->mrn) &&
           allows_name(filters[FILTER_FAMILY], patient->family) &&
           allows_name(filters[FILTER_GIVEN], patient->given) &&
           allows(filters[FILTER_BIRTHDATE], patient->birth_date) &&
           (!filters[FILTER_NAME].len || allows_full_name(filters[FILTER_NAME], patient));
}

/* The first and the number of the patients among whom the search has to look. */
static const struct patient *candidates(const struct cohort *cohort, grasp_str mrn,
                                        uint32_t *out_count)
{
    const struct patient *one = mrn.len ? cohort_find(cohort, mrn) : NULL;
    *out_count = one ? 1 : mrn.len ? 0 : cohort->patient_count;
    return one ? one : cohort->patients;
}

static void search_patients(const struct cohort *cohort, const struct fhir_query *query,
                            struct text *out)
{
    uint32_t count, total = 0, shown = 0;
    const struct patient *first = candidates(cohort, query->filters[FILTER_IDENTIFIER], &count);
    for (uint32_t i = 0; i < count; i++)
        total += is_wanted(&first[i], query->filters);
    struct bundle bundle = bundle_open(out, -1, total);
    for (uint32_t i = 0; i < count && shown < FHIR_PAGE && shown < total; i++) {
        if (is_wanted(&first[i], query->filters)) {
            bundle_add_patient(&bundle, &first[i]);
            shown++;
        }
    }
    bundle_close(&bundle);
}

static void search_readings(const struct cohort *cohort, const struct fhir_query *query,
                            struct text *out)
{
    uint32_t count, total, shown = 0;
    const struct patient *first = candidates(cohort, query->filters[FILTER_PATIENT], &count);
    if (!allows(query->filters[FILTER_CODE], "MG"))
        count = 0;
    total = count > 1 ? cohort->reading_count : count ? first->reading_count : 0;
    struct bundle bundle = bundle_open(out, -1, total);
    for (const struct patient *patient = first; patient < first + count; patient++) {
        for (uint32_t i = 0; i < patient->reading_count && shown < FHIR_PAGE; i++, shown++)
            bundle_add_reading(&bundle, cohort, patient, patient->first_reading + i);
        if (shown == FHIR_PAGE)
            break;
    }
    bundle_close(&bundle);
}

bool fhir_search(const struct cohort *cohort, grasp_str url, struct text *out_bundle,
                 struct text *out_error)
{
    struct fhir_query query;
    if (url.len > FHIR_URL_MAX) {
        text_put(out_error, "414 URI Too Long: at most ");
        text_number(out_error, FHIR_URL_MAX);
        text_put(out_error, " bytes");
        return false;
    }
    fhir_query_read(&query, url);
    if (query.resource == FHIR_UNKNOWN) {
        text_put(out_error, "unsupported resource: '");
        text_clean(out_error, query.named, NAMED_SHOWN);
        text_put(out_error, query.named.len > NAMED_SHOWN ? "...'" : "'");
        return false;
    }
    if (query.resource == FHIR_PATIENT)
        search_patients(cohort, &query, out_bundle);
    else
        search_readings(cohort, &query, out_bundle);
    return true;
}

void fhir_patient_bundle(const struct cohort *cohort, const struct patient *patient, int indent,
                         struct text *out)
{
    struct bundle bundle = bundle_open(out, indent, patient->reading_count);
    for (uint32_t i = 0; i < patient->reading_count; i++)
        bundle_add_reading(&bundle, cohort, patient, patient->first_reading + i);
    bundle_close(&bundle);
}
