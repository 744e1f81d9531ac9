/* SPDX-License-Identifier: MIT */
#include "../status.h"
#include "aim.h"
#include "alfworld.h"
#include "common/slice.h"
#include "common/value.h"
#include "tags.h"

#define PLACES_MAX 64
#define VISITS_MANY 3

/* What the log shows of an episode. */
struct story {
    const grasp_json *json;
    struct aim aim;
    grasp_str holding; /* name of the object in the hand */
    grasp_str before;  /* the closed receptacle in front of the agent */
    bool treated;      /* the object in the hand is as it was asked for */
    size_t placed;     /* objects of the class in receptacles of the class */
    bool taken;
    uint64_t tags;
    grasp_str places[PLACES_MAX];
    size_t visits[PLACES_MAX], place_count;
};

static bool part(grasp_str text, const char *before, const char *between, grasp_str *out_first,
                 grasp_str *out_second)
{
    size_t at;
    if (!grasp_starts(text, before) || !slice_find(text, grasp_cstr(between), strlen(before), &at))
        return false;
    *out_first = slice_cut(text, strlen(before), at);
    *out_second = slice_from(text, at + strlen(between));
    return true;
}

static void visit(struct story *story, grasp_str place, grasp_str observation)
{
    size_t i = 0;
    while (i < story->place_count && !slice_eq(story->places[i], place))
        i++;
    if (i == story->place_count && i < PLACES_MAX)
        story->places[story->place_count++] = place;
    if (i < PLACES_MAX && ++story->visits[i] >= VISITS_MANY)
        story->tags |= TAG_BIT(ALF_PLACES_SEARCHED_AGAIN);
    story->before = slice_ends(observation, "is closed.") ? place : SLICE("");
}

static void put_down(struct story *story, grasp_str object, grasp_str receptacle)
{
    const struct aim *aim = &story->aim;
    story->holding = SLICE("");
    if (aim->kind == AIM_LOOK || !aim_is(object, aim->object))
        return;
    if (!aim_is(receptacle, aim->target))
        story->tags |= TAG_BIT(ALF_OBJECT_PUT_ELSEWHERE);
    else if (aim_treatment(aim->kind) && !story->treated)
        story->tags |= TAG_BIT(ALF_OBJECT_NOT_TREATED);
    else
        story->placed++;
}

static void treat(struct story *story, grasp_str action)
{
    const char *wanted = aim_treatment(story->aim.kind);
    if (!wanted)
        return;
    if (grasp_starts(action, wanted))
        story->treated = true;
    else
        story->tags |= TAG_BIT(ALF_WRONG_TREATMENT);
}

static void use(struct story *story, grasp_str object)
{
    if (story->aim.kind != AIM_LOOK || !aim_is(object, story->aim.target))
        return;
    story->placed++; /* the lamp is on */
    if (!aim_is(story->holding, story->aim.object))
        story->tags |= TAG_BIT(ALF_LAMP_USED_EMPTY_HANDED);
}

static void take(struct story *story, grasp_str object)
{
    story->holding = object;
    story->treated = false;
    if (aim_is(object, story->aim.object))
        story->taken = true;
    else
        story->tags |= TAG_BIT(ALF_WRONG_OBJECT_TAKEN);
}

static void follow(struct story *story, const grasp_json_value *entry)
{
    const grasp_json *json = story->json;
    grasp_str action = json->as_string(json->get(entry, SLICE("action"))), first, second;
    grasp_str seen = json->as_string(json->get(entry, SLICE("observation")));
    if (grasp_starts(seen, "Nothing happens")) {
        story->tags |= TAG_BIT(ALF_ACTION_NOT_LISTED);
        return;
    }
    if (grasp_starts(action, "go to ")) {
        if (story->before.len)
            story->tags |= TAG_BIT(ALF_CLOSED_RECEPTACLE_SKIPPED);
        visit(story, slice_from(action, 6), seen);
    } else if (grasp_starts(action, "open ")) {
        story->before = SLICE("");
    } else if (part(action, "take ", " from ", &first, &second)) {
        take(story, first);
    } else if (part(action, "put ", " in/on ", &first, &second) ||
               part(action, "move ", " to ", &first, &second)) {
        put_down(story, first, second);
    } else if (part(action, "clean ", " with ", &first, &second) ||
               part(action, "heat ", " with ", &first, &second) ||
               part(action, "cool ", " with ", &first, &second)) {
        treat(story, action);
    } else if (grasp_starts(action, "use ")) {
        use(story, slice_from(action, 4));
    }
}

