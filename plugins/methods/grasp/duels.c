/* SPDX-License-Identifier: MIT */
/* The gate by hit duels: what the machine is given, and what is made of its verdict. */
#include <grasp/rng.h>
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "update.h"

#define HISTORY_MAX ((size_t)256 << 20) /* bytes of conversations that are kept */

struct chance {
    const struct update *u;
    grasp_rng *rng;
};

static uint64_t below(void *arg, uint64_t n)
{
    const struct chance *chance = arg;
    return grasp_rng_below(chance->u->lab, chance->rng, n);
}

void bout_memory_init(struct bout_memory *memory, struct pool *pool, size_t dev_count)
{
    memory->dev_count = dev_count;
    memory->records = pool_array(pool, dev_count, sizeof(*memory->records));
    memory->histories = pool_array(pool, dev_count, sizeof(*memory->histories));
    memory->hits = pool_array(pool, dev_count, sizeof(*memory->hits));
}

void bout_memory_free(struct bout_memory *memory)
{
    for (size_t i = 0; i < memory->dev_count; i++)
        free(memory->histories[i].text);
    pool_free(&memory->pool);
    pool_free(&memory->carried);
}

bool duels_possible(const struct update *u)
{
    return u->self->options.gate_kind == GATE_BY_DUELS;
}

/* A number for the label; 0 for none. */
static uint32_t label_number(struct bout_memory *memory, grasp_str label)
{
    if (!label.len)
        return 0;
    for (size_t i = 0; i < memory->label_count; i++) {
        if (slice_eq(memory->labels[i], label))
            return (uint32_t)i + 1;
    }
    POOL_RESERVE(&memory->pool, memory->labels, memory->label_count, memory->label_capacity);
    memory->labels[memory->label_count++] = pool_dup(&memory->pool, label);
    return (uint32_t)memory->label_count;
}

/* What the agent was last seen to do tells which edits it would not notice. */
static void keep_history(struct update *u, size_t sample, const grasp_json_value *history)
{
    struct bout_memory *memory = &u->self->duels;
    struct bout_history *kept = &memory->histories[sample];
    grasp_str text = history ? u->json->print(u->call, history, 0) : SLICE("");
    memory->history_bytes -= kept->len;
    free(kept->text);
    *kept = (struct bout_history){0};
    if (!text.len || memory->history_bytes + text.len > HISTORY_MAX)
        return;
    kept->text = malloc(text.len);
    if (!kept->text)
        return;
    memcpy(kept->text, text.ptr, text.len);
    kept->len = text.len;
    memory->history_bytes += text.len;
}

void duels_remember(struct update *u)
{
    struct bout_memory *memory = &u->self->duels;
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        if (!entry->available || entry->sample == DEV_NONE ||
            slice_eq(entry->status, SLICE("error")))
            continue;
        grasp_str label = entry_failed(entry) ? group_label(entry) : SLICE("");
        duel_remember(&memory->records[entry->sample], entry->correct, memory->version,
                      label_number(memory, label));
        keep_history(u, entry->sample, entry->history);
    }
}

size_t duels_carried(const struct update *u)
{
    const struct bout_memory *memory = &u->self->duels;
    return duels_possible(u) && memory->has_carried && select_fits(u, &memory->edit);
}

/* Samples on which the candidate shows the agent what the library shows it. */
static int32_t find_same(struct update *u, struct candidate *candidate, bool *out)
{
    const struct bout_memory *memory = &u->self->duels;
    const grasp_files before = library_files(&u->library);
    const grasp_files after = library_files(&candidate->library);
    void *present = NULL, *next = NULL;
    int32_t status = grasp_method_load(u->call, u->self, &before, &present);
    if (!status)
        status = grasp_method_load(u->call, u->self, &after, &next);
    for (size_t i = 0; i < memory->dev_count && !status; i++) {
        const struct bout_history *kept = &memory->histories[i];
        if (!kept->text)
            continue;
        const grasp_json_value *history =
            u->json->parse(u->call, (grasp_str){kept->text, kept->len}, NULL);
        out[i] = similar_guidance(u, present, next, history);
        candidate->same += out[i];
    }
    grasp_method_unload(u->call, u->self, present);
    grasp_method_unload(u->call, u->self, next);
    return status;
}

