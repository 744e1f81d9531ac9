/* SPDX-License-Identifier: MIT */
/* The environment variables of a preset that is not expanded yet: ${NAME} and ${NAME:-default}, not
 * nested. */
#pragma once

#include "base/json.h"

struct variable {
    struct str name;
    struct str otherwise;
    bool has_otherwise;
    size_t len; /* of the whole reference */
};

typedef void variable_fn(void *arg, const struct variable *variable);
/* Every reference in the strings of a value, in order. */
void variables_scan(const struct json *value, variable_fn *fn, void *arg);

/* Is it set? OPENAI_BASE_URL has an old name, OPENAI_API_BASE. */
bool variable_is_set(struct str name);

/* Which settings take their values from which variables: {"base_url": ["OPENAI_BASE_URL"], ...}. */
struct json *variables_sources(const struct json *block);

/* A preset may be a list of blocks: the first counts whose required variables are set. Gives that
 * block (a block by itself is given back), or NULL with err naming what is missing. */
const struct json *variables_choose(const struct json *blocks, struct err *err);
