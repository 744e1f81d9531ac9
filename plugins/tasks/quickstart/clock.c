/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <stdio.h>
#include <string.h>

#define NOW_DAYS 19674 /* 2023-11-13 since 1970-01-01 */
#define NOW_MINUTES (NOW_DAYS * 1440 + 10 * 60 + 15)

/* Days since 1970-01-01, in the calendar that begins a year in March, so that a leap day is the
 * last of its year. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int *out_year, int *out_month, int *out_day)
{
    days += 719468;
    int64_t era = days / 146097, of_era = days % 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    *out_day = (int)(of_year - (153 * month + 2) / 5 + 1);
    *out_month = (int)(month < 10 ? month + 3 : month - 9);
    *out_year = (int)(year + era * 400 + (*out_month <= 2));
}

static void put_digits(char *at, int width, int number)
{
    while (width--) {
        at[width] = (char)('0' + number % 10);
        number /= 10;
    }
}

void clock_before(int32_t minutes, char out[CLOCK_SIZE])
{
    int64_t time = (int64_t)NOW_MINUTES - minutes;
    int year, month, day, of_day = (int)(time % 1440);
    date_of(time / 1440, &year, &month, &day);
    memcpy(out, CLOCK_NOW, CLOCK_SIZE);
    put_digits(out, 4, year);
    put_digits(out + 5, 2, month);
    put_digits(out + 8, 2, day);
    put_digits(out + 11, 2, of_day / 60);
    put_digits(out + 14, 2, of_day % 60);
}

static bool get_digits(const char *at, int width, int64_t *out)
{
    *out = 0;
    while (width--) {
        if (*at < '0' || *at > '9')
            return false;
        *out = *out * 10 + *at++ - '0';
    }
    return true;
}

bool clock_read(grasp_str time, int64_t *out_minutes)
{
    int64_t year, month, day, hour, minute;
    if (time.len < 16 || !get_digits(time.ptr, 4, &year) || !get_digits(time.ptr + 5, 2, &month) ||
        !get_digits(time.ptr + 8, 2, &day) || !get_digits(time.ptr + 11, 2, &hour) ||
        !get_digits(time.ptr + 14, 2, &minute) || month < 1 || month > 12)
        return false;
    *out_minutes = days_of(year, month, day) * 1440 + hour * 60 + minute;
    return true;
}