/* The samples that an edit of this label was written from. */
static bool *triggers_of(struct update *u, grasp_str label)
{
    bool *out = pool_array(u->pool, u->self->dev.count, sizeof(*out));
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        if (entry_failed(entry) && entry->sample != DEV_NONE &&
            (!label.len || slice_eq(group_label(entry), label)))
            out[entry->sample] = true;
    }
    return out;
}

/* hits: samples that it, or what it comes from, has solved before; NULL. */
static int32_t make_lists(struct update *u, struct candidate *candidate, const bool *hits,
                          struct chance *chance, struct duel_candidate *out)
{
    struct bout_memory *memory = &u->self->duels;
    size_t n = memory->dev_count;
    uint32_t *order = pool_array(u->pool, n, sizeof(*order));
    uint32_t *passing = pool_array(u->pool, n, sizeof(*passing));
    struct duel_target *failing = pool_array(u->pool, n, sizeof(*failing));
    bool *same = pool_array(u->pool, n, sizeof(*same));
    int32_t status = u->self->options.reuse_rollouts && similar_possible(u)
                         ? find_same(u, candidate, same)
                         : GRASP_OK;
    if (status)
        return status;
    const struct duel_subject subject = {
        .label = u->self->options.label_order ? label_number(memory, candidate->edit.label) : 0,
        .trigger = triggers_of(u, candidate->edit.label),
        .carried = hits,
        .same = same,
    };
    *out = (struct duel_candidate){.failing = failing, .passing = passing};
    out->failing_count = duel_plan_failing(memory->records, n, memory->version, &subject, below,
                                           chance, order, failing);
    out->passing_count =
        duel_plan_passing(memory->records, n, memory->version, same, below, chance, passing);
    return GRASP_OK;
}

/* What runs of the library, and of a candidate that has become it, say about samples. */
static void remember_bout(struct update *u, const struct bout *bout, size_t winner)
{
    struct bout_memory *memory = &u->self->duels;
    size_t count;
    const struct duel_rollout *r = duel_rollouts(bout->duel, &count);
    for (size_t i = 0; i < count; i++) {
        if (r[i].candidate == DUEL_LIBRARY && r[i].role == DUEL_RECHECK &&
            r[i].outcome == DUEL_SOLVED)
            duel_remember(&memory->records[r[i].sample], true, memory->version, 0);
    }
    if (winner == DUEL_NONE)
        return;
    memory->version++;
    for (size_t i = 0; i < count; i++) {
        if (r[i].candidate != (int32_t)winner || r[i].outcome == DUEL_VOID ||
            (r[i].role != DUEL_SCREEN && r[i].role != DUEL_SAFETY))
            continue;
        duel_remember(&memory->records[r[i].sample], r[i].outcome == DUEL_SOLVED, memory->version,
                      0);
        keep_history(u, r[i].sample, u->json->get(bout->runs[i].rollout, SLICE("history")));
    }
}

/* The samples on which the hits of a candidate held. */
static void mark_hits(const struct bout *bout, size_t k, bool *out)
{
    const struct duel_candidate *lists = &bout->setup.candidates[k];
    for (size_t i = 0; i < lists->failing_count; i++)
        out[lists->failing[i].sample] = duel_target_state(bout->duel, k, i) == 1;
}

static void carry(struct update *u, const struct bout *bout)
{
    struct bout_memory *memory = &u->self->duels;
    size_t k = duel_carried(bout->duel);
    if (!u->self->options.carry_over || k == DUEL_NONE)
        return;
    /* It may be the very edit that is carried already. */
    struct pool pool = {0};
    memory->edit = edit_copy(&pool, &u->candidates[bout->first + k].edit);
    pool_free(&memory->carried);
    memory->carried = pool;
    memory->has_carried = true;
    memset(memory->hits, 0, memory->dev_count * sizeof(*memory->hits));
    mark_hits(bout, k, memory->hits);
}

static void remember_refusals(struct update *u)
{
    for (size_t i = 0; i < u->candidate_count; i++) {
        const struct candidate *candidate = &u->candidates[i];
        const struct edit *edit = &candidate->edit;
        const struct proposal *last = &edit->parts[edit->count - 1];
        enum duel_fate fate = duel_reports(candidate->bout->duel)[candidate->number].fate;
        if (fate == DUEL_ACCEPTED || fate == DUEL_UNDECIDED)
            continue;
        const struct refusal refusal = {edit->count == 2 ? "REMOVE+ADD" : action_name(last->action),
                                        last->name, last->description, duel_verdict(u, candidate)};
        past_refuse(&u->self->past, &refusal);
    }
}

