/* SPDX-License-Identifier: MIT */
#include "model/retry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"

#define TEXT_MAX 65536 /* bytes of a body that are searched */

/* Full jitter needs numbers that differ between calls and processes, nothing more. */
static double jitter(void)
{
    static uint64_t state;
    uint64_t z = __atomic_add_fetch(&state, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);
    z ^= clock_monotonic_us() * UINT64_C(0xd1342543de82ef95);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static double clamp(double value, double least, double most)
{
    if (value > most)
        value = most;
    return value < least ? least : value;
}

/* Reads `count` decimal digits; -1 if they are not there. */
static int digits(struct str text, size_t at, size_t count)
{
    int value = 0;
    if (at + count > text.len)
        return -1;
    for (size_t i = at; i < at + count; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return -1;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool make_time(int year, int month, int day, int hour, int minute, int second,
                      int64_t *out_ms)
{
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second};
    *out_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

/* "2030-01-31 12:00:00 UTC" */
static bool read_iso(struct str text, int64_t *out_ms)
{
    if (text.len < 23 || text.ptr[4] != '-' || text.ptr[7] != '-' || text.ptr[10] != ' ' ||
        text.ptr[13] != ':' || text.ptr[16] != ':' || memcmp(text.ptr + 19, " UTC", 4) != 0)
        return false;
    return make_time(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2),
                     digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2), out_ms);
}

static struct str from(struct str text, size_t at)
{
    return (struct str){text.ptr + at, text.len - at};
}

static bool reset_delay(struct str text, double most, int64_t now_ms, double *out_seconds)
{
    static const struct str marker = {"Limit resets at:", 16};
    size_t at;
    int64_t when;
    while (str_find(text, marker, &at)) {
        text = from(text, at + marker.len);
        if (!read_iso(str_trim(text), &when))
            continue;
        *out_seconds = clamp((double)(when - now_ms) / 1000 + 2, 1, most);
        return true;
    }
    return false;
}

/* digits [. digits], as far as they go. */
static bool leading_number(struct str text, double *out, size_t *out_len)
{
    size_t len = 0, whole;
    while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9')
        len++;
    whole = len;
    if (len + 1 < text.len && text.ptr[len] == '.') {
        len++;
        while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9')
            len++;
        if (len == whole + 1)
            len = whole;
    }
    *out_len = len;
    return whole && str_to_double((struct str){text.ptr, len}, out);
}

static bool again_delay(struct str text, double most, double *out_seconds)
{
    size_t at, len;
    double number;
    while (str_find(text, STR("ry again in "), &at)) {
        bool word = at > 0 && (text.ptr[at - 1] == 't' || text.ptr[at - 1] == 'T');
        text = from(text, at + 12);
        if (!word || !leading_number(text, &number, &len))
            continue;
        if (!str_starts(str_trim(from(text, len)), "second"))
            continue;
        *out_seconds = clamp(number + 1, 0, most);
        return true;
    }
    return false;
}

bool retry_text_delay(struct str text, double most, int64_t now_ms, double *out_seconds)
{
    if (text.len > TEXT_MAX)
        text.len = TEXT_MAX;
    return reset_delay(text, most, now_ms, out_seconds) || again_delay(text, most, out_seconds);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" and its two older forms: the month by name, the time by its
 * colons, the day is the first number and the year the last. */
static bool read_http_date(struct str text, int64_t *out_ms)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    int month = 0, day = -1, year = -1, hour = -1, minute = -1, second = -1;
    while (text.len) {
        struct str word = text;
        size_t len = 0;
        while (len < text.len && !strchr(" ,-", text.ptr[len]))
            len++;
        word.len = len;
        text = from(text, len < text.len ? len + 1 : len);
        if (len == 8 && word.ptr[2] == ':' && word.ptr[5] == ':') {
            hour = digits(word, 0, 2);
            minute = digits(word, 3, 2);
            second = digits(word, 6, 2);
        } else if (len && len <= 4 && digits(word, 0, len) >= 0) {
            year = day < 0 ? -1 : digits(word, 0, len);
            day = day < 0 ? digits(word, 0, len) : day;
        } else if (len == 3) {
            for (int i = 0; i < 12; i++) {
                if (strncasecmp(word.ptr, months + (size_t)i * 3, 3) == 0)
                    month = i + 1;
            }
        }
    }
    if (year >= 0 && year < 100)
        year += year < 70 ? 2000 : 1900;
    return make_time(year, month, day, hour, minute, second, out_ms);
}

/* "1s", "6m0s", "20ms", "1h2m3.5s", or plain seconds. */
static bool read_duration(struct str text, double *out_seconds)
{
    double total = 0, number;
    size_t len;
    text = str_trim(text);
    if (!text.len)
        return false;
    while (text.len) {
        if (!leading_number(text, &number, &len))
            return false;
        text = from(text, len);
        if (str_starts(text, "ms")) {
            total += number / 1000;
            text = from(text, 2);
            continue;
        }
        char unit = text.len ? text.ptr[0] : 's';
        const char *at = strchr("smhd", unit);
        static const double seconds[] = {1, 60, 3600, 86400};
        if (!at || !*at)
            return false;
        total += number * seconds[at - "smhd"];
        text = from(text, text.len ? 1 : 0);
    }
    *out_seconds = total;
    return true;
}

static bool retry_after(const struct http_request *reply, int64_t now_ms, double *out_seconds)
{
    struct str value = str_trim(http_header(reply, "retry-after-ms"));
    int64_t when;
    if (value.len && str_to_double(value, out_seconds)) {
        *out_seconds /= 1000;
        return true;
    }
    value = str_trim(http_header(reply, "retry-after"));
    if (!value.len)
        return false;
    if (read_duration(value, out_seconds))
        return true;
    if (!read_http_date(value, &when))
        return false;
    *out_seconds = (double)(when - now_ms) / 1000;
    return true;
}

/* Seconds to go, or a point in time in seconds or milliseconds since 1970: no wait is as long. */
static bool read_reset(struct str value, int64_t now_ms, double *out_seconds)
{
    double number;
    if (!read_duration(value, &number))
        return false;
    if (number > 1e11)
        number = (number - (double)now_ms) / 1000;
    else if (number > 1e9)
        number -= (double)now_ms / 1000;
    *out_seconds = number;
    return true;
}

/* A limit whose rest is not 0 is not the one that was hit. */
static bool limit_reset(const struct http_request *reply, int64_t now_ms, double *out_seconds)
{
    static const char *const limits[][2] = {
        {"x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"},
        {"x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"},
        {"x-ratelimit-reset", "x-ratelimit-remaining"},
        {"ratelimit-reset", "ratelimit-remaining"},
    };
    bool found = false;
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        struct str rest = str_trim(http_header(reply, limits[i][1]));
        double seconds;
        if (rest.len && !str_is(rest, "0"))
            continue;
        if (!read_reset(http_header(reply, limits[i][0]), now_ms, &seconds))
            continue;
        *out_seconds = found && *out_seconds > seconds ? *out_seconds : seconds;
        found = true;
    }
    return found;
}

