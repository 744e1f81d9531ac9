/* SPDX-License-Identifier: MIT */
/* The samples of a split as a task emits them. */
#pragma once

#include "base/map.h"
#include "plugin/task.h"

struct samples_builder {
    struct samples *out;
    struct buf texts; /* from `written` on */
    size_t written;   /* of them, to the file */
    int fd;           /* of that, or -1 */
    bool no_file;     /* there can be none */
    struct sample_parts *parts;
    size_t capacity, type;
    struct map ids;
};

/* out: empty. */
void samples_begin(struct samples_builder *builder, struct samples *out);
/* An object as it was emitted; EXIT_PLUGIN if it is no sample. */
int samples_add(struct samples_builder *builder, struct str json, struct err *err);
/* The samples are there. */
void samples_end(struct samples_builder *builder);
/* Instead of the end: nothing is there. */
void samples_drop(struct samples_builder *builder);
