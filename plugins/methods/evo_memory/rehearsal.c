/* SPDX-License-Identifier: MIT */
/* The writer's part of a rehearsal: a guideline about the failure tag, and a curation that drops
 * what demands a mistake that was just analysed. */
#include "common/put.h"
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

/* The strings of a list, except those with `without` in them. */
static void put_rest(struct text *out, const grasp_json *json, const grasp_json_value *list,
                     grasp_str without)
{
    size_t at;
    for (uint64_t i = 0; i < json->count(list); i++) {
        grasp_str item = json->as_string(json->at(list, i));
        if (!without.len || !slice_find(item, without, 0, &at))
            put_string(out, NULL, item);
    }
}

static void answer_curate(struct text *out, struct part *part)
{
    const grasp_json *json = grasp_json_of(part->call);
    const grasp_json_value *input = part_json(part, "{\"current_rules\": ");
    grasp_str tag = member_text(json, member_of(json, input, "reflection"), "failure_analysis");
    put_open(out, NULL, '{');
    put_open(out, "updated_rules", '[');
    put_rest(out, json, member_of(json, input, "current_rules"),
             pool_format(part->pool, "always %.*s", (int)tag.len, tag.ptr));
    put_rest(out, json, member_of(json, input, "candidate_rules"), SLICE(""));
    text_put(out, "], \"edit_log\": {\"added\": [], \"removed\": [], \"kept\": []}}");
}

static const struct role roles[] = {{"# Reflect on one episode\n", answer_reflect},
                                    {"# Curate the rules\n", answer_curate},
                                    {NULL, NULL}};
UNDERSTUDY(evo, roles)
