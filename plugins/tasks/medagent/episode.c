/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "action.h"
#include "coerce.h"
#include "common/cohort/now.h"
#include "common/pyrepr.h"
#include "common/slice.h"
#include "common/template.h"
#include "evidence.h"
#include "medagent.h"
#include "note.h"
#include "pyvalue.h"

/* What is kept of an answer, or of a reply that had to be changed. No valid action is near. */
#define KEPT_MAX (256 * 1024)

struct episode {
    int32_t turns;
    char *sample; /* the object's text */
    size_t len;
};

int32_t medagent_begin(grasp_call *call, void *opaque, grasp_str sample_json, uint64_t seed,
                       void **out_episode)
{
    const struct medagent *self = opaque;
    struct text message CLEANUP_TEXT = {0};
    struct pool pool CLEANUP_POOL = {0};
    struct sample sample;
    int32_t status = medagent_read_sample(call, self, sample_json, &sample);
    if (status)
        return status;
    /* The reference tells the same time in all prompts of v2, whatever the sample says. */
    grasp_str now = self->reference && self->version == MEDAGENT_V2
                        ? SLICE(NOW_V2)
                        : sample_now_text(&pool, &sample, self->reference);
    first_message_fill(&message, &self->first, sample.instruction, sample.context, now);
    struct episode *episode = calloc(1, sizeof(*episode));
    char *copy = malloc(sample_json.len + 1);
    if (!episode || !copy || message.failed) {
        free(episode);
        free(copy);
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an episode");
    }
    memcpy(copy, sample_json.ptr, sample_json.len);
    *episode = (struct episode){.sample = copy, .len = sample_json.len};
    *out_episode = episode;
    return grasp_say(call, "user", text_view(&message));
}

void medagent_end(grasp_call *call, void *self, void *opaque)
{
    struct episode *episode = opaque;
    if (!episode)
        return;
    free(episode->sample);
    free(episode);
}

/* As UTF-8, cut to what is kept. */
static void put_clean(struct text *out, grasp_str text)
{
    uint32_t code;
    for (size_t at = 0; at < text.len && at < KEPT_MAX;) {
        at += utf8_at(text, at, &code);
        text_code(out, code);
    }
}

/* The history has the reply as it came, except where that is impossible; an empty one is shown by a
 * word, as the reference does. */
static int32_t record_reply(grasp_call *call, grasp_str reply)
{
    struct text clean CLEANUP_TEXT = {0};
    if (!reply.len)
        return grasp_say(call, "agent", SLICE("normal"));
    if (utf8_valid(reply))
        return GRASP_OK;
    put_clean(&clean, reply);
    return grasp_say(call, "agent", text_view(&clean));
}

