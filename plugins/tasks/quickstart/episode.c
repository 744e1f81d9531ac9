/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "fhir_mock.h"
#include "quickstart.h"

/* What is kept of a reply that had to be changed, and of an answer. No valid action is near. */
#define KEPT_MAX (64 * 1024)

struct episode {
    int32_t turns;
};

int32_t quickstart_begin(grasp_call *call, void *opaque, grasp_str sample_json, uint64_t seed,
                         void **out_episode)
{
    const struct quickstart *self = opaque;
    struct text result CLEANUP_TEXT = {0}, message CLEANUP_TEXT = {0};
    struct sample_view sample;
    int32_t status = quickstart_sample(call, self, sample_json, &sample);
    if (status)
        return status;
    if (self->preloaded) {
        text_put(&result, "\n  \"search_result\": ");
        fhir_patient_bundle(&self->cohort, sample.patient, 1, &result);
        text_put(&result, ",");
    }
    grasp_str values[] = {grasp_cstr(""), grasp_cstr(sample.patient->mrn), text_view(&result)};
    template_fill(&message, &sample.form->message, values);
    struct episode *episode = calloc(1, sizeof(*episode));
    if (!episode || message.failed || result.failed) {
        free(episode);
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an episode");
    }
    *out_episode = episode;
    return grasp_say(call, "user", text_view(&message));
}

void quickstart_end(grasp_call *call, void *self, void *episode)
{
    free(episode);
}

/* Takes every occurrence of `word` out, in place. */
static void delete_all(struct text *text, const char *word)
{
    size_t len = strlen(word), kept = 0;
    const char *at = text->ptr, *end = text->ptr + text->len, *found;
    while ((found = memmem(at, (size_t)(end - at), word, len))) {
        memmove(text->ptr + kept, at, (size_t)(found - at));
        kept += (size_t)(found - at);
        at = found + len;
    }
    memmove(text->ptr + kept, at, (size_t)(end - at));
    text->len = kept + (size_t)(end - at);
}

/* The action in a reply: without code fences and surrounding white space. The copy is only used
 * when there are fences. */
static grasp_str action_of(grasp_str reply, struct text *copy)
{
    reply = text_trim(reply);
    if (!reply.len || !memmem(reply.ptr, reply.len, "```", 3))
        return reply;
    text_str(copy, reply);
    if (copy->failed)
        return (grasp_str){"", 0};
    delete_all(copy, "```tool_code");
    delete_all(copy, "```");
    return text_trim(text_view(copy));
}

/* Records the action in place of the reply where they differ. */
static int32_t record_action(grasp_call *call, grasp_str reply, grasp_str action)
{
    struct text clean CLEANUP_TEXT = {0};
    bool same = action.ptr == reply.ptr && action.len == reply.len;
    if (same && text_is_utf8(reply))
        return GRASP_OK;
    text_clean(&clean, action, KEPT_MAX);
    int32_t status = grasp_say(call, "agent", text_view(&clean));
    return status ? status : call->host->emit_action(call, text_view(&clean));
}

static int32_t answer_get(grasp_call *call, const struct quickstart *self, grasp_str url)
{
    struct text body CLEANUP_TEXT = {0}, error CLEANUP_TEXT = {0}, reply CLEANUP_TEXT = {0};
    bool found = fhir_search(&self->cohort, text_trim(url), &body, &error);
    grasp_str value = text_view(found ? &body : &error);
    template_fill(&reply, found ? &self->get_ok : &self->get_error, &value);
    if (body.failed || error.failed || reply.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the server's answer");
    return grasp_say(call, "user", text_view(&reply));
}

/* Ends the episode with an answer that is also the raw result. */
static int32_t finish(grasp_call *call, const char *status, grasp_str reported, bool is_answer)
{
    struct text clean CLEANUP_TEXT = {0}, raw CLEANUP_TEXT = {0};
    text_clean(&clean, reported, KEPT_MAX);
    text_put(&raw, "{\"reported_answer\": \"");
    text_escaped(&raw, text_view(&clean));
    text_put(&raw, "\"}");
    if (clean.failed || raw.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the answer");
    return grasp_done(call, status, is_answer ? text_view(&clean) : grasp_cstr(""),
                      text_view(&raw).ptr);
}

static grasp_str after(grasp_str text, size_t count)
{
    return (grasp_str){text.ptr + count, text.len - count};
}

static int32_t act(grasp_call *call, const struct quickstart *self, struct episode *episode,
                   grasp_str action)
{
    int32_t status;
    if (grasp_starts(action, "FINISH(")) {
        grasp_str answer = after(action, 7);
        answer.len -= answer.len > 0;
        return finish(call, "completed", answer, true);
    }
    if (grasp_starts(action, "GET"))
        status = answer_get(call, self, after(action, 3));
    else if (grasp_starts(action, "POST"))
        status = grasp_say(call, "user", self->post_accepted);
    else
        return finish(call, "agent invalid action", action, false);
    if (!status && episode->turns >= self->max_turns)
        status = grasp_done(call, "task limit reached", grasp_cstr(""), "{}");
    return status;
}

int32_t quickstart_step(grasp_call *call, void *self, void *opaque, const grasp_reply *reply)
{
    struct episode *episode = opaque;
    struct text copy CLEANUP_TEXT = {0};
    if (reply->kind == GRASP_REPLY_CONTEXT_LIMIT)
        return grasp_done(call, "agent context limit", grasp_cstr(""), "{}");
    episode->turns++;
    grasp_str action = action_of(reply->text, &copy);
    if (copy.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a reply of %llu bytes",
                          (unsigned long long)reply->text.len);
    int32_t status = record_action(call, reply->text, action);
    return status ? status : act(call, self, episode, action);
}
