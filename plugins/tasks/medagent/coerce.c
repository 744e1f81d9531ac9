/* SPDX-License-Identifier: MIT */
#include "coerce.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <math.h>
#include <strings.h>

#include "common/pynumber.h"
#include "common/slice.h"

static bool is_one_of(grasp_str text, const char *const *words)
{
    for (; *words; words++)
        if (text.len == strlen(*words) && strncasecmp(text.ptr, *words, text.len) == 0)
            return true;
    return false;
}

static bool looks_whole(grasp_str text)
{
    text = slice_trim(text);
    if (text.len && (*text.ptr == '-' || *text.ptr == '+'))
        text = slice_from(text, 1);
    for (size_t i = 0; i < text.len; i++)
        if (!isdigit((unsigned char)text.ptr[i]) && text.ptr[i] != '_')
            return false;
    return text.len > 0;
}

struct coerced coerce_text(grasp_str text)
{
    static const char *const no[] = {"0", "off", "f", "false", "n", "no", NULL};
    static const char *const yes[] = {"1", "on", "t", "true", "y", "yes", NULL};
    double number;
    if (is_one_of(text, no))
        return (struct coerced){COERCED_BOOL, 0};
    if (is_one_of(text, yes))
        return (struct coerced){COERCED_BOOL, 1};
    if (!pynumber_float(text, &number))
        return (struct coerced){COERCED_TEXT, 0};
    return (struct coerced){looks_whole(text) ? COERCED_INT : COERCED_FLOAT, number};
}

struct coerced coerce_again(struct coerced value)
{
    if (value.kind == COERCED_TEXT || value.kind == COERCED_BOOL)
        return value;
    if (value.number == 0 || value.number == 1)
        return (struct coerced){COERCED_BOOL, value.number};
    if (value.kind == COERCED_FLOAT && isfinite(value.number))
        return (struct coerced){COERCED_INT, trunc(value.number)};
    return value;
}

bool coerced_is_unsendable(struct coerced value)
{
    return value.kind == COERCED_FLOAT && !isfinite(value.number);
}
