/* SPDX-License-Identifier: MIT */
#include "world.h"

uint64_t rnd_hash(uint64_t a, uint64_t b)
{
    uint64_t x = a * 0x9e3779b97f4a7c15u ^ (b + 0x632be59bd9b4e019u);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint64_t rnd_next(struct rnd *r)
{
    uint64_t x = r->state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static double unit_of(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

double rnd_unit(struct rnd *r)
{
    return unit_of(rnd_next(r));
}

uint64_t rnd_below(struct rnd *r, uint64_t n)
{
    return (uint64_t)(rnd_unit(r) * (double)n);
}

void rnd_shuffle(struct rnd *r, uint32_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)rnd_below(r, i);
        uint32_t swap = items[i - 1];
        items[i - 1] = items[j];
        items[j] = swap;
    }
}

double noise_of_sample(const struct noise *noise, struct rnd *r)
{
    switch (noise->kind) {
    case NOISE_HET20:
        return rnd_unit(r) < 0.2 ? 0.3 : 0.01;
    case NOISE_FHIR:
        return rnd_unit(r) < 0.4 ? 0.5 : 0.01;
    case NOISE_COIN:
        return 0.5;
    case NOISE_SAME:
    case NOISE_DRIFT:
    case NOISE_PROMPT:
    case NOISE_CHURN:
        break;
    }
    return noise->q;
}

static bool run_in_drift(struct world *w, bool solved, double q)
{
    if (rnd_unit(&w->rnd) < 1.0 / 25)
        w->bad = !w->bad;
    bool out = solved != (rnd_unit(&w->rnd) < q);
    return out && !(w->bad && rnd_unit(&w->rnd) < 0.3);
}

/* Flips with q in all: by the marker alone, the same for both sides, or by the whole prompt. */
static bool run_prompt(const struct world *w, bool solved, double q, uint64_t side, uint32_t sample,
                       uint32_t draw)
{
    uint64_t seed = rnd_hash(w->prompts, sample);
    uint64_t marker = rnd_hash(seed, 0x100000000u + draw);
    uint64_t whole = rnd_hash(rnd_hash(seed, side), draw);
    if (draw && unit_of(rnd_hash(marker, 1)) < 0.5)
        return solved != (unit_of(rnd_hash(marker, 2)) < q);
    return solved != (unit_of(whole) < q);
}

bool world_run(struct world *w, bool solved, double q, uint64_t side, uint32_t sample,
               uint32_t draw)
{
    w->runs++;
    if (w->noise.kind == NOISE_DRIFT)
        return run_in_drift(w, solved, q);
    if (w->noise.kind == NOISE_PROMPT)
        return run_prompt(w, solved, q, side, sample, draw);
    if (w->noise.kind == NOISE_CHURN)
        return solved !=
               (side && unit_of(rnd_hash(rnd_hash(rnd_hash(w->prompts, sample), side), 0)) < q);
    return solved != (rnd_unit(&w->rnd) < q);
}
