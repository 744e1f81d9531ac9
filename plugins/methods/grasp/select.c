/* SPDX-License-Identifier: MIT */
/* Ablations of the gate: edits are applied without a probe, all of them (`no_gate`), or one that
 * the writer or chance picks (`blind_select`). */
#include <grasp/rng.h>

#include "common/slice.h"
#include "common/template.h"
#include "update.h"

/* Earlier edits of the same update may have taken its place or its name. */
bool select_fits(const struct update *u, const struct edit *edit)
{
    int64_t places = u->self->options.max_learned_skills - (int64_t)library_count(&u->library);
    for (size_t i = 0; i < edit->count; i++) {
        const struct proposal *p = &edit->parts[i];
        if (library_has(&u->library, p->name) != (p->action != ACTION_ADD))
            return false;
        places += p->action == ACTION_REMOVE;
        places -= p->action == ACTION_ADD;
    }
    return places >= 0;
}

int32_t select_all(struct update *u, const struct edit *edits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (select_fits(u, &edits[i]))
            update_apply(u, candidate_add(u, &edits[i]));
    }
    return GRASP_OK;
}

static int32_t by_chance(struct update *u, size_t count, size_t *out)
{
    grasp_rng *rng;
    grasp_str label =
        pool_format(u->pool, "select:%lld:%lld", (long long)u->epoch, (long long)u->cycle);
    int32_t status = u->lab->rng(u->call, label, &rng);
    if (!status)
        *out = (size_t)grasp_rng_below(u->lab, rng, count);
    return status;
}

static grasp_str make_prompt(struct update *u, const struct edit *edits, size_t count)
{
    struct text list CLEANUP_TEXT = {0}, failures CLEANUP_TEXT = {0}, out CLEANUP_TEXT = {0};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < edits[i].count; k++) {
            const struct proposal *p = &edits[i].parts[k];
            text_format(&list, "### edit %zu: %s ", i + 1, action_name(p->action));
            text_line(&list, p->name);
            text_char(&list, '\n');
            text_str(&list, p->content);
            text_put(&list, "\n\n");
        }
    }
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        if (!entry_failed(entry))
            continue;
        text_put(&failures, "- [");
        text_line(&failures, entry->label.len ? entry->label : SLICE("unknown"));
        text_put(&failures, "] ");
        text_line(&failures, entry->instruction);
        text_char(&failures, '\n');
    }
    const struct binding bindings[] = {
        {"family", u->self->hints.family},
        {"edits", slice_trim(text_view(&list))},
        {"failures", slice_trim(text_view(&failures))},
        {NULL, SLICE("")},
    };
    template_fill(&out, u->self->prompts.select, bindings);
    return pool_dup(u->pool, text_view(&out));
}

/* A reply that names none of them leaves the library as it is. */
static int32_t by_writer(struct update *u, const struct edit *edits, size_t count, size_t *out)
{
    grasp_str reply, prompt = make_prompt(u, edits, count);
    int32_t status = writer_ask(u, &prompt, 1, WRITER_SELECT, &reply);
    if (status)
        return status;
    const grasp_json_value *object = reply_object(u->call, reply, u->self->options.reference);
    int64_t number = u->json->as_int(u->json->get(object, SLICE("edit")), 0);
    *out = number >= 1 && number <= (int64_t)count ? (size_t)number - 1 : count;
    return GRASP_OK;
}

int32_t select_blindly(struct update *u, const struct edit *edits, size_t count)
{
    size_t chosen = 0;
    if (count == 0)
        return GRASP_OK;
    int32_t status = u->self->options.blind == BLIND_RANDOM ? by_chance(u, count, &chosen)
                                                            : by_writer(u, edits, count, &chosen);
    if (status)
        return status;
    if (chosen < count)
        update_apply(u, candidate_add(u, &edits[chosen]));
    else
        u->reason = "no_edit_selected";
    return GRASP_OK;
}
