/* SPDX-License-Identifier: MIT */
/* The file of an index: this header, then the tables in its order, each on a multiple of 8. */
#pragma once

#include <stdint.h>

#define INDEX_MAGIC "webshop index 1"

struct index_header {
    char magic[16];
    uint64_t documents, terms;
    uint64_t filled; /* documents with at least one term */
    uint64_t total;  /* terms of all documents */
    uint64_t names_size, postings_size;
};

/* Sorted by name. Its postings: pairs of varints, the step from the document before (from -1 at
 * first) and how often the term is in it. */
struct index_term {
    uint64_t name_at, postings_at;
    uint32_t name_len, documents;
};

/* Behind the header: struct index_term[terms], uint32_t rank[documents] (the place of a document in
 * the order of ids), uint8_t length[documents], names, postings. */
