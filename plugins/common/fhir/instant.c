/* SPDX-License-Identifier: MIT */
#include "instant.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS 86400000ll
#define MINUTE_MS 60000ll

struct reader {
    const char *at, *end;
};

/* Exactly so many digits. */
static bool digits(struct reader *reader, int count, int *out)
{
    int number = 0;
    if (reader->end - reader->at < count)
        return false;
    for (int i = 0; i < count; i++) {
        char c = reader->at[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    reader->at += count;
    *out = number;
    return true;
}

static bool take(struct reader *reader, char c)
{
    if (reader->at >= reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar, by counting from a March. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2), shifted = (month + 9) % 12;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * shifted + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : lengths[month - 1];
}

static bool read_date(struct reader *reader, struct instant_range *out,
                      enum instant_precision *out_precision)
{
    int year, month = 1, day = 1;
    if (!digits(reader, 4, &year))
        return false;
    *out_precision = PRECISION_YEAR;
    if (take(reader, '-')) {
        if (!digits(reader, 2, &month) || month < 1 || month > 12)
            return false;
        *out_precision = PRECISION_MONTH;
        if (take(reader, '-')) {
            if (!digits(reader, 2, &day) || day < 1 || day > month_length(year, month))
                return false;
            *out_precision = PRECISION_DAY;
        }
    }
    out->low = days_of(year, month, day) * DAY_MS;
    if (*out_precision == PRECISION_YEAR)
        out->high = days_of(year + 1, 1, 1) * DAY_MS - 1;
    else if (*out_precision == PRECISION_MONTH)
        out->high = days_of(year, month, month_length(year, month)) * DAY_MS + DAY_MS - 1;
    else
        out->high = out->low + DAY_MS - 1;
    return true;
}

/* The milliseconds of a fraction; *out_span is how many it leaves open. */
static bool read_fraction(struct reader *reader, int *out_ms, int *out_span)
{
    int scale = 100, ms = 0, count = 0;
    for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; count++) {
        ms += (*reader->at++ - '0') * scale;
        scale /= 10;
    }
    *out_ms = ms;
    *out_span = count == 1 ? 99 : count == 2 ? 9 : 0;
    return count > 0;
}

static bool read_offset(struct reader *reader, int64_t *out_ms)
{
    int hours, minutes;
    *out_ms = 0;
    if (reader->at == reader->end || take(reader, 'Z') || take(reader, 'z'))
        return true;
    char sign = *reader->at++;
    if ((sign != '+' && sign != '-' && sign != ' ') || !digits(reader, 2, &hours))
        return false;
    take(reader, ':');
    if (!digits(reader, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    *out_ms = (hours * 60 + minutes) * (sign == '-' ? -MINUTE_MS : MINUTE_MS);
    return true;
}

/* After the "T". */
static bool read_time(struct reader *reader, struct instant_range *out)
{
    int hours, minutes, seconds = 0, ms = 0, span = 59999;
    int64_t offset;
    if (!digits(reader, 2, &hours) || !take(reader, ':') || !digits(reader, 2, &minutes))
        return false;
    if (take(reader, ':')) {
        if (!digits(reader, 2, &seconds))
            return false;
        span = 999;
        if (take(reader, '.') && !read_fraction(reader, &ms, &span))
            return false;
    }
    if (hours > 23 || minutes > 59 || seconds > 60 || !read_offset(reader, &offset))
        return false;
    out->low += (hours * 60 + minutes) * MINUTE_MS + seconds * 1000ll + ms - offset;
    out->high = out->low + span;
    return true;
}

bool instant_read(grasp_str text, struct instant_range *out, enum instant_precision *out_precision)
{
    struct reader reader = {text.ptr, text.ptr + text.len};
    struct instant_range range;
    if (!read_date(&reader, &range, out_precision))
        return false;
    if (*out_precision == PRECISION_DAY && take(&reader, 'T')) {
        if (!read_time(&reader, &range))
            return false;
        *out_precision = PRECISION_TIME;
    }
    if (reader.at != reader.end)
        return false;
    *out = range;
    return true;
}

/* The inverse of days_of. */
static void date_of(int64_t days, int *out_year, int *out_month, int *out_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *out_day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *out_month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *out_year = (int)(year + era * 400 + (*out_month <= 2));
}

void instant_write(int64_t ms, char out[INSTANT_SIZE])
{
    static const int64_t first = -62167219200000ll, last = 253402300799999ll; /* years 0 to 9999 */
    int year, month, day;
    char text[80];
    ms = ms < first ? first : ms > last ? last : ms;
    int64_t days = ms / DAY_MS - (ms % DAY_MS < 0), of_day = ms - days * DAY_MS;
    date_of(days, &year, &month, &day);
    int minutes = (int)(of_day / MINUTE_MS), of_minute = (int)(of_day % MINUTE_MS);
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03d+00:00", year, month, day,
             minutes / 60, minutes % 60, of_minute / 1000, of_minute % 1000);
    memcpy(out, text, INSTANT_SIZE - 1);
    out[INSTANT_SIZE - 1] = 0;
}
