/* SPDX-License-Identifier: MIT */
#include "common/overlap.h"

#include <math.h>
#include <stdlib.h>

#include "common/slice.h"
#include "common/tokens.h"

struct word {
    grasp_str text;
    uint32_t first; /* number of the token */
};

static int by_text(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    int order = slice_cmp(x->text, y->text);
    return order ? order : (x->first > y->first) - (x->first < y->first);
}

static int by_first(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static size_t read_words(struct pool *pool, grasp_str text, struct word **out)
{
    struct text lower CLEANUP_TEXT = {0};
    size_t at = 0, count = 0, capacity = 0;
    grasp_str token;
    text_lower(&lower, text);
    grasp_str kept = pool_dup(pool, text_view(&lower));
    *out = NULL;
    while (token_run(kept, &at, &token)) {
        POOL_RESERVE(pool, *out, count, capacity);
        (*out)[count] = (struct word){token, (uint32_t)count};
        count++;
    }
    return count;
}

struct bag bag_make(struct pool *pool, grasp_str text)
{
    struct pool scratch CLEANUP_POOL = {0};
    struct word *words;
    struct bag bag = {0};
    size_t count = read_words(&scratch, text, &words), kept = 0;
    if (count == 0)
        return bag;
    qsort(words, count, sizeof(*words), by_text);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !slice_eq(words[i].text, words[kept - 1].text))
            words[kept++] = words[i];
    }
    bag.count = kept;
    bag.words = pool_array(pool, kept, sizeof(*bag.words));
    bag.sorted = pool_array(pool, kept, sizeof(*bag.sorted));
    qsort(words, kept, sizeof(*words), by_first);
    for (size_t i = 0; i < kept; i++) {
        bag.words[i] = pool_dup(pool, words[i].text);
        words[i].first = (uint32_t)i;
    }
    qsort(words, kept, sizeof(*words), by_text);
    for (size_t i = 0; i < kept; i++)
        bag.sorted[i] = words[i].first;
    return bag;
}

static size_t shared(const struct bag *a, const struct bag *b)
{
    size_t i = 0, j = 0, both = 0;
    while (i < a->count && j < b->count) {
        int order = slice_cmp(a->words[a->sorted[i]], b->words[b->sorted[j]]);
        both += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return both;
}

double bag_jaccard(const struct bag *a, const struct bag *b)
{
    if (a->count == 0 || b->count == 0)
        return 0;
    size_t both = shared(a, b);
    return (double)both / (double)(a->count + b->count - both);
}

double bag_cosine(const struct bag *a, const struct bag *b)
{
    if (a->count == 0 || b->count == 0)
        return 0;
    return (double)shared(a, b) / sqrt((double)a->count * (double)b->count);
}

double text_cosine(struct pool *pool, grasp_str a, grasp_str b)
{
    struct bag x = bag_make(pool, a), y = bag_make(pool, b);
    return bag_cosine(&x, &y);
}

struct row {
    const double *numbers;
    size_t columns;
    grasp_str text;
    size_t at;
};

static int by_rank(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    for (size_t i = 0; i < x->columns; i++) {
        if (x->numbers[i] != y->numbers[i])
            return x->numbers[i] < y->numbers[i] ? 1 : -1;
    }
    int order = slice_cmp(x->text, y->text);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

void rank_rows(const double *rows, size_t columns, size_t count, const grasp_str *texts,
               size_t *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct row *items = pool_array(&pool, count, sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = (struct row){rows + i * columns, columns, texts ? texts[i] : SLICE(""), i};
    if (count)
        qsort(items, count, sizeof(*items), by_rank);
    for (size_t i = 0; i < count; i++)
        out[i] = items[i].at;
}
