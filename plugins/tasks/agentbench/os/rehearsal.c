/* SPDX-License-Identifier: MIT */
/* An agent that knows how to do our own problems, but for one habit of its own per problem. */
#include <grasp/helpers.h>

#include "../data.h"
#include "../rehearsal_words.h"
#include "common/slice.h"
#include "families.h"
#include "os.h"
#include "tags.h"

/* Of 100 problems, how many meet with a habit. */
#define HABITUAL 68

struct play {
    grasp_call *call;
    const grasp_json *json;
    struct pool pool;
    /* From the conversation. */
    grasp_str task; /* the first message of the user */
    size_t turns;   /* of the agent */
    bool has_output;
    grasp_str output; /* the last one, without what stands around it */
    struct tag_mentions tags;
    bool text_protocol;
    /* The family, if it is one that is known. */
    const grasp_json_value *family;
    struct family_values values;
};

static grasp_str built_in(const char *name)
{
    return slice_trim(data_own_file(name));
}

/* The output in a message that os_output.md made; false if it did not. */
static bool read_output(grasp_str content, grasp_str *out)
{
    grasp_str form = built_in("os_output.md");
    size_t hole, at;
    if (grasp_equal(content, built_in("os_output_empty.md").ptr) ||
        grasp_starts(content, "The terminal shows nothing")) {
        *out = SLICE("");
        return true;
    }
    if (!slice_find(form, SLICE("{{output}}"), 0, &hole) ||
        !slice_find(content, slice_cut(form, 0, hole), 0, &at))
        return false;
    *out = slice_from(content, at + hole);
    return true;
}

/* What os_task.md has put the problem into; guidance may stand before it, with words of other
 * problems. */
static grasp_str find_task(grasp_str content)
{
    grasp_str form = built_in("os_task.md"), out = content;
    size_t hole, at;
    if (!slice_find(form, SLICE("{{description}}"), 0, &hole))
        return out;
    for (size_t from = 0; slice_find(content, slice_cut(form, 0, hole), from, &at); from = at + 1)
        out = slice_from(content, at + hole);
    return out;
}

static bool find_family(struct play *play)
{
    const grasp_json *json = play->json;
    const grasp_json_value *list = json->get(families_parse(play->call), SLICE("families"));
    for (uint64_t i = 0; i < json->count(list); i++) {
        play->family = json->at(list, i);
        grasp_str pattern = json->as_string(json->get(play->family, SLICE("description")));
        if (family_match(pattern, play->task, &play->values))
            return true;
    }
    play->family = NULL;
    return false;
}

/* False if the conversation is none of this task. */
static bool look(struct play *play, const grasp_rehearsal_request *request)
{
    size_t at;
    bool own = false;
    for (uint64_t i = 0; i < request->count; i++) {
        const grasp_message *message = request->messages[i];
        if (grasp_equal(message->role, "system")) {
            own |= slice_find(message->content, SLICE("shell of a Linux machine"), 0, &at);
            play->text_protocol |= slice_find(message->content, SLICE("Act: bash"), 0, &at);
        }
        if (rehearsal_is_agent(message)) {
            play->turns++;
            continue;
        }
        if (grasp_equal(message->role, "user") && !play->task.len)
            play->task = find_task(message->content);
        play->has_output |= play->turns && read_output(message->content, &play->output);
    }
    rehearsal_mentions(request, &os_tags, &play->tags);
    return own && play->task.len;
}

static grasp_str fill(struct play *play, grasp_str source)
{
    struct text out CLEANUP_TEXT = {0};
    template_fill(&out, source, play->values.items);
    return pool_dup(&play->pool, text_view(&out));
}

static const grasp_json_value *play_member(const struct play *play, const char *key)
{
    const grasp_json_value *own = play->json->get(play->family, SLICE("play"));
    return play->json->get(own, grasp_cstr(key));
}

