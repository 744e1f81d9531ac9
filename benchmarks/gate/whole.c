/* SPDX-License-Identifier: MIT */
/* gate_whole RUNS SEED [design|late]: whole learning runs on simulated worlds, as CSV. No model. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gates.h"

#define DEV 96
#define VAL 80
#define TEST 300
#define MODES 10
#define SKILLS 10
#define K 4
#define N 36
#define UNSOLVABLE 99

struct shape {
    const char *name;
    double modes[MODES]; /* shares of samples; .4 are solved at the start */
    double crowding;     /* flips more for every skill that neither fixes nor breaks */
};

static const struct shape shapes[] = {
    {"spec", {.18, .12, .09, .06, .05}, 0},
    {"ten modes", {.05, .05, .05, .05, .05, .05, .05, .05, .05, .05}, 0},
    {"one mode", {.35, .05, .04, .03, .03}, 0},
    {"crowding", {.18, .12, .09, .06, .05}, 0.01},
};

struct skill {
    uint64_t id;
    int mode;
    double fixes, breaks;
    bool only_triggers;
    bool trigger[DEV];
};

struct library {
    struct skill skills[SKILLS];
    size_t count;
};

struct run {
    const struct shape *shape;
    struct rnd rnd;
    struct world world;
    bool design;  /* as the design's own simulation, see README.md */
    bool late;    /* what an edit was written from is last in its screen */
    double right; /* chance that a proposal is right */
    int kind[DEV + VAL + TEST];
    double q[DEV + VAL + TEST];
    struct library library, best;
    double best_val;
    struct duel_record history[DEV];
    bool outcome[DEV]; /* of the latest batch it was in */
    bool before[DEV];  /* in the epoch before */
    int epoch[DEV], cycle[DEV];
    int label[DEV];
    uint32_t version;
    size_t gate_rollouts, accepted;
    /* of the update */
    struct library candidates[K];
    struct skill proposals[K];
    int labels[K];
    size_t candidate_count;
    bool has_carried;
    struct skill carried;
    int carried_label;
    bool carried_hits[DEV];
};

/* As grasp.so; as the design's own simulation; as grasp.so with the design's order. */
enum conduct { DEFAULTS, DESIGN, LATE };

struct method {
    const char *name;
    enum { NO_GATE_FIRST, NO_GATE_ALL, BY_PROBE, BY_DUEL } how;
    enum gate_kind gate;
    bool labels, carry, prune;
    size_t batch, updates;
};

static const struct method methods[] = {
    {"no gate, first proposal", NO_GATE_FIRST, 0, 0, 0, 0, 48, 10},
    {"no gate, all K", NO_GATE_ALL, 0, 0, 0, 0, 48, 10},
    {"reference", BY_PROBE, GATE_REFERENCE, 0, 0, 0, 48, 10},
    {"paired", BY_PROBE, GATE_PAIRED, 0, 0, 0, 48, 10},
    {"paired + re-run", BY_PROBE, GATE_RERUN, 0, 0, 0, 48, 10},
    {"McNemar/K", BY_PROBE, GATE_MCNEMAR, 0, 0, 0, 48, 10},
    {"hit duel, no labels", BY_DUEL, 0, 0, 0, 0, 48, 10},
    {"+ label order", BY_DUEL, 0, 1, 0, 0, 48, 10},
    {"+ carry-over", BY_DUEL, 0, 1, 1, 0, 48, 10},
    {"+ prune", BY_DUEL, 0, 1, 1, 1, 48, 10},
    {"reference, B 24", BY_PROBE, GATE_REFERENCE, 0, 0, 0, 24, 20},
    {"+ prune, B 24", BY_DUEL, 0, 1, 1, 1, 24, 20},
};

static double chance(uint64_t a, uint64_t b)
{
    return (double)(rnd_hash(a, b) >> 11) * 0x1p-53;
}

static bool fixes(const struct run *r, const struct skill *s, size_t sample)
{
    if (s->only_triggers)
        return sample < DEV && s->trigger[sample] && r->kind[sample] != UNSOLVABLE;
    return r->kind[sample] == s->mode && chance(s->id, sample) < s->fixes;
}

static bool solved(const struct run *r, const struct library *l, size_t sample)
{
    bool out = r->kind[sample] < 0;
    for (size_t i = 0; i < l->count; i++)
        out = out || fixes(r, &l->skills[i], sample);
    for (size_t i = 0; i < l->count && out; i++)
        out = chance(~l->skills[i].id, sample) >= l->skills[i].breaks;
    return out;
}