static int32_t say_filled(grasp_call *call, grasp_str source, const char *name, grasp_str value)
{
    struct text out CLEANUP_TEXT = {0};
    struct binding bindings[] = {{name, value}, {NULL, SLICE("")}};
    template_fill(&out, source, bindings);
    if (out.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the server's answer");
    return grasp_say(call, "user", text_view(&out));
}

static int32_t say_body(grasp_call *call, const struct medagent *self,
                        const struct source_answer *answer)
{
    struct text printed CLEANUP_TEXT = {0};
    const grasp_json_value *value;
    bool parsed = self->reference && self->version == MEDAGENT_V1 && answer->plain_json;
    if (!parsed)
        return say_filled(call, self->replies.get_ok, "body", answer->body);
    if (!py_parse(call, self->json, answer->body, &value))
        return say_filled(call, self->replies.get_error, "error",
                          SLICE("Expecting value: line 1 column 1 (char 0)"));
    pyrepr(&printed, self->json, value);
    return say_filled(call, self->replies.get_ok, "body", text_view(&printed));
}

static int32_t answer_get(grasp_call *call, const struct medagent *self, grasp_str url)
{
    struct source_answer answer;
    size_t at;
    /* The reference appends its parameter even where there is no query: the path then ends in it,
     * and a resource cannot be read by its id. */
    const char *joint = self->reference || slice_find(url, SLICE("?"), 0, &at) ? "&" : "?";
    grasp_str full = grasp_format(call, "%.*s%s_format=json", (int)url.len, url.ptr, joint);
    int32_t status = source_get(call, &self->source, full, &answer);
    if (status)
        return status;
    if (answer.error.len)
        return say_filled(call, self->replies.get_error, "error", answer.error);
    return say_body(call, self, &answer);
}

static int32_t answer_post(grasp_call *call, const struct medagent *self, grasp_str reply,
                           const struct action *post)
{
    const grasp_json_value *ignored;
    if (!py_parse(call, self->json, post->body, &ignored))
        return grasp_say(call, "user", self->replies.post_invalid);
    int32_t status = grasp_say(call, "user", self->replies.post_accepted);
    return status ? status : note_post(call, self, reply, post);
}

static void put_result(struct text *out, grasp_str answer, bool reference)
{
    struct coerced value =
        reference ? coerce_again(coerce_text(answer)) : (struct coerced){.kind = COERCED_TEXT};
    if (value.kind == COERCED_TEXT || coerced_is_unsendable(value))
        text_json(out, answer);
    else if (value.kind == COERCED_BOOL)
        text_put(out, value.number != 0 ? "true" : "false");
    else
        text_format(out, "%.0f", value.number);
}

static int32_t put_evidence(grasp_call *call, const struct medagent *self,
                            const struct sample *sample, struct text *out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str queries[EVIDENCE_MAX];
    size_t count = evidence_queries(&pool, sample, queries);
    text_put(out, ", \"evidence\": [");
    for (size_t i = 0; i < count; i++) {
        struct source_answer answer;
        int32_t status = source_query(call, &self->source, queries[i], &answer);
        if (status)
            return status;
        struct evidence evidence = {answer.status ? answer.status : 599, answer.plain_json,
                                    answer.body};
        bool refused = evidence.status >= 400 && !self->reference;
        text_put(out, i ? ", " : "");
        if (refused || !evidence_write(call, self->json, out, queries[i], &evidence))
            return grasp_fail(call, GRASP_E_UNAVAILABLE,
                              "the FHIR server does not say what the grader needs: %.*s: %.*s",
                              (int)queries[i].len, queries[i].ptr, (int)answer.error.len,
                              answer.error.ptr);
    }
    text_put(out, "]");
    return GRASP_OK;
}

/* The machine's clock, which only this type of task reads, and only as the reference does. */
static void put_clock(grasp_call *call, const struct medagent *self, const struct sample *sample,
                      struct text *out)
{
    char now[WHEN_SIZE];
    if (!self->reference || self->version == MEDAGENT_V1 || sample->type != 1)
        return;
    when_write(call->host->now(call) * 1000, now);
    text_put(out, ", \"wall_clock\": ");
    text_json(out, self->clock.len ? self->clock : grasp_cstr(now));
}

static int32_t finish(grasp_call *call, const struct medagent *self, const struct episode *episode,
                      grasp_str answer)
{
    struct text clean CLEANUP_TEXT = {0}, raw CLEANUP_TEXT = {0};
    struct sample sample;
    int32_t status =
        medagent_read_sample(call, self, (grasp_str){episode->sample, episode->len}, &sample);
    if (status)
        return status;
    put_clean(&clean, answer);
    text_put(&raw, "{\"result\": ");
    put_result(&raw, text_view(&clean), self->reference);
    put_clock(call, self, &sample, &raw);
    status = put_evidence(call, self, &sample, &raw);
    text_put(&raw, "}");
    if (status)
        return status;
    if (clean.failed || raw.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the answer");
    return grasp_done(call, "completed", text_view(&clean), text_view(&raw).ptr);
}

int32_t medagent_step(grasp_call *call, void *opaque, void *handle, const grasp_reply *reply)
{
    const struct medagent *self = opaque;
    struct episode *episode = handle;
    struct text copy CLEANUP_TEXT = {0};
    int32_t status;
    if (reply->kind == GRASP_REPLY_CONTEXT_LIMIT) {
        status = grasp_say(call, "agent", SLICE("agent context limit"));
        return status ? status : grasp_done(call, "agent context limit", SLICE(""), "{}");
    }
    episode->turns++;
    struct action action = action_read(reply->text, &copy);
    if (copy.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a reply of %llu bytes",
                          (unsigned long long)reply->text.len);
    if ((status = record_reply(call, reply->text)))
        return status;
    if (action.kind == ACTION_FINISH)
        return finish(call, self, episode, action.argument);
    if (action.kind == ACTION_INVALID)
        return grasp_done(call, "agent invalid action", SLICE(""), "{}");
    status = action.kind == ACTION_GET ? answer_get(call, self, action.argument)
                                       : answer_post(call, self, reply->text, &action);
    if (!status && episode->turns >= self->max_turns)
        status = grasp_done(call, "task limit reached", SLICE(""), "{}");
    return status;
}
