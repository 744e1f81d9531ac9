/* SPDX-License-Identifier: MIT */
/*
 * What a service speaks: how a request becomes the body of an HTTP request, and the body of the
 * answer a reply. One client per file (chat.c, azure.c, responses.c, gemini.c,
 * completions.c); the preset's
 * `client` names it. Retries, limits and the exchange itself are the same for all (client.c).
 */
#pragma once

#include "model/config.h"
#include "model/model.h"

struct wire {
    const char *name;   /* the preset's `client` */
    const char *answer; /* a member that only answers have, never errors */

    /* Reads what only this client has, and sets out->url. The rest of `out` but the headers is
     * there already. */
    int (*configure)(const struct json *config, struct chat_config *out, struct err *err);
    void (*encode)(const struct chat_config *config, const struct model_request *request,
                   struct buf *out);
    /* Reads an answer into a reply of kind MODEL_TEXT or MODEL_REFUSED; its finish reason is
     * "stop", "length", "tool_calls", "content_filter" or the service's own. NULL, or what is
     * wrong with it. */
    const char *(*decode)(const struct chat_config *config, const struct json *json,
                          struct arena *arena, struct model_reply *out);
};

extern const struct wire wire_chat;
extern const struct wire wire_azure;
extern const struct wire wire_responses;
extern const struct wire wire_gemini;
extern const struct wire wire_completions;

/* The client of this name, or NULL with err naming those there are. */
const struct wire *wire_find(struct str name, struct err *err);
unsigned wire_bit(const struct wire *wire); /* of sets of clients, as config.c has them */

/* Encodes and decodes with the client of the preset, and with tools in plain text where the
 * preset wants that (text_tools.h). */
void wire_encode(const struct chat_config *config, const struct model_request *request,
                 struct buf *out);
const char *wire_decode(const struct chat_config *config, const struct model_request *request,
                        const struct json *json, struct arena *arena, struct model_reply *out);

/* The decoding that a request ends up with. */
double wire_temperature(const struct chat_config *config, const struct model_request *request);
int64_t wire_max_tokens(const struct chat_config *config, const struct model_request *request);
/* The seed as it is sent (31 bits, which every server takes), or -1 if none is. */
int64_t wire_seed(const struct chat_config *config, const struct model_request *request);

/* Shared by the clients. */
void wire_write_int(struct buf *out, int64_t number);
bool wire_is_agent(struct str role);
struct str wire_keep(struct arena *arena, struct str text);
/* A number of tokens; 0 for what is none. */
int64_t wire_count(const struct json *usage, const char *key);
/* One allocation for most requests. */
void wire_make_room(struct buf *out, const struct model_request *request);
