/* SPDX-License-Identifier: MIT */
/*
 * Replies shared between runs (--cache DIR): what one run has asked a model at temperature 0,
 * another does not ask again. A SQLite database that several processes may use at once. A run never
 * sees what it has stored itself, so that what it comes to does not depend on which of two equal
 * requests was answered first.
 */
#pragma once

#include "model/model.h"

struct cache;

/* Opens DIR/replies.sqlite, and makes both if there are none. scope: what the replies depend on
 * beside the request (the endpoint). EXIT_CONFIG if the file is damaged or somebody else's. */
int cache_open(const char *dir, struct str scope, struct cache **out, struct err *err);
void cache_close(struct cache *cache); /* NULL is fine */
/* Before the first call: a number that only this run has. */
void cache_set_run(struct cache *cache, uint64_t run);

/* Any thread. A database that fails later is a warning, once, and answers nothing from then on. */
bool cache_find(struct cache *cache, const char *fingerprint, struct arena *arena,
                struct model_reply *out);
/* The first reply to a request is kept. */
void cache_store(struct cache *cache, const char *fingerprint, const struct model_reply *reply);
