/* SPDX-License-Identifier: MIT */
/*
 * Hit duels (spec/gate.md): decides which of several edits is accepted, as a state machine.
 * Outcomes in, next rollouts out; no host, no model, no memory and no randomness of its own.
 *
 *   screen    every candidate once on samples that failed; those it solves are its hits
 *   recheck   the library once more on all hits, then each candidate on what is left of its own
 *   duel      one fresh run with the candidate and, if it succeeds, one with the library: +1 if
 *             only the candidate succeeds, else -1; until the threshold or the floor
 *   safety    a proven candidate on samples that passed; where it fails, duels the other way round
 *
 * If an edit does not help on a sample, p_candidate <= p_library, a duel is won with probability
 * p_candidate (1 - p_library) <= 1/4, so 3^score is a supermartingale and the score reaches t with
 * probability at most 3^-t, whatever the noise is, and however samples are chosen. docs/methods.md
 * has the proof.
 *
 * Rollouts come in rounds: all of a round may run side by side. Outcomes may be told in any order;
 * what is decided, and what is asked, depends on the outcomes alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DUEL_LIBRARY (-1)
#define DUEL_NONE SIZE_MAX
#define DUEL_ATTEMPTS 3 /* of a rollout that could not be run, before its sample is passed over */

struct duel_options {
    double alpha;        /* bound on the chance that any edit without an improved sample is proven;
                            .05 */
    double spent;        /* what earlier candidates of the same update have used of it; 0 */
    double break_weight; /* projected breaks that one projected fix has to outweigh; 2 */
    int64_t screen;      /* failing samples per candidate; 0: from the probe size */
    int64_t floor;       /* score at which a candidate is dropped; -2 */
    int64_t max_duels;   /* per candidate; 30 */
    int64_t looks;       /* runs on each passing sample; 2 */
    int64_t min_fixed;   /* hits that must not have lost more than they won; 1 */
    int64_t invalid_weight; /* what a break by an invalid action counts; others count 1 */
    int64_t cap;    /* rollouts in all; 0: probe size * (candidates + 1), or what deciding about
                       one edit takes, if that is more */
    bool settled;   /* outcomes never change: no repeats, hits count as they are */
    bool yardstick; /* settled: hits must be unlikely, given those of the others */
};
extern const struct duel_options duel_defaults;

enum duel_stratum { DUEL_SAME_LABEL, DUEL_OTHER_LABEL, DUEL_CARRIED, DUEL_STRATA };

/* A failing sample as one candidate sees it. */
struct duel_target {
    uint32_t sample; /* below duel_setup.samples */
    uint32_t stratum;
};

/* Samples that cannot differ, because the agent would read the same, are left out of both. */
struct duel_candidate {
    const struct duel_target *failing; /* in the order of the screen */
    size_t failing_count;
    const uint32_t *passing; /* in the order of the safety stage */
    size_t passing_count;
    bool carried; /* undecided in the update before: has been run on these samples */
};

/* Everything it points to stays until the end. */
struct duel_setup {
    struct duel_options options;
    const struct duel_candidate *candidates;
    size_t candidate_count;
    size_t samples;
    size_t probe_size;
};

/* From DUEL_FIGHT on a duel of two sides. */
enum duel_role { DUEL_SCREEN, DUEL_RECHECK, DUEL_SAFETY, DUEL_FIGHT, DUEL_WALK };

enum duel_outcome {
    DUEL_PENDING,
    DUEL_VOID, /* could not be run: neither hit nor break */
    DUEL_SOLVED,
    DUEL_FAILED,
    DUEL_INVALID, /* failed, by an invalid action of the agent */
};

struct duel_rollout {
    int32_t candidate; /* or DUEL_LIBRARY */
    uint32_t sample;
    uint32_t draw; /* 0: may be an earlier reply again; else it must be fresh: rollouts of one
                      sample and side differ in it, the two sides of a duel share it */
    enum duel_role role;
    enum duel_outcome outcome;
    uint32_t attempt;
};

