/* SPDX-License-Identifier: MIT */
#pragma once

#include "golden_common.h"

/* Presets, retries and what goes over the wire; the number of cases that failed. */
int golden_model_sections(struct golden *g);
/* What the clients of services write and read. */
void golden_service_sections(struct golden *g);
