/* SPDX-License-Identifier: MIT */
/*
 * The folder of a sweep. Several processes, on several machines, work in one at once.
 *
 *   sweep.json             the cells: what the folder is for; written once
 *   cells/NAME/            the run directory of a cell
 *   state/NAME/config.yaml the configuration with which it was begun: there from then on
 *   state/NAME/log.txt     what its processes wrote
 *   state/NAME/claim.N     claims, see claim.h
 *   state/NAME/end.N       how the process of claim N ended
 *   state/cache-SEED/, state/share-*
 */
#pragma once

#include "sweep/plan.h"

struct sweep_folder {
    char *path; /* absolute */
    const struct sweep *sweep;
};

/* Makes the folder, or checks that it is of the same cells: EXIT_CONFIG with what differs. */
int sweep_folder_open(const struct sweep *sweep, const char *path, struct sweep_folder *out,
                      struct err *err);
/* For reading alone: the folder is there, and need not be one that can be written. */
int sweep_folder_look(const struct sweep *sweep, const char *path, struct sweep_folder *out,
                      struct err *err);
void sweep_folder_close(struct sweep_folder *folder);
/* The state folder of a cell, with its configuration; it is there already if it was begun. */
int sweep_folder_add_cell(const struct sweep_folder *folder, size_t cell, struct err *err);
/* Is there a sweep in this folder? */
bool sweep_folder_is(const char *path);
/* sweep.json; EXIT_CONFIG if it is damaged. */
int sweep_folder_read(const char *path, struct json **out, struct err *err);

/* Paths; the caller frees them. */
char *sweep_run_path(const struct sweep_folder *folder, size_t cell);
char *sweep_state_path(const struct sweep_folder *folder, size_t cell, const char *name);
