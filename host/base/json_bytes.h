/* SPDX-License-Identifier: MIT */
/* The bytes of a string that JSON does not write as they are, many at a time. */
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <endian.h>
#include <stdint.h>
#include <string.h>

#define JSON_GROUP 16

/* The bytes of JSON_GROUP at p, a bit each from the lowest, that are below 0x20, '"', '\\', 0x7F or
 * beyond ASCII. */
#ifdef __SSE2__
static inline uint32_t json_marks(const char *p)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)); /* signed: 0x80 and up too */
    const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(odd, low), del));
}
#else
static inline uint32_t json_marks_of_half(const char *p)
{
    const uint64_t each = UINT64_C(0x0101010101010101), low_bits = each * 0x7F;
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    word = le64toh(word);
    /* No sum carries into the next byte. */
    uint64_t low = word & low_bits;
    uint64_t plain = (low + each * 0x60) & ((low ^ each * '"') + low_bits) &
                     ((low ^ each * '\\') + low_bits) & ~(low + each) & ~word;
    uint64_t marks = ~plain >> 7 & each;
    return (uint32_t)(marks * UINT64_C(0x0102040810204080) >> 56);
}

static inline uint32_t json_marks(const char *p)
{
    return json_marks_of_half(p) | json_marks_of_half(p + 8) << 8;
}
#endif

/* The first such byte from p on, or one of the last JSON_GROUP - 1 before end. */
static inline const char *json_skip_plain(const char *p, const char *end)
{
    while (end - p >= JSON_GROUP) {
        uint32_t marks = json_marks(p);
        if (marks)
            return p + __builtin_ctz(marks);
        p += JSON_GROUP;
    }
    return p;
}
