/* SPDX-License-Identifier: MIT */
/* A split run once with one knowledge, while other work goes on: validation and tests. */
#pragma once

#include "run/harness.h"

struct evaluation;

/* samples, and the engine, must outlive it. knowledge: a reference is taken; NULL is the plain
 * agent. behind: what is not an evaluation of this kind goes first. */
struct evaluation *evaluation_start(struct harness *harness, const struct samples *samples,
                                    enum phase phase, const char *place,
                                    struct knowledge *knowledge, bool behind);
/* Waits for it, counts, and frees it. The file gets one line per sample from `write`, and appears
 * when all are there. EXIT_UNAVAILABLE if no sample could be run. */
int evaluation_finish(struct evaluation *evaluation, const char *file,
                      void (*write)(struct buf *out, const struct rollout *rollout),
                      struct score *out, struct err *err);
/* Gives it up. NULL is fine. */
void evaluation_drop(struct evaluation *evaluation);