static double noise_with(const struct run *r, const struct library *l, size_t sample)
{
    double q = r->q[sample];
    for (size_t i = 0; i < l->count; i++)
        q += l->skills[i].fixes > 0 || l->skills[i].breaks > 0 ? 0 : r->shape->crowding;
    return q > 0.5 ? 0.5 : q;
}

static bool run_sample(struct run *r, const struct library *l, size_t sample)
{
    return world_run(&r->world, solved(r, l, sample), noise_with(r, l, sample), 0, (uint32_t)sample,
                     0);
}

static double test_accuracy(const struct run *r, const struct library *l)
{
    double sum = 0;
    for (size_t i = DEV + VAL; i < DEV + VAL + TEST; i++) {
        double q = noise_with(r, l, i);
        sum += solved(r, l, i) ? 1 - q : q;
    }
    return sum / TEST;
}

static bool run_candidate(void *arg, int32_t candidate, uint32_t sample, uint32_t draw)
{
    struct run *r = arg;
    (void)draw;
    return run_sample(r, candidate < 0 ? &r->library : &r->candidates[candidate], sample);
}

static uint64_t below(void *arg, uint64_t n)
{
    return rnd_below(arg, n);
}

static void make_samples(struct run *r)
{
    for (size_t i = 0; i < DEV + VAL + TEST; i++) {
        double at = rnd_unit(&r->rnd);
        r->kind[i] = -1;
        r->q[i] = noise_of_sample(&r->world.noise, &r->rnd);
        if (at < 0.4)
            continue;
        at -= 0.4;
        r->kind[i] = UNSOLVABLE;
        for (int m = 0; m < MODES && r->kind[i] == UNSOLVABLE; m++) {
            if (at < r->shape->modes[m])
                r->kind[i] = m;
            at -= r->shape->modes[m];
        }
    }
}

static int modes_of(const struct shape *shape)
{
    int n = 0;
    while (n < MODES && shape->modes[n] > 0)
        n++;
    return n;
}

/* What the writer calls the failure; right in four of five cases. */
static int label_of(struct run *r, size_t sample)
{
    int modes = modes_of(r->shape);
    if (r->kind[sample] >= 0 && r->kind[sample] < modes && rnd_unit(&r->rnd) < 0.8)
        return r->kind[sample];
    return (int)rnd_below(&r->rnd, (uint64_t)modes);
}

static void run_batch(struct run *r, const uint32_t *batch, size_t count, int epoch, int cycle)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t at = batch[i];
        r->outcome[at] = run_sample(r, &r->library, at);
        r->epoch[at] = epoch;
        r->cycle[at] = cycle;
        r->label[at] = r->outcome[at] ? 0 : label_of(r, at);
        duel_remember(&r->history[at], r->outcome[at], r->version, (uint32_t)r->label[at] + 1);
    }
}

static struct skill propose(struct run *r, int label, const uint32_t *batch, size_t count)
{
    struct skill s = {.id = rnd_next(&r->rnd), .mode = label};
    double at = rnd_unit(&r->rnd);
    for (size_t i = 0; i < count; i++)
        s.trigger[batch[i]] = !r->outcome[batch[i]] && r->label[batch[i]] == label;
    if (rnd_unit(&r->rnd) < r->right) {
        s.fixes = 0.8;
        s.breaks = at < 0.25 ? 0.015 : 0;
    } else if (at < 0.45) {
        s.fixes = 0;
    } else if (at < 0.60) {
        s.only_triggers = true;
        s.fixes = 1;
    } else if (at < 0.80) {
        s.breaks = 0.08;
    } else {
        s.fixes = 0.4;
        s.breaks = 0.12;
    }
    return s;
}

/* One proposal for each of the largest groups, and round again. */
static void propose_all(struct run *r, const uint32_t *batch, size_t count)
{
    int sizes[MODES] = {0}, order[MODES], groups = 0;
    r->candidate_count = 0;
    for (size_t i = 0; i < count; i++)
        sizes[r->label[batch[i]]] += !r->outcome[batch[i]];
    for (int m = 0; m < MODES; m++) {
        int to = groups;
        if (!sizes[m])
            continue;
        for (; to && sizes[order[to - 1]] < sizes[m]; to--)
            order[to] = order[to - 1];
        order[to] = m;
        groups++;
    }
    for (size_t k = 0; k < K && groups; k++) {
        r->labels[k] = order[k % (size_t)groups];
        r->proposals[k] = propose(r, r->labels[k], batch, count);
        r->candidate_count++;
    }
    if (r->has_carried && r->candidate_count) {
        r->proposals[r->candidate_count - 1] = r->carried;
        r->labels[r->candidate_count - 1] = r->carried_label;
    }
}

