/* SPDX-License-Identifier: MIT */
/* Proposals for edits, several at once (spec/grasp.md 10.3). */
#include "common/slice.h"
#include "common/template.h"
#include "shelf.h"
#include "update.h"

#define INSTRUCTION_CHARACTERS 120
#define DIAGNOSIS_CHARACTERS 600

static void put_others(struct text *out, const struct update *u, const struct group *group)
{
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        struct text line CLEANUP_TEXT = {0};
        bool inside = false;
        for (size_t k = 0; k < group->failing && !inside; k++)
            inside = group->entries[k] == entry;
        if (!entry_failed(entry) || inside)
            continue;
        text_put(out, out->len ? "\n- [" : "- [");
        text_line(out, entry->label.len ? entry->label : SLICE("unknown"));
        text_put(out, "] ");
        text_line(&line, entry->instruction);
        text_str(out, utf8_prefix(text_view(&line), INSTRUCTION_CHARACTERS));
    }
}

static void put_refusals(struct text *out, const struct update *u)
{
    const struct past *past = &u->self->past;
    for (size_t i = 0; i < past->refusal_count; i++) {
        const struct refusal *refusal = &past->refusals[i];
        text_format(out, "%s- %s ", i ? "\n" : "", refusal->action);
        text_line(out, refusal->name);
        text_put(out, ": ");
        text_line(out, refusal->description);
        text_put(out, " (");
        text_line(out, refusal->reason);
        text_put(out, ")");
    }
}

static void put_editable(struct text *out, const struct update *u)
{
    for (size_t i = 0; i < u->skill_count; i++) {
        if (i)
            text_put(out, ", ");
        text_line(out, u->skills[i].name);
    }
}

/* What is the same in all prompts of an update. */
struct common_parts {
    struct text list, bodies, base, editable, refusals;
    struct shelf_room room;
};

static void make_common(struct update *u, struct common_parts *parts)
{
    const struct options *options = &u->self->options;
    shelf_list(&parts->list, u);
    shelf_base(&parts->base, u);
    if (!options->append_only)
        put_editable(&parts->editable, u);
    if (options->show_bodies)
        shelf_bodies(&parts->bodies, u);
    if (options->show_refusals)
        put_refusals(&parts->refusals, u);
    parts->room = shelf_room((int64_t)u->skill_count, options->max_learned_skills,
                             options->max_proposals, options->reference);
}

static void free_common(struct common_parts *parts)
{
    text_free(&parts->list);
    text_free(&parts->bodies);
    text_free(&parts->base);
    text_free(&parts->editable);
    text_free(&parts->refusals);
}

/* attempt: of `attempts` on the same group, from 1. */
static grasp_str make_prompt(struct update *u, const struct common_parts *parts,
                             const struct group *group, size_t attempt, size_t attempts)
{
    struct text log CLEANUP_TEXT = {0}, others CLEANUP_TEXT = {0}, out CLEANUP_TEXT = {0};
    const struct method *self = u->self;
    const struct trace_style style = trace_style(u);
    const struct shelf_room *room = &parts->room;
    bool replaces = !self->options.append_only;
    grasp_str free = pool_format(u->pool, "%lld", (long long)room->free);
    trace_log(&log, u, group->entries, group->count, &style);
    if (group->label.len)
        put_others(&others, u, group);
    const struct binding bindings[] = {
        {"family", self->hints.family},
        {"guidance", self->hints.guidance},
        {"max_edits",
         pool_format(u->pool, "%lld",
                     (long long)(replaces ? room->max_edits : self->options.max_proposals))},
        {"capacity", pool_format(u->pool, "%lld", (long long)self->options.max_learned_skills)},
        {"full", replaces && room->full ? free : SLICE("")},
        {"nearly_full", replaces && room->nearly_full ? free : SLICE("")},
        {"free", replaces && (room->full || room->nearly_full) ? SLICE("") : free},
        {"append_only", replaces ? SLICE("") : SLICE("1")},
        {"skeleton", self->skeleton.content},
        {"base", text_view(&parts->base)},
        {"skills", text_view(&parts->list)},
        {"bodies", text_view(&parts->bodies)},
        {"editable", text_view(&parts->editable)},
        {"refusals", text_view(&parts->refusals)},
        {"label", group->label},
        {"log", text_view(&log)},
        {"others", text_view(&others)},
        {"several", !self->options.reference && attempt > 1 ? SLICE("1") : SLICE("")},
        {"attempt", pool_format(u->pool, "%zu", attempt)},
        {"attempts", pool_format(u->pool, "%zu", attempts)},
        {"diagnose", self->options.diagnose_with_edits ? SLICE("1") : SLICE("")},
        {NULL, SLICE("")},
    };
    template_fill(&out, self->prompts.propose, bindings);
    return pool_dup(u->pool, text_view(&out));
}

