/* SPDX-License-Identifier: MIT */
/* The writer's part of a rehearsal: a guideline about the failure tag, and a curation that drops
 * what demands a mistake that was just analysed. */
#include "common/slice.h"
#include "common/understudy.h"
#include "evo.h"

static void answer_reflect(struct text *out, struct part *part)
{
    size_t at;
    grasp_str episode = part_field(part, "{\"is_correct\": ");
    bool correct = grasp_starts(episode, "true");
    grasp_str tag = correct ? SLICE("") : part_tag(part);
    text_put(out, "Here is what I think:\n```json\n{\"episodic_summary\": \"One more episode.\", "
                  "\"failure_analysis\": \"");
    text_str(out, correct ? SLICE("it went well") : tag);
    text_put(out, "\", \"action_guidelines\": [");
    if (!correct &&
        !slice_find(part->prompt, pool_format(part->pool, "void %.*s", (int)tag.len, tag.ptr), 0,
                    &at))
        text_json(out, part_sentence(part, part_advice(part, 40), tag));
    text_put(out, "], \"tags\": [");
    if (tag.len)
        text_json(out, tag);
    text_put(out, "], \"should_store_episode\": true, \"should_update_semantic\": true}\n```\n");
}

/* The strings of the array after `key`, in one line, except those with `without` in them. */
static size_t copy_strings(struct text *out, grasp_str prompt, const char *key, grasp_str without,
                           size_t count)
{
    size_t at, end, found;
    if (!slice_find(prompt, grasp_cstr(key), 0, &at))
        return count;
    at += grasp_cstr(key).len;
    while (at < prompt.len &&
           (prompt.ptr[at] == '"' || prompt.ptr[at] == ',' || prompt.ptr[at] == ' ')) {
        if (prompt.ptr[at] != '"') {
            at++;
            continue;
        }
        for (end = at + 1; end < prompt.len && prompt.ptr[end] != '"'; end++)
            end += prompt.ptr[end] == '\\';
        grasp_str item = slice_cut(prompt, at, end + 1);
        at = end + 1;
        if (without.len && slice_find(item, without, 0, &found))
            continue;
        text_put(out, count++ ? ", " : "");
        text_str(out, item);
    }
    return count;
}

static void answer_curate(struct text *out, struct part *part)
{
    size_t at, end;
    grasp_str without = SLICE(""), key = SLICE("\"failure_analysis\": \"");
    if (slice_find(part->prompt, key, 0, &at) &&
        slice_find(part->prompt, SLICE("\""), at + key.len, &end)) {
        grasp_str tag = slice_cut(part->prompt, at + key.len, end);
        without = pool_format(part->pool, "always %.*s", (int)tag.len, tag.ptr);
    }
    text_put(out, "{\"updated_rules\": [");
    at = copy_strings(out, part->prompt, "\"current_rules\": [", without, 0);
    copy_strings(out, part->prompt, "\"candidate_rules\": [", SLICE(""), at);
    text_put(out, "], \"edit_log\": {\"added\": [], \"removed\": [], \"kept\": []}}");
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    static const struct role roles[] = {{"# Reflect on one episode\n", answer_reflect},
                                        {"# Curate the rules\n", answer_curate},
                                        {NULL, NULL}};
    return understudy_reply(call, request, roles);
}

const grasp_rehearsal evo_rehearsal = {
    .size = sizeof(evo_rehearsal),
    .reply = reply,
};
