/* SPDX-License-Identifier: MIT */
/* --estimate: what a run will probably use, before any call is paid for. */
#pragma once

#include "cli/session.h"

/* After harness_prepare. Plays the run on the rehearsal model, in a folder that is removed again;
 * of a long one an epoch, multiplied. Where task and method have no rehearsal, takes the first
 * messages of a sample. Prints a table, or JSON with --json. */
int estimate_run(struct session *session, struct harness *harness, struct err *err);