bool retry_header_delay(const struct http_request *reply, int64_t now_ms, double *out_seconds)
{
    if (reply->end != HTTP_DONE)
        return false;
    if (retry_after(reply, now_ms, out_seconds))
        return true;
    return reply->status == 429 && limit_reset(reply, now_ms, out_seconds);
}

double retry_ceiling(const struct chat_config *config, unsigned attempt)
{
    double ceiling = ldexp(config->retry_base_delay, attempt < 64 ? (int)attempt : 64);
    return ceiling < config->retry_max_delay ? ceiling : config->retry_max_delay;
}

uint64_t retry_delay_ms(const struct chat_config *config, unsigned attempt,
                        const struct http_request *reply)
{
    int64_t now = clock_wall_ms();
    double seconds = 0;
    bool asked = retry_header_delay(reply, now, &seconds);
    if (!asked && reply->end == HTTP_DONE)
        asked = retry_text_delay(buf_view(&reply->body_in), config->retry_after_max, now, &seconds);
    if (asked && seconds > 0) {
        seconds = clamp(seconds, 0, config->retry_after_max);
        /* Those that were sent away together should not all come back together. */
        seconds += jitter() * clamp(seconds / 10, 0.01, 2);
    } else {
        seconds = jitter() * retry_ceiling(config, attempt);
    }
    return (uint64_t)ceil(seconds * 1000);
}
