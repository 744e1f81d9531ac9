/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/pool.h"

/* A name for files and ids: lower case, every run of other characters than [a-z0-9] one '_', none
 * at the ends; "unnamed_skill" when nothing is left. At most 200 bytes. */
grasp_str slug_make(struct pool *pool, grasp_str text);
