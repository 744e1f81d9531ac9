/* SPDX-License-Identifier: MIT */
/* A simulated agent: samples that are solved or not, and runs that flip. No model. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_LIBRARY (-1)

struct rnd {
    uint64_t state;
};
uint64_t rnd_next(struct rnd *r);
double rnd_unit(struct rnd *r); /* [0, 1) */
uint64_t rnd_below(struct rnd *r, uint64_t n);
void rnd_shuffle(struct rnd *r, uint32_t *items, size_t count);
uint64_t rnd_hash(uint64_t a, uint64_t b);

enum noise_kind {
    NOISE_SAME,   /* every sample flips with probability q */
    NOISE_HET20,  /* 20 % of samples .3, the rest .01 */
    NOISE_FHIR,   /* 40 % coins, the rest .01 */
    NOISE_COIN,   /* all coins */
    NOISE_DRIFT,  /* phases: q, and bad times in which another 30 % of runs fail */
    NOISE_PROMPT, /* temperature 0: what flips is the prompt, each for good, with probability q;
                     half of it shared by all prompts that carry the same marker */
    NOISE_CHURN,  /* no run flips; each edit turns a sample round for good with probability q,
                     other than those that it fixes or breaks */
};

struct noise {
    enum noise_kind kind;
    double q;
};

double noise_of_sample(const struct noise *noise, struct rnd *r);

/* Runs of one library or candidate after another. */
struct world {
    struct noise noise;
    struct rnd rnd;
    uint64_t prompts; /* seed of what prompts do */
    bool bad;         /* phase of a drift */
    uint64_t runs;
};

/* One run of a sample that is `solved` without noise, and flips with `q`. side: which prompt,
 * 0 for the library's;
 * draw: its marker, 0 for none. */
bool world_run(struct world *w, bool solved, double q, uint64_t side, uint32_t sample,
               uint32_t draw);
