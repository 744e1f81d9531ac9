/* SPDX-License-Identifier: MIT */
#include "common/pynumber.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "common/slice.h"
#include "common/text.h"

bool pynumber_plain(grasp_str text, char *out)
{
    size_t len = 0;
    if (!text.len || text.len >= PYNUMBER_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '_') {
            if (i == 0 || i + 1 == text.len || !isxdigit((unsigned char)text.ptr[i - 1]) ||
                !isxdigit((unsigned char)text.ptr[i + 1]))
                return false;
            continue;
        }
        out[len++] = c;
    }
    out[len] = 0;
    return true;
}

bool pynumber_decimal(const char *text, double *out)
{
    char *end;
    size_t len = strspn(text, "0123456789.eE+-");
    if (text[len] ||
        (!isdigit((unsigned char)text[0]) && !(text[0] == '.' && isdigit((unsigned char)text[1]))))
        return false;
    *out = strtod(text, &end);
    return *end == 0;
}

/* The decimal digit, or -1. Scripts whose digits stand in a row of ten. */
static int digit_of(uint32_t code)
{
    static const uint32_t zeros[] = {0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6,
                                     0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
                                     0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0xff10};
    for (size_t i = 0; i < sizeof(zeros) / sizeof(*zeros); i++)
        if (code >= zeros[i] && code < zeros[i] + 10)
            return (int)(code - zeros[i]);
    return -1;
}

static void fold_digits(struct text *out, grasp_str text)
{
    uint32_t code;
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        int digit = digit_of(code);
        text_code(out, digit < 0 ? code : (uint32_t)('0' + digit));
    }
}

bool pynumber_float(grasp_str text, double *out)
{
    struct text folded CLEANUP_TEXT = {.limit = 4 * PYNUMBER_MAX};
    char digits[PYNUMBER_MAX];
    double sign = 1;
    fold_digits(&folded, slice_trim(text));
    text = text_view(&folded);
    if (folded.failed)
        return false;
    if (text.len && (*text.ptr == '-' || *text.ptr == '+')) {
        sign = *text.ptr == '-' ? -1 : 1;
        text = slice_from(text, 1);
    }
    if (!pynumber_plain(text, digits))
        return false;
    if (strcasecmp(digits, "nan") == 0)
        *out = NAN;
    else if (strcasecmp(digits, "inf") == 0 || strcasecmp(digits, "infinity") == 0)
        *out = sign * INFINITY;
    else if (!pynumber_decimal(digits, out))
        return false;
    else
        *out *= sign;
    return true;
}
