/* SPDX-License-Identifier: MIT */
/* Numbers for tests that try much: the same ones in every run. */
#pragma once

#include <stdint.h>

/* A number below `below`. */
static inline uint32_t chance(uint32_t below)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}
