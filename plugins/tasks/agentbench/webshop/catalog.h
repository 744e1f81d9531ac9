/* SPDX-License-Identifier: MIT */
/* Products, goals and index: imported from the upstream files, or opened from an earlier import. */
#pragma once

#include "goal.h"
#include "index.h"
#include "store.h"

struct catalog {
    struct store *store;
    struct text_index *index;
    struct goal *goals; /* in the order of the reference */
    size_t goal_count;
    uint32_t product_count;
    struct pool pool;
};

/* The three files as text. products is read once from front to back, and what has been read may
 * be dropped from memory: it is a map of a file if it is large. */
struct catalog_source {
    grasp_str products, attributes, human;
    const char *names[3]; /* for messages */
};

/* In memory, from texts. price_seed: of the draws of prices and bounds. */
int32_t catalog_import(grasp_call *call, const struct catalog_source *source, uint64_t price_seed,
                       struct report *report, struct catalog *out);
/* From a folder with the files. Large ones are imported once into `cache` (empty: the user's cache
 * folder) and opened from there afterwards. */
int32_t catalog_open(grasp_call *call, grasp_str folder, grasp_str cache, uint64_t price_seed,
                     struct catalog *out);
void catalog_close(struct catalog *catalog);
/* A product; false if the row is none. Texts live in the pool. */
bool catalog_product(const struct catalog *catalog, uint32_t row, struct pool *pool,
                     struct product *out);

/* Into a store and an index that catalog_load opens afterwards. key: what store_source gives. */
int32_t catalog_import_into(grasp_call *call, const struct catalog_source *source,
                            uint64_t price_seed, grasp_str key, struct store *store, int index_fd,
                            struct report *report);
/* out->store is open already. */
int32_t catalog_load(grasp_call *call, int index_fd, struct catalog *out);
void catalog_report(grasp_call *call, const struct report *report, const char *name);
