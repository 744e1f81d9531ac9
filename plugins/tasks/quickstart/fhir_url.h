/* SPDX-License-Identifier: MIT */
/* What a search URL asks for. */
#pragma once

#include <grasp/abi.h>

enum fhir_resource { FHIR_UNKNOWN, FHIR_PATIENT, FHIR_OBSERVATION };

enum fhir_filter {
    FILTER_IDENTIFIER,
    FILTER_FAMILY,
    FILTER_GIVEN,
    FILTER_BIRTHDATE,
    FILTER_NAME,
    FILTER_PATIENT,
    FILTER_CODE,
    FILTER_COUNT,
};

#define FHIR_URL_MAX 8192

struct fhir_query {
    enum fhir_resource resource;
    grasp_str named;                 /* what stands where the resource should; for errors */
    grasp_str filters[FILTER_COUNT]; /* decoded; empty: not given */
    size_t used;
    char storage[2 * FHIR_URL_MAX]; /* the URL, then what was decoded of it */
};

/* Reads a URL of at most FHIR_URL_MAX bytes, absolute or not. */
void fhir_query_read(struct fhir_query *query, grasp_str url);
