/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "common/slice.h"

static bool find_marker(grasp_str text, size_t *out_end)
{
    const char *marker = ANSWER_MARKER;
    size_t len = strlen(marker);
    for (size_t at = text.len < len ? 0 : text.len - len + 1; at-- > 0;) {
        if ((text.ptr[at] | 0x20) != (marker[0] | 0x20) ||
            strncasecmp(text.ptr + at, marker, len) != 0)
            continue;
        *out_end = at + len;
        return true;
    }
    return false;
}

bool answer_has_marker(grasp_str text)
{
    size_t ignored;
    return find_marker(text, &ignored);
}

grasp_str answer_behind_marker(grasp_str text)
{
    size_t end;
    if (find_marker(text, &end))
        text = slice_from(text, end);
    text = slice_trim(text);
    while (text.len && strchr("*`_ \t", text.ptr[0]) && text.ptr[0])
        text = slice_from(text, 1);
    while (text.len && strchr("*` \t", text.ptr[text.len - 1]) && text.ptr[text.len - 1])
        text.len--;
    return text;
}

void answer_normalize(struct text *out, grasp_str text)
{
    struct text kept CLEANUP_TEXT = {0};
    uint32_t code;
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        if (utf8_is_word(code) || utf8_is_space(code) ||
            (code && code < 0x80 && strchr("[].:-", (int)code)))
            text_code(&kept, utf8_lower(code));
    }
    text_str(out, slice_trim(text_view(&kept)));
}

bool answer_equal(grasp_str a, grasp_str b)
{
    struct text left CLEANUP_TEXT = {0}, right CLEANUP_TEXT = {0};
    answer_normalize(&left, a);
    answer_normalize(&right, b);
    return left.len && slice_eq(text_view(&left), text_view(&right));
}

/* One value: in quotes, or up to a blank or bracket. */
static grasp_str take_cell(grasp_str text, size_t *at)
{
    size_t from = *at;
    char quote = text.ptr[from];
    if (quote != '\'' && quote != '"') {
        while (*at < text.len && !strchr(" \n\t,[]", text.ptr[*at]))
            ++*at;
        return slice_cut(text, from, *at);
    }
    for (++*at; *at < text.len && text.ptr[*at] != quote; ++*at)
        *at += text.ptr[*at] == '\\';
    size_t end = *at < text.len ? *at : text.len;
    *at = end + 1;
    return slice_cut(text, from + 1, end);
}

struct strings answer_cells(struct pool *pool, grasp_str truth)
{
    struct strings out = {0};
    for (size_t at = 0; at < truth.len;) {
        if (strchr(" \n\t,[]", truth.ptr[at])) {
            at++;
            continue;
        }
        size_t from = at;
        grasp_str cell = take_cell(truth, &at);
        bool quoted = truth.ptr[from] == '\'' || truth.ptr[from] == '"';
        if (at == from)
            at++;
        else if (quoted || (!grasp_equal(cell, "None") && !grasp_equal(cell, "nan")))
            strings_add(pool, &out, cell);
    }
    return out;
}

static bool digits_at(grasp_str text, size_t at, const char *form)
{
    size_t len = strlen(form);
    if (at + len > text.len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text.ptr[at + i];
        if (form[i] == '0' ? !isdigit((unsigned char)c) : c != form[i])
            return false;
    }
    return true;
}

static bool day_at(grasp_str text, size_t at)
{
    return digits_at(text, at, "0000-00-00");
}

/* Where the time of day begins behind the day at a place; 0 if there is none. */
static size_t clock_behind(grasp_str text, size_t day)
{
    size_t at = day + 10;
    if (at >= text.len || (text.ptr[at] != ' ' && text.ptr[at] != 'T'))
        return 0;
    return digits_at(text, at + 1, "00:00") ? at + 1 : 0;
}

enum cell_kind answer_cell_kind(grasp_str cell, double *out_number)
{
    char copy[64], *end;
    if (day_at(cell, 0))
        return CELL_TIME;
    if (!cell.len || cell.len >= sizeof(copy) || isspace((unsigned char)cell.ptr[0]))
        return CELL_TEXT;
    memcpy(copy, cell.ptr, cell.len);
    copy[cell.len] = 0;
    double number = strtod(copy, &end);
    if (*end || !isfinite(number) || strspn(copy, "+-.0123456789eE") != cell.len)
        return CELL_TEXT;
    if (out_number)
        *out_number = number;
    return CELL_NUMBER;
}

static bool has_words(grasp_str text, const char *words)
{
    size_t len = strlen(words);
    for (size_t at = 0; at + len <= text.len; at++) {
        bool from = !at || !isalnum((unsigned char)text.ptr[at - 1]);
        bool to = at + len == text.len || !isalnum((unsigned char)text.ptr[at + len]);
        if (from && to && strncasecmp(text.ptr + at, words, len) == 0)
            return true;
    }
    return false;
}

