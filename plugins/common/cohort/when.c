/* SPDX-License-Identifier: MIT */
#include "when.h"

#include <string.h>

#include "common/slice.h"

int64_t when_days(int64_t year, int64_t month, int64_t day)
{
    /* The year begins in March here, so that a leap day is the last of its year. */
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void when_civil(int64_t days, int64_t *out_year, int64_t *out_month, int64_t *out_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    *out_day = of_year - (153 * month + 2) / 5 + 1;
    *out_month = month < 10 ? month + 3 : month - 9;
    *out_year = year + era * 400 + (*out_month <= 2);
}

bool when_valid_date(int64_t year, int64_t month, int64_t day)
{
    static const int64_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= lengths[month - 1] + (month == 2 && leap);
}

bool when_digits(grasp_str *text, size_t width, int64_t *out)
{
    int64_t number = 0;
    if (text->len < width)
        return false;
    for (size_t i = 0; i < width; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9')
            return false;
        number = number * 10 + text->ptr[i] - '0';
    }
    *text = slice_from(*text, width);
    *out = number;
    return true;
}

static bool take(grasp_str *text, char c)
{
    if (!text->len || *text->ptr != c)
        return false;
    *text = slice_from(*text, 1);
    return true;
}

static bool read_date(grasp_str *text, int64_t *out_days)
{
    int64_t year, month, day;
    if (!when_digits(text, 4, &year) || !take(text, '-') || !when_digits(text, 2, &month) ||
        !take(text, '-') || !when_digits(text, 2, &day) || !when_valid_date(year, month, day))
        return false;
    *out_days = when_days(year, month, day);
    return true;
}

static bool read_fraction(grasp_str *text, int64_t *out_micros)
{
    size_t width = text->len;
    if (width != 3 && width != 6)
        return false;
    if (!when_digits(text, width, out_micros))
        return false;
    if (width == 3)
        *out_micros *= 1000;
    return true;
}

/* HH[:MM[:SS[.fff[fff]]]], all of the text. */
static bool read_clock(grasp_str text, int64_t *out_micros)
{
    int64_t part[3] = {0, 0, 0}, fraction = 0;
    for (int i = 0; i < 3; i++) {
        if (!when_digits(&text, 2, &part[i]))
            return false;
        if (!text.len)
            break;
        if (i == 2 ? !take(&text, '.') || !read_fraction(&text, &fraction) : !take(&text, ':'))
            return false;
    }
    if (text.len || part[0] > 23 || part[1] > 59 || part[2] > 59)
        return false;
    *out_micros = ((part[0] * 60 + part[1]) * 60 + part[2]) * WHEN_SECOND + fraction;
    return true;
}

static size_t zone_at(grasp_str text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] != '+' && text.ptr[at] != '-')
        at++;
    return at;
}

static bool read_zone(grasp_str text, struct when *out)
{
    int64_t micros;
    int64_t sign = *text.ptr == '-' ? -1 : 1;
    text = slice_from(text, 1);
    if (text.len != 5 && text.len != 8 && text.len != 15)
        return false;
    if (!read_clock(text, &micros))
        return false;
    out->aware = true;
    out->offset = (int32_t)(sign * micros / WHEN_SECOND);
    out->micros -= sign * micros;
    return true;
}

bool when_read(grasp_str text, bool lenient, struct when *out)
{
    int64_t days, clock = 0;
    uint32_t code;
    struct when when = {0};
    if (!read_date(&text, &days))
        return false;
    when.micros = days * WHEN_DAY;
    if (text.len) {
        text = slice_from(text, utf8_at(text, 0, &code));
        if (lenient && slice_ends(text, "Z")) {
            text.len--;
            when.aware = true;
        }
        size_t zone = when.aware ? text.len : zone_at(text);
        if (!read_clock(slice_cut(text, 0, zone), &clock))
            return false;
        when.micros += clock;
        if (zone < text.len && !read_zone(slice_from(text, zone), &when))
            return false;
    }
    *out = when;
    return true;
}

int64_t when_date(struct when when)
{
    int64_t local = when.micros + when.offset * WHEN_SECOND;
    return local >= 0 ? local / WHEN_DAY : -((WHEN_DAY - 1 - local) / WHEN_DAY);
}

static void put_digits(char *at, int width, int64_t number)
{
    while (width--) {
        at[width] = (char)('0' + number % 10);
        number /= 10;
    }
}

void when_write(int64_t micros, char out[WHEN_SIZE])
{
    int64_t year, month, day, days = when_date((struct when){.micros = micros});
    int64_t second = (micros - days * WHEN_DAY) / WHEN_SECOND;
    when_civil(days, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00+00:00", WHEN_SIZE);
    put_digits(out, 4, year);
    put_digits(out + 5, 2, month);
    put_digits(out + 8, 2, day);
    put_digits(out + 11, 2, second / 3600);
    put_digits(out + 14, 2, second / 60 % 60);
    put_digits(out + 17, 2, second % 60);
}
