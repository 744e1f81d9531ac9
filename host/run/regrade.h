/* SPDX-License-Identifier: MIT */
/* Grades the rollouts of a run again. They are in its journal, with the judge's replies; no model
 * is called and the run is not changed. */
#pragma once

#include "base/json.h"
#include "plugin/task.h"

/* *out: {"phases": [{"phase", "n_total", "n_correct_before", "n_correct_after"}],
 * "changed": [{"place", "sample_id", "before", "after", "failure_tags"}],
 * "skipped": [{"place", "why"}]}, in the order of the places. */
int regrade_run(const char *dir, struct task *task, struct json **out, struct err *err);