bool answer_denies(grasp_str text)
{
    static const char *const words[] = {
        "not found",     "no data",          "not available", "no record",  "no records",
        "none",          "not recorded",     "no result",     "no results", "not documented",
        "no matching",   "no such",          "unavailable",   "no answer",  "no value",
        "not determine", "cannot determine", "unable to",     "was not",    "were not",
        "did not",       "nothing",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (has_words(text, words[i]))
            return true;
    return false;
}

int answer_yes_no(grasp_str text)
{
    text = slice_trim(text);
    static const char *const yes[] = {"yes", "true"}, *const no[] = {"no", "false"};
    for (int i = 0; i < 2; i++) {
        if (has_words(slice_cut(text, 0, strlen(yes[i]) + 1), yes[i]))
            return 1;
        if (has_words(slice_cut(text, 0, strlen(no[i]) + 1), no[i]))
            return 0;
    }
    bool has_yes = has_words(text, "yes"), has_no = has_words(text, "no");
    return has_yes == has_no ? -1 : has_yes;
}

static bool is_joined(grasp_str text, size_t at)
{
    return at < text.len && (isalnum((unsigned char)text.ptr[at]) || text.ptr[at] == '_');
}

size_t answer_numbers(grasp_str text, double *out, size_t most)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        if (day_at(text, at)) {
            size_t clock = clock_behind(text, at);
            at = clock ? clock + 5 : at + 10;
            while (at < text.len && (isdigit((unsigned char)text.ptr[at]) || text.ptr[at] == ':'))
                at++;
            continue;
        }
        bool digit = isdigit((unsigned char)text.ptr[at]) != 0;
        if (!digit || (at && is_joined(text, at - 1))) {
            at++;
            continue;
        }
        char copy[64], *end;
        size_t len = slice_from(text, at).len < 63 ? slice_from(text, at).len : 63;
        memcpy(copy, text.ptr + at, len);
        copy[len] = 0;
        copy[strspn(copy, "0123456789.")] = 0;
        double value = strtod(copy, &end);
        bool negative = at && text.ptr[at - 1] == '-' && !(at > 1 && is_joined(text, at - 2));
        if (count < most)
            out[count] = negative ? -value : value;
        count++;
        at += (size_t)(end - copy) ? (size_t)(end - copy) : 1;
    }
    return count;
}

/* Days since 1970-01-01 in the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t number_at(grasp_str text, size_t at, size_t len)
{
    int64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (text.ptr[at + i] - '0');
    return value;
}

bool answer_time(grasp_str text, int64_t *out)
{
    for (size_t at = 0; at < text.len; at++) {
        size_t clock;
        if (!day_at(text, at) || !(clock = clock_behind(text, at)))
            continue;
        int64_t days =
            days_of(number_at(text, at, 4), number_at(text, at + 5, 2), number_at(text, at + 8, 2));
        *out = days * 86400 + number_at(text, clock, 2) * 3600 + number_at(text, clock + 3, 2) * 60;
        if (digits_at(text, clock + 5, ":00"))
            *out += number_at(text, clock + 6, 2);
        return true;
    }
    return false;
}

static bool holds_time(grasp_str text, grasp_str cell)
{
    size_t clock = clock_behind(cell, 0);
    bool midnight = clock && number_at(cell, clock, 2) == 0 && number_at(cell, clock + 3, 2) == 0;
    for (size_t at = 0; slice_find(text, slice_cut(cell, 0, 10), at, &at); at++) {
        size_t said = clock_behind(text, at);
        if (!clock || (!said && midnight))
            return true;
        if (said && memcmp(text.ptr + said, cell.ptr + clock, 5) == 0)
            return true;
    }
    return false;
}

static bool holds_number(grasp_str text, double wanted)
{
    double numbers[256];
    size_t count = answer_numbers(text, numbers, 256);
    for (size_t i = 0; i < count && i < 256; i++)
        if (fabs(numbers[i] - wanted) <= 0.0051 + 1e-9 * fabs(wanted))
            return true;
    return false;
}

bool answer_holds(grasp_str text, grasp_str cell)
{
    struct text all CLEANUP_TEXT = {0}, part CLEANUP_TEXT = {0};
    double number;
    size_t at;
    switch (answer_cell_kind(cell, &number)) {
    case CELL_TIME:
        return holds_time(text, cell);
    case CELL_NUMBER:
        return holds_number(text, number);
    case CELL_TEXT:
    default:
        answer_normalize(&all, text);
        answer_normalize(&part, cell);
        if (part.len > 2)
            return slice_find(text_view(&all), text_view(&part), 0, &at);
        return has_words(text_view(&all), part.ptr ? part.ptr : "");
    }
}
