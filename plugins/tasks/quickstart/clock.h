/* SPDX-License-Identifier: MIT */
/* The time at which all questions are asked, and the form in which times are written. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#define CLOCK_NOW "2023-11-13T10:15:00+00:00"
#define CLOCK_SIZE 26

/* The time so many minutes before CLOCK_NOW. */
void clock_before(int32_t minutes, char out[CLOCK_SIZE]);
/* Minutes since 1970 of a time in that form (or ending in "Z"); false if it is not one. */
bool clock_read(grasp_str time, int64_t *out_minutes);
