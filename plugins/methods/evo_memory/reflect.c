/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "common/lines.h"
#include "common/reply.h"
#include "common/slice.h"
#include "common/tokens.h"
#include "evo.h"

#define RESPONSE_CHARACTERS 1200
#define TEXT_CHARACTERS 600
#define GUIDELINE_CHARACTERS 240
#define GUIDELINES 5
#define TAGS 10

static bool read_flag(grasp_call *call, grasp_json_value *value, const char *key)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str name;
    for (uint64_t i = 0; i < json->count(value); i++) {
        const grasp_json_value *member = json->member(value, i, &name);
        if (grasp_equal(name, key))
            return value_is_true(json, member);
    }
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
                     const grasp_str *items, size_t count)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_json_value *list = json->new_array(call);
    for (size_t i = 0; i < count; i++)
        json->append(call, list, json->new_string(call, items[i]));
    json->set(call, value, grasp_cstr(key), list);
}

static void read_guidelines(grasp_call *call, struct pool *pool, grasp_json_value *value,
                            struct reflection *out)
{
    const grasp_json *json = grasp_json_of(call);
    size_t count;
    const grasp_str *raw =
        value_strings(call, pool, member_of(json, value, "action_guidelines"), &count);
    out->guidelines = pool_array(pool, count, sizeof(*out->guidelines));
    out->guideline_count = rules_usable(pool, raw, count, GUIDELINES, out->guidelines);
    for (size_t i = 0; i < out->guideline_count; i++)
        out->guidelines[i] = text_truncate(pool, out->guidelines[i], GUIDELINE_CHARACTERS);
    set_list(call, value, "action_guidelines", out->guidelines, out->guideline_count);
}

static void read_tags(grasp_call *call, struct pool *pool, grasp_json_value *value,
                      struct reflection *out)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = member_of(json, value, "tags");
    out->tags = pool_array(pool, TAGS, sizeof(*out->tags));
    for (uint64_t i = 0;
         json->kind(list) == GRASP_JSON_ARRAY && i < json->count(list) && out->tag_count < TAGS;
         i++) {
        struct text lower CLEANUP_TEXT = {0};
        text_lower(&lower, slice_trim(value_text(call, json->at(list, i))));
        if (lower.len)
            out->tags[out->tag_count++] = pool_dup(pool, text_view(&lower));
    }
    set_list(call, value, "tags", out->tags, out->tag_count);
}

void reflection_read(grasp_call *call, struct pool *pool, grasp_json_value *value,
                     struct reflection *out)
{
    *out = (struct reflection){.value = value ? value : grasp_json_of(call)->new_object(call)};
    out->summary = read_text(call, pool, out->value, "episodic_summary");
    out->analysis = read_text(call, pool, out->value, "failure_analysis");
    read_guidelines(call, pool, out->value, out);
    read_tags(call, pool, out->value, out);
    out->store = read_flag(call, out->value, "should_store_episode");
    out->update = read_flag(call, out->value, "should_update_semantic");
}

static grasp_str texts_of(struct pool *pool, const struct state *state, const size_t *chosen,
                          size_t count)
{
    struct text out CLEANUP_TEXT = {0};
    grasp_str *texts = pool_array(pool, count, sizeof(*texts));
    for (size_t i = 0; i < count; i++)
        texts[i] = state->rules[chosen ? chosen[i] : i].text;
    put_strings(&out, texts, count);
    return pool_dup(pool, text_view(&out));
}

static grasp_str episode_json(struct pool *pool, const struct rollout *rollout)
{
    struct text out CLEANUP_TEXT = {0};
    text_format(&out, "{\"is_correct\": %s", rollout->correct ? "true" : "false");
    put_member(&out, "instruction", rollout_task(rollout));
    put_member(&out, "context", rollout->context);
    put_member(&out, "agent_response", text_truncate(pool, rollout->response, RESPONSE_CHARACTERS));
    put_member(&out, "ground_truth", rollout->expected);
    put_member(&out, "status", rollout->status);
    text_char(&out, '}');
    return pool_dup(pool, text_view(&out));
}

