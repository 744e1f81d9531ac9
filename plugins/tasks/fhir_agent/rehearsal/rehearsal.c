/* SPDX-License-Identifier: MIT */
#include "rehearsal.h"

#include "common/slice.h"
#include "play.h"

static int32_t say_reply(struct play *play)
{
    grasp_message message = {.size = sizeof(message),
                             .role = SLICE("agent"),
                             .content = text_view(&play->text),
                             .tool_calls = text_view(&play->calls)};
    if (play->text.failed || play->calls.failed)
        return grasp_fail(play->call, GRASP_E_NOMEM, "no memory for a reply");
    return play->call->host->emit_message(play->call, &message);
}

/* An agent of this task, asked something else than the generator does. */
static int32_t refuse_question(const struct play *play)
{
    grasp_str rest = play->input, line;
    if (!play->tools || !slice_line(&rest, &line))
        return GRASP_E_UNSUPPORTED;
    line = utf8_prefix(line, 200);
    return grasp_fail(
        play->call, GRASP_E_INVALID,
        "the rehearsal answers the invented questions only; another one needs a model "
        "(--agent): %.*s",
        (int)line.len, line.ptr);
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    struct pool pool CLEANUP_POOL = {0};
    struct play play = {.call = call, .json = grasp_json_of(call), .pool = &pool};
    bool right;
    if (!play.json)
        return GRASP_E_UNSUPPORTED;
    if (request->count == 1 && rehearsal_judges(request->messages[0]->content, &right))
        return grasp_say(call, "agent", right ? SLICE("1") : SLICE("0"));
    if (!play_look(&play, request))
        return refuse_question(&play);
    play_reply(&play);
    int32_t status = say_reply(&play);
    text_free(&play.text);
    text_free(&play.calls);
    return status;
}

const grasp_rehearsal fhir_agent_rehearsal = {
    .size = sizeof(fhir_agent_rehearsal),
    .reply = reply,
};
