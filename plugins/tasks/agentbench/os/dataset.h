/* SPDX-License-Identifier: MIT */
/* The problems of an instance, and its splits. */
#pragma once

#include "../data.h"
#include "problem.h"

struct os_sample {
    const struct problem *problem; /* NULL: the reference's id of nothing */
    grasp_str id;
    grasp_str json; /* the object that samples() emits */
};

struct os_split {
    const char *name;
    struct os_sample *samples;
    size_t count;
};

struct os_dataset {
    struct pool pool;
    struct problem *problems;
    size_t count, capacity;
    struct os_split splits[DATA_SPLIT_COUNT];
};

/* From AgentBench's folder, or our own if that is empty. reference: ids of the splits are taken as
 * they are, one below the problems that they mean. dataset_free is to follow even a failure. */
int32_t os_dataset_load(grasp_call *call, struct os_dataset *out, grasp_str folder, bool reference);
/* The same from a folder whose scripts are read by someone else; NULL for those in it. */
int32_t os_dataset_load_with(grasp_call *call, struct os_dataset *out, grasp_str folder,
                             bool reference, const struct script_files *files);
void os_dataset_free(struct os_dataset *set);
const struct os_sample *os_dataset_find(const struct os_dataset *set, grasp_str id);

/* families.c: our own problems. Appends them. */
int32_t families_load(grasp_call *call, struct os_dataset *set);
struct problem *os_dataset_add(struct os_dataset *set);
