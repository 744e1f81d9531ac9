/* SPDX-License-Identifier: MIT */
#include "base/nearest.h"

#define WORD_MAX 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits between two words of at most WORD_MAX bytes: insertions, deletions, replacements and swaps
 * of neighbours. Three rows of the table are enough. */
static size_t distance(struct str a, struct str b)
{
    size_t rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = a.ptr[i - 1] == b.ptr[j - 1];
            row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

const char *nearest(struct str word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t best_distance = (word.len + 2) / 3 + 1;
    if (!word.len || word.len > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct str candidate = str_of(candidates[i]);
        if (candidate.len > WORD_MAX)
            continue;
        size_t d = distance(word, candidate);
        /* Not when every letter would change. */
        if (d < best_distance && d < candidate.len) {
            best = candidates[i];
            best_distance = d;
        }
    }
    return best;
}
