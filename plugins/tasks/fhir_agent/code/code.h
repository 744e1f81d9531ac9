/* SPDX-License-Identifier: MIT */
/* The tool execute_python_code: a model's Python over the resources that were retrieved, in the
 * host's sandbox (grasp/ext/python.h). No run sees anything of another one. */
#pragma once

#include <grasp/ext/python.h>

#include "common/text.h"

/* 0 for what the host has as its own limits. */
struct code_options {
    uint64_t max_memory;   /* bytes of address space of a run */
    uint64_t max_text;     /* bytes of what the model is shown, 0: 256 KiB; the rest is cut */
    uint32_t max_parallel; /* runs at once */
    uint32_t timeout_s;    /* 0: 60; a model may ask for less */
};

/* In the task's open: starts Python. GRASP_E_UNAVAILABLE, explained, when there is no bubblewrap,
 * no Python or no namespaces here. [exclusive self] */
struct code;
int32_t code_open(grasp_call *call, const struct code_options *options, struct code **out);
/* NULL is fine. Python itself ends with the instance. [exclusive self] */
void code_close(struct code *code);

/* What retrieved_resources is in runs: the text of a JSON object, {"Observation": [...], ...}. It
 * is copied, and read once for all runs; an episode makes a new one when it has retrieved more.
 * Belongs to the episode. [shared code, exclusive episode] */
int32_t code_hold(grasp_call *call, const struct code *code, grasp_str resources,
                  grasp_python_data **out);
void code_release(grasp_call *call, const struct code *code, grasp_python_data *resources);

/* Runs the source and appends the tool's message to out: str() of Python's dict with "stdout",
 * "answer" or "error", whatever the source did. resources: NULL for {}. timeout_s: as the model
 * gave it; 0 or less, or more than the option: the option's. Not GRASP_OK: the sample cannot be
 * run. [shared code, exclusive episode] */
int32_t code_run(grasp_call *call, const struct code *code, grasp_python_data *resources,
                 grasp_str source, int64_t timeout_s, struct text *out);
