/* SPDX-License-Identifier: MIT */
/*
 * The Slurm executor: one job array, a cell a task, and nothing of ours that stays on the cluster.
 * A task runs `grasp-host sweep FILE --cell NAME` in the sweep's folder, which must be on a file
 * system that all nodes see. Before its time limit it is stopped cleanly and requeued; a task whose
 * node fails is requeued by Slurm. Either way it goes on from its journal.
 */
#pragma once

#include "sweep/local.h"

struct slurm_job {
    char *id; /* of the array, as sbatch gave it */
    size_t cells;
};

/* EXIT_CONFIG with file and line if the block `slurm` of the file is wrong. */
int slurm_check(const struct sweep *sweep, struct err *err);

/* Submits the selected cells that are not done; job->id is NULL if there are none. The caller frees
 * it. EXIT_TEMPORARY while an array of this folder is still in the queue, EXIT_UNAVAILABLE without
 * Slurm or if it refuses, with its own words. */
int slurm_submit(const struct sweep_local *local, struct slurm_job *job, struct err *err);

/* Cells of `status` (sweep_status) that wait in Slurm's queue become "queued". Without Slurm or its
 * record: nothing. */
void slurm_add_status(const struct sweep_folder *folder, struct json *status);
