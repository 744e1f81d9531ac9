/* SPDX-License-Identifier: MIT */
/* AgentBench's data folders, read as they are upstream. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "common/pool.h"
#include "common/twister.h"

/* The folder of an environment ("dbbench", "os_interaction") that holds `file`: the one given by
 * the option, or one where AgentBench, the reference's repository or a copy of their data keeps it.
 * GRASP_E_INVALID, explained, when it is in none of them. */
int32_t data_folder(grasp_call *call, grasp_str given, const char *environment, const char *file,
                    grasp_str *out_folder);

/* The same; false when it is in none. */
bool data_find(grasp_call *call, grasp_str given, const char *environment, const char *file,
               grasp_str *out_folder);
bool data_has(grasp_call *call, grasp_str folder, const char *file);

/* The splits of every task. */
#define DATA_SPLIT_COUNT 3
extern const char *const data_split_names[DATA_SPLIT_COUNT]; /* dev, val, test */

/* Draws as the reference made its splits, with one generator for all groups of samples, seeded with
 * 42: shuffles a group, whose first *out_dev go to dev, 0.6 of them and at least one, and the rest
 * to val (spec/agentbench_os_db.md 3.4, 8.2). */
void data_draw_split(struct twister *random, uint32_t *items, size_t count, size_t *out_dev);
#define DATA_SPLIT_SEED 42

/* A file that is built in, as it is; empty if there is none with this name. */
grasp_str data_own_file(const char *name);

/* A file of JSON: one value, or with a name that ends in l one per line, which gives an array. The
 * value lives as long as the call. Errors name the file and the line. */
int32_t data_json(grasp_call *call, grasp_str path, const grasp_json_value **out);
/* The same of text that is at hand; lines: one value per line. name: for errors. */
int32_t data_parse(grasp_call *call, grasp_str text, const char *name, int lines,
                   const grasp_json_value **out);
/* An array that is not empty, from DIR/FILE. */
int32_t data_list(grasp_call *call, grasp_str folder, const char *file,
                  const grasp_json_value **out);
