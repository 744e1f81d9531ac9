/* SPDX-License-Identifier: MIT */
/*
 * A task in C: a number from 1 to 31 is to be found. The agent guesses ("GUESS 16"), the task
 * answers higher or lower. Start your own task from here: change the samples, what the agent is
 * told, and the grading.
 */
#include <grasp/grasp.h>
#include <stdlib.h>

#define MOST 31
#define MAX_TURNS 5 /* enough for halving, not for counting */

struct episode {
    int64_t number;
    int turns;
};

static int32_t hunt_open(grasp_call *call, grasp_str config, void **out_self)
{
    (void)call, (void)config;
    *out_self = NULL; /* files that are read and servers that are reached belong here */
    return GRASP_OK;
}

static int32_t hunt_info(grasp_call *call, void *self)
{
    (void)self;
    return call->host->emit_json(
        call,
        grasp_cstr("{\"name\": \"hunt\", \"splits\": [\"dev\", \"val\"], \"max_turns\": 5, "
                   "\"writer\": {\"family\": \"number guessing\", \"labels\": {\"no_halving\": "
                   "\"the guesses do not halve what is left\"}}}"));
}

static int32_t hunt_samples(grasp_call *call, void *self, grasp_str split)
{
    int first = grasp_equal(split, "dev") ? 1 : 21, last = grasp_equal(split, "dev") ? 20 : MOST;
    (void)self;
    if (!grasp_equal(split, "dev") && !grasp_equal(split, "val"))
        return grasp_fail(call, GRASP_E_NOT_FOUND, "hunt: there is no such split");
    for (int i = first; i <= last; i++) {
        int32_t status = call->host->emit_json(
            call, grasp_format(call, "{\"id\": \"hunt_%d\", \"number\": %d}", i, i));
        if (status)
            return status;
    }
    return GRASP_OK;
}

static int64_t number_of(grasp_call *call, grasp_str sample)
{
    const grasp_json *json = grasp_json_of(call);
    return json->as_int(json->get(json->parse(call, sample, NULL), grasp_cstr("number")), 0);
}

static int32_t hunt_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    int64_t number = number_of(call, sample);
    struct episode *episode;
    (void)self, (void)seed;
    if (number < 1 || number > MOST)
        return grasp_fail(call, GRASP_E_INVALID, "hunt: the sample has no number from 1 to 31");
    episode = calloc(1, sizeof(*episode));
    if (!episode)
        return grasp_fail(call, GRASP_E_NOMEM, "hunt: no memory for an episode");
    episode->number = number;
    *out = episode;
    return grasp_say(call, "user",
                     grasp_cstr("Hunt: find my number from 1 to 31. Answer with GUESS and a "
                                "number."));
}

static int32_t hunt_step(grasp_call *call, void *self, void *opaque, const grasp_reply *reply)
{
    struct episode *episode = opaque;
    long guess;
    (void)self;
    if (reply->kind == GRASP_REPLY_CONTEXT_LIMIT)
        return grasp_done(call, "agent context limit", grasp_cstr(""), "{}");
    if (!grasp_starts(reply->text, "GUESS "))
        return grasp_done(call, "agent invalid action", grasp_cstr(""), "{}");
    guess = strtol(reply->text.ptr + 6, NULL, 10);
    if (guess == episode->number)
        return grasp_done(call, "completed", grasp_format(call, "%ld", guess), "{}");
    if (++episode->turns == MAX_TURNS)
        return grasp_done(call, "task limit reached", grasp_cstr(""), "{}");
    return grasp_say(call, "user",
                     grasp_format(call, "%ld is wrong, my number is %s.", guess,
                                  guess < episode->number ? "higher" : "lower"));
}

static void hunt_end(grasp_call *call, void *self, void *episode)
{
    (void)call, (void)self;
    free(episode);
}

static int32_t hunt_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                          grasp_str judge)
{
    grasp_str answer = grasp_json_string(call, rollout, "answer");
    int right = answer.len && strtol(answer.ptr, NULL, 10) == number_of(call, sample);
    (void)self, (void)judge;
    return grasp_judge(call, right, "[\"no_halving\"]");
}

static void hunt_close(grasp_call *call, void *self)
{
    (void)call, (void)self;
}

/* The agent of a rehearsal: it counts up from 1, unless it was told of its flaw. */
static int32_t hunt_reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    long low = 1, high = MOST, guess;
    int known = 0, halving = 0;
    for (uint64_t i = 0; i < request->count; i++) {
        const char *text = request->messages[i]->content.ptr;
        if (strstr(text, "Hunt: find my number"))
            known = 1;
        if (strstr(text, "no_halving"))
            halving = 1;
        guess = strtol(text, NULL, 10);
        if (strstr(text, "my number is higher"))
            low = guess + 1;
        if (strstr(text, "my number is lower"))
            high = guess - 1;
    }
    if (!known)
        return GRASP_E_UNSUPPORTED; /* not a conversation of this task */
    return grasp_say(call, "agent",
                     grasp_format(call, "GUESS %ld", halving ? (low + high) / 2 : low));
}

static const grasp_rehearsal rehearsal = {sizeof(rehearsal), 0, hunt_reply};

static const void *hunt_extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &rehearsal : NULL;
}

static const grasp_task task = {sizeof(task), 0,
                                "hunt",       "finds a hidden number",
                                NULL,         hunt_open,
                                hunt_info,    hunt_samples,
                                hunt_begin,   hunt_step,
                                hunt_end,     hunt_grade,
                                hunt_close,   hunt_extension};
GRASP_PLUGIN_TASK("hunt", "1.0", "MIT", &task)
