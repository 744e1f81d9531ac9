/* SPDX-License-Identifier: MIT */
/*
 * Spares rollouts that would only repeat the baseline's. An edit to a skill that does not make it
 * into the agent's view changes nothing for that sample: if the guidance is the same in every turn
 * of the baseline's conversation, the candidate's conversation has the same distribution, and
 * running it would add noise and no knowledge.
 */
#include "common/slice.h"
#include "knowledge.h"
#include "update.h"

/* With fewer skills than are shown at a time every skill is in view, and every edit too. */
bool similar_possible(const struct update *u)
{
    return !u->self->options.select_all && u->self->base_count + u->skill_count >= RANK_TOP;
}

static bool is_model_turn(grasp_str role)
{
    return slice_eq(role, SLICE("agent")) || slice_eq(role, SLICE("assistant"));
}

/* Words of a task's own for roles are recorded and not sent. */
static bool is_sent(grasp_str role)
{
    return is_model_turn(role) || slice_eq(role, SLICE("user")) ||
           slice_eq(role, SLICE("system")) || slice_eq(role, SLICE("tool"));
}

static bool same_blocks(const struct knowledge *a, const struct knowledge *b,
                        const grasp_str *texts, size_t count)
{
    uint32_t of_a[RANK_TOP], of_b[RANK_TOP];
    size_t chosen = rank_select(a->index, texts, count, of_a);
    if (rank_select(b->index, texts, count, of_b) != chosen)
        return false;
    for (size_t i = 0; i < chosen; i++) {
        if (!slice_eq(a->blocks[of_a[i]].text, b->blocks[of_b[i]].text))
            return false;
    }
    return true;
}

/* Would both show the same before each of the agent's turns? */
bool similar_guidance(struct update *u, const struct knowledge *a, const struct knowledge *b,
                      const grasp_json_value *history)
{
    uint64_t total = u->json->count(history);
    grasp_message *messages = pool_array(u->pool, total, sizeof(*messages));
    const grasp_message **list = pool_array(u->pool, total, sizeof(*list));
    grasp_str *texts = pool_array(u->pool, total, sizeof(*texts));
    size_t count = 0, turns = 0;
    for (uint64_t i = 0; i < total; i++) {
        const grasp_json_value *message = u->json->at(history, i);
        grasp_str role = u->json->as_string(u->json->get(message, SLICE("role")));
        if (!is_sent(role))
            continue;
        if (is_model_turn(role)) {
            turns++;
            if (!same_blocks(a, b, texts, inject_texts(list, count, texts)))
                return false;
        }
        messages[count].content = u->json->as_string(u->json->get(message, SLICE("content")));
        list[count] = &messages[count];
        count++;
    }
    return turns > 0;
}

static void compare(struct update *u, const struct knowledge *present, const struct knowledge *next,
                    struct candidate *candidate)
{
    for (size_t i = 0; i < u->probe.count; i++) {
        const grasp_json_value *rollout = u->baseline.rollouts[i];
        if (!rollout || candidate->run.done[i] || !u->baseline.outcomes[i].available ||
            !similar_guidance(u, present, next, u->json->get(rollout, SLICE("history"))))
            continue;
        candidate->run.outcomes[i] = u->baseline.outcomes[i];
        candidate->run.rollouts[i] = rollout;
        candidate->run.done[i] = true;
        candidate->reused++;
    }
}

int32_t similar_take_over(struct update *u, struct candidate *candidate)
{
    const grasp_files before = library_files(&u->library);
    const grasp_files after = library_files(&candidate->library);
    void *present = NULL, *next = NULL;
    int32_t status = grasp_method_load(u->call, u->self, &before, &present);
    if (!status)
        status = grasp_method_load(u->call, u->self, &after, &next);
    if (!status)
        compare(u, present, next, candidate);
    grasp_method_unload(u->call, u->self, present);
    grasp_method_unload(u->call, u->self, next);
    return status;
}
