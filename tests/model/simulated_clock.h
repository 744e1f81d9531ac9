/* SPDX-License-Identifier: MIT */
/*
 * Time that a test moves on. Linked into a program, it stands in front of libc for everything in
 * the process, libuv and libcurl included: what they read, and what they wait for.
 */
#pragma once

#include <stdint.h>

/* From now on it is so much later. Any thread. */
void simulated_clock_advance(uint64_t us);
/* How far it has been moved. */
uint64_t simulated_clock_offset(void);
/* From now on a wait of the event loop for a time, when nothing comes, moves the clock there.
 * shown_us: where the clock is kept. Before there are threads. */
void simulated_clock_follow(uint64_t *shown_us);
