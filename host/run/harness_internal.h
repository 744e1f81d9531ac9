/* SPDX-License-Identifier: MIT */
/* Shared by harness.c (the run) and epoch.c (one epoch of learning). */
#pragma once

#include "run/harness.h"

/* Runs dev once, learning after every unit; *out_dev: the score over the epoch. */
int harness_epoch(struct harness *harness, int64_t epoch, struct score *out_dev, struct err *err);
/* While the first rollouts of the last epoch run: begins to test what is probably the best. */
int harness_last_epoch(struct harness *harness, struct err *err);
/* Begins the validation of that epoch, with the knowledge that it will probably end with. */
void harness_val_ahead(struct harness *harness, int64_t epoch, struct knowledge *knowledge,
                       const char *prefix);
int harness_write_text(const char *dir, const char *name, const struct buf *text, struct err *err);
/* which: "learned" or "best". */
int harness_write_knowledge(struct harness *harness, const char *which,
                            const struct knowledge *knowledge, struct err *err);