static bool add(struct library *l, const struct skill *s)
{
    if (l->count == SKILLS)
        return false;
    l->skills[l->count++] = *s;
    return true;
}

static void make_candidates(struct run *r)
{
    for (size_t k = 0; k < r->candidate_count; k++) {
        r->candidates[k] = r->library;
        add(&r->candidates[k], &r->proposals[k]);
    }
}

/* The narrower source of the reference: the epoch's earlier batches, else the epoch before, else
 * the batch itself. */
static void by_probe(struct run *r, enum gate_kind gate, int epoch, int cycle)
{
    uint32_t failing[DEV], passing[DEV];
    size_t f = 0, p = 0, rollouts;
    for (int source = 0; source < 3 && f + p == 0; source++) {
        for (uint32_t i = 0; i < DEV; i++) {
            bool in = source == 0   ? r->epoch[i] == epoch && r->cycle[i] < cycle
                      : source == 1 ? epoch > 0
                                    : r->epoch[i] == epoch;
            bool solved = source == 1 ? r->before[i] : r->outcome[i];
            if (in && solved)
                passing[p++] = i;
            else if (in)
                failing[f++] = i;
        }
    }
    rnd_shuffle(&r->rnd, failing, f);
    rnd_shuffle(&r->rnd, passing, p);
    f = f < N / 2 ? f : N / 2;
    p = p < N / 2 ? p : N / 2;
    const struct probe_setup setup = {.failing = failing,
                                      .passing = passing,
                                      .failing_count = f,
                                      .passing_count = p,
                                      .candidates = r->candidate_count,
                                      .probe_size = N,
                                      .options = duel_defaults,
                                      .run = run_candidate,
                                      .arg = r};
    int winner = probe_gate(gate, &setup, &rollouts);
    r->gate_rollouts += rollouts;
    if (winner >= 0 && add(&r->library, &r->proposals[winner]))
        r->accepted++;
}

/* The design's order: what an edit was written from comes last in any case. */
static void put_triggers_last(const struct run *r, size_t k, bool carried,
                              struct duel_target *targets, size_t count)
{
    const bool *triggers = r->proposals[k].trigger;
    struct duel_target late[DEV];
    size_t kept = 0, n = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t sample = targets[i].sample;
        if (triggers[sample] && !(carried && r->carried_hits[sample]))
            late[n++] = targets[i];
        else
            targets[kept++] = targets[i];
    }
    memcpy(targets + kept, late, n * sizeof(*late));
}

/* What the winner was seen to do is what the next library does. In the design's program a look
 * that failed counts, also when the other one did not. */
static void remember_winner(struct run *r, const struct duel *d, size_t winner)
{
    size_t count;
    const struct duel_rollout *rollouts = duel_rollouts(d, &count);
    bool looked[DEV] = {false};
    r->version++;
    for (size_t i = 0; i < count; i++) {
        const struct duel_rollout *x = &rollouts[i];
        if (x->candidate != (int32_t)winner || (x->role != DUEL_SCREEN && x->role != DUEL_SAFETY))
            continue;
        if (r->design && looked[x->sample] && r->history[x->sample].last == DUEL_MISSED)
            continue;
        looked[x->sample] = x->role == DUEL_SAFETY;
        duel_remember(&r->history[x->sample], x->outcome == DUEL_SOLVED, r->version, 0);
    }
}

/* The design's program also remembers that the library failed once more. */
static void remember_library(struct run *r, const struct duel *d, const struct duel_setup *setup)
{
    size_t count;
    const struct duel_rollout *rollouts = duel_rollouts(d, &count);
    r->gate_rollouts += r->design ? rollouts_one_by_one(d, setup) : count;
    for (size_t i = 0; i < count; i++) {
        const struct duel_rollout *x = &rollouts[i];
        bool solved = x->outcome == DUEL_SOLVED;
        if (x->candidate == DUEL_LIBRARY && x->role == DUEL_RECHECK && (solved || r->design))
            duel_remember(&r->history[x->sample], solved, r->version, 0);
    }
}

static void carry(struct run *r, const struct duel *d, const struct duel_candidate *candidates)
{
    size_t k = duel_carried(d);
    if (k == DUEL_NONE)
        return;
    r->has_carried = true;
    r->carried = r->proposals[k];
    r->carried_label = r->labels[k];
    memset(r->carried_hits, 0, sizeof(r->carried_hits));
    for (size_t i = 0; i < candidates[k].failing_count; i++)
        r->carried_hits[candidates[k].failing[i].sample] = duel_target_state(d, k, i) == 1;
}