static void keep_raw(struct update *u, const grasp_json_value *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (u->raw_proposals.len)
            text_put(&u->raw_proposals, ", ");
        text_str(&u->raw_proposals, u->json->print(u->call, values[i], 0));
    }
}

/* The first edit that is one proposal of that kind. */
static struct edit *find_single(struct edit *edits, size_t count, enum action action)
{
    for (size_t i = 0; i < count; i++) {
        if (edits[i].count == 1 && edits[i].parts[0].action == action)
            return &edits[i];
    }
    return NULL;
}

/* A removal and an addition in one reply belong together; the removal comes first. */
static size_t make_edits(const struct update *u, const struct proposal *proposals, size_t count,
                         struct edit *out)
{
    size_t edits = 0;
    for (size_t i = 0; i < count; i++) {
        const struct proposal *p = &proposals[i];
        struct edit *partner = NULL;
        if (u->self->options.pair_edits && p->action == ACTION_ADD)
            partner = find_single(out, edits, ACTION_REMOVE);
        if (u->self->options.pair_edits && p->action == ACTION_REMOVE)
            partner = find_single(out, edits, ACTION_ADD);
        if (partner) {
            partner->parts[partner->count++] = partner->parts[0];
            partner->parts[p->action == ACTION_REMOVE ? 0 : 1] = *p;
        } else {
            out[edits] = (struct edit){.count = 1};
            out[edits++].parts[0] = *p;
        }
    }
    return edits;
}

static bool is_same(const struct edit *a, const struct edit *b, bool reference)
{
    bool same = a->count == b->count;
    for (size_t i = 0; i < a->count && same; i++)
        same = proposal_same(&a->parts[i], &b->parts[i], reference);
    return same;
}

struct proposals {
    struct edit *edits;
    size_t count, capacity;
};

static void add_edit(struct update *u, struct proposals *all, const struct edit *edit)
{
    for (size_t i = 0; i < all->count; i++) {
        if (is_same(&all->edits[i], edit, u->self->options.reference))
            return;
    }
    POOL_RESERVE(u->pool, all->edits, all->count, all->capacity);
    all->edits[all->count++] = *edit;
}

/* The first diagnosis of a group is that of its failures. */
static void take_diagnosis(struct update *u, grasp_str reply, const struct group *group)
{
    const grasp_json_value *object = reply_object(u->call, reply, u->self->options.reference);
    grasp_str diagnosis = u->json->as_string(u->json->get(object, SLICE("diagnosis")));
    for (size_t i = 0; i < group->count; i++) {
        struct entry *entry = &u->entries[group->entries[i] - u->entries];
        if (entry_failed(entry) && !entry->diagnosis.len)
            entry->diagnosis = utf8_prefix(diagnosis, DIAGNOSIS_CHARACTERS);
    }
}

static void take_reply(struct update *u, grasp_str reply, const struct group *group,
                       struct proposals *all)
{
    const struct options *options = &u->self->options;
    const struct limits limits = {&u->library, options->max_learned_skills, options->reference,
                                  options->append_only};
    const grasp_json_value **values;
    struct proposal *valid;
    if (options->diagnose_with_edits)
        take_diagnosis(u, reply, group);
    size_t count = proposal_values(u->call, u->pool, reply, options->reference, &values);
    keep_raw(u, values, count);
    count = proposals_validate(u->call, u->pool, &limits, values, count, &valid);
    struct edit *edits = pool_array(u->pool, count, sizeof(*edits));
    count = make_edits(u, valid, count, edits);
    if (!options->reference && count > (size_t)options->max_proposals)
        count = (size_t)options->max_proposals;
    for (size_t i = 0; i < count; i++) {
        edits[i].label = group->label;
        add_edit(u, all, &edits[i]);
    }
}

int32_t propose_edits(struct update *u, struct edit **out, size_t *out_count)
{
    size_t count = (size_t)u->self->options.candidates - duels_carried(u);
    grasp_str *prompts = pool_array(u->pool, count, sizeof(*prompts));
    grasp_str *replies = pool_array(u->pool, count, sizeof(*replies));
    struct proposals all = {0};
    struct common_parts parts = {0};
    if (!u->groups)
        group_failures(u);
    const struct group *groups = u->groups;
    size_t group_count = u->group_count;
    make_common(u, &parts);
    for (size_t k = 0; k < count && group_count; k++) {
        size_t group = k % group_count;
        prompts[k] = make_prompt(u, &parts, &groups[group], k / group_count + 1,
                                 (count - group - 1) / group_count + 1);
    }
    free_common(&parts);
    enum writer_form form =
        u->self->options.diagnose_with_edits ? WRITER_DIAGNOSED_EDITS : WRITER_EDITS;
    int32_t status = writer_ask(u, prompts, group_count ? count : 0, form, replies);
    for (size_t k = 0; !status && k < count && group_count; k++)
        take_reply(u, replies[k], &groups[k % group_count], &all);
    *out = all.edits;
    *out_count = all.count;
    return status;
}
