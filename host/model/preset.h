/* SPDX-License-Identifier: MIT */
/*
 * Presets: which client, endpoint, model and decoding stand behind `--agent NAME`. A preset is
 * YAML: a file agents/NAME.yaml beside the config or in the user's config folder, or one of
 * benchmarks/agents, which are built in. The reference's preset files are read as they are
 * (spec/grasp.md 4.1).
 */
#pragma once

#include "base/json.h"

/* Expands ${NAME} and ${NAME:-default} in all strings, recursively (spec/grasp.md 3.3). Values
 * that come from a variable whose name ends in KEY, TOKEN or SECRET become log secrets. */
int preset_expand(struct json *value, struct err *err);

/* Finds, reads and expands a preset into the config model_open takes. name: a preset, or the path
 * of a file. dirs: folders to look in, ended by NULL. Not found: EXIT_CONFIG with the names there
 * are and the nearest one. */
int preset_load(const char *name, const char *const *dirs, struct json **out, struct err *err);
/* The same, not expanded: a block or a list of blocks (variables.h), and where it comes from. */
int preset_read(const char *name, const char *const *dirs, struct json **out_blocks,
                char **out_source, struct err *err);
/* The names of all presets, in order; a list ended by NULL. The caller frees names and list. */
char **preset_list(const char *const *dirs);

/* An inline agent block {module, parameters} in the same form. */
int preset_from_block(const struct json *block, struct json **out, struct err *err);

/* Puts a temperature where the preset keeps it (agent_temperature, proposal_temperature). */
void preset_set_temperature(struct json *config, double temperature);

/* Names of the built-in presets, ended by NULL. */
const char *const *preset_names(void);
