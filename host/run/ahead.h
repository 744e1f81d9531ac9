/* SPDX-License-Identifier: MIT */
/*
 * Work that begins before it is certain to be needed, so that a run waits less: the unit after an
 * update that will probably be what the method expects, the tests of a checkpoint that is probably
 * the best. What is begun depends on results alone, never on time. A wrong guess runs to its end
 * beside the rest, so that what a run costs does not depend on time either.
 */
#pragma once

#include "run/harness.h"

/* Keeps the unit of that epoch and number as the one that goes ahead; there is none yet. wave: not
 * started, taken over. knowledge: what its rollouts are run with; a reference is taken. prefix: as
 * in wave_go_ahead. */
void ahead_start(struct harness *harness, int64_t epoch, size_t cycle, struct wave *wave,
                 struct knowledge *knowledge, const char *prefix);
/* The wave of that unit, if it went ahead with the present knowledge. NULL: it did not; one that
 * went ahead with another is put aside. */
struct wave *ahead_take(struct harness *harness, int64_t epoch, size_t cycle);

/* Takes over a wave, or NULL, whose results nobody needs. */
void ahead_put_aside(struct harness *harness, struct wave *wave);
/* At the end of a run: waits for what was put aside. */
void ahead_finish(struct harness *harness);
void ahead_clear(struct harness *harness);
