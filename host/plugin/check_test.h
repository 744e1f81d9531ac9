/* SPDX-License-Identifier: MIT */
/* The halves of tests that tasks and methods have each in their own way. */
#pragma once

#include "plugin/check_world.h"

/* open failed as in a run: refused, or skipped if it asks for something that is not here. */
void test_open_failed(int code, const struct err *err);

void task_test_open(struct check *check);
void task_test_interleave(struct check *check, struct drive *drive, struct instance *instance,
                          const struct texts *samples);
void task_test_unknown(struct check *check, struct drive *drive, struct instance *instance,
                       const struct texts *samples);
void task_test_closing(struct drive *drive, struct instance *instance, const struct texts *samples);
void task_test_refusals(struct drive *drive, struct instance *instance,
                        const struct texts *samples);
void task_test_garbage(struct drive *drive, struct instance *instance, const struct texts *samples);
void task_test_large(struct drive *drive, struct instance *instance, const struct texts *samples);
/* A whole life; threads: every call on another thread. */
void task_threads(struct drive *drive, bool threads);

void method_test_open(struct check *check);
void method_test_interleave(struct drive *drive, struct instance *instance);
void method_test_unknown(struct drive *drive, struct instance *instance);
void method_test_closing(struct drive *drive, struct instance *instance);
void method_test_refusals(struct drive *drive, struct instance *instance);
void method_test_garbage(struct drive *drive, struct instance *instance);
void method_test_large(struct drive *drive, struct instance *instance);
void method_threads(struct drive *drive, bool threads);
/* Learns, and augments turns with what came of it. */
bool method_play(struct drive *drive, struct instance *instance, enum style style);
/* Augments some turns, twice each, and describes. */
bool method_use(struct drive *drive, struct instance *instance, const void *knowledge);