static uint64_t end_tags(const struct story *story, grasp_str status)
{
    static const struct {
        const char *status;
        enum alf_tag tag;
    } ends[] = {{STATUS_TASK_LIMIT, ALF_TASK_LIMIT},
                {STATUS_CONTEXT_LIMIT, ALF_CONTEXT_LIMIT},
                {STATUS_TASK_ERROR, ALF_TASK_ERROR},
                {STATUS_INVALID_ACTION, ALF_SAME_ACTION_REPEATED}};
    uint64_t tags = 0;
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (grasp_equal(status, ends[i].status))
            tags |= TAG_BIT(ends[i].tag);
    if (!story->taken)
        tags |= TAG_BIT(ALF_OBJECT_NEVER_FOUND);
    if (story->aim.kind == AIM_TWO && story->placed == 1)
        tags |= TAG_BIT(ALF_SECOND_OBJECT_FORGOTTEN);
    if (story->aim.kind == AIM_LOOK && !story->placed && story->taken)
        tags |= TAG_BIT(ALF_LAMP_NOT_USED);
    return tags;
}

/* Turns of the agent that were no action. */
static uint64_t protocol_tags(const struct alfworld *self, const grasp_json_value *history)
{
    const grasp_json *json = self->json;
    uint64_t tags = 0;
    for (uint64_t i = 0; i < json->count(history); i++) {
        const grasp_json_value *message = json->at(history, i);
        grasp_str content = json->as_string(json->get(message, SLICE("content")));
        if (!grasp_equal(json->as_string(json->get(message, SLICE("role"))), "user"))
            continue;
        if (slice_eq(content, self->texts.no_tool_call))
            tags |= TAG_BIT(ALF_NO_TOOL_CALL);
        if (slice_eq(content, self->texts.bad_arguments))
            tags |= TAG_BIT(ALF_PROTOCOL_INVALID);
    }
    return tags;
}

static uint64_t explain(const struct alfworld *self, const grasp_json_value *rollout)
{
    const grasp_json *json = self->json;
    struct story story = {.json = json, .holding = SLICE(""), .before = SLICE("")};
    const grasp_json_value *raw = json->get(rollout, SLICE("raw"));
    const grasp_json_value *log = json->get(raw, SLICE("log"));
    uint64_t tags = protocol_tags(self, json->get(rollout, SLICE("history")));
    if (aim_read(json->as_string(json->get(raw, SLICE("init_prompt"))), &story.aim)) {
        for (uint64_t i = 0; i < json->count(log); i++)
            follow(&story, json->at(log, i));
        tags |= story.tags;
    }
    return tags | end_tags(&story, json->as_string(json->get(rollout, SLICE("status"))));
}

int32_t alfworld_grade(grasp_call *call, void *opaque, grasp_str sample, grasp_str rollout,
                       grasp_str judge)
{
    const struct alfworld *self = opaque;
    const grasp_json *json = self->json;
    struct text tags CLEANUP_TEXT = {0};
    const grasp_json_value *run = json->parse(call, rollout, NULL);
    if (json->kind(json->parse(call, sample, NULL)) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the sample is not a JSON object");
    if (!json->as_string(json->get(run, SLICE("status"))).len)
        return grasp_fail(call, GRASP_E_INVALID, "the rollout is not an object with a 'status'");
    const grasp_json_value *raw = json->get(run, SLICE("raw"));
    bool correct = value_is_true(json, json->get(raw, SLICE("result")));
    tags_write(&tags, &alfworld_tags, correct ? 0 : explain(self, run));
    if (tags.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the verdict");
    return grasp_judge(call, correct, text_view(&tags).ptr);
}
