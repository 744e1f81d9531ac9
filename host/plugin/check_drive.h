/* SPDX-License-Identifier: MIT */
/*
 * Calls into a plugin as the tests make them. Inputs are guarded (check_guard.h) and gone when the
 * call returns; everything that comes out is written into a transcript, which two runs can be
 * compared by. Faults that the host finds are reported at once.
 */
#pragma once

#include "plugin/check_internal.h"

struct drive { /* one thread's way through a plugin */
    struct check *check;
    struct buf transcript;
    struct guard_block *inputs;
    size_t input_count, input_capacity;
    struct err err; /* why the last call failed */
    int32_t status; /* of the last call */
    bool faulted;   /* the host found a fault in it */
    bool plain;     /* inputs are not guarded: for tests of memory */
};
void drive_clear(struct drive *drive);

/* Where two transcripts part, for people; false if they are equal. */
bool drive_differs(const struct buf *a, const struct buf *b, struct buf *out_where);

struct texts { /* owned */
    struct buf *items;
    size_t count, capacity;
};
void texts_clear(struct texts *texts);

/* All return whether the call went well; `drive->status` and `err` say more. */
struct instance {
    void *self;
    struct owner owner;
    struct texts info;
    bool open;
    pthread_mutex_t mutex; /* for GRASP_SERIAL */
};
bool drive_open(struct drive *drive, struct str config, struct instance *out);
bool drive_info(struct drive *drive, struct instance *instance);
void drive_close(struct drive *drive, struct instance *instance);

/* Tasks. */
struct episode {
    void *handle;
    struct owner owner;
    struct arena arena;
    struct turn_sink sink;
    struct message *talk; /* the conversation as a model sees it */
    size_t talk_count, talk_capacity;
    size_t seen; /* messages of the sink that are in it */
    uint32_t turns;
};
bool drive_samples(struct drive *drive, struct instance *instance, struct str split,
                   struct texts *out);
bool drive_begin(struct drive *drive, struct instance *instance, struct str sample, uint64_t seed,
                 struct episode *out);
bool drive_step(struct drive *drive, struct instance *instance, struct episode *episode,
                int32_t kind, struct str text, struct str tool_calls);
void drive_end(struct drive *drive, struct instance *instance, struct episode *episode);
bool drive_grade(struct drive *drive, struct instance *instance, struct str sample,
                 struct str rollout, struct str judge, struct verdict *out, struct buf *requests);
void drive_rollout(const struct episode *episode, struct buf *out);     /* its JSON */
void drive_message(struct drive *drive, const struct message *message); /* into the transcript */

/* Methods. */
bool drive_load(struct drive *drive, struct instance *instance, const struct files *files,
                void **out);
void drive_unload(struct drive *drive, struct instance *instance, void *knowledge);
bool drive_augment(struct drive *drive, struct instance *instance, const void *knowledge,
                   struct str sample, uint32_t number, const struct message *messages,
                   size_t count);
bool drive_describe(struct drive *drive, struct instance *instance, const void *knowledge);
bool drive_learn(struct drive *drive, struct instance *instance, const struct lab *lab,
                 const struct files *files, const void *knowledge, struct str batch, bool epoch_end,
                 struct files **out);

/* Rehearsals: false if it did not answer. */
bool drive_reply(struct drive *drive, const struct message *messages, size_t count, uint64_t seed,
                 struct arena *arena, struct model_reply *out);

/* check_drive.c, for the calls above. */
struct frame *drive_enter(struct drive *drive, enum call_kind kind, const char *function);
bool drive_leave(struct drive *drive, struct frame *frame, int32_t status);
grasp_str drive_text(struct drive *drive, struct str text);
const void *drive_struct(struct drive *drive, const void *data, size_t size);
const grasp_message *const *drive_messages(struct drive *drive, const struct message *messages,
                                           size_t count);
void drive_note(struct drive *drive, const char *what, struct str text);