int32_t reflect(struct lesson *lesson, const struct evo *self, const struct state *state,
                const struct rollout *rollout, struct reflection *out, grasp_str *out_raw)
{
    struct pool *pool = &lesson->pool;
    struct answer answer;
    size_t *chosen;
    grasp_str query =
        pool_format(pool, "%.*s\n%.*s", (int)rollout->instruction.len, rollout->instruction.ptr,
                    (int)rollout->context.len, rollout->context.ptr);
    size_t count = rules_select(pool, state, query, 0, &self->options, &chosen);
    const struct binding bindings[] = {{"family", self->learner.family},
                                       {"hints", self->learner.hints},
                                       {"labels", self->learner.labels},
                                       {"rules", texts_of(pool, state, chosen, count)},
                                       {"episode", episode_json(pool, rollout)},
                                       {"tags", rollout->tags},
                                       {NULL, SLICE("")}};
    const struct request request = {SLICE(""), lesson_fill(lesson, self->reflect, bindings)};
    int32_t status = lesson_ask(lesson, &request, 1, &answer);
    if (status)
        return status;
    *out_raw = answer.text;
    if (answer.ok) {
        reflection_read(lesson->call, pool,
                        object_in_reply(lesson->call, answer.text, !self->learner.common.reference),
                        out);
        return GRASP_OK;
    }
    reflection_read(lesson->call, pool,
                    lesson->json->parse(lesson->call,
                                        SLICE("{\"episodic_summary\": \"" EVO_FAILED
                                              "\", \"failure_analysis\": \"" EVO_FAILED
                                              "\", \"should_update_semantic\": false}"),
                                        NULL),
                    out);
    return GRASP_OK;
}

static grasp_str curation_input(struct pool *pool, const struct state *state,
                                const struct reflection *reflection)
{
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "{\"current_rules\": ");
    text_str(&out, texts_of(pool, state, NULL, state->rule_count));
    text_put(&out, ", \"candidate_rules\": ");
    put_strings(&out, reflection->guidelines, reflection->guideline_count);
    text_put(&out, ", \"reflection\": {\"failure_analysis\": ");
    text_json(&out, reflection->analysis);
    text_put(&out, ", \"tags\": ");
    put_strings(&out, reflection->tags, reflection->tag_count);
    text_put(&out, "}}");
    return pool_dup(pool, text_view(&out));
}

int32_t curate(struct lesson *lesson, const struct evo *self, const struct state *state,
               const struct reflection *reflection, grasp_str **out, size_t *out_count,
               const grasp_json_value **out_log)
{
    struct pool *pool = &lesson->pool;
    const grasp_json *json = lesson->json;
    struct answer answer;
    const struct binding bindings[] = {{"family", self->learner.family},
                                       {"input", curation_input(pool, state, reflection)},
                                       {NULL, SLICE("")}};
    const struct request request = {SLICE(""), lesson_fill(lesson, self->curate, bindings)};
    int32_t status = lesson_ask(lesson, &request, 1, &answer);
    if (status)
        return status;
    const grasp_json_value *value =
        object_in_reply(lesson->call, answer.text, !self->learner.common.reference);
    const grasp_json_value *list = member_of(json, value, "updated_rules");
    size_t count = json->kind(list) == GRASP_JSON_ARRAY ? json->count(list) : 0;
    size_t own = state->rule_count + reflection->guideline_count;
    grasp_str *raw = pool_array(pool, count + own, sizeof(*raw));
    *out = pool_array(pool, count + own, sizeof(**out));
    for (size_t i = 0; i < count; i++)
        raw[i] = value_text(lesson->call, json->at(list, i));
    *out_count = rules_usable(pool, raw, count, self->options.max_semantic_rules, *out);
    if (count == 0 || (*out_count == 0 && self->options.keep_rules)) {
        for (size_t i = 0; i < own; i++)
            raw[i] = i < state->rule_count ? state->rules[i].text
                                           : reflection->guidelines[i - state->rule_count];
        *out_count = rules_usable(pool, raw, own, self->options.max_semantic_rules, *out);
    }
    const grasp_json_value *log = member_of(json, value, "edit_log");
    *out_log = json->kind(log) == GRASP_JSON_OBJECT ? log : NULL;
    return GRASP_OK;
}
