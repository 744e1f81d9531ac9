/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

int64_t clock_wall_ms(void); /* since 1970-01-01 UTC */
uint64_t clock_monotonic_us(void);
