/* SPDX-License-Identifier: MIT */
/*
 * What is known of every resource without reading it, and who has which value. The tables are flat
 * arrays, so that they can lie in a mapped file. They hold 64-bit hashes of terms, not the terms.
 */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "instant.h"
#include "r4.h"

enum row_flag {
    ROW_META = 1,  /* meta has versionId and lastUpdated */
    ROW_DATES = 2, /* what the type's main date is, only the text says: several, or a long range */
};

#define ROW_ID_FAR UINT16_MAX /* the id is so far into the text, or farther */

struct row {
    uint64_t offset; /* of the resource in its source */
    int64_t low;     /* its type's main date, from here for span ms; INSTANT_NONE: none */
    uint32_t span;
    uint32_t len;
    uint16_t id_at; /* the id, in the resource's text */
    uint16_t source;
    uint8_t id_len;
    uint8_t type; /* r4_type_index */
    uint8_t flags;
    uint8_t reserved;
};

/* The rows of one term, in order, are postings[start .. start + count). */
struct slot {
    uint64_t hash; /* 0: free */
    uint32_t start, count;
};

/* A string of a "name" parameter: its first eight bytes, folded, as a big-endian number. */
struct name {
    uint64_t start;
    uint32_t row;
    uint32_t type;
};

struct index {
    const struct row *rows;
    const struct slot *slots; /* slot_count is a power of two */
    const uint32_t *postings;
    const struct name *names; /* in order of type, start, row */
    const uint32_t *ids;      /* row + 1, by index_id_place; 0: free */
    uint64_t row_count, slot_count, posting_count, id_count, name_count;
    void *memory; /* one block for all, or NULL when mapped */
    void *map;
    uint64_t map_size;
};

enum term_kind { TERM_TYPE = 1, TERM_PATIENT, TERM_PATIENT_CODE, TERM_CODE, TERM_IDENTIFIER };
uint64_t index_term(enum term_kind kind, uint32_t type, grasp_str a, grasp_str b);
uint64_t index_hash(grasp_str text, uint64_t seed);

/* Where the search for an id starts in a table of so many places. */
uint64_t index_id_place(uint32_t type, grasp_str id, uint64_t count);

struct postings {
    const uint32_t *rows;
    uint32_t count;
};
struct postings index_find(const struct index *index, uint64_t term);
/* The names of a type that start with the folded text, or may. */
void index_find_names(const struct index *index, uint32_t type, grasp_str folded,
                      const struct name **out_first, uint64_t *out_count);
uint64_t index_name_start(grasp_str folded);
void index_free(struct index *index);
