/* SPDX-License-Identifier: MIT */
/*
 * Replies of a run's earlier calls, for identical requests at temperature 0: a rollout that would
 * ask the model just what it was asked before is not paid for again (spec/grasp.md 18, W21).
 *
 * What is reused must not depend on which reply comes first. So a wave sees the replies of those
 * waves that were waited for before it was started, and no others; whoever starts waves and waits
 * for them is one thread, which calls memo_generation and memo_publish.
 */
#pragma once

#include "model/model.h"

struct memo;

struct memo *memo_create(void);
void memo_destroy(struct memo *memo); /* NULL is fine, here and below */

/* Which replies a wave that starts now may see. */
uint64_t memo_generation(const struct memo *memo);
/* Any thread. Texts go to the arena. */
bool memo_find(struct memo *memo, const char *fingerprint, uint64_t generation, struct arena *arena,
               struct model_reply *out);

/* New replies of a wave that still runs. A zeroed struct is empty. */
struct memo_batch {
    struct memo_note *notes;
    size_t count, capacity;
};
/* Any thread. All texts are copied. place: of two replies to one request in a batch, that of the
 * lesser place counts. */
void memo_note(struct memo *memo, struct memo_batch *batch, struct str place,
               const char *fingerprint, const struct model_reply *reply);
/* Takes the batch over, which is empty afterwards. */
void memo_publish(struct memo *memo, struct memo_batch *batch);
void memo_batch_clear(struct memo_batch *batch);
