/* SPDX-License-Identifier: MIT */
#include "fuzzy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/pool.h"
#include "common/slice.h"
#include "unicode.h"

#define LENGTH_MAX                                                                                 \
    2048 /* characters that are compared; the rest of longer texts is not looked at */

struct words {
    grasp_str *items;
    size_t count;
};

/* Without the Latin-1 supplement, signs as blanks, in lower case. */
static void prepare(struct text *out, grasp_str text)
{
    struct text plain CLEANUP_TEXT = {0};
    uint32_t code;
    text = utf8_prefix(text, LENGTH_MAX);
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        if (code < 0x80 || code > 0xFF)
            text_code(&plain, unicode_is_word(code) ? code : ' ');
    }
    unicode_lower(out, text_view(&plain));
}

static int by_bytes(const void *a, const void *b)
{
    return slice_cmp(*(const grasp_str *)a, *(const grasp_str *)b);
}

static void split(struct pool *pool, grasp_str text, struct words *out)
{
    out->items = pool_array(pool, text.len / 2 + 2, sizeof(*out->items));
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && text.ptr[end] != ' ')
            end++;
        if (end > at)
            out->items[out->count++] = slice_cut(text, at, end);
        at = end + 1;
    }
    qsort(out->items, out->count, sizeof(*out->items), by_bytes);
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        if (!kept || !slice_eq(out->items[i], out->items[kept - 1]))
            out->items[kept++] = out->items[i];
    out->count = kept;
}

static void join(struct text *out, grasp_str word)
{
    text_put(out, out->len ? " " : "");
    text_str(out, word);
}

/* Both are sorted: what they share, and what only one of them has. */
static void compare(const struct words *a, const struct words *b, struct text *both,
                    struct text *only_a, struct text *only_b)
{
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        int order = i == a->count ? 1 : j == b->count ? -1 : slice_cmp(a->items[i], b->items[j]);
        join(order == 0  ? both
             : order < 0 ? only_a
                         : only_b,
             order > 0 ? b->items[j] : a->items[i]);
        i += order <= 0;
        j += order >= 0;
    }
}

static size_t decode(struct pool *pool, grasp_str text, uint32_t **out)
{
    size_t count = 0;
    *out = pool_array(pool, text.len + 1, sizeof(**out));
    for (size_t at = 0; at < text.len;)
        at += utf8_at(text, at, &(*out)[count++]);
    return count;
}

/* Length of the longest common subsequence. */
static size_t common_length(struct pool *pool, grasp_str a, grasp_str b)
{
    uint32_t *x, *y;
    size_t n = decode(pool, a, &x), m = decode(pool, b, &y);
    size_t *row = pool_array(pool, m + 1, sizeof(*row));
    for (size_t i = 0; i < n; i++) {
        size_t before = 0;
        for (size_t j = 0; j < m; j++) {
            size_t above = row[j + 1];
            if (x[i] == y[j])
                row[j + 1] = before + 1;
            else if (row[j] > above)
                row[j + 1] = row[j];
            before = above;
        }
    }
    return m ? row[m] : 0;
}

/* insertions and deletions, of two texts with this sum of lengths */
static double likeness(size_t distance, size_t lengths)
{
    return lengths ? 100.0 - 100.0 * (double)distance / (double)lengths : 100.0;
}

static double best_ratio(struct pool *pool, grasp_str both, grasp_str only_a, grasp_str only_b)
{
    size_t shared = utf8_count(both), gap = shared > 0, a = utf8_count(only_a),
           b = utf8_count(only_b);
    if (shared && (!a || !b))
        return 100;
    size_t whole_a = shared + gap + a, whole_b = shared + gap + b;
    size_t apart = a + b - 2 * common_length(pool, only_a, only_b);
    double best = likeness(apart, whole_a + whole_b);
    if (shared) {
        best = fmax(best, likeness(gap + a, shared + whole_a));
        best = fmax(best, likeness(gap + b, shared + whole_b));
    }
    return best;
}

int fuzzy_token_set_ratio(grasp_str a, grasp_str b)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text text_a CLEANUP_TEXT = {0}, text_b CLEANUP_TEXT = {0}, both CLEANUP_TEXT = {0},
                       only_a CLEANUP_TEXT = {0}, only_b CLEANUP_TEXT = {0};
    struct words words_a = {0}, words_b = {0};
    prepare(&text_a, a);
    prepare(&text_b, b);
    split(&pool, text_view(&text_a), &words_a);
    split(&pool, text_view(&text_b), &words_b);
    if (!words_a.count || !words_b.count)
        return 0;
    compare(&words_a, &words_b, &both, &only_a, &only_b);
    return (int)nearbyint(
        best_ratio(&pool, text_view(&both), text_view(&only_a), text_view(&only_b)));
}
