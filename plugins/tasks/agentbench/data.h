/* SPDX-License-Identifier: MIT */
/* AgentBench's data folders, read as they are upstream. */
#pragma once

#include <grasp/grasp.h>

#include "common/pool.h"

/* The folder of an environment ("dbbench", "os_interaction") that holds `file`: the one given by
 * the option, or one where AgentBench, the reference's repository or a copy of their data keeps it.
 * GRASP_E_INVALID, explained, when it is in none of them. */
int32_t data_folder(grasp_call *call, grasp_str given, const char *environment, const char *file,
                    grasp_str *out_folder);

/* A file of JSON: one value, or with a name that ends in l one per line, which gives an array. The
 * value lives as long as the call. Errors name the file and the line. */
int32_t data_json(grasp_call *call, grasp_str path, const grasp_json_value **out);
/* The same of text that is at hand; lines: one value per line. name: for errors. */
int32_t data_parse(grasp_call *call, grasp_str text, const char *name, int lines,
                   const grasp_json_value **out);
/* An array that is not empty, from DIR/FILE. */
int32_t data_list(grasp_call *call, grasp_str folder, const char *file,
                  const grasp_json_value **out);
