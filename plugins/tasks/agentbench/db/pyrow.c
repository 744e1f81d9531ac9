/* SPDX-License-Identifier: MIT */
#include "pyrow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pyrepr.h"

/* "2000-08-15 01:02:03.5": up to seven numbers; the last is in microseconds. */
static int read_numbers(grasp_str text, const char *separators, long *out, int most)
{
    int count = 0;
    size_t at = 0;
    while (count < most && at < text.len) {
        long number = 0;
        size_t digits = 0;
        bool fraction = count > 0 && text.ptr[at - 1] == '.';
        for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9' && digits < 9; digits++)
            number = number * 10 + text.ptr[at++] - '0';
        for (; fraction && digits < 6; digits++)
            number *= 10;
        out[count++] = number;
        if (at < text.len && !strchr(separators, text.ptr[at]))
            return -1;
        at++;
    }
    return count;
}

static void put_date(struct text *out, grasp_str text)
{
    long n[3] = {0};
    if (read_numbers(text, "-", n, 3) != 3 || !n[0] || !n[1] || !n[2])
        text_put(out, "None"); /* Python has no such day */
    else
        text_format(out, "datetime.date(%ld, %ld, %ld)", n[0], n[1], n[2]);
}

static void put_datetime(struct text *out, grasp_str text)
{
    long n[7] = {0};
    int count = read_numbers(text, "- :.", n, 7);
    if (count < 3 || !n[0] || !n[1] || !n[2]) {
        text_put(out, "None");
        return;
    }
    text_format(out, "datetime.datetime(%ld, %ld, %ld, %ld, %ld", n[0], n[1], n[2], n[3], n[4]);
    if (n[5] || n[6])
        text_format(out, ", %ld", n[5]);
    if (n[6])
        text_format(out, ", %ld", n[6]);
    text_char(out, ')');
}

/* Python normalises: a day has 86400 seconds, and only days are negative. */
static void put_time(struct text *out, grasp_str text)
{
    long n[4] = {0};
    bool negative = text.len && *text.ptr == '-';
    grasp_str rest = {text.ptr + negative, text.len - negative};
    int count = read_numbers(rest, ":.", n, 4);
    long long micros = ((n[0] * 60LL + n[1]) * 60 + n[2]) * 1000000 + n[3];
    const long long day = 86400LL * 1000000;
    if (count < 3) {
        text_put(out, "None");
        return;
    }
    micros = negative ? -micros : micros;
    long long days = micros / day - (micros % day < 0);
    micros -= days * day;
    const char *comma = "";
    text_put(out, "datetime.timedelta(");
    if (days) {
        text_format(out, "days=%lld", days);
        comma = ", ";
    }
    if (micros / 1000000) {
        text_format(out, "%sseconds=%lld", comma, micros / 1000000);
        comma = ", ";
    }
    if (micros % 1000000)
        text_format(out, "%smicroseconds=%lld", comma, micros % 1000000);
    text_put(out, days || micros ? ")" : "0)");
}

static void put_real(struct text *out, grasp_str text)
{
    char digits[400];
    snprintf(digits, sizeof(digits), "%.*s", (int)(text.len < 399 ? text.len : 399), text.ptr);
    text_double(out, strtod(digits, NULL));
}

void pyrow_value(struct text *out, const struct value *value)
{
    if (value->null) {
        text_put(out, "None");
        return;
    }
    switch (value->kind) {
    case COLUMN_INTEGER:
        text_str(out, value->text);
        break;
    case COLUMN_REAL:
        put_real(out, value->text);
        break;
    case COLUMN_DECIMAL:
        text_put(out, "Decimal(");
        pyrepr_string(out, value->text);
        text_char(out, ')');
        break;
    case COLUMN_TEXT:
        pyrepr_string(out, value->text);
        break;
    case COLUMN_BYTES:
        text_put(out, "bytearray(");
        pyrepr_bytes(out, value->text);
        text_char(out, ')');
        break;
    case COLUMN_DATE:
        put_date(out, value->text);
        break;
    case COLUMN_DATETIME:
        put_datetime(out, value->text);
        break;
    case COLUMN_TIME:
        put_time(out, value->text);
        break;
    }
}

void pyrow_write(struct text *out, const struct value *values, size_t count)
{
    text_char(out, '(');
    for (size_t i = 0; i < count; i++) {
        text_put(out, i ? ", " : "");
        pyrow_value(out, &values[i]);
    }
    text_put(out, count == 1 ? ",)" : ")");
}
