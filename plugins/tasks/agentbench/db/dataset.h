/* SPDX-License-Identifier: MIT */
/* The entries of an instance, and its splits. */
#pragma once

#include "../data.h"
#include "common/text.h"
#include "entry.h"

struct db_sample {
    const struct entry *entry;
    grasp_str json; /* the object that samples() emits */
};

struct db_split {
    const char *name;
    struct db_sample *samples;
    size_t count;
};

struct dataset {
    struct pool pool;
    struct entry *entries;
    size_t count;
    struct db_split splits[DATA_SPLIT_COUNT];
};

/* folder: option `data`; empty for our own set. */
int32_t dataset_load(grasp_call *call, struct dataset *out, grasp_str folder);
/* By id; NULL if there is none. */
const struct entry *dataset_find(const struct dataset *set, grasp_str id);
void dataset_free(struct dataset *set);
