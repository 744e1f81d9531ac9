/* SPDX-License-Identifier: MIT */
/* What is known of every cell, from the files alone: while a sweep runs, anywhere, and afterwards.
 */
#pragma once

#include "sweep/local.h"

/* {"cells": [{"index", "name", "state", "tries", "host", "log"}], "counts": {state: number}}.
 * States: done, missing, running, waiting, stopped, budget, outside, failed, timeout, broken (its
 * process is gone). */
struct json *sweep_status(const struct sweep_folder *folder);
/* Tables of the same for people. */
void sweep_status_text(struct buf *out, const struct json *status);
