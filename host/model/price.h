/* SPDX-License-Identifier: MIT */
/*
 * What tokens cost. Amounts are whole numbers of picodollars (1e-12 of a dollar), so that sums are
 * exact and do not depend on their order; a price of $1 per million tokens is 1,000,000 a token.
 */
#pragma once

#include "base/json.h"
#include "model/model.h"

#define PRICE_ROLES 3 /* a price for each enum model_role */
#define PRICE_DOLLAR 1000000000000.0

struct price {
    bool known;
    int64_t input, cached_input, output, reasoning; /* a token */
};

/* The price file: YAML, a mapping of presets or models to {input, cached_input, output, reasoning}
 * in dollars per million tokens. cached_input is as input and reasoning as output where they are
 * not given. A preset's entry counts before a model's; *out is unknown if there is neither. */
int price_read(const char *path, const char *preset, const char *model, struct price *out,
               struct err *err);

/* Cached tokens are some of the prompt's, reasoning tokens some of the completion's. */
int64_t price_of(const struct price *price, const struct model_usage *usage);
/* The most that so many tokens may cost. */
int64_t price_most(const struct price *price, int64_t prompt, int64_t completion);
double price_dollars(int64_t amount);
