/* SPDX-License-Identifier: MIT */
/* Shared by plan.c (the file), axes.c (the grid) and plan_cell.c (a cell's configuration). */
#pragma once

#include "sweep/plan.h"

#define SWEEP_MAX_CELLS 100000

/* "FILE:LINE" of a dotted path of the sweep file. Valid until the next call. */
const char *sweep_where(const struct sweep *sweep, const char *dotted);

/* Is the name of an axis, or of a setting, one that runs have? */
int axes_check_name(const struct sweep *sweep, const char *where, struct str name, struct err *err);
/* The cells of axes, include and exclude: their axes only, each once. */
int axes_expand(struct sweep *sweep, struct err *err);
/* Do the values of a cell match {axis: pattern or list of patterns}? */
bool axes_match(const struct json *axes, const struct json *where);
/* The block {axis: pattern or list of patterns} names axes only. */
int axes_check_where(const struct sweep *sweep, const char *where, const struct json *block,
                     struct err *err);

/* Name, configuration, retries and time limit of each cell. */
int plan_fill_cells(struct sweep *sweep, struct err *err);
/* Which baselines are shared; cells are added and put in order. */
int plan_share_baselines(struct sweep *sweep, struct err *err);