/* One rollout, or a duel (DUEL_FIGHT, DUEL_WALK): of its two sides the second runs only if the
 * first succeeds. In a walk the library runs first, and wins by a break. */
struct duel_step {
    int32_t candidate; /* or DUEL_LIBRARY, where it runs alone */
    uint32_t sample;
    enum duel_role role;
    int32_t sides;      /* asked for so far */
    size_t rollouts[2]; /* of each side, the latest */
    int32_t repeats;    /* of what could not be run */
    int32_t result;     /* of a duel: 1 won, -1 lost, 0 not known or not to be had */
    /* Of the sample, in the step that first looks at it (DUEL_SCREEN, DUEL_SAFETY). */
    bool open;           /* a hit that holds; in doubt */
    bool invalid;        /* failed by an invalid action */
    int32_t tries, lost; /* duels on a hit */
    int32_t score;       /* of the duels on a sample in doubt */
};

enum duel_fate {
    DUEL_OPEN,
    DUEL_NO_HIT,    /* solved no failing sample */
    DUEL_NOT_AGAIN, /* its hits did not survive the second look */
    DUEL_LOST,      /* dropped at the floor, or after max_duels */
    DUEL_TOO_FEW,   /* proven, but on fewer samples than min_fixed */
    DUEL_USUAL,     /* settled: no more hits than the others' noise makes */
    DUEL_BREAKS,    /* proven, but breaks too much */
    DUEL_UNDECIDED, /* ranked behind the winner, or the cap was reached */
    DUEL_ACCEPTED,
};

struct duel_report {
    enum duel_fate fate;
    size_t rank;                             /* in the order of their hits; DUEL_NONE without one */
    int64_t screened, hits, rechecked, held; /* held: hits left after both second looks */
    int64_t wins, losses, score;
    int64_t good;                    /* hits that did not lose more than half of their duels */
    int64_t probed, doubted, broken; /* passing samples: run, failed in a look, confirmed */
    int64_t break_points;            /* broken, with invalid_weight */
    double gain, loss;               /* failing samples it probably fixes; passing ones it breaks */
};

struct duel_bounds {
    int64_t threshold; /* score that proves an edit */
    int64_t screen;    /* failing samples per candidate */
    int64_t cap;       /* rollouts in all */
};
struct duel_bounds duel_bounds(const struct duel_setup *setup);

struct duel;

/* Bytes that a duel of this setup needs; 0 if an option or a count is out of range. */
size_t duel_room(const struct duel_setup *setup);
/* In `memory` of that size, aligned as malloc does; nothing has to be released. */
struct duel *duel_open(const struct duel_setup *setup, void *memory);

/* All rollouts so far, in the order in which they were asked for; those that are pending and that
 * the caller has not started yet may be started now. Their number never exceeds the cap. */
const struct duel_rollout *duel_rollouts(const struct duel *duel, size_t *out_count);
/* The outcome of a pending one. May append rollouts: the array stays where it is. */
void duel_tell(struct duel *duel, size_t rollout, enum duel_outcome outcome);
bool duel_over(const struct duel *duel);

/* Of a duel that is over. */
/* Of the candidates of that fate the one with the most hits that held; DUEL_NONE. */
size_t duel_best(const struct duel *duel, enum duel_fate fate);
static inline size_t duel_winner(const struct duel *duel)
{
    return duel_best(duel, DUEL_ACCEPTED);
}
/* The one to try again in the next update. */
static inline size_t duel_carried(const struct duel *duel)
{
    return duel_best(duel, DUEL_UNDECIDED);
}
const struct duel_report *duel_reports(const struct duel *duel);
const struct duel_step *duel_steps(const struct duel *duel, size_t *out_count);
/* How a failing sample of a candidate did: 1 hit that held, 0 screened without, -1 not run. */
int duel_target_state(const struct duel *duel, size_t candidate, size_t place);
