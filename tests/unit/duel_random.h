/* SPDX-License-Identifier: MIT */
/* Random duels, told random outcomes, and what must hold of each. */
#pragma once

#include <stdint.h>

/* NULL, or what does not hold of the duel that this seed makes. *out_rollouts grows by its
 * rollouts, *out_accepted by 1 if it accepted. */
const char *duel_random_check(uint64_t seed, uint64_t *out_rollouts, uint64_t *out_accepted);