static void by_duel(struct run *r, const struct method *m)
{
    static struct duel_target failing[K][DEV];
    struct duel_candidate candidates[K];
    uint32_t passing[DEV], order[DEV];
    void *memory;
    size_t p = duel_plan_passing(r->history, DEV, r->version, NULL, below, &r->rnd, passing);
    for (size_t k = 0; k < r->candidate_count; k++) {
        bool carried = r->has_carried && k == r->candidate_count - 1;
        const struct duel_subject subject = {m->labels ? (uint32_t)r->labels[k] + 1 : 0,
                                             r->proposals[k].trigger,
                                             carried ? r->carried_hits : NULL, NULL};
        size_t f = duel_plan_failing(r->history, DEV, r->version, &subject, below, &r->rnd, order,
                                     failing[k]);
        if (r->late)
            put_triggers_last(r, k, carried, failing[k], f);
        candidates[k] = (struct duel_candidate){failing[k], f, passing, p, carried};
    }
    struct duel_setup setup = {duel_defaults, candidates, r->candidate_count, DEV, N};
    if (r->design)
        setup.options.cap = GATE_UNCAPPED;
    const struct duel *d = play_duel(&setup, run_candidate, r, &memory);
    size_t winner = duel_winner(d);
    remember_library(r, d, &setup);
    r->has_carried = false;
    if (m->carry)
        carry(r, d, candidates);
    if (winner != DUEL_NONE && add(&r->library, &r->proposals[winner])) {
        r->accepted++;
        remember_winner(r, d, winner);
    }
    free(memory);
}

static bool prune_one(struct run *r, size_t skill, const struct duel_target *lost, size_t n)
{
    uint32_t passing[DEV];
    void *memory;
    size_t p = duel_plan_passing(r->history, DEV, r->version, NULL, below, &r->rnd, passing);
    struct duel_candidate candidate = {lost, n, passing, p, false};
    struct duel_setup setup = {duel_defaults, &candidate, 1, DEV, N};
    setup.options.screen = DUEL_PRUNE_SCREEN;
    if (r->design)
        setup.options.cap = GATE_UNCAPPED;
    r->candidates[0] = r->library;
    memmove(&r->candidates[0].skills[skill], &r->candidates[0].skills[skill + 1],
            (--r->candidates[0].count - skill) * sizeof(struct skill));
    const struct duel *d = play_duel(&setup, run_candidate, r, &memory);
    bool removed = duel_winner(d) == 0;
    remember_library(r, d, &setup);
    if (removed) {
        r->library = r->candidates[0];
        remember_winner(r, d, 0);
    }
    free(memory);
    return removed;
}

static void prune(struct run *r)
{
    struct duel_target lost[DEV];
    uint32_t order[DEV];
    size_t n = duel_plan_lost(r->history, DEV, below, &r->rnd, order, lost);
    bool removed = n < DUEL_PRUNE_FROM;
    for (size_t i = r->library.count; i-- > 0 && !removed;)
        removed = prune_one(r, i, lost, n);
}

static void update(struct run *r, const struct method *m, const uint32_t *batch, int epoch,
                   int cycle)
{
    run_batch(r, batch, m->batch, epoch, cycle);
    propose_all(r, batch, m->batch);
    make_candidates(r);
    bool full = r->library.count == SKILLS && !(r->design && m->how == BY_DUEL);
    if (!r->candidate_count || full)
        return;
    if (m->how == NO_GATE_FIRST)
        r->accepted += add(&r->library, &r->proposals[0]);
    for (size_t k = 0; m->how == NO_GATE_ALL && k < r->candidate_count; k++)
        r->accepted += add(&r->library, &r->proposals[k]);
    if (m->how == BY_PROBE)
        by_probe(r, m->gate, epoch, cycle);
    if (m->how == BY_DUEL)
        by_duel(r, m);
}

static void validate(struct run *r)
{
    double score = 0;
    for (size_t i = DEV; i < DEV + VAL; i++)
        score += run_sample(r, &r->library, i);
    if (score > r->best_val) {
        r->best_val = score;
        r->best = r->library;
    }
}

enum figure { ACCURACY, HARMFUL, USELESS, ROLLOUTS, START, LAST, ACCEPTED, FIGURES };
#define WITH_ERROR 4 /* of them, half a 95 % interval is printed as well */

struct figures {
    double of[FIGURES];
};

