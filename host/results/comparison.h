/* SPDX-License-Identifier: MIT */
/* What two sides' scores say about their difference. */
#pragma once

#include "results/side.h"

struct comparison_options {
    double alpha, power; /* of the smallest detectable difference */
    size_t draws;        /* of the bootstrap */
    const char *seed;    /* of the bootstrap */
};

/* b - a, as JSON. Always: "difference", "effect_h", "p", "p_of" (the test's name), "kind"
 * ("paired", "paired by run" or "unpaired"), "intervals" [{"of", "low", "high"}], "notes" [text],
 * "detectable" (or null), "discordant" (paired: {"only_a", "only_b", "odds"}), "samples", and
 * "by_run" [{"seed", "difference", ...}]. Shares, not percent. EXIT_USAGE if the sides have
 * nothing in common. */
int comparison_make(const struct side *a, const struct side *b,
                    const struct comparison_options *options, struct json **out, struct err *err);
/* Adds "p_holm" to each. */
void comparison_holm(struct json *list);
/* The side itself: "label", "runs", "score", "n_correct", "n_total", "calls", "prompt_tokens",
 * "completion_tokens" (means over runs; null without records). */
struct json *side_json(const struct side *side);
