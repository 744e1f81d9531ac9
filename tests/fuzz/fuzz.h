/* SPDX-License-Identifier: MIT */
/* A fuzz target is one function. Linked with libFuzzer it is given what that invents; linked with
 * replay.c it is given files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
