/* SPDX-License-Identifier: MIT */
/* What stands in for the rest of the world in tests: a model's replies, hostile ones too, a made-up
 * task for methods, and a lab. All of it follows from the seed. */
#pragma once

#include "plugin/check_drive.h"

/* How the agent answers. */
enum style {
    STYLE_REHEARSED, /* as the plugin's own rehearsal does; plain words where it has none */
    STYLE_HOSTILE,   /* whatever a model may come up with, and more */
};

/* The hostile text of a number: empty, long, deep, broken, with NUL and control characters; valid
 * UTF-8 always, as R5 promises. */
void world_hostile(const struct check *check, const char *label, uint64_t number, struct buf *out);
/* Random bytes, as the characters U+0000 to U+00FF. */
void world_noise(const struct check *check, const char *label, size_t size, struct buf *out);

/* Plays an episode, from begin to the verdict, and ends it. False: a call failed; drive->err. */
struct play {
    struct str sample;
    uint64_t number; /* of the episode: seed and draws follow from it */
    enum style style;
    uint32_t max_turns;
    struct buf *rollout; /* kept if given */
};
bool world_play(struct drive *drive, struct instance *instance, const struct play *play);
/* One turn of it: asks and steps. */
bool world_turn(struct drive *drive, struct instance *instance, struct episode *episode,
                const struct play *play);
/* Grades with as many rounds of judge's replies as the task asks for, at most 3. */
bool world_grade(struct drive *drive, struct instance *instance, struct str sample,
                 struct str rollout, struct verdict *out);

/* Samples of all splits of an open task; false if one failed. */
bool world_samples(struct drive *drive, struct instance *instance, struct texts *out);
/* The texts that the options' defaults give. */
struct str world_config(const struct check *check);

/* The made-up task of methods. */
#define WORLD_SAMPLES 8
struct str world_sample(size_t number);
const struct message *world_talk(size_t *out_count);
/* The batch for learn; extra: put unknown members into it. */
void world_batch(const struct check *check, int epoch, int cycle, bool last, bool extra,
                 struct buf *out);

struct world_lab {
    struct lab lab;
    struct drive *drive;
    enum style style;
    struct json *results; /* by ticket */
    uint64_t records;
};
void world_lab_open(struct world_lab *lab, struct drive *drive, enum style style);
void world_lab_close(struct world_lab *lab);

/* Learns some batches from nothing and gives the knowledge there is in the end, loaded. False: a
 * call failed, drive->err, and there is nothing to unload. */
bool world_learn(struct drive *drive, struct instance *instance, enum style style, bool extra,
                 struct files **out_files, void **out_knowledge);
