/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "answer.h"
#include "common/slice.h"
#include "outcome.h"
#include "status.h"
#include "tools.h"
#include "trace.h"

/* What is kept of a reply that is not UTF-8 throughout, and of an answer. */
#define KEPT_MAX ((size_t)1 << 20)

struct episode {
    struct toolbox box;
    int64_t turns;
    struct pool pool;
    grasp_str sample;
    uint32_t failed_code; /* runs of Python that ended with an error, the last ones in a row */
};

/* Which tools the next turn has; in several turns they never change. */
static int32_t offer(grasp_call *call, const struct strategy *strategy, int64_t turn)
{
    struct text out CLEANUP_TEXT = {0};
    const char *joint = "";
    if (!strategy->turn_count || turn >= strategy->turn_count)
        return GRASP_OK;
    text_put(&out, "{\"tools\": [");
    for (int i = 0; i < TOOL_COUNT; i++) {
        if (!(strategy->turns[turn] & TOOL_BIT(i)))
            continue;
        text_format(&out, "%s\"%s\"", joint, tool_names[i]);
        joint = ", ";
    }
    text_put(&out, "]}");
    return call->host->emit_json(call, text_view(&out));
}

static void put_input(struct text *out, const grasp_json *json, const grasp_json_value *sample)
{
    grasp_str assumption = json->as_string(json->get(sample, SLICE("assumption")));
    text_put(out, "Question: ");
    text_str(out, json->as_string(json->get(sample, SLICE("description"))));
    text_put(out, "\nContext:\nPatient FHIR ID is ");
    text_str(out, json->as_string(json->get(sample, SLICE("patient"))));
    text_char(out, '.');
    if (!assumption.len)
        return;
    text_char(out, '\n');
    text_str(out, assumption);
}

int32_t fhir_agent_begin(grasp_call *call, void *opaque, grasp_str sample_json, uint64_t seed,
                         void **out_episode)
{
    const struct fhir_agent *self = opaque;
    struct text input CLEANUP_TEXT = {0};
    const grasp_json_value *sample = self->json->parse(call, sample_json, NULL);
    (void)seed;
    if (!self->json->as_string(self->json->get(sample, SLICE("id"))).len ||
        !self->json->as_string(self->json->get(sample, SLICE("patient"))).len)
        return grasp_fail(call, GRASP_E_INVALID, "the sample is no object with 'id' and 'patient'");
    put_input(&input, self->json, sample);
    struct episode *episode = calloc(1, sizeof(*episode));
    if (!episode || input.failed) {
        free(episode);
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an episode");
    }
    episode->box.self = self;
    episode->sample = pool_dup(&episode->pool, sample_json);
    *out_episode = episode;
    int32_t status = grasp_say(call, "system", self->system);
    if (!status)
        status = grasp_say(call, "user", text_view(&input));
    return status ? status : offer(call, self->strategy, 0);
}

void fhir_agent_end(grasp_call *call, void *opaque, void *handle)
{
    struct episode *episode = handle;
    (void)opaque;
    if (!episode)
        return;
    toolbox_close(call, &episode->box);
    pool_free(&episode->pool);
    free(episode);
}

static void put_clean(struct text *out, grasp_str text)
{
    uint32_t code;
    for (size_t at = 0; at < text.len && at < KEPT_MAX;) {
        at += utf8_at(text, at, &code);
        text_code(out, code);
    }
}

