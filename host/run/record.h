/* SPDX-License-Identifier: MIT */
/* The files of a run directory, in the reference's formats (spec/grasp.md 16). */
#pragma once

#include "base/json.h"
#include "run/figures.h"
#include "run/rollout.h"

/* snapshot: JSON array that describes the knowledge before the batch. One line with its end. */
void record_dev_line(struct buf *out, const struct rollout *rollout, int64_t update_cycle,
                     struct str snapshot);
void record_val_line(struct buf *out, const struct rollout *rollout);
void record_test_line(struct buf *out, const struct rollout *rollout);
void record_eval_line(struct buf *out, const struct rollout *rollout);

struct score {
    size_t correct;
    size_t total;
    size_t missing; /* of total: could not be run; neither right nor wrong */
    struct figures figures;
};
/* correct / (total - missing), 0 for nothing. */
double score_value(const struct score *score);

/* Does a validation score take the best checkpoint's place? best: NULL if there is none yet. Ties
 * keep the earlier one; in the reference the first has to be over 0. */
bool score_beats(double score, const double *best, bool reference);

/* {"epoch", "score", "n_correct", "n_total", "dev_score"}; epoch -1 is "baseline"; dev NULL is
 * null; "n_missing", "complete": false and "figures" only if there are any. */
struct json *record_val_score(int64_t epoch, const struct score *val, const struct score *dev);
/* {"split", "score", "n_correct", "n_total"}, and the rest likewise. */
struct json *record_test_score(const char *split, const struct score *score);

/* Written atomically, indented by two, no newline at the end. */
int record_write_json(const char *dir, const char *name, const struct json *value, unsigned flags,
                      struct err *err);
