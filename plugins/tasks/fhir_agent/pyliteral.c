/* SPDX-License-Identifier: MIT */
#include "pyliteral.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/slice.h"

#define DEPTH_MAX 64

struct reader {
    grasp_str text;
    size_t at;
    int depth;
};

static bool read_value(struct reader *r, struct text *out);

static char peek(struct reader *r)
{
    while (r->at < r->text.len && strchr(" \t\r\n", r->text.ptr[r->at]) && r->text.ptr[r->at])
        r->at++;
    return r->at < r->text.len ? r->text.ptr[r->at] : 0;
}

static bool take(struct reader *r, char c)
{
    bool found = peek(r) == c && c;
    r->at += found;
    return found;
}

static bool read_code(struct reader *r, int digits, struct text *out)
{
    char hex[9] = "";
    for (int i = 0; i < digits; i++, r->at++) {
        if (r->at >= r->text.len || !isxdigit((unsigned char)r->text.ptr[r->at]))
            return false;
        hex[i] = r->text.ptr[r->at];
    }
    unsigned long code = strtoul(hex, NULL, 16);
    if (code > 0x10ffff)
        return false;
    text_code(out, (uint32_t)code);
    return true;
}

static bool read_escape(struct reader *r, struct text *out)
{
    static const char letters[] = "abfnrtv\\'\"", meant[] = "\a\b\f\n\r\t\v\\'\"";
    if (r->at >= r->text.len || !r->text.ptr[r->at])
        return false;
    char c = r->text.ptr[r->at++];
    const char *found = strchr(letters, c);
    if (found)
        text_char(out, meant[found - letters]);
    else if (c == 'x' || c == 'u' || c == 'U')
        return read_code(r, c == 'x' ? 2 : c == 'u' ? 4 : 8, out);
    else if (c != '\n') {
        text_char(out, '\\');
        text_char(out, c);
    }
    return true;
}

static bool read_string(struct reader *r, struct text *out)
{
    struct text value CLEANUP_TEXT = {0};
    char quote = r->text.ptr[r->at++];
    for (;;) {
        if (r->at >= r->text.len)
            return false;
        size_t from = r->at;
        while (r->at < r->text.len && r->text.ptr[r->at] != quote && r->text.ptr[r->at] != '\\')
            r->at++;
        text_add(&value, r->text.ptr + from, r->at - from);
        if (r->at == r->text.len)
            return false;
        if (r->text.ptr[r->at++] == quote)
            break;
        if (!read_escape(r, &value))
            return false;
    }
    text_json(out, text_view(&value));
    return !value.failed;
}

static bool read_items(struct reader *r, char close, struct text *out)
{
    text_char(out, '[');
    for (bool first = true; !take(r, close); first = false) {
        if (!first && !take(r, ','))
            return false;
        if (!first && take(r, close))
            break;
        text_put(out, first ? "" : ", ");
        if (!read_value(r, out))
            return false;
    }
    text_char(out, ']');
    return true;
}

static bool read_key(struct reader *r, struct text *out)
{
    struct text key CLEANUP_TEXT = {0};
    char c = peek(r);
    if (c == '\'' || c == '"')
        return read_string(r, out);
    if (!isdigit((unsigned char)c) && c != '-')
        return false;
    if (!read_value(r, &key))
        return false;
    text_json(out, text_view(&key));
    return true;
}

static bool read_members(struct reader *r, struct text *out)
{
    text_char(out, '{');
    for (bool first = true; !take(r, '}'); first = false) {
        if (!first && !take(r, ','))
            return false;
        if (!first && take(r, '}'))
            break;
        text_put(out, first ? "" : ", ");
        if (!read_key(r, out) || !take(r, ':'))
            return false;
        text_put(out, ": ");
        if (!read_value(r, out))
            return false;
    }
    text_char(out, '}');
    return true;
}

static bool read_number(struct reader *r, struct text *out)
{
    char copy[64], *end;
    size_t len = 0;
    while (r->at + len < r->text.len && len < sizeof(copy) - 1 &&
           (isalnum((unsigned char)r->text.ptr[r->at + len]) ||
            strchr("+-.", r->text.ptr[r->at + len])) &&
           r->text.ptr[r->at + len]) {
        copy[len] = r->text.ptr[r->at + len];
        len++;
    }
    copy[len] = 0;
    bool number = len && (isdigit((unsigned char)copy[0]) || strchr("-.", copy[0]));
    double value = number ? strtod(copy, &end) : 0;
    if (!number || *end)
        return false;
    r->at += len;
    if (strspn(copy, "-0123456789") == len)
        text_put(out, copy + strspn(copy, "0") - (copy[strspn(copy, "0")] == 0 && copy[0] == '0'));
    else
        text_double(out, value);
    return true;
}

static bool read_word(struct reader *r, struct text *out)
{
    static const struct {
        const char *word, *json;
    } words[] = {{"None", "null"}, {"True", "true"}, {"False", "false"}, {"nan", "null"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        grasp_str rest = slice_from(r->text, r->at);
        if (grasp_starts(rest, words[i].word)) {
            r->at += strlen(words[i].word);
            text_put(out, words[i].json);
            return true;
        }
    }
    return read_number(r, out);
}

static bool read_value(struct reader *r, struct text *out)
{
    bool good;
    char c = peek(r);
    if (!c || r->depth == DEPTH_MAX)
        return false;
    r->depth++;
    if (take(r, '{'))
        good = read_members(r, out);
    else if (take(r, '['))
        good = read_items(r, ']', out);
    else if (take(r, '('))
        good = read_items(r, ')', out);
    else
        good = c == '\'' || c == '"' ? read_string(r, out) : read_word(r, out);
    r->depth--;
    return good;
}

bool pyliteral_to_json(struct text *out, grasp_str text)
{
    struct reader reader = {.text = text};
    return read_value(&reader, out) && !peek(&reader) && reader.at >= text.len && !out->failed;
}