static bool is_type(const struct play *play, const char *type)
{
    return grasp_equal(play->json->as_string(play->json->get(play->family, SLICE("type"))), type);
}

/* The family's command for a mistake; empty for none. */
static grasp_str flawed_command(const struct play *play, enum os_tag tag)
{
    return play->json->as_string(
        play->json->get(play_member(play, "flaws"), grasp_cstr(os_tags.tags[tag].name)));
}

/* Can this mistake be made here? Each kind of problem tempts to its own. */
static bool applies(const struct play *play, enum os_tag tag)
{
    switch (tag) {
    case OS_TAG_ANSWERED_WITHOUT_LOOKING:
    case OS_TAG_COMMAND_AS_ANSWER:
    case OS_TAG_NO_ANSWER_GIVEN:
        return is_type(play, "text");
    case OS_TAG_ANSWER_WITH_WORDS:
    case OS_TAG_NO_TOOL_CALL:
        return is_type(play, "count");
    case OS_TAG_FINISHED_UNDONE:
    case OS_TAG_ROUNDS_USED_UP:
        return is_type(play, "change");
    case OS_TAG_COUNT_TOO_HIGH:
    case OS_TAG_COUNT_TOO_LOW:
    case OS_TAG_WRONG_STATE:
    case OS_TAG_WRONG_TEXT:
        return flawed_command(play, tag).len > 0;
    case OS_TAG_BAD_TOOL_CALL:
    case OS_TAG_COMMAND_HUNG:
    case OS_TAG_CUT_OUTPUT_TRUSTED:
    case OS_TAG_MACHINE_OVERLOADED:
    case OS_TAG_COUNT:
        break;
    }
    return false;
}

static uint32_t number_of(const struct play *play, const char *what)
{
    struct text key CLEANUP_TEXT = {0};
    for (size_t i = 0; i < play->values.count; i++)
        text_str(&key, play->values.items[i].value);
    text_put(&key, what);
    text_str(&key, play->json->as_string(play->json->get(play->family, SLICE("name"))));
    uint64_t hash = slice_hash(text_view(&key));
    hash ^= hash >> 32;
    return (uint32_t)(hash * 0x9e3779b97f4a7c15u >> 33);
}

/* Common ones stand in the list more than once. */
static const enum os_tag habits[] = {OS_TAG_COUNT_TOO_LOW,
                                     OS_TAG_COUNT_TOO_HIGH,
                                     OS_TAG_COUNT_TOO_HIGH,
                                     OS_TAG_WRONG_STATE,
                                     OS_TAG_WRONG_STATE,
                                     OS_TAG_WRONG_TEXT,
                                     OS_TAG_WRONG_TEXT,
                                     OS_TAG_ANSWER_WITH_WORDS,
                                     OS_TAG_ANSWER_WITH_WORDS,
                                     OS_TAG_COMMAND_AS_ANSWER,
                                     OS_TAG_ANSWERED_WITHOUT_LOOKING,
                                     OS_TAG_FINISHED_UNDONE,
                                     OS_TAG_ROUNDS_USED_UP,
                                     OS_TAG_NO_TOOL_CALL};

static int habit_of(const struct play *play)
{
    size_t count = sizeof(habits) / sizeof(*habits), first = number_of(play, "which") % count;
    if (number_of(play, "any") % 100 >= HABITUAL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        enum os_tag tag = habits[(first + i) % count];
        if (applies(play, tag))
            return (int)tag;
    }
    return -1;
}

/* What guidance demands comes before a habit, and what guidance warns of is no habit any more. */
static int mistake_of(const struct play *play)
{
    for (int tag = 0; tag < OS_TAG_COUNT; tag++)
        if ((play->tags.demanded & TAG_BIT(tag)) && applies(play, (enum os_tag)tag))
            return tag;
    int habit = habit_of(play);
    return habit >= 0 && (play->tags.named & TAG_BIT(habit)) ? -1 : habit;
}