static void measure(const struct run *r, struct figures *out)
{
    double accuracy = test_accuracy(r, &r->best);
    out->of[START] = test_accuracy(r, &(struct library){.count = 0});
    out->of[ACCURACY] = accuracy;
    out->of[LAST] = test_accuracy(r, &r->library);
    for (size_t i = 0; i < r->best.count; i++) {
        struct library without = r->best;
        memmove(&without.skills[i], &without.skills[i + 1],
                (--without.count - i) * sizeof(struct skill));
        double change = test_accuracy(r, &without) - accuracy;
        out->of[HARMFUL] += change > 0.002;
        out->of[USELESS] += fabs(change) <= 0.002;
    }
    out->of[ROLLOUTS] = (double)r->gate_rollouts;
    out->of[ACCEPTED] = (double)r->accepted;
}

static struct figures run_once(const struct shape *shape, struct noise noise, double right,
                               const struct method *m, enum conduct conduct, uint64_t seed)
{
    static struct run run;
    struct run *r = &run;
    uint32_t order[DEV];
    struct figures out = {0};
    memset(r, 0, sizeof(*r));
    r->shape = shape;
    r->right = right;
    r->design = conduct == DESIGN;
    r->late = conduct != DEFAULTS;
    r->rnd.state = rnd_hash(seed, 1);
    r->world = (struct world){.noise = noise, .rnd = {rnd_hash(seed, 2)}};
    memset(r->epoch, -1, sizeof(r->epoch));
    make_samples(r);
    r->best_val = -1;
    if (!r->design)
        validate(r);
    for (size_t i = 0, cycles = DEV / m->batch; i < m->updates; i++) {
        if (i % cycles == 0) {
            for (uint32_t s = 0; s < DEV; s++)
                order[s] = s;
            rnd_shuffle(&r->rnd, order, DEV);
            memcpy(r->before, r->outcome, sizeof(r->before));
        }
        update(r, m, &order[i % cycles * m->batch], (int)(i / cycles), (int)(i % cycles));
        if (i % cycles == cycles - 1) {
            if (m->prune)
                prune(r);
            validate(r);
        }
    }
    measure(r, &out);
    return out;
}

static void print_method(const struct shape *shape, const char *noise_name, struct noise noise,
                         double right, const struct method *m, enum conduct conduct, size_t runs,
                         uint64_t seed)
{
    struct figures sum = {0}, squares = {0};
    double n = (double)runs;
    for (size_t i = 0; i < runs; i++) {
        struct figures f = run_once(shape, noise, right, m, conduct, rnd_hash(seed, i));
        for (size_t at = 0; at < FIGURES; at++) {
            sum.of[at] += f.of[at];
            squares.of[at] += f.of[at] * f.of[at];
        }
    }
    printf("%s,%s,%.2f,\"%s\",%zu", shape->name, noise_name, right, m->name, runs);
    for (size_t at = 0; at < FIGURES; at++) {
        double mean = sum.of[at] / n, variance = squares.of[at] / n - mean * mean;
        printf(",%.*f", at == ROLLOUTS ? 0 : 4, mean);
        if (at < WITH_ERROR)
            printf(",%.*f", at == ROLLOUTS ? 1 : 4, 1.96 * sqrt(variance > 0 ? variance / n : 0));
    }
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        struct noise noise;
    } noises[] = {{".05", {NOISE_SAME, 0.05}},
                  {".15", {NOISE_SAME, 0.15}},
                  {"het20", {NOISE_HET20, 0}},
                  {"fhir", {NOISE_FHIR, 0}},
                  {"drift", {NOISE_DRIFT, 0.05}}};
    static const double rights[] = {0.4, 0, 0.15, 0.7};
    size_t runs = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 2000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    static const char *const conducts[] = {"", "design", "late"};
    enum conduct conduct = DEFAULTS;
    while (argc > 3 && conduct <= LATE && strcmp(argv[3], conducts[conduct]) != 0)
        conduct++;
    if (!runs || conduct > LATE) {
        fprintf(stderr, "usage: gate_whole [RUNS [SEED [design|late]]]\n");
        return 2;
    }
    size_t worlds = conduct == DESIGN ? 1 : sizeof(shapes) / sizeof(*shapes);
    printf("world,noise,right,method,runs,accuracy,accuracy_error,harmful,harmful_error,useless,"
           "useless_error,rollouts,rollouts_error,start,last,accepted\n");
    for (size_t s = 0; s < worlds; s++) {
        for (size_t n = 0; n < sizeof(noises) / sizeof(*noises); n++) {
            for (size_t p = 0; p < (s ? 1 : 4); p++) {
                for (size_t m = 0; m < sizeof(methods) / sizeof(*methods); m++)
                    print_method(&shapes[s], noises[n].name, noises[n].noise, rights[p],
                                 &methods[m], conduct, p || s ? runs / 4 : runs, seed);
            }
        }
    }
    return 0;
}
