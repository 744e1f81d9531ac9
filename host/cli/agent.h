/* SPDX-License-Identifier: MIT */
/* The model behind --agent: presets found beside the configuration, in the user's folder and in
 * the program. */
#pragma once

#include "base/err.h"
#include "base/json.h"

/* config_file: the configuration that the agent goes with, or NULL. name: a preset, or the path of
 * a preset's file; changes: what the configuration changes of it, or NULL. */
int agent_load(const char *config_file, const char *name, const struct json *changes,
               struct json **out, struct err *err);

/* For `list`: adds each preset with its variables, and which of them are missing. detail: a line
 * for each variable. */
void agent_list(struct buf *text, struct json *json, bool detail);