static int32_t say_tool(struct play *play, const char *tool, const char *parameter, grasp_str value)
{
    struct text calls CLEANUP_TEXT = {0};
    text_format(&calls, "[{\"id\": \"call_%zu\", \"name\": \"%s\", \"arguments\": {\"%s\": ",
                play->turns + 1, tool, parameter);
    text_json(&calls, value);
    text_put(&calls, "}}]");
    if (calls.failed)
        return grasp_fail(play->call, GRASP_E_NOMEM, "no memory for a reply");
    grasp_message message = {
        .size = sizeof(message), .role = SLICE("agent"), .tool_calls = text_view(&calls)};
    return play->call->host->emit_message(play->call, &message);
}

static int32_t say_text(struct play *play, const char *before, grasp_str value, const char *after)
{
    return grasp_say(
        play->call, "agent",
        pool_format(&play->pool, "%s%.*s%s", before, (int)value.len, value.ptr, after));
}

static int32_t run(struct play *play, grasp_str command)
{
    if (play->text_protocol)
        return say_text(play, "Think: a command shows it.\n\nAct: bash\n\n```bash\n", command,
                        "\n```");
    return say_tool(play, "bash_action", "script", command);
}

static int32_t answer(struct play *play, grasp_str value)
{
    if (play->text_protocol)
        return say_text(play, "Think: that is it.\n\nAct: answer(", value, ")");
    return say_tool(play, "answer_action", "answer", value);
}

static int32_t finish(struct play *play)
{
    if (play->text_protocol)
        return say_text(play, "Think: it is done.\n\n", SLICE("Act: finish"), "");
    return say_tool(play, "finish_action", "thought", SLICE("That was all."));
}

/* What is done once there is an output, or nothing to wait for. */
static int32_t conclude(struct play *play, int mistake)
{
    grasp_str value = slice_trim(play->output);
    if (is_type(play, "change") || mistake == OS_TAG_NO_ANSWER_GIVEN)
        return finish(play);
    if (mistake == OS_TAG_ANSWER_WITH_WORDS)
        value = pool_format(&play->pool, "There are %.*s of them.", (int)value.len, value.ptr);
    return answer(play, value);
}

static int32_t act(struct play *play)
{
    int mistake = mistake_of(play);
    grasp_str command = play->json->as_string(play_member(play, "run"));
    switch (mistake) {
    case OS_TAG_ANSWERED_WITHOUT_LOOKING:
        return answer(play, SLICE("2"));
    case OS_TAG_COMMAND_AS_ANSWER:
        return answer(play, fill(play, command));
    case OS_TAG_FINISHED_UNDONE:
        return finish(play);
    case OS_TAG_NO_TOOL_CALL:
        return say_text(play, "One would run this: ", fill(play, command), "");
    case OS_TAG_ROUNDS_USED_UP:
        return run(play, SLICE("ls"));
    case OS_TAG_COUNT_TOO_HIGH:
    case OS_TAG_COUNT_TOO_LOW:
    case OS_TAG_WRONG_STATE:
    case OS_TAG_WRONG_TEXT:
        command = flawed_command(play, (enum os_tag)mistake);
        break;
    default:
        break;
    }
    return play->has_output ? conclude(play, mistake) : run(play, fill(play, command));
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    struct play play = {.call = call, .json = grasp_json_of(call), .output = SLICE("")};
    if (!play.json || !look(&play, request))
        return GRASP_E_UNSUPPORTED;
    int32_t status;
    if (find_family(&play))
        status = act(&play);
    else if (!play.has_output)
        status = run(&play, SLICE("ls -A | wc -l"));
    else
        status = answer(&play, slice_trim(play.output));
    pool_free(&play.pool);
    return status;
}

const grasp_rehearsal os_rehearsal = {
    .size = sizeof(os_rehearsal),
    .reply = reply,
};