static void apply_winner(struct update *u, const struct bout *bout)
{
    size_t winner = duel_winner(bout->duel);
    if (winner != DUEL_NONE)
        update_apply(u, &u->candidates[bout->first + winner]);
    remember_bout(u, bout, winner);
}

static int32_t open_chance(struct update *u, const char *what, struct chance *out)
{
    out->u = u;
    return u->lab->rng(
        u->call,
        pool_format(u->pool, "%s:%lld:%lld", what, (long long)u->epoch, (long long)u->cycle),
        &out->rng);
}

/* What one more candidate of the update may take: of alpha what the others have left, of rollouts
 * what they have left and what it adds. False if nothing could be proven with that; the yardstick
 * has given all of alpha to the others. */
static bool make_room(const struct bout *bout, struct duel_setup *out)
{
    struct duel_setup all = bout->setup;
    const struct duel_options *o = &all.options;
    size_t used;
    duel_rollouts(bout->duel, &used);
    if (o->settled && o->yardstick)
        return false;
    all.candidate_count++;
    *out = bout->setup;
    out->candidate_count = 1;
    out->options.spent = (double)bout->setup.candidate_count;
    for (int64_t i = 0; i < duel_bounds(&bout->setup).threshold; i++)
        out->options.spent /= 3;
    out->options.cap = duel_bounds(&all).cap - (int64_t)used;
    return out->options.cap > 0 && duel_room(out) > 0 &&
           (o->settled || duel_bounds(out).threshold <= o->max_duels);
}

/* These come first, the others stay as they are. */
static void put_first(const bool *first, uint32_t *samples, size_t count)
{
    for (size_t i = 0, front = 0; i < count; i++) {
        uint32_t sample = samples[i];
        if (!first[sample])
            continue;
        memmove(&samples[front + 1], &samples[front], (i - front) * sizeof(*samples));
        samples[front++] = sample;
    }
}

/* It keeps the fix, so it is tried first where that was seen, and then where the original broke
 * something. */
static int32_t list_revision(struct update *u, struct candidate *candidate, const struct bout *bout,
                             size_t original, struct chance *chance, struct duel_candidate *out)
{
    bool *hits = pool_array(u->pool, u->self->dev.count, sizeof(*hits));
    bool *broken = pool_array(u->pool, u->self->dev.count, sizeof(*broken));
    mark_hits(bout, original, hits);
    for (size_t i = 0; i < u->self->dev.count; i++)
        broken[i] = bout_break(bout, original, i) != NULL;
    int32_t status = make_lists(u, candidate, hits, chance, out);
    if (status)
        return status;
    uint32_t *passing = pool_array(u->pool, out->passing_count, sizeof(*passing));
    for (size_t i = 0; i < out->passing_count; i++)
        passing[i] = out->passing[i];
    put_first(broken, passing, out->passing_count);
    out->passing = passing;
    return GRASP_OK;
}

/* If nothing is accepted, the best edit that was proven but breaks too much gets a second version:
 * one more candidate of the update. */
static int32_t try_revision(struct update *u, const struct bout *bout, struct chance *chance)
{
    size_t k = duel_best(bout->duel, DUEL_BREAKS), first = u->candidate_count;
    struct duel_candidate *lists = pool_array(u->pool, 1, sizeof(*lists));
    struct duel_setup setup;
    struct bout *again;
    struct edit edit;
    bool found;
    if (!u->self->options.gate.revise_near_misses || k == DUEL_NONE ||
        duel_winner(bout->duel) != DUEL_NONE || !make_room(bout, &setup))
        return GRASP_OK;
    int32_t status = revise_edit(u, &u->candidates[bout->first + k], &edit, &found);
    if (status || !found)
        return status;
    struct candidate *candidate = candidate_add(u, &edit);
    candidate->revision = true;
    setup.candidates = lists;
    if ((status = list_revision(u, candidate, bout, k, chance, lists)) ||
        (status = bout_hold(u, &setup, first, &again)))
        return status;
    apply_winner(u, again);
    if (duel_carried(bout->duel) == DUEL_NONE)
        carry(u, again);
    return GRASP_OK;
}

