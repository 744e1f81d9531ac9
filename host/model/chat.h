/* SPDX-License-Identifier: MIT */
/* Chat completions as OpenAI defined them and most servers speak them
 * (platform.openai.com/docs/api-reference/chat); Azure's differ in address and header only. */
#pragma once

#include "model/wire.h"

void chat_encode(const struct chat_config *config, const struct model_request *request,
                 struct buf *out);
const char *chat_decode(const struct chat_config *config, const struct json *json,
                        struct arena *arena, struct model_reply *out);
