/* SPDX-License-Identifier: MIT */
/* Dates of FHIR as ranges of time: a date of less than full precision stands for all of its
 * instants. Without an offset it is UTC. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#define INSTANT_NONE INT64_MIN
#define INSTANT_OPEN_LOW (INT64_MIN + 1) /* a period without its start */
#define INSTANT_OPEN_HIGH INT64_MAX

/* Milliseconds since 1970, both ends included. */
struct instant_range {
    int64_t low, high;
};

enum instant_precision { PRECISION_YEAR, PRECISION_MONTH, PRECISION_DAY, PRECISION_TIME };

/* YYYY, YYYY-MM, YYYY-MM-DD, or with Thh:mm[:ss[.fraction]] and Z, +hh:mm or " hh:mm" (a plus that
 * a URL turned into a blank). False if it is not one or no such day exists. */
bool instant_read(grasp_str text, struct instant_range *out, enum instant_precision *out_precision);
/* YYYY-MM-DDThh:mm:ss.mmm+00:00 and a NUL. */
#define INSTANT_SIZE 30
void instant_write(int64_t ms, char out[INSTANT_SIZE]);
