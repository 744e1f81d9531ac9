/* SPDX-License-Identifier: MIT */
/* What the tasks say of themselves and of their samples. */
#pragma once

#include <grasp/grasp.h>

#include "common/tag_table.h"

/* What info() says of a task. */
struct description {
    const char *name;
    int32_t max_turns;
    bool blocking;
    bool reference;     /* results of tools may stay without their calls in a shortened history */
    grasp_str tools;    /* empty for none */
    grasp_str omitted;  /* stands in for what is left out of the history, with {{count}} */
    const char *family; /* for the writer, as is what follows */
    grasp_str guidance;
    const struct tag_table *labels; /* NULL: neither guidance nor labels */
    uint64_t label_set;
};
int32_t describe_task(grasp_call *call, const struct description *task);

/* The beginning of a sample, without its closing bracket. */
void describe_sample(struct text *out, grasp_str id, grasp_str type, grasp_str description);
/* Emits what was written. */
int32_t describe_emit(grasp_call *call, const struct text *out);
/* For samples(): which of data_split_names it is. A name that is none is a fault. */
int32_t describe_split(grasp_call *call, grasp_str name, size_t *out);
