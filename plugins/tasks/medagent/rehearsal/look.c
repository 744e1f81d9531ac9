/* SPDX-License-Identifier: MIT */
/* What the agent reads: the task, the answers, the tags in its guidance. */
#include <ctype.h>
#include <grasp/helpers.h>

#include "common/cohort/now.h"
#include "common/payload.h"
#include "common/slice.h"
#include "play.h"

static bool is_agent(const grasp_message *message)
{
    return grasp_equal(message->role, "agent") || grasp_equal(message->role, "assistant");
}

static bool has(grasp_str text, const char *part)
{
    size_t at;
    return slice_find(text, grasp_cstr(part), 0, &at);
}

/* A word that only one type's question or context has. */
static const struct {
    const char *word;
    enum version version;
    int type;
} signs[] = {
    {"Patient not found", MEDAGENT_V1, 1},
    {"118/77", MEDAGENT_V1, 3},
    {"0338-1715-40", MEDAGENT_V1, 5},
    {"306181000000106", MEDAGENT_V1, 8},
    {"40032-917-01", MEDAGENT_V1, 9},
    {"4548-4", MEDAGENT_V1, 10},
    {"Renal mass follow-up", MEDAGENT_V2, 1},
    {"DVT prophylaxis", MEDAGENT_V2, 2},
    {"HEARTRATE", MEDAGENT_V2, 3},
    {"NUR1373", MEDAGENT_V2, 4},
    {"C64.2", MEDAGENT_V2, 5},
    {"FT4", MEDAGENT_V2, 6},
    {"QTCINTERVAL", MEDAGENT_V2, 7},
    {"naloxone", MEDAGENT_V2, 8},
    {"90686", MEDAGENT_V2, 9},
    {"COVIDVACCINE", MEDAGENT_V2, 10},
    {"average", MEDAGENT_V1, 6},
    {"CBG", MEDAGENT_V1, 7},
    {"magnesium", MEDAGENT_V1, 4},
    {"MRN", MEDAGENT_V1, 2},
};

static bool find_type(struct play *play)
{
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
        if (has(play->question, signs[i].word) || has(play->context, signs[i].word)) {
            play->version = signs[i].version;
            play->type = signs[i].type;
            return true;
        }
    }
    return false;
}

/* S and seven digits. */
static grasp_str find_mrn(grasp_str text)
{
    for (size_t at = 0; at + 8 <= text.len; at++) {
        size_t end = at + 1;
        while (end < text.len && isdigit((unsigned char)text.ptr[end]))
            end++;
        if (text.ptr[at] == 'S' && end == at + 8)
            return slice_cut(text, at, end);
    }
    return SLICE("");
}

/* The present: what the context says, else what the message says of the clock. */
static void find_now(struct play *play)
{
    static const char label[] = "Current time: ";
    size_t at, before = play->context.len;
    char made[WHEN_SIZE];
    if (slice_find(play->context, SLICE("Current time: "), 0, &at))
        before = at;
    grasp_str said = slice_cut(play->context, 0, before);
    if (has(said, "It's ")) {
        play->now = now_of_context(said, true, &play->now_text);
        if (!play->now_text.len) {
            when_write(play->now.micros, made);
            play->now_text = pool_dup(play->pool, grasp_cstr(made));
        }
        return;
    }
    play->now_text = slice_trim(slice_from(play->context, before + sizeof(label) - 1));
    when_read(play->now_text, true, &play->now);
}

/* Guidance may stand around the document. */
static const grasp_json_value *find_document(const struct play *play, grasp_str content)
{
    grasp_str object;
    const grasp_json_value *whole = play->json->parse(play->call, content, NULL);
    if (whole || !payload_balanced(content, 0, '{', '}', &object))
        return whole;
    return play->json->parse(play->call, object, NULL);
}

static bool read_document(struct play *play, const grasp_json_value *document)
{
    const grasp_json *json = play->json;
    play->question = json->as_string(py_at(json, document, "task.description"));
    play->context = json->as_string(py_at(json, document, "task.context"));
    play->base = json->as_string(py_at(json, document, "api.base_url"));
    if (!py_is(json, json->get(document, SLICE("phase")), "task_execution") || !play->base.len ||
        !find_type(play))
        return false;
    play->mrn = find_mrn(play->question);
    find_now(play);
    return true;
}

/* before: what the agent said before this reply. */
static void read_reply(struct play *play, grasp_str before, grasp_str content)
{
    grasp_str bundle;
    if (grasp_starts(before, "POST"))
        play->posted++;
    else if (play->found_count < GETS_MAX && has(content, "\"Bundle\"") &&
             payload_balanced(content, 0, '{', '}', &bundle)) {
        const grasp_json_value *value = play->json->parse(play->call, bundle, NULL);
        if (value)
            play->found[play->found_count++] = value;
    }
}

bool play_look(struct play *play, const grasp_rehearsal_request *request)
{
    uint64_t first = 0;
    while (first < request->count && !grasp_equal(request->messages[first]->role, "user"))
        first++;
    if (first == request->count || is_agent(request->messages[request->count - 1]) ||
        !read_document(play, find_document(play, request->messages[first]->content)))
        return false;
    for (uint64_t i = 0; i < request->count; i++) {
        const grasp_message *message = request->messages[i];
        if (is_agent(message))
            continue;
        tags_mentioned(&medagent_tags, message->content, &play->tags);
        if (i > first && is_agent(request->messages[i - 1]))
            read_reply(play, request->messages[i - 1]->content, message->content);
    }
    return true;
}
