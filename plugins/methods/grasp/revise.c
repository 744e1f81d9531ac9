/* SPDX-License-Identifier: MIT */
/* A second version of an edit that helps but breaks something (spec/grasp.md 10.4). */
#include "common/slice.h"
#include "common/template.h"
#include "update.h"

static bool is_regression(enum gate_change change)
{
    return change == GATE_REGRESSION || change == GATE_INVALID;
}

static size_t put_breaks(struct text *out, struct update *u, const struct candidate *candidate)
{
    const struct trace_style style = trace_style(u);
    size_t count = 0;
    for (size_t i = 0; i < u->self->dev.count; i++) {
        const grasp_json_value *rollout = bout_break(candidate->bout, candidate->number, i);
        if (!rollout)
            continue;
        if (count++)
            text_char(out, '\n');
        trace_rollout(out, u, rollout, &style);
    }
    return count;
}

static size_t put_regressions(struct text *out, struct update *u, const struct candidate *candidate)
{
    const struct trace_style style = trace_style(u);
    size_t count = 0;
    if (candidate->bout)
        return put_breaks(out, u, candidate);
    for (size_t i = 0; i < u->probe.count; i++) {
        bool was_failing = u->was_failing[i];
        if (!candidate->run.rollouts[i] ||
            !is_regression(gate_compare(&u->self->options.gate, was_failing,
                                        u->baseline.outcomes[i], candidate->run.outcomes[i])))
            continue;
        if (count++)
            text_char(out, '\n');
        trace_rollout(out, u, candidate->run.rollouts[i], &style);
    }
    return count;
}

static grasp_str make_prompt(struct update *u, const struct candidate *candidate,
                             const struct proposal *proposal)
{
    struct text log CLEANUP_TEXT = {0}, out CLEANUP_TEXT = {0}, tags CLEANUP_TEXT = {0};
    size_t count = put_regressions(&log, u, candidate);
    for (size_t i = 0; i < proposal->tag_count; i++) {
        text_put(&tags, i ? ", " : "");
        text_line(&tags, proposal->tags[i]);
    }
    const struct binding bindings[] = {
        {"family", u->self->hints.family},
        {"count", pool_format(u->pool, "%zu", count)},
        {"action", grasp_cstr(action_name(proposal->action))},
        {"name", proposal->name},
        {"description", proposal->description},
        {"tags", text_view(&tags)},
        {"content", proposal->content},
        {"log", text_view(&log)},
        {NULL, SLICE("")},
    };
    template_fill(&out, u->self->prompts.revise, bindings);
    return pool_dup(u->pool, text_view(&out));
}

/* In the default a revision keeps to what it revises. */
static bool fits(const struct update *u, const struct proposal *revised,
                 const struct proposal *original)
{
    return u->self->options.reference ||
           (revised->action == original->action && slice_eq(revised->name, original->name));
}

int32_t revise_edit(struct update *u, const struct candidate *candidate, struct edit *out,
                    bool *out_found)
{
    const struct options *options = &u->self->options;
    const struct edit *edit = &candidate->edit;
    const struct proposal *last = &edit->parts[edit->count - 1];
    const struct limits limits = {&u->library, options->max_learned_skills + (edit->count == 2),
                                  options->reference, options->append_only};
    const grasp_json_value **values;
    struct proposal *valid;
    grasp_str reply, prompt = make_prompt(u, candidate, last);
    *out_found = false;
    if (last->action == ACTION_REMOVE && !options->reference)
        return GRASP_OK;
    int32_t status = writer_ask(u, &prompt, 1, WRITER_EDITS, &reply);
    if (status)
        return status;
    size_t count = proposal_values(u->call, u->pool, reply, options->reference, &values);
    count = proposals_validate(u->call, u->pool, &limits, values, count, &valid);
    for (size_t i = 0; i < count && !*out_found; i++) {
        if (!fits(u, &valid[i], last))
            continue;
        *out = *edit;
        out->parts[edit->count - 1] = valid[i];
        *out_found = true;
    }
    return GRASP_OK;
}
