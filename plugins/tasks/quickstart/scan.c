/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <grasp/helpers.h>

static void skip(grasp_str *rest, size_t count)
{
    rest->ptr += count;
    rest->len -= count;
}

static void skip_blank(grasp_str *rest)
{
    while (rest->len &&
           (*rest->ptr == ' ' || *rest->ptr == '\n' || *rest->ptr == '\r' || *rest->ptr == '\t'))
        skip(rest, 1);
}

/* Where the string that starts at `at` ends, its closing quote included; 0 if it does not. */
static size_t string_end(grasp_str text, size_t at)
{
    const char *first = text.ptr + at + 1, *end = text.ptr + text.len, *quote = first;
    while (quote < end && (quote = memchr(quote, '"', (size_t)(end - quote)))) {
        const char *before = quote;
        while (before > first && before[-1] == '\\')
            before--;
        quote++;
        if ((quote - before) % 2)
            return (size_t)(quote - text.ptr);
    }
    return 0;
}

static size_t container_end(grasp_str text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"') {
            size_t end = string_end(text, i);
            if (!end)
                return 0;
            i = end - 1;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

static size_t word_end(grasp_str text)
{
    size_t i = 0;
    while (i < text.len && !memchr(",:]} \n\r\t\"{[", text.ptr[i], 11))
        i++;
    return i;
}

bool scan_value(grasp_str *rest, grasp_str *out_value)
{
    skip_blank(rest);
    if (!rest->len)
        return false;
    char first = *rest->ptr;
    size_t end = first == '"'                   ? string_end(*rest, 0)
                 : first == '{' || first == '[' ? container_end(*rest)
                                                : word_end(*rest);
    if (!end)
        return false;
    *out_value = (grasp_str){rest->ptr, end};
    skip(rest, end);
    return true;
}

static bool take(grasp_str *rest, char c)
{
    skip_blank(rest);
    if (!rest->len || *rest->ptr != c)
        return false;
    skip(rest, 1);
    return true;
}

grasp_str scan_member(grasp_str object, const char *key)
{
    grasp_str name, value;
    if (!take(&object, '{'))
        return (grasp_str){"", 0};
    while (scan_value(&object, &name) && take(&object, ':') && scan_value(&object, &value)) {
        if (grasp_equal(scan_inside(name), key))
            return value;
        if (!take(&object, ','))
            break;
    }
    return (grasp_str){"", 0};
}

bool scan_item(grasp_str *rest, grasp_str *out_value)
{
    return (take(rest, '[') || take(rest, ',')) && scan_value(rest, out_value);
}

grasp_str scan_inside(grasp_str value)
{
    if (value.len < 2 || *value.ptr != '"')
        return (grasp_str){"", 0};
    return (grasp_str){value.ptr + 1, value.len - 2};
}
