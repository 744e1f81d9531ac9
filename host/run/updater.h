/* SPDX-License-Identifier: MIT */
/*
 * `updater` in the reference's files: a block of the writer's own. Where the agent has a preset,
 * the writer is that preset too, and of its block only its decoding counts (spec/grasp.md 3.3): the
 * temperature and, of a block with parameters, the limit of tokens. In a block without parameters
 * max_tokens bounds what is read, not what is written (5.6), and has no effect.
 */
#pragma once

#include "model/model.h"

struct updater {
    bool has_temperature;
    double temperature;
    int64_t max_tokens; /* 0: the preset's */
};

/* block: as in the file, or NULL. EXIT_CONFIG names the key below `updater`. */
int updater_read(const struct json *block, struct updater *out, struct err *err);
/* What a request of the writer leaves open becomes the block's. Others stay as they are. */
void updater_apply(const struct updater *updater, struct model_request *request);
