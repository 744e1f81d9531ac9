/* SPDX-License-Identifier: MIT */
/* Shared by slurm.c (the queue) and slurm_script.c (what is handed in). */
#pragma once

#include "sweep/slurm.h"

/* The batch script for these cells. program and folder are absolute. */
void slurm_script(struct buf *out, const struct sweep_folder *folder, const char *program,
                  const size_t *cells, size_t count);
