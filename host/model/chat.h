/* SPDX-License-Identifier: MIT */
/* Chat completions as OpenAI defined them and most servers speak them
 * (platform.openai.com/docs/api-reference/chat); Azure's differ in address and header only. */
#pragma once

#include "model/wire.h"

void chat_encode(const struct chat_config *config, const struct model_request *request,
                 struct buf *out);
/* Temperature, limit of tokens, seed, effort and verbosity, each with a comma before it. */
void chat_write_decoding(struct buf *out, const struct chat_config *config,
                         const struct model_request *request);
void chat_read_usage(const struct json *usage, struct model_usage *out);
const char *chat_decode(const struct chat_config *config, const struct json *json,
                        struct arena *arena, struct model_reply *out);
