/* SPDX-License-Identifier: MIT */
#include "literal.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/pynumber.h"
#include "common/slice.h"

#define DEPTH_MAX 64

struct reader {
    grasp_str text;
    size_t at;
    int depth;
    bool failed;
};

/* What a bracket or the whole text holds: the first two elements, and how many there are. */
struct sequence {
    struct literal first[2];
    size_t count;
    bool comma; /* one was written: it makes a tuple */
    bool pairs; /* of a dictionary */
};

static char peek(const struct reader *r)
{
    return r->at < r->text.len ? r->text.ptr[r->at] : 0;
}

static void skip(struct reader *r)
{
    /* A line ends what is not inside brackets. */
    const char *blanks = r->depth ? " \t\f\r\n" : " \t\f";
    while (peek(r) && strchr(blanks, peek(r)))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip(r);
    if (peek(r) != c || r->at >= r->text.len)
        return false;
    r->at++;
    return true;
}

static bool based(const char *text, double *out)
{
    static const char letters[] = "xob";
    static const int bases[] = {16, 8, 2};
    const char *found = text[0] == '0' && text[1] ? strchr(letters, text[1] | 32) : NULL;
    char *end;
    if (!found || !isxdigit((unsigned char)text[2]))
        return false;
    *out = (double)strtoull(text + 2, &end, bases[found - letters]);
    return *end == 0;
}

/* A leading zero is an error in Python, unless the number is zero or has a point or exponent. */
static bool has_bad_zero(const char *text)
{
    return text[0] == '0' && strspn(text, "0123456789") == strlen(text) &&
           strspn(text, "0") != strlen(text);
}

/* Letters, digits and points, with the sign of an exponent. */
static grasp_str take_word(struct reader *r)
{
    size_t start = r->at;
    bool hex = start + 1 < r->text.len && (r->text.ptr[start + 1] | 32) == 'x';
    for (char c; (c = peek(r)); r->at++) {
        bool of_exponent =
            !hex && r->at > start && (c == '+' || c == '-') && (r->text.ptr[r->at - 1] | 32) == 'e';
        if (!isalnum((unsigned char)c) && c != '.' && c != '_' && !of_exponent)
            break;
    }
    return slice_cut(r->text, start, r->at);
}

static void read_number(struct reader *r, struct literal *out)
{
    char digits[PYNUMBER_MAX];
    double sign = 1;
    bool is_signed = false;
    if (peek(r) == '-' || peek(r) == '+') {
        sign = peek(r) == '-' ? -1 : 1;
        is_signed = true;
        r->at++;
        skip(r);
    }
    grasp_str word = take_word(r);
    out->kind = LITERAL_NUMBER;
    if (!is_signed && (grasp_equal(word, "True") || grasp_equal(word, "False"))) {
        out->number = grasp_equal(word, "True");
    } else if (!is_signed && grasp_equal(word, "None")) {
        out->kind = LITERAL_NONE;
    } else {
        r->failed |= !pynumber_plain(word, digits) || has_bad_zero(digits) ||
                     (!pynumber_decimal(digits, &out->number) && !based(digits, &out->number));
        out->number *= sign;
    }
}

static bool starts_string(const struct reader *r)
{
    char c = peek(r);
    if (c == '"' || c == '\'')
        return true;
    char next = r->at + 1 < r->text.len ? r->text.ptr[r->at + 1] : 0;
    return c && strchr("rRuUbB", c) && (next == '"' || next == '\'');
}

static void read_string(struct reader *r, struct literal *out)
{
    out->kind = LITERAL_STRING;
    if (peek(r) != '"' && peek(r) != '\'') {
        out->kind = strchr("bB", peek(r)) ? LITERAL_OTHER : LITERAL_STRING;
        r->at++;
    }
    char quote = peek(r);
    size_t start = ++r->at;
    while (r->at < r->text.len && peek(r) != quote && peek(r) != '\n')
        r->at += peek(r) == '\\' ? 2 : 1;
    if (r->at >= r->text.len || peek(r) != quote) {
        r->failed = true;
        return;
    }
    out->text = slice_cut(r->text, start, r->at++);
}

static void read_value(struct reader *r, struct literal *out);

/* One element; in a dictionary, which its first element tells, a pair. */
static void read_element(struct reader *r, bool braces, struct sequence *out)
{
    struct literal item, value;
    read_value(r, &item);
    if (braces && out->count == 0)
        out->pairs = take(r, ':');
    else if (out->pairs)
        r->failed |= !take(r, ':');
    if (out->pairs && !r->failed)
        read_value(r, &value);
    if (out->count < 2)
        out->first[out->count] = item;
    out->count++;
}

/* Elements up to `close`, or to the end of the text if that is 0. */
static void read_sequence(struct reader *r, char close, struct sequence *out)
{
    r->depth += close != 0;
    r->failed |= r->depth > DEPTH_MAX;
    while (!r->failed) {
        if (close ? take(r, close) : (skip(r), r->at == r->text.len))
            break;
        if (out->count && !out->comma) {
            r->failed = true;
            break;
        }
        read_element(r, close == '}', out);
        bool comma = take(r, ',');
        out->comma |= comma;
        if (!comma) {
            r->failed |= close ? !take(r, close) : (skip(r), r->at != r->text.len);
            break;
        }
    }
    r->depth -= close != 0;
}

static void read_value(struct reader *r, struct literal *out)
{
    struct sequence inside = {0};
    *out = (struct literal){.kind = LITERAL_OTHER};
    skip(r);
    if (starts_string(r)) {
        read_string(r, out);
    } else if (take(r, '[')) {
        read_sequence(r, ']', &inside);
    } else if (take(r, '{')) {
        read_sequence(r, '}', &inside);
    } else if (take(r, '(')) {
        read_sequence(r, ')', &inside);
        if (inside.count == 1 && !inside.comma)
            *out = inside.first[0];
    } else {
        read_number(r, out);
    }
}

/* The parentheses or brackets around all of the text. */
static bool is_wrapped(struct reader r, char open, char close, struct sequence *out)
{
    *out = (struct sequence){0};
    if (!take(&r, open))
        return false;
    read_sequence(&r, close, out);
    skip(&r);
    return !r.failed && r.at == r.text.len;
}

/* Parentheses around one expression leave it what it is. */
static grasp_str unwrap(grasp_str text)
{
    struct sequence found;
    struct reader r = {.text = text};
    while (is_wrapped(r, '(', ')', &found) && found.count == 1 && !found.comma)
        r.text = slice_trim(slice_cut(r.text, 1, r.text.len - 1));
    return r.text;
}

bool literal_pair(grasp_str text, struct literal out[2], bool *out_valid)
{
    struct sequence found = {0};
    bool indented = text.len && slice_trim(text).ptr != text.ptr;
    struct reader r = {.text = unwrap(slice_trim(text))};
    bool pair = is_wrapped(r, '[', ']', &found) || is_wrapped(r, '(', ')', &found);
    *out_valid = pair;
    if (!pair) {
        found = (struct sequence){0};
        read_sequence(&r, 0, &found);
        pair = found.comma;
        *out_valid = !r.failed && found.count > 0;
    }
    *out_valid = *out_valid && !indented;
    memcpy(out, found.first, sizeof(found.first));
    return *out_valid && pair && found.count == 2;
}
