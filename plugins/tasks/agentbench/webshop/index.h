/* SPDX-License-Identifier: MIT */
/*
 * An inverted index over product texts that ranks as Lucene's BM25 does, to the last bit of its
 * 32-bit scores (spec section 3.4). It lies in one file, which is mapped and never read as a whole.
 */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/pool.h"

#define INDEX_TERMS_MAX 1024 /* different terms of a query; with more, Lucene gives up */

struct index_builder;
struct index_builder *shop_index_builder_create(void);
/* The next document; numbers count from 0. A text without terms counts for nothing. False without
 * memory. */
bool shop_index_builder_add(struct index_builder *builder, grasp_str id, grasp_str contents);
/* Writes the index to a file that is open for writing, at its beginning. False, with errno, if that
 * fails. */
bool shop_index_builder_write(struct index_builder *builder, int fd);
void shop_index_builder_free(struct index_builder *builder); /* takes NULL */

struct text_index;
/* Maps the file. NULL and *out_why if it is no index. */
struct text_index *shop_index_open(int fd, const char **out_why);
void shop_index_close(struct text_index *index); /* takes NULL */
uint32_t shop_index_documents(const struct text_index *index);

struct index_hit {
    uint32_t document;
    float score;
};

/* The best `limit` documents, by score, then by id. False when the query has too many terms or
 * there is no memory. [shared index] */
bool shop_index_search(const struct text_index *index, grasp_str query, size_t limit,
                       struct pool *pool, struct index_hit **out_hits, size_t *out_count);

/* The length of a document as one byte, and back. */
uint8_t shop_index_length_code(uint32_t length);
uint32_t shop_index_length_of(uint8_t code);
