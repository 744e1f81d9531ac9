/* SPDX-License-Identifier: MIT */
/* Sequential and batch memory: a list of notes, each written after a failure, all of them shown in
 * every turn (spec/baselines.md 3, 4). */
#pragma once

#include "common/lesson.h"

#define MEMORY_OPTIONS(BOOL, REPAIR, INT, NUMBER)                                                  \
    INT(max_bullets, 20, 1, 100000, "notes that are kept, with enforce_limit")                     \
    REPAIR(enforce_limit, "beyond max_bullets the oldest notes go")                                \
    REPAIR(dedup_notes, "a note that says what another says is dropped when it is written")

struct memory_options {
    OPTION_FIELDS(MEMORY_OPTIONS)
};

struct memory {
    struct learner learner;
    struct memory_options options;
    grasp_str note_prompt;
};

/* notes.c */
/* One reply of the writer, or one stored note, as a note; false if there is none in it. */
bool note_read(grasp_call *call, struct pool *pool, grasp_str raw, grasp_str *out);
/* What a memory.json holds, unusable and repeated notes left out. False if it is no JSON. */
bool notes_read(grasp_call *call, struct pool *pool, grasp_str text, struct strings *out,
                size_t *out_raw, grasp_str *out_why);
bool notes_have(const struct strings *notes, grasp_str note); /* in any case */
void notes_block(struct text *out, const struct strings *notes);
grasp_str notes_file(grasp_call *call, const struct strings *notes);

/* update.c */
/* Asks for a note after each failure of the batch, one after the other. */
int32_t memory_update(struct lesson *lesson, const struct memory *self, struct strings *notes);
/* What the writer reads of a verdict, a line for the expected answer first. */
void memory_verdict(struct text *out, const struct rollout *rollout);
int32_t memory_learn(struct lesson *lesson, void *self, const grasp_files *files);
int32_t batch_memory_learn(struct lesson *lesson, void *self, const grasp_files *files);

/* rehearsal.c */
const void *memory_extension(grasp_str id);

/* method.c */
extern const grasp_method memory_table;
extern const grasp_method batch_memory_table;
