/* SPDX-License-Identifier: MIT */
#include "index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "analysis.h"
#include "common/slice.h"
#include "index_file.h"

#define K1 0.9f
#define B 0.4f
#define SMALL 24 /* lengths below are kept as they are */

struct text_index {
    void *map;
    size_t size;
    const struct index_header *header;
    const struct index_term *terms;
    const uint32_t *rank;
    const uint8_t *lengths;
    const char *names;
    const unsigned char *postings;
    float norms[256]; /* by the code of a length */
};

uint8_t shop_index_length_code(uint32_t length)
{
    if (length < SMALL)
        return (uint8_t)length;
    uint32_t rest = length - SMALL;
    unsigned bits = rest ? 32 - (unsigned)__builtin_clz(rest) : 0;
    if (bits < 4)
        return (uint8_t)(SMALL + rest);
    unsigned shift = bits - 4;
    return (uint8_t)(SMALL + (((rest >> shift) & 7) | (shift + 1) << 3));
}

uint32_t shop_index_length_of(uint8_t code)
{
    if (code < SMALL)
        return code;
    uint32_t rest = code - SMALL, shift = rest >> 3;
    return SMALL + (shift ? ((rest & 7) | 8) << (shift - 1) : rest);
}

static uint64_t padded(uint64_t size)
{
    return (size + 7) & ~(uint64_t)7;
}

/* The tables lie within the file, or this is no index. */
static bool place_tables(struct text_index *index)
{
    const struct index_header *h = index->header = index->map;
    if (index->size < sizeof(*h) || memcmp(h->magic, INDEX_MAGIC, sizeof(h->magic)) != 0 ||
        h->documents > UINT32_MAX || h->terms > UINT32_MAX || h->filled > h->documents ||
        h->names_size > index->size || h->postings_size > index->size)
        return false;
    uint64_t terms = h->terms * sizeof(struct index_term), ranks = padded(h->documents * 4),
             lengths = padded(h->documents), names = padded(h->names_size);
    if (sizeof(*h) + terms + ranks + lengths + names + padded(h->postings_size) != index->size)
        return false;
    const char *at = (const char *)(h + 1);
    index->terms = (const struct index_term *)at;
    index->rank = (const uint32_t *)(at + terms);
    index->lengths = (const uint8_t *)(at + terms + ranks);
    index->names = at + terms + ranks + lengths;
    index->postings = (const unsigned char *)(at + terms + ranks + lengths + names);
    return true;
}

static void fill_norms(struct text_index *index)
{
    const struct index_header *h = index->header;
    float average = h->filled ? (float)((double)h->total / (double)h->filled) : 1;
    for (int i = 0; i < 256; i++) {
        float length = (float)shop_index_length_of((uint8_t)i);
        index->norms[i] = 1.0f / (K1 * ((1.0f - B) + B * length / average));
    }
}

struct text_index *shop_index_open(int fd, const char **out_why)
{
    struct stat st;
    struct text_index *index = calloc(1, sizeof(*index));
    *out_why = "no memory to open it";
    if (!index)
        return NULL;
    *out_why = "it cannot be mapped";
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        index->size = (size_t)st.st_size;
        index->map = mmap(NULL, index->size, PROT_READ, MAP_SHARED, fd, 0);
        if (index->map == MAP_FAILED)
            index->map = NULL;
    }
    if (index->map) {
        *out_why = "it is no index of this version, or it is damaged";
        if (place_tables(index)) {
            fill_norms(index);
            return index;
        }
    }
    shop_index_close(index);
    return NULL;
}

void shop_index_close(struct text_index *index)
{
    if (!index)
        return;
    if (index->map)
        munmap(index->map, index->size);
    free(index);
}

uint32_t shop_index_documents(const struct text_index *index)
{
    return (uint32_t)index->header->documents;
}

struct query_term {
    grasp_str name;
    uint32_t count;
};

struct query {
    struct pool *pool;
    struct query_term *terms;
    size_t count;
    bool too_many;
};

static void add_term(void *context, grasp_str name)
{
    struct query *query = context;
    for (size_t i = 0; i < query->count; i++) {
        if (slice_eq(query->terms[i].name, name)) {
            query->terms[i].count++;
            return;
        }
    }
    if (query->count == INDEX_TERMS_MAX) {
        query->too_many = true;
        return;
    }
    query->terms[query->count++] = (struct query_term){pool_dup(query->pool, name), 1};
}

