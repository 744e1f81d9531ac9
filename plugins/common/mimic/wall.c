/* SPDX-License-Identifier: MIT */
#include "wall.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct civil {
    int year, month, day, hour, minute, second;
};

/* Days since 1970-01-01 in the proleptic Gregorian calendar, years counted from March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct civil civil_of(int64_t wall)
{
    int64_t days = wall / WALL_DAY, left = wall % WALL_DAY;
    if (left < 0) {
        days--;
        left += WALL_DAY;
    }
    int64_t z = days + 719468, era = z / 146097, of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    int64_t month = m < 10 ? m + 3 : m - 9;
    return (struct civil){
        .year = (int)(y + era * 400 + (month <= 2)),
        .month = (int)month,
        .day = (int)(of_year - (153 * m + 2) / 5 + 1),
        .hour = (int)(left / WALL_HOUR),
        .minute = (int)(left % WALL_HOUR / WALL_MINUTE),
        .second = (int)(left % WALL_MINUTE),
    };
}

int64_t mimic_wall(int64_t year, int64_t month, int64_t day)
{
    return days_of(year, month, day) * WALL_DAY;
}

int64_t mimic_wall_year(int64_t wall)
{
    return civil_of(wall).year;
}

/* The n-th Sunday of a month, at 2 o'clock. 1970-01-01 was a Thursday. */
static int64_t sunday(int64_t year, int64_t month, int64_t n)
{
    int64_t first = days_of(year, month, 1), weekday = (first + 4) % 7;
    return (first + (7 - weekday) % 7 + (n - 1) * 7) * WALL_DAY + 2 * WALL_HOUR;
}

/* A number of so many digits, and what follows it. */
static char *put(char *out, int number, int digits, char after)
{
    for (int i = digits; i-- > 0; number /= 10)
        out[i] = (char)('0' + number % 10);
    out[digits] = after;
    return out + digits + 1;
}

/* With the NUL WALL_SQL_SIZE bytes. Years have four digits. */
static void put_wall(struct civil c, char between, char *out)
{
    out = put(out, c.year, 4, '-');
    out = put(out, c.month, 2, '-');
    out = put(out, c.day, 2, between);
    out = put(out, c.hour, 2, ':');
    out = put(out, c.minute, 2, ':');
    put(out, c.second, 2, 0);
}

void mimic_wall_fhir(int64_t wall, char out[WALL_FHIR_SIZE])
{
    struct civil c = civil_of(wall);
    bool summer = wall >= sunday(c.year, 3, 2) && wall < sunday(c.year, 11, 1);
    put_wall(c, 'T', out);
    memcpy(out + WALL_SQL_SIZE - 1, summer ? "-04:00" : "-05:00", 7);
}

void mimic_wall_sql(int64_t wall, char out[WALL_SQL_SIZE])
{
    put_wall(civil_of(wall), ' ', out);
}

void mimic_wall_date(int64_t wall, char out[WALL_DATE_SIZE])
{
    char text[WALL_SQL_SIZE];
    mimic_wall_sql(wall, text);
    snprintf(out, WALL_DATE_SIZE, "%.10s", text);
}
