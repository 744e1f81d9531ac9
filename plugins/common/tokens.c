/* SPDX-License-Identifier: MIT */
#include "common/tokens.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <string.h>

#include "common/slice.h"

/* Sorted. */
static const char *const stop_words[] = {
    "a",   "an",   "and",  "are",  "as",  "be",  "by",   "for",  "from", "has",  "have",
    "i",   "if",   "in",   "into", "is",  "it",  "me",   "my",   "of",   "on",   "or",
    "the", "then", "this", "to",   "use", "was", "when", "with", "you",  "your",
};

size_t token_stop_words(const char *const **out)
{
    *out = stop_words;
    return sizeof(stop_words) / sizeof(*stop_words);
}

bool token_counts(grasp_str token)
{
    if (token.len < TOKEN_MIN)
        return false;
    for (size_t i = 0; i < sizeof(stop_words) / sizeof(*stop_words); i++) {
        if (slice_eq(token, (grasp_str){stop_words[i], strlen(stop_words[i])}))
            return false;
    }
    return true;
}

void text_lower(struct text *out, grasp_str text)
{
    uint32_t code;
    for (size_t at = 0, len; at < text.len; at += len) {
        len = utf8_at(text, at, &code);
        if (code == 0x130) {
            text_code(out, 'i');
            text_code(out, 0x307);
        } else {
            text_code(out, utf8_lower(code));
        }
    }
}

grasp_str text_folded(struct pool *pool, grasp_str text)
{
    struct text lower CLEANUP_TEXT = {0};
    text_lower(&lower, slice_trim(text));
    return pool_dup(pool, text_view(&lower));
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool token_run(grasp_str lower, size_t *at, grasp_str *out)
{
    size_t from = *at;
    while (from < lower.len && !is_alnum(lower.ptr[from]))
        from++;
    size_t to = from;
    while (to < lower.len && is_alnum(lower.ptr[to]))
        to++;
    *at = to;
    *out = slice_cut(lower, from, to);
    return to > from;
}

static bool contains(const grasp_str *items, size_t count, grasp_str item)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(items[i], item))
            return true;
    }
    return false;
}

static size_t collect(struct pool *pool, grasp_str text, bool once, grasp_str **out)
{
    struct text lower CLEANUP_TEXT = {0};
    size_t count = 0, capacity = 0, at = 0;
    grasp_str token;
    *out = NULL;
    text_lower(&lower, text);
    while (token_run(text_view(&lower), &at, &token)) {
        if (!token_counts(token) || (once && contains(*out, count, token)))
            continue;
        POOL_RESERVE(pool, *out, count, capacity);
        (*out)[count++] = pool_dup(pool, token);
    }
    return count;
}

size_t token_set(struct pool *pool, grasp_str text, grasp_str **out)
{
    return collect(pool, text, true, out);
}

size_t token_tag_terms(struct pool *pool, grasp_str tag, grasp_str **out)
{
    return collect(pool, tag, false, out);
}

#define EACH(byte) ((uint64_t)(byte)*0x0101010101010101u)

/* For each of eight ASCII bytes, is it one of [A-Za-z0-9]? One bit each, the first byte lowest. */
static unsigned alnum_bits(uint64_t bytes)
{
    uint64_t low = bytes & EACH(0x7f), letter = low | EACH(0x20);
    uint64_t letters = (letter + EACH(0x80 - 'a')) & ~(letter + EACH(0x7f - 'z'));
    uint64_t digits = (low + EACH(0x80 - '0')) & ~(low + EACH(0x7f - '9'));
    uint64_t both = (letters | digits) & ~bytes & EACH(0x80);
    return (unsigned)((both >> 7) * 0x0102040810204080u >> 56);
}

static uint64_t load(const char *at, size_t len)
{
    uint64_t bytes = 0;
    memcpy(&bytes, at, len);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    return bytes;
}

/* The same for sixteen. */
static unsigned alnum_bits_of_two(const char *at)
{
#ifdef __SSE2__
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i letter =
        _mm_sub_epi8(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    const __m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i letters = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8('z' - 'a')), letter);
    const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(letters, digits));
#else
    return alnum_bits(load(at, 8)) | alnum_bits(load(at + 8, 8)) << 8;
#endif
}

size_t token_words(size_t len)
{
    return len / 64 + 2;
}

void token_mask(grasp_str text, uint64_t *alnum)
{
    uint64_t bits = 0;
    size_t at = 0;
    for (; at + 16 <= text.len; at += 16) {
        bits |= (uint64_t)alnum_bits_of_two(text.ptr + at) << (at & 63);
        if ((at & 63) == 48) {
            alnum[at >> 6] = bits;
            bits = 0;
        }
    }
    for (size_t len; at < text.len; at += len) {
        len = text.len - at < 8 ? text.len - at : 8;
        bits |= (uint64_t)alnum_bits(load(text.ptr + at, len)) << (at & 63);
    }
    alnum[text.len >> 6] = bits;
    alnum[(text.len >> 6) + 1] = 0;
}

static inline size_t next_bit(const uint64_t *bits, size_t len, size_t at, uint64_t flip)
{
    size_t word = at >> 6;
    uint64_t rest = (bits[word] ^ flip) & (~(uint64_t)0 << (at & 63));
    while (!rest) {
        if (++word << 6 >= len)
            return len;
        rest = bits[word] ^ flip;
    }
    return (word << 6) + (size_t)__builtin_ctzll(rest);
}

bool token_next(const uint64_t *alnum, size_t len, size_t *at, size_t *out_len)
{
    size_t from = *at;
    while (from < len && (from = next_bit(alnum, len, from, 0)) < len) {
        size_t to = next_bit(alnum, len, from, ~(uint64_t)0);
        if (to > len)
            to = len;
        if (to - from >= TOKEN_MIN) {
            *at = from;
            *out_len = to - from;
            return true;
        }
        from = to;
    }
    return false;
}
