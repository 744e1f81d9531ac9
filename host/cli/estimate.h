/* SPDX-License-Identifier: MIT */
/* --estimate: what a run or an evaluation will probably use, before any call is paid for. Both play
 * it on the rehearsal model, in a folder that is removed again; where task and method have no
 * rehearsal, they go by the first messages of a sample. They print a table, or JSON with --json. */
#pragma once

#include "cli/session.h"

/* After harness_prepare. Of a long run an epoch is played, and multiplied. */
int estimate_run(struct session *session, struct harness *harness, struct err *err);

/* One split with one knowledge. Of a long one some samples are played, evenly spread. */
int estimate_evaluation(struct session *session, struct harness *harness,
                        const struct samples *samples, struct knowledge *knowledge,
                        struct err *err);
