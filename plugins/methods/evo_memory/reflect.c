/* SPDX-License-Identifier: MIT */
#include "common/put.h"
#include "common/reply.h"
#include "common/slice.h"
#include "common/tokens.h"
#include "evo.h"

#define RESPONSE_CHARACTERS 1200
#define TEXT_CHARACTERS 600
#define GUIDELINE_CHARACTERS 240
#define GUIDELINES 5
#define TAGS 10

/* What is missing counts as true, and is then set. */
static bool read_flag(grasp_call *call, grasp_json_value *value, const char *key)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *member;
    if (member_find(json, value, key, &member))
        return value_is_true(json, member);
    json->set(call, value, grasp_cstr(key), json->new_bool(call, 1));
    return true;
}

static grasp_str read_text(grasp_call *call, struct pool *pool, grasp_json_value *value,
                           const char *key)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *member = member_of(json, value, key);
    grasp_str text = value_is_true(json, member)
                         ? text_truncate(pool, value_text(call, member), TEXT_CHARACTERS)
                         : SLICE("");
    text = pool_dup(pool, text);
    json->set(call, value, grasp_cstr(key), json->new_string(call, text));
    return text;
}

static void set_list(grasp_call *call, grasp_json_value *value, const char *key,
                     const struct strings *items)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_json_value *list = json->new_array(call);
    for (size_t i = 0; i < items->count; i++)
        json->append(call, list, json->new_string(call, items->items[i]));
    json->set(call, value, grasp_cstr(key), list);
}

static struct strings read_guidelines(grasp_call *call, struct pool *pool, grasp_json_value *value)
{
    const grasp_json *json = grasp_json_of(call);
    const struct strings raw =
        value_strings(call, pool, member_of(json, value, "action_guidelines"));
    struct strings out = rules_usable(pool, &raw, GUIDELINES);
    for (size_t i = 0; i < out.count; i++)
        out.items[i] = text_truncate(pool, out.items[i], GUIDELINE_CHARACTERS);
    set_list(call, value, "action_guidelines", &out);
    return out;
}

static struct strings read_tags(grasp_call *call, struct pool *pool, grasp_json_value *value)
{
    const grasp_json *json = grasp_json_of(call);
    const struct strings raw = value_strings(call, pool, member_of(json, value, "tags"));
    struct strings out = {0};
    for (size_t i = 0; i < raw.count && out.count < TAGS; i++) {
        grasp_str tag = text_folded(pool, raw.items[i]);
        if (tag.len)
            strings_add(pool, &out, tag);
    }
    set_list(call, value, "tags", &out);
    return out;
}

void reflection_read(grasp_call *call, struct pool *pool, grasp_json_value *value,
                     struct reflection *out)
{
    *out = (struct reflection){.value = value ? value : grasp_json_of(call)->new_object(call)};
    out->summary = read_text(call, pool, out->value, "episodic_summary");
    out->analysis = read_text(call, pool, out->value, "failure_analysis");
    out->guidelines = read_guidelines(call, pool, out->value);
    out->tags = read_tags(call, pool, out->value);
    out->store = read_flag(call, out->value, "should_store_episode");
    out->update = read_flag(call, out->value, "should_update_semantic");
}

static grasp_str episode_json(struct pool *pool, const struct rollout *rollout)
{
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '{');
    put_bool(&out, "is_correct", rollout->correct);
    put_string(&out, "instruction", rollout_task(rollout));
    put_string(&out, "context", rollout->context);
    put_string(&out, "agent_response", text_truncate(pool, rollout->response, RESPONSE_CHARACTERS));
    put_string(&out, "ground_truth", rollout->expected);
    put_string(&out, "status", rollout->status);
    put_close(&out, '}');
    return pool_dup(pool, text_view(&out));
}

/* The texts of the rules that fit the rollout, as JSON. */
static grasp_str fitting_rules(struct study *s)
{
    struct text out CLEANUP_TEXT = {0};
    size_t *chosen, count = rules_select(s->state, study_query(s, false), 0, &chosen);
    put_open(&out, NULL, '[');
    for (size_t i = 0; i < count; i++)
        put_string(&out, NULL, s->state->rules[chosen[i]].text);
    put_close(&out, ']');
    return pool_dup(s->state->pool, text_view(&out));
}

int32_t reflect(struct study *s)
{
    static const grasp_str failed =
        SLICE("{\"episodic_summary\": \"" EVO_FAILED "\", \"failure_analysis\": \"" EVO_FAILED
              "\", \"should_update_semantic\": false}");
    grasp_call *call = s->lesson->call;
    struct answer answer;
    const struct binding bindings[] = {{"rules", fitting_rules(s)},
                                       {"episode", episode_json(s->state->pool, s->rollout)},
                                       {"tags", s->rollout->tags},
                                       {NULL, SLICE("")}};
    int32_t status = lesson_ask_one(s->lesson, s->self->reflect, bindings, &answer);
    if (status)
        return status;
    s->raw = answer.text;
    reflection_read(call, s->state->pool,
                    answer.ok
                        ? object_in_reply(call, answer.text, !s->self->learner.common.reference)
                        : s->lesson->json->parse(call, failed, NULL),
                    &s->reflection);
    return GRASP_OK;
}

static grasp_str curation_input(struct study *s, const struct strings *rules)
{
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '{');
    put_strings(&out, "current_rules", rules);
    put_strings(&out, "candidate_rules", &s->reflection.guidelines);
    put_open(&out, "reflection", '{');
    put_string(&out, "failure_analysis", s->reflection.analysis);
    put_strings(&out, "tags", &s->reflection.tags);
    put_close(&out, '}');
    put_close(&out, '}');
    return pool_dup(s->state->pool, text_view(&out));
}

int32_t curate(struct study *s, struct strings *out)
{
    struct pool *pool = s->state->pool;
    const grasp_json *json = s->lesson->json;
    const struct evo_options *options = &s->self->options;
    struct strings rules = {0};
    struct answer answer;
    for (size_t i = 0; i < s->state->rule_count; i++)
        strings_add(pool, &rules, s->state->rules[i].text);
    const struct binding bindings[] = {{"input", curation_input(s, &rules)}, {NULL, SLICE("")}};
    int32_t status = lesson_ask_one(s->lesson, s->self->curate, bindings, &answer);
    if (status)
        return status;
    const grasp_json_value *value =
        object_in_reply(s->lesson->call, answer.text, !s->self->learner.common.reference);
    const grasp_json_value *log = member_of(json, value, "edit_log");
    const struct strings curated =
        value_strings(s->lesson->call, pool, member_of(json, value, "updated_rules"));
    *out = rules_usable(pool, &curated, options->max_semantic_rules);
    if (curated.count == 0 || (out->count == 0 && options->keep_rules)) {
        for (size_t i = 0; i < s->reflection.guidelines.count; i++)
            strings_add(pool, &rules, s->reflection.guidelines.items[i]);
        *out = rules_usable(pool, &rules, options->max_semantic_rules);
    }
    s->log = json->kind(log) == GRASP_JSON_OBJECT ? log : NULL;
    return GRASP_OK;
}
