/* SPDX-License-Identifier: MIT */
/* The failure tags of a task by number, sets of them, and where guidance names them. */
#pragma once

#include "common/text.h"

struct tag_words {
    const char *name; /* lower-case words with '_' between them */
    const char *description;
};
struct tag_table {
    const struct tag_words *tags;
    int count; /* at most 64 */
};

/* Sets of tags have the bit TAG_BIT(tag). */
#define TAG_BIT(tag) (UINT64_C(1) << (tag))
#define TAGS_ALL UINT64_MAX

/* The number of the tag with this name, -1 if there is none. */
int tag_find(const struct tag_table *table, grasp_str name);
/* A JSON array of the names. */
void tags_write(struct text *out, const struct tag_table *table, uint64_t set);
/* A JSON object of what they mean, by name. */
void tags_write_meanings(struct text *out, const struct tag_table *table, uint64_t set);

/* What guidance says of tags, for a rehearsal. */
struct tag_mentions {
    uint64_t named;
    uint64_t demanded; /* those of them with "always" before them */
};
/* Adds the tags that stand as words in a text, which may be the inside of a JSON string. */
void tags_mentioned(const struct tag_table *table, grasp_str text, struct tag_mentions *out);