static grasp_str name_of(const struct text_index *index, const struct index_term *term)
{
    uint64_t size = index->header->names_size;
    if (term->name_at > size || term->name_len > size - term->name_at)
        return SLICE("");
    return (grasp_str){index->names + term->name_at, term->name_len};
}

static const struct index_term *find_term(const struct text_index *index, grasp_str name)
{
    uint64_t low = 0, high = index->header->terms;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int order = slice_cmp(name_of(index, &index->terms[middle]), name);
        if (order == 0)
            return &index->terms[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const unsigned char *read_number(const unsigned char *at, const unsigned char *end,
                                        uint32_t *out)
{
    *out = 0;
    for (unsigned shift = 0; at < end && shift < 35; shift += 7) {
        unsigned char byte = *at++;
        *out |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return at;
    }
    return end;
}

/* Adds what a term is worth to each document that has it. */
static void add_scores(const struct text_index *index, const struct index_term *term,
                       uint32_t times, double *scores)
{
    const struct index_header *h = index->header;
    double documents = (double)h->filled;
    float idf =
        (float)log(1 + (documents - term->documents + 0.5) / ((double)term->documents + 0.5));
    float weight = idf * (float)times;
    if (term->postings_at > h->postings_size)
        return;
    const unsigned char *at = index->postings + term->postings_at,
                        *end = index->postings + h->postings_size;
    uint64_t document = UINT64_MAX; /* one before the first */
    for (uint32_t i = 0; i < term->documents && at < end; i++) {
        uint32_t step, count;
        at = read_number(at, end, &step);
        at = read_number(at, end, &count);
        document += step;
        if (document >= h->documents)
            return;
        float norm = index->norms[index->lengths[document]];
        scores[document] += weight - weight / (1.0f + (float)count * norm);
    }
}

struct ranking {
    const struct text_index *index;
    struct index_hit *hits; /* a heap, the worst on top */
    size_t count, limit;
};

static bool is_worse(const struct ranking *r, const struct index_hit *a, const struct index_hit *b)
{
    if (a->score != b->score)
        return a->score < b->score;
    return r->index->rank[a->document] > r->index->rank[b->document];
}

static void swap_hits(struct index_hit *a, struct index_hit *b)
{
    struct index_hit c = *a;
    *a = *b;
    *b = c;
}

static void sink(const struct ranking *r, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < r->count; at = child) {
        if (child + 1 < r->count && is_worse(r, &r->hits[child + 1], &r->hits[child]))
            child++;
        if (!is_worse(r, &r->hits[child], &r->hits[at]))
            return;
        swap_hits(&r->hits[child], &r->hits[at]);
    }
}

static void consider(struct ranking *r, struct index_hit hit)
{
    if (r->count < r->limit) {
        size_t at = r->count++;
        r->hits[at] = hit;
        while (at && is_worse(r, &r->hits[at], &r->hits[(at - 1) / 2])) {
            swap_hits(&r->hits[at], &r->hits[(at - 1) / 2]);
            at = (at - 1) / 2;
        }
    } else if (is_worse(r, &r->hits[0], &hit)) {
        r->hits[0] = hit;
        sink(r, 0);
    }
}

static size_t rank_hits(struct ranking *r, const double *scores)
{
    for (uint32_t i = 0; i < shop_index_documents(r->index); i++)
        if (scores[i] > 0)
            consider(r, (struct index_hit){i, (float)scores[i]});
    size_t found = r->count;
    while (r->count > 1) {
        swap_hits(&r->hits[0], &r->hits[--r->count]);
        sink(r, 0);
    }
    return found;
}

bool shop_index_search(const struct text_index *index, grasp_str text, size_t limit,
                       struct pool *pool, struct index_hit **out_hits, size_t *out_count)
{
    struct query query = {.pool = pool};
    query.terms = pool_array(pool, INDEX_TERMS_MAX, sizeof(*query.terms));
    *out_hits = pool_array(pool, limit + 1, sizeof(**out_hits));
    *out_count = 0;
    analyse(text, add_term, &query);
    if (query.too_many)
        return false;
    double *scores =
        query.count ? calloc((size_t)shop_index_documents(index) + 1, sizeof(*scores)) : NULL;
    if (!scores)
        return query.count == 0;
    for (size_t i = 0; i < query.count; i++) {
        const struct index_term *term = find_term(index, query.terms[i].name);
        if (term)
            add_scores(index, term, query.terms[i].count, scores);
    }
    struct ranking ranking = {index, *out_hits, 0, limit};
    *out_count = limit ? rank_hits(&ranking, scores) : 0;
    free(scores);
    return true;
}
