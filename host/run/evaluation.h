/* SPDX-License-Identifier: MIT */
/* A split run once with one knowledge, while other work goes on: validation and tests. */
#pragma once

#include "run/harness.h"

struct evaluation;

/* samples, and the engine, must outlive it. knowledge: a reference is taken; NULL is the plain
 * agent. behind: what is not an evaluation of this kind goes first. ahead: NULL, or the prefix of
 * wave_go_ahead; then it is settled or put aside before it is finished or dropped. */
struct evaluation *evaluation_start(struct harness *harness, const struct samples *samples,
                                    enum phase phase, const char *place,
                                    struct knowledge *knowledge, bool behind, const char *ahead);
void evaluation_settle(struct evaluation *evaluation);
/* Nobody needs it: frees it, and leaves what it runs to ahead.h. */
void evaluation_put_aside(struct evaluation *evaluation);
/* Waits for it, counts, and frees it. The file gets one line per sample from `write`, and appears
 * when all are there. EXIT_UNAVAILABLE if no sample could be run. */
int evaluation_finish(struct evaluation *evaluation, const char *file,
                      void (*write)(struct buf *out, const struct rollout *rollout),
                      struct score *out, struct err *err);
/* Gives it up. NULL is fine. */
void evaluation_drop(struct evaluation *evaluation);
