/* SPDX-License-Identifier: MIT */
#include "unicode.h"

#include <stdlib.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "common/slice.h"

#define NARROW_BLANK 0x202F /* joined words only in later versions than the reference's */

static enum unicode_class class_of_ascii(uint32_t code)
{
    if ((code | 0x20) >= 'a' && (code | 0x20) <= 'z')
        return UNICODE_LETTER;
    if (code >= '0' && code <= '9')
        return UNICODE_DIGIT;
    return code == '_' ? UNICODE_JOIN : UNICODE_OTHER;
}

enum unicode_class unicode_class(uint32_t code)
{
    if (code < 0x80)
        return class_of_ascii(code);
    UChar32 c = (UChar32)code;
    switch (u_getIntPropertyValue(c, UCHAR_WORD_BREAK)) {
    case U_WB_ALETTER:
    case U_WB_HEBREW_LETTER:
    case U_WB_KATAKANA:
        return UNICODE_LETTER;
    case U_WB_NUMERIC:
        return UNICODE_DIGIT;
    case U_WB_EXTENDNUMLET:
        return code == NARROW_BLANK ? UNICODE_OTHER : UNICODE_JOIN;
    case U_WB_EXTEND:
    case U_WB_FORMAT:
    case U_WB_ZWJ:
        return UNICODE_EXTEND;
    default:
        break;
    }
    if (u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) ||
        u_getIntPropertyValue(c, UCHAR_SCRIPT) == USCRIPT_HIRAGANA)
        return UNICODE_IDEOGRAPH;
    return u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT ? UNICODE_LETTER
                                                                              : UNICODE_OTHER;
}

bool unicode_is_word(uint32_t code)
{
    if (code < 0x80)
        return class_of_ascii(code) != UNICODE_OTHER;
    return (U_GET_GC_MASK((UChar32)code) & U_GC_L_MASK) ||
           u_getIntPropertyValue((UChar32)code, UCHAR_NUMERIC_TYPE) != U_NT_NONE;
}

bool unicode_is_sign(uint32_t code)
{
    return code >= 0x80 && code != 0xB0 && u_charType((UChar32)code) == U_OTHER_SYMBOL;
}

bool unicode_is_currency(uint32_t code)
{
    return u_charType((UChar32)code) == U_CURRENCY_SYMBOL;
}

uint32_t unicode_lower_char(uint32_t code)
{
    return code < 0x80 ? (code >= 'A' && code <= 'Z' ? code + 32 : code)
                       : (uint32_t)u_tolower((UChar32)code);
}

void unicode_lower_simple(struct text *out, grasp_str text)
{
    uint32_t code;
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        text_code(out, unicode_lower_char(code));
    }
}

static bool is_ascii(grasp_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

static bool lower_full(struct text *out, grasp_str text)
{
    UErrorCode error = U_ZERO_ERROR;
    if (text.len > INT32_MAX / 4)
        return false;
    int32_t room = (int32_t)text.len * 3 + 16;
    char *lowered = malloc((size_t)room);
    UCaseMap *map = ucasemap_open("", 0, &error);
    int32_t len = lowered && U_SUCCESS(error) ? ucasemap_utf8ToLower(map, lowered, room, text.ptr,
                                                                     (int32_t)text.len, &error)
                                              : 0;
    bool done = lowered && U_SUCCESS(error) && len <= room;
    if (done)
        text_add(out, lowered, (size_t)len);
    ucasemap_close(map);
    free(lowered);
    return done;
}

void unicode_lower(struct text *out, grasp_str text)
{
    if (is_ascii(text) || !lower_full(out, text))
        unicode_lower_simple(out, text);
}