static int32_t finish(grasp_call *call, const struct episode *episode, const char *status,
                      grasp_str answer)
{
    const struct fhir_agent *self = episode->box.self;
    struct text clean CLEANUP_TEXT = {0}, raw CLEANUP_TEXT = {0};
    const grasp_json_value *sample = self->json->parse(call, episode->sample, NULL);
    put_clean(&clean, answer);
    outcome_write(&raw, self->json, &episode->box.retrieved,
                  self->json->get(sample, SLICE("resources")), episode->failed_code);
    if (clean.failed || raw.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the outcome");
    return grasp_done(call, status, text_view(&clean), text_view(&raw).ptr);
}

static void put_record(grasp_call *call, const struct fhir_agent *self, grasp_str content,
                       struct text *out)
{
    if (self->trace_chars < 0)
        trace_reference(call, self->json, out, content);
    else if (self->trace_chars)
        trace_cut(out, content, (size_t)self->trace_chars);
    else
        text_str(out, content);
}

/* The result of a call. Where the record has it shorter, it is there in that form alone. */
static int32_t say_result(grasp_call *call, const struct fhir_agent *self,
                          const struct tool_use *use, grasp_str content)
{
    struct text record CLEANUP_TEXT = {0};
    grasp_message message = {.size = sizeof(message),
                             .role = SLICE("tool"),
                             .content = content,
                             .tool_call_id = use->id,
                             .name = use->name};
    put_record(call, self, content, &record);
    if (record.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a tool's result");
    if (slice_eq(text_view(&record), content))
        return call->host->emit_message(call, &message);
    message.flags = GRASP_MESSAGE_SEND_ONLY;
    int32_t status = call->host->emit_message(call, &message);
    if (status)
        return status;
    message.flags = GRASP_MESSAGE_RECORD_ONLY;
    message.content = text_view(&record);
    return call->host->emit_message(call, &message);
}

static int32_t emit_use(grasp_call *call, const grasp_json *json, const struct tool_use *use)
{
    struct text action CLEANUP_TEXT = {0};
    text_put(&action, "TOOL ");
    text_str(&action, use->name);
    text_char(&action, ' ');
    text_str(&action, json->print(call, use->arguments, 0));
    return call->host->emit_action(call, utf8_prefix(text_view(&action), KEPT_MAX / 4));
}

static struct tool_use use_at(const grasp_json *json, const grasp_json_value *calls, uint64_t i)
{
    const grasp_json_value *object = json->at(calls, i);
    return (struct tool_use){json->as_string(json->get(object, SLICE("id"))),
                             json->as_string(json->get(object, SLICE("name"))),
                             json->get(object, SLICE("arguments"))};
}

static int32_t emit_actions(grasp_call *call, const grasp_json *json, grasp_str text,
                            const grasp_json_value *calls)
{
    int32_t status = GRASP_OK;
    if (slice_trim(text).len || !json->count(calls))
        status = call->host->emit_action(call, utf8_prefix(text, KEPT_MAX / 4));
    for (uint64_t i = 0; !status && i < json->count(calls); i++) {
        struct tool_use use = use_at(json, calls, i);
        status = emit_use(call, json, &use);
    }
    return status;
}

/* Tools that this turn may call. */
static uint32_t allowed(const struct episode *episode)
{
    const struct strategy *strategy = episode->box.self->strategy;
    if (!strategy->turn_count)
        return strategy->tools;
    return strategy->turns[episode->turns];
}

static int32_t finish_unexpected(grasp_call *call, const struct episode *episode, grasp_str name)
{
    struct text answer CLEANUP_TEXT = {0};
    strategy_expected(&answer, episode->box.self->strategy, (uint32_t)episode->turns, name);
    return finish(call, episode, STATUS_INVALID, text_view(&answer));
}

/* *out_done: the episode is over. */
static int32_t run_one(grasp_call *call, struct episode *episode, const struct tool_use *use,
                       bool *out_done)
{
    const struct fhir_agent *self = episode->box.self;
    struct text result CLEANUP_TEXT = {0};
    enum tool tool = tool_find(use->name);
    bool broken;
    *out_done = tool == TOOL_COUNT || !(allowed(episode) & TOOL_BIT(tool));
    if (*out_done)
        return finish_unexpected(call, episode, use->name);
    int32_t status = tool_run(call, &episode->box, tool, use, &result, &broken);
    if (status)
        return status;
    if (result.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a tool's result");
    if (tool == TOOL_PYTHON)
        episode->failed_code =
            grasp_starts(text_view(&result), "{'error':") ? episode->failed_code + 1 : 0;
    *out_done = broken && !self->tool_errors;
    return *out_done ? finish(call, episode, STATUS_ERROR, SLICE(""))
                     : say_result(call, self, use, text_view(&result));
}

static int32_t run_all(grasp_call *call, struct episode *episode, const grasp_json_value *calls,
                       bool *out_done)
{
    const grasp_json *json = episode->box.self->json;
    bool first_only = episode->box.self->strategy->turn_count == 3 && episode->turns == 1;
    int32_t status = GRASP_OK;
    for (uint64_t i = 0; !status && !*out_done && i < json->count(calls); i++) {
        struct tool_use use = use_at(json, calls, i);
        if (first_only && i)
            status = say_result(call, episode->box.self, &use,
                                SLICE("{'error': 'only the first call is executed'}"));
        else
            status = run_one(call, episode, &use, out_done);
    }
    return status;
}

/* A turn of a strategy in single turns, without a tool. */
static int32_t end_single(grasp_call *call, const struct episode *episode, grasp_str text)
{
    bool last = episode->turns + 1 == episode->box.self->strategy->turn_count;
    return last ? finish(call, episode, STATUS_COMPLETED, text)
                : finish(call, episode, STATUS_INVALID, SLICE(ANSWER_NO_TOOL));
}

static int32_t go_on(grasp_call *call, struct episode *episode)
{
    const struct fhir_agent *self = episode->box.self;
    episode->turns++;
    if (self->strategy->turn_count)
        return offer(call, self->strategy, episode->turns);
    return episode->turns < self->max_turns
               ? GRASP_OK
               : finish(call, episode, STATUS_LIMIT, SLICE(ANSWER_LIMIT));
}

static int32_t take_text(grasp_call *call, struct episode *episode, grasp_str text)
{
    const struct fhir_agent *self = episode->box.self;
    if (self->strategy->turn_count)
        return end_single(call, episode, text);
    if (answer_has_marker(text))
        return finish(call, episode, STATUS_COMPLETED, text);
    /* Without a reminder the turn stands for itself: it is emitted as it came. */
    int32_t status = self->reminder ? grasp_say(call, "user", self->reminder_text)
                                    : grasp_say(call, "agent", text);
    return status ? status : go_on(call, episode);
}

static int32_t take_reply(grasp_call *call, struct episode *episode, grasp_str text,
                          const grasp_json_value *calls)
{
    const struct fhir_agent *self = episode->box.self;
    bool done = false;
    bool last = self->strategy->turn_count && episode->turns + 1 == self->strategy->turn_count;
    if (!self->json->count(calls) || last)
        return take_text(call, episode, text);
    int32_t status = run_all(call, episode, calls, &done);
    return status || done ? status : go_on(call, episode);
}

static int32_t end_without(grasp_call *call, const struct episode *episode, int32_t kind)
{
    bool context = kind == GRASP_REPLY_CONTEXT_LIMIT;
    const char *status = context ? STATUS_CONTEXT : STATUS_REFUSED;
    int32_t code = grasp_say(call, "agent", grasp_cstr(status));
    return code ? code
                : finish(call, episode, status,
                         context ? SLICE("Error: the conversation is too long for the model")
                                 : SLICE("Error: the answer was withheld"));
}

int32_t fhir_agent_step(grasp_call *call, void *opaque, void *handle, const grasp_reply *reply)
{
    const struct fhir_agent *self = opaque;
    struct episode *episode = handle;
    struct text clean CLEANUP_TEXT = {0};
    grasp_str text = reply->text;
    int32_t status = GRASP_OK;
    if (reply->kind == GRASP_REPLY_CONTEXT_LIMIT || reply->kind == GRASP_REPLY_REFUSED)
        return end_without(call, episode, reply->kind);
    const grasp_json_value *calls = self->json->parse(call, reply->tool_calls, NULL);
    if (!utf8_valid(text)) {
        put_clean(&clean, text);
        text = text_view(&clean);
        grasp_message turn = {.size = sizeof(turn),
                              .role = SLICE("agent"),
                              .content = text,
                              .tool_calls = reply->tool_calls};
        status = call->host->emit_message(call, &turn);
    }
    if (!status)
        status = emit_actions(call, self->json, text, calls);
    return status ? status : take_reply(call, episode, text, calls);
}
