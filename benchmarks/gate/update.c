/* SPDX-License-Identifier: MIT */
#include "update.h"

#include <string.h>

#define POOL 512
#define CANDIDATES 16
#define COIN 0.5

struct sim {
    struct world world;
    const struct update_shape *shape;
    size_t pool;
    bool solved[POOL];
    double q[POOL];
    bool flips[CANDIDATES]
              [POOL]; /* the candidate solves what the library does not, or the reverse */
    uint32_t failing[POOL], passing[POOL];
    size_t failing_count, passing_count;
};

static bool run(void *arg, int32_t candidate, uint32_t sample, uint32_t draw)
{
    struct sim *s = arg;
    bool turned = candidate >= 0 && s->flips[candidate][sample];
    bool settled = turned && s->world.noise.kind == NOISE_CHURN;
    return world_run(&s->world, s->solved[sample] != turned, settled ? 0 : s->q[sample],
                     (uint64_t)((int64_t)candidate + 1), sample, draw);
}

static void observe(struct sim *s, struct rnd *r)
{
    for (uint32_t i = 0; i < s->pool; i++) {
        s->solved[i] = rnd_unit(r) < s->shape->accuracy;
        s->q[i] = noise_of_sample(&s->shape->noise, r);
        if (run(s, WORLD_LIBRARY, i, 0))
            s->passing[s->passing_count++] = i;
        else
            s->failing[s->failing_count++] = i;
    }
}

/* What one half lacks the other does not get. */
static void draw_probe(struct sim *s, struct rnd *r)
{
    size_t half = s->shape->probe_size / 2, failing = s->shape->failing ? s->shape->failing : half;
    rnd_shuffle(r, s->failing, s->failing_count);
    rnd_shuffle(r, s->passing, s->passing_count);
    s->failing_count = s->failing_count < failing ? s->failing_count : failing;
    s->passing_count = s->passing_count < half ? s->passing_count : half;
}

/* Turns `count` of the samples round, of those that really are as they were observed; no edit
 * decides a coin. Were there as many? */
static bool turn(struct sim *s, struct rnd *r, size_t candidate, const uint32_t *samples, size_t n,
                 size_t count, bool solved)
{
    uint32_t order[POOL];
    memcpy(order, samples, n * sizeof(*order));
    rnd_shuffle(r, order, n);
    for (size_t i = 0; i < n && count; i++) {
        if (s->solved[order[i]] != solved || s->q[order[i]] == COIN)
            continue;
        s->flips[candidate][order[i]] = true;
        count--;
    }
    return count == 0;
}

struct update_result update_simulate(const struct update_shape *shape,
                                     const struct update_effect *effect, enum gate_kind gate,
                                     uint64_t seed)
{
    static struct sim s;
    struct rnd r = {rnd_hash(seed, 1)};
    struct update_result result = {.able = true};
    memset(&s, 0, sizeof(s));
    s.shape = shape;
    s.world = (struct world){.noise = shape->noise, .rnd = {rnd_hash(seed, 2)}};
    s.world.prompts = rnd_hash(seed, 3);
    s.pool = 96 * shape->probe_size / 36;
    if (s.pool < 96)
        s.pool = 96;
    observe(&s, &r);
    draw_probe(&s, &r);
    for (size_t k = 0; k < effect->candidates; k++) {
        bool fixed = turn(&s, &r, k, s.failing, s.failing_count, effect->fixes, false);
        bool broken = turn(&s, &r, k, s.passing, s.passing_count, effect->breaks, true);
        result.able = result.able && fixed && broken;
    }
    const struct probe_setup setup = {
        .failing = s.failing,
        .passing = s.passing,
        .failing_count = s.failing_count,
        .passing_count = s.passing_count,
        .candidates = shape->candidates,
        .probe_size = shape->probe_size,
        .options = shape->options,
        .run = run,
        .arg = &s,
    };
    int winner = probe_gate(gate, &setup, &result.rollouts);
    result.winner = winner;
    result.accepted = winner >= 0;
    result.accepted_good = winner >= 0 && (size_t)winner < effect->candidates;
    return result;
}
