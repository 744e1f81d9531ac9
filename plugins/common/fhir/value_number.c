/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "common/slice.h"
#include "common/text.h"
#include "json_scan.h"
#include "value.h"

static double scaled(double number, int power)
{
    double scale = 1;
    int left = power < 0 ? -power : power;
    if (left > 400)
        return power < 0 ? 0 : number > 0 ? HUGE_VAL : 0;
    for (; left > 22; left -= 22)
        number = power < 0 ? number / 1e22 : number * 1e22;
    while (left-- > 0)
        scale *= 10;
    return power < 0 ? number / scale : number * scale;
}

/* [e[+-]digits] to the end of the text. */
static bool read_exponent(grasp_str text, size_t at, int *out)
{
    int exponent = 0;
    *out = 0;
    if (at == text.len)
        return true;
    if ((text.ptr[at] | 0x20) != 'e' || ++at == text.len)
        return false;
    bool minus = text.ptr[at] == '-';
    if (minus || text.ptr[at] == '+')
        at++;
    if (at == text.len)
        return false;
    for (; at < text.len; at++) {
        if (text.ptr[at] < '0' || text.ptr[at] > '9')
            return false;
        exponent = exponent > 1000 ? exponent : exponent * 10 + (text.ptr[at] - '0');
    }
    *out = minus ? -exponent : exponent;
    return true;
}

bool value_number(grasp_str text, double *out, int *out_digits)
{
    bool minus = text.len && *text.ptr == '-', point = false;
    size_t at = minus, figures = 0;
    double number = 0;
    int digits = 0, exponent;
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        number = number * 10 + (c - '0');
        digits += point;
        figures++;
    }
    if (!figures || figures > 300 || !read_exponent(text, at, &exponent))
        return false;
    number = scaled(number, exponent - digits);
    *out = minus ? -number : number;
    *out_digits = digits - exponent;
    return true;
}

struct quantities {
    struct pool *pool;
    value_quantity_visit *visit;
    void *arg;
};

static bool get_number(grasp_str object, grasp_str key, double *out)
{
    int digits;
    return value_number(scan_get(object, key), out, &digits);
}

static bool visit_quantity(void *arg, grasp_str value)
{
    const struct quantities *q = arg;
    struct value_quantity out = {0};
    int digits;
    if (*value.ptr != '{') {
        if (!value_number(value, &out.low, &digits))
            return false;
        out.high = out.low;
        return q->visit(q->arg, &out);
    }
    if (get_number(value, SLICE("value"), &out.low)) {
        out.high = out.low;
    } else {
        grasp_str low = scan_get(value, SLICE("low")), high = scan_get(value, SLICE("high"));
        bool has_low = get_number(low, SLICE("value"), &out.low);
        bool has_high = get_number(high, SLICE("value"), &out.high);
        if (!has_low && !has_high)
            return false;
        out.low = has_low ? out.low : -HUGE_VAL;
        out.high = has_high ? out.high : HUGE_VAL;
        value = has_low ? low : high;
    }
    out.system = scan_string(scan_get(value, SLICE("system")), q->pool);
    out.code = scan_string(scan_get(value, SLICE("code")), q->pool);
    out.unit = scan_string(scan_get(value, SLICE("unit")), q->pool);
    return q->visit(q->arg, &out);
}

bool value_quantities(const struct r4_param *param, grasp_str resource, struct pool *pool,
                      value_quantity_visit *visit, void *arg)
{
    struct quantities quantities = {pool, visit, arg};
    return value_each(param, resource, visit_quantity, &quantities);
}

/* U+00C0 to U+017F in lower case, without their accents; '.' stays as it is. */
static const char latin[] = "aaaaaa.ceeeeiiii.nooooo..uuuuy..aaaaaa.ceeeeiiii.nooooo..uuuuy.y"
                            "aaaaaaccccccccdd..eeeeeeeeeegggggggghh..iiiiiiiii...jjkk.llllll."
                            "...nnnnnn...oooooo..rrrrrrsssssssstttt..uuuuuuuuuuuuwwyyyzzzzzz.";

static uint32_t fold_code(uint32_t code)
{
    if (code >= 'A' && code <= 'Z')
        return code + 32;
    if (code >= 0xc0 && code < 0xc0 + sizeof(latin) - 1 && latin[code - 0xc0] != '.')
        return (unsigned char)latin[code - 0xc0];
    return code < 0x80 ? code : utf8_lower(code);
}

grasp_str value_fold(grasp_str text, struct pool *pool)
{
    char small[64];
    bool ascii = text.len <= sizeof(small);
    for (size_t i = 0; i < text.len && ascii; i++) {
        char c = text.ptr[i];
        ascii = (unsigned char)c < 0x80;
        small[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    if (ascii)
        return pool_dup(pool, (grasp_str){small, text.len});
    CLEANUP_TEXT struct text out = {0};
    uint32_t code;
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        if (code < 0x300 || code > 0x36f) /* accents that stand alone */
            text_code(&out, fold_code(code));
    }
    return pool_dup(pool, text_view(&out));
}
