/* SPDX-License-Identifier: MIT */
/* Model calls that plugins ask for, as JSON (method.h, complete). */
#pragma once

#include "base/json.h"
#include "model/model.h"

/* Reads one request; texts are copied into the arena. otherwise: the role if none is named. */
int request_read(const struct json *object, enum model_role otherwise, struct arena *arena,
                 struct model_request *out, struct err *err);
/* Writes {"text": ..., "finish_reason": ..., "error": null | text}. */
void request_write_reply(struct buf *out, const struct model_reply *reply);
