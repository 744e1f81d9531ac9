/* SPDX-License-Identifier: MIT */
/* Points in time, read as Python's datetime.fromisoformat reads them (3.9: fractions of 3 or 6
 * digits, no Z). */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#define WHEN_SECOND INT64_C(1000000)
#define WHEN_HOUR (3600 * WHEN_SECOND)
#define WHEN_DAY (24 * WHEN_HOUR)

struct when {
    int64_t micros; /* since 1970-01-01: of UTC if aware, else of an unknown clock */
    int32_t offset; /* seconds east of UTC */
    bool aware;
};

/* lenient: Z is an offset too. */
bool when_read(grasp_str text, bool lenient, struct when *out);
/* Days since 1970-01-01 of the date on the clock that the time was written by. */
int64_t when_date(struct when when);
/* YYYY-MM-DDTHH:MM:SS+00:00, the form of all our data; 26 bytes with the NUL. */
#define WHEN_SIZE 26
void when_write(int64_t micros, char out[WHEN_SIZE]);

bool when_valid_date(int64_t year, int64_t month, int64_t day);
int64_t when_days(int64_t year, int64_t month, int64_t day); /* since 1970-01-01 */
void when_civil(int64_t days, int64_t *out_year, int64_t *out_month, int64_t *out_day);
/* `width` ASCII digits at the front of *text, which is moved past them. */
bool when_digits(grasp_str *text, size_t width, int64_t *out);
