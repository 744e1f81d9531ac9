/* SPDX-License-Identifier: MIT */
/* Chat completions as OpenAI defined them and most servers speak them. */
#pragma once

#include "model/config.h"
#include "model/model.h"

/* The decoding that a request ends up with. */
double chat_temperature(const struct chat_config *config, const struct model_request *request);
int64_t chat_max_tokens(const struct chat_config *config, const struct model_request *request);
/* The seed as it is sent (31 bits, which every server takes), or -1 if none is. */
int64_t chat_seed(const struct chat_config *config, const struct model_request *request);

/* The body of the request. */
void chat_encode(const struct chat_config *config, const struct model_request *request,
                 struct buf *out);

/* Reads a completion into a reply of kind MODEL_TEXT or MODEL_REFUSED. Returns NULL, or what is
 * wrong with it. */
const char *chat_decode(const struct json *json, struct arena *arena, struct model_reply *out);
