/* SPDX-License-Identifier: MIT */
/* Wall-clock times of Boston: seconds since 1970-01-01 00:00 of that clock, whatever its offset. */
#pragma once

#include <stdint.h>

#define WALL_MINUTE INT64_C(60)
#define WALL_HOUR (60 * WALL_MINUTE)
#define WALL_DAY (24 * WALL_HOUR)

#define WALL_FHIR_SIZE 26 /* 2150-07-01T10:15:00-04:00 */
#define WALL_SQL_SIZE 20  /* 2150-07-01 10:15:00 */
#define WALL_DATE_SIZE 11 /* 2150-07-01 */

int64_t mimic_wall(int64_t year, int64_t month, int64_t day);
int64_t mimic_wall_year(int64_t wall);
/* With the offset of US Eastern time: -04:00 from the second Sunday of March to the first of
 * November, 2 o'clock each, else -05:00. */
void mimic_wall_fhir(int64_t wall, char out[WALL_FHIR_SIZE]);
void mimic_wall_sql(int64_t wall, char out[WALL_SQL_SIZE]);
void mimic_wall_date(int64_t wall, char out[WALL_DATE_SIZE]);