int32_t duels_decide(struct update *u, const struct edit *edits, size_t count)
{
    struct bout_memory *memory = &u->self->duels;
    size_t carried = duels_carried(u), all = count + carried;
    struct duel_candidate *candidates = pool_array(u->pool, all, sizeof(*candidates));
    struct chance chance;
    struct bout *bout;
    int32_t status = open_chance(u, "duel", &chance);
    for (size_t i = 0; i < all && !status; i++) {
        const struct edit again =
            carried && i == count ? edit_copy(u->pool, &memory->edit) : edits[i];
        const bool *hits = i == count ? memory->hits : NULL;
        status = make_lists(u, candidate_add(u, &again), hits, &chance, &candidates[i]);
        candidates[i].carried = i == count;
    }
    const struct duel_setup setup = {
        .options = u->self->options.duel,
        .candidates = candidates,
        .candidate_count = all,
        .samples = memory->dev_count,
        .probe_size = (size_t)u->self->options.probe_size,
    };
    memory->has_carried = false;
    if (status || (status = bout_hold(u, &setup, 0, &bout)))
        return status;
    apply_winner(u, bout);
    carry(u, bout);
    if ((status = try_revision(u, bout, &chance)))
        return status;
    if (!update_changed(u))
        u->reason = "no_edit_passed_the_gate";
    remember_refusals(u);
    return GRASP_OK;
}

static int64_t number_of(const struct skill *skill, const char *key)
{
    return meta_int(meta_get(skill->provenance, key), -1);
}

static bool is_newer(const struct skill *a, const struct skill *b)
{
    int64_t epoch_a = number_of(a, "epoch"), epoch_b = number_of(b, "epoch");
    if (epoch_a != epoch_b)
        return epoch_a > epoch_b;
    return number_of(a, "update_cycle") > number_of(b, "update_cycle");
}

/* The learned skills, newest first, the later file of equals. */
static struct skill *by_age(struct update *u)
{
    struct skill *out = pool_array(u->pool, u->skill_count, sizeof(*out));
    for (size_t i = 0; i < u->skill_count; i++) {
        size_t to = i;
        for (; to && !is_newer(&out[to - 1], &u->skills[i]); to--)
            out[to] = out[to - 1];
        out[to] = u->skills[i];
    }
    return out;
}

static int32_t try_removal(struct update *u, const struct skill *skill,
                           const struct duel_target *lost, size_t count, struct chance *chance,
                           bool *out_removed)
{
    struct bout_memory *memory = &u->self->duels;
    struct edit edit = {.count = 1, .label = SLICE("")};
    uint32_t *passing = pool_array(u->pool, memory->dev_count, sizeof(*passing));
    struct duel_candidate *candidate = pool_array(u->pool, 1, sizeof(*candidate));
    struct bout *bout;
    edit.parts[0] = (struct proposal){.action = ACTION_REMOVE,
                                      .name = skill->file,
                                      .description = SLICE(""),
                                      .content = SLICE(""),
                                      .raw_tags = SLICE("[]")};
    size_t first = u->candidate_count;
    candidate_add(u, &edit);
    *candidate = (struct duel_candidate){
        .failing = lost,
        .failing_count = count,
        .passing = passing,
        .passing_count = duel_plan_passing(memory->records, memory->dev_count, memory->version,
                                           NULL, below, chance, passing),
    };
    struct duel_setup setup = {u->self->options.duel, candidate, 1, memory->dev_count,
                               (size_t)u->self->options.probe_size};
    setup.options.screen = DUEL_PRUNE_SCREEN;
    int32_t status = bout_hold(u, &setup, first, &bout);
    if (status)
        return status;
    *out_removed = duel_winner(bout->duel) != DUEL_NONE;
    apply_winner(u, bout);
    return GRASP_OK;
}

int32_t duels_prune(struct update *u)
{
    struct bout_memory *memory = &u->self->duels;
    size_t n = memory->dev_count;
    uint32_t *order = pool_array(u->pool, n, sizeof(*order));
    struct duel_target *lost = pool_array(u->pool, n, sizeof(*lost));
    struct chance chance;
    bool removed = false;
    int32_t status = open_chance(u, "prune", &chance);
    if (status)
        return status;
    const struct skill *skills = by_age(u);
    size_t count = duel_plan_lost(memory->records, n, below, &chance, order, lost);
    if (count < DUEL_PRUNE_FROM || !u->skill_count)
        return GRASP_OK;
    u->pruning = true;
    for (size_t i = 0; i < u->skill_count && !status && !removed; i++)
        status = try_removal(u, &skills[i], lost, count, &chance, &removed);
    if (status)
        return status;
    if (!removed)
        u->reason = "no_skill_is_better_taken_out";
    return event_note(u);
}
