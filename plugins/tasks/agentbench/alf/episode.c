/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "../status.h"
#include "../turn.h"
#include "alfworld.h"
#include "bleu.h"
#include "common/slice.h"
#include "common/template.h"
#include "state.h"

/* The game's own limit. */
#define MOVES_MAX 50
/* So many of the same output in a row end the episode, once the log is longer than that. */
#define SAME_MAX 3
/* What is kept of an output in the log. */
#define OUTPUT_MAX ((size_t)16 * 1024)

struct episode {
    struct state state;
    struct text log;     /* JSON array, without its end */
    struct text rewards; /* the same: pairs of reward and score */
    struct text init_prompt;
    const char *status; /* of an end that is no other's */
    int32_t rounds, logged, moves;
    uint64_t last_output; /* hash */
    int same;             /* how many times in a row */
};

static void put_commands(struct text *out, const struct state *state, const char *separator)
{
    for (size_t i = 0; i < state->command_count; i++) {
        text_put(out, i ? separator : "");
        text_str(out, state->commands[i].text);
    }
}

/* The room and the task, without the game's greeting. */
static void put_scene(struct text *out, const struct state *state)
{
    struct text intro CLEANUP_TEXT = {0};
    size_t at = 0, next;
    state_intro(state, &intro);
    grasp_str text = text_view(&intro);
    slice_find(text, SLICE("\n\n"), 0, &at);
    for (at += 2; slice_find(text, SLICE("\n\n"), at, &next); at = next + 2) {
        text_str(out, slice_cut(text, at, next));
        text_char(out, '\n');
    }
    text_str(out, slice_from(text, at));
}

static void put_opening(struct text *out, const struct alfworld *self, const struct state *state)
{
    struct text scene CLEANUP_TEXT = {0}, actions CLEANUP_TEXT = {0};
    put_scene(&scene, state);
    put_commands(&actions, state, "\n");
    const struct binding bindings[] = {
        {"scene", text_view(&scene)}, {"actions", text_view(&actions)}, {NULL, SLICE("")}};
    template_fill(out, self->texts.task, bindings);
    text_char(out, '\n');
}

static int32_t open_conversation(grasp_call *call, const struct alfworld *self,
                                 struct episode *episode)
{
    struct text first CLEANUP_TEXT = {0};
    put_opening(&episode->init_prompt, self, &episode->state);
    if (self->reminder) {
        text_str(&first, self->texts.reminder);
        text_put(&first, "\n\n");
    }
    text_str(&first, text_view(&episode->init_prompt));
    if (first.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the first message");
    int32_t status = grasp_say(call, "system", self->texts.system);
    return status ? status : grasp_say(call, "user", text_view(&first));
}

void alfworld_end(grasp_call *call, void *self, void *opaque)
{
    struct episode *episode = opaque;
    if (!episode)
        return;
    state_finish(&episode->state);
    text_free(&episode->log);
    text_free(&episode->rewards);
    text_free(&episode->init_prompt);
    free(episode);
}

int32_t alfworld_begin_game(grasp_call *call, struct alfworld *self, const struct world *world,
                            void **out_episode)
{
    struct episode *episode = calloc(1, sizeof(*episode));
    if (!episode)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an episode");
    episode->status = STATUS_COMPLETED;
    int32_t status = state_start(&episode->state, world)
                         ? open_conversation(call, self, episode)
                         : grasp_fail(call, GRASP_E_NOMEM, "no memory for an episode");
    if (status) {
        alfworld_end(call, self, episode);
        return status;
    }
    *out_episode = episode;
    return GRASP_OK;
}

int32_t alfworld_begin(grasp_call *call, void *opaque, grasp_str sample, uint64_t seed,
                       void **out_episode)
{
    struct alfworld *self = opaque;
    grasp_str id = grasp_json_string(call, sample, "id");
    const struct alf_sample *found = games_find(&self->games, id);
    if (!found)
        return grasp_fail(call, GRASP_E_INVALID,
                          "the sample '%.*s' is none of this task with this data folder",
                          id.len > 64 ? 64 : (int)id.len, id.ptr);
    if (found->game->why.len)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "%s", found->game->why.ptr);
    return alfworld_begin_game(call, self, &found->game->world, out_episode);
}

grasp_str alfworld_observation(grasp_str text)
{
    size_t at;
    if (!grasp_starts(text, "You arrive at loc "))
        return text;
    /* Without a blank after a full stop, the reference's sum of -1 and 2 takes the first letter. */
    return slice_from(text, slice_find(text, SLICE(". "), 0, &at) ? at + 2 : 1);
}

static void add_reward(struct episode *episode, int reward, int score)
{
    text_format(&episode->rewards, "%s[%d.0, %d.0]", episode->rewards.len ? ", " : "", reward,
                score);
}

/* result: JSON. */
static int32_t finish(grasp_call *call, struct episode *episode, const char *status,
                      const char *result)
{
    struct text raw CLEANUP_TEXT = {0};
    text_format(&raw, "{\"result\": %s, \"init_prompt\": ", result);
    text_json(&raw, text_view(&episode->init_prompt));
    text_put(&raw, ", \"rewards\": [");
    text_str(&raw, text_view(&episode->rewards));
    text_put(&raw, "], \"log\": [");
    text_str(&raw, text_view(&episode->log));
    text_put(&raw, "]}");
    if (raw.failed || episode->log.failed || episode->rewards.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the result");
    return grasp_done(call, status, SLICE(""), text_view(&raw).ptr);
}

static void log_move(struct episode *episode, grasp_str output, grasp_str action,
                     const struct text *admissible, grasp_str observation, bool done)
{
    struct text *log = &episode->log;
    text_format(log, "%s{\"round\": %d, \"output\": ", episode->logged ? ", " : "",
                episode->rounds);
    text_json(log, utf8_prefix(output, OUTPUT_MAX));
    text_put(log, ", \"action\": ");
    text_json(log, utf8_prefix(action, OUTPUT_MAX));
    text_format(log, ", \"admissible_commands\": [%s], \"observation\": ", admissible->ptr);
    text_json(log, observation);
    text_put(log, done ? ", \"done\": true}" : ", \"done\": false}");
    episode->logged++;
}

/* The commands as members of a JSON array. */
static void put_admissible(struct text *out, const struct state *state)
{
    text_put(out, "");
    for (size_t i = 0; i < state->command_count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, state->commands[i].text);
    }
}

static grasp_str choose(struct pool *pool, const struct state *state, grasp_str output)
{
    grasp_str *commands = pool_array(pool, state->command_count + 1, sizeof(*commands));
    for (size_t i = 0; i < state->command_count; i++)
        commands[i] = state->commands[i].text;
    return pool_dup(pool, bleu_match(pool, output, commands, state->command_count));
}

static void count_same(struct episode *episode, grasp_str output)
{
    uint64_t hash = slice_hash(output);
    episode->same = episode->same && hash == episode->last_output ? episode->same + 1 : 1;
    episode->last_output = hash;
}

/* Takes the action that the model meant. */
static int32_t act(grasp_call *call, const struct tool_use *use, struct episode *episode,
                   grasp_str output, bool *out_ended)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text said CLEANUP_TEXT = {0}, shown CLEANUP_TEXT = {0}, before CLEANUP_TEXT = {0};
    struct state *state = &episode->state;
    grasp_str action = choose(&pool, state, output);
    size_t at;
    put_admissible(&before, state);
    state_run(state, action, &said);
    bool won = state_won(state), done = won || ++episode->moves >= MOVES_MAX;
    grasp_str observation = alfworld_observation(text_view(&said));
    text_str(&shown, observation);
    text_put(&shown, " AVAILABLE ACTIONS: ");
    put_commands(&shown, state, "\n");
    text_put(&shown, "\n");
    log_move(episode, output, action, &before, observation, done);
    if (state->failed || said.failed || shown.failed || before.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the scene");
    add_reward(episode, won && !slice_find(observation, SLICE("Nothing happens"), 0, &at), won);
    int32_t status = tool_use_answer(call, use, text_view(&shown));
    count_same(episode, output);
    if (status || (episode->logged > SAME_MAX && episode->same >= SAME_MAX) || done)
        *out_ended = true;
    if (status)
        return status;
    if (episode->logged > SAME_MAX && episode->same >= SAME_MAX)
        return finish(call, episode, STATUS_INVALID_ACTION, "0");
    return done ? finish(call, episode, episode->status, won ? "true" : "false") : GRASP_OK;
}

/* A turn without an action: what the agent is told, and how the episode is called from now on. */
static int32_t rebuke(grasp_call *call, struct episode *episode, grasp_str text, const char *status)
{
    episode->status = status;
    add_reward(episode, 0, 0);
    return grasp_say(call, "user", text);
}

int32_t alfworld_step(grasp_call *call, void *opaque, void *handle, const grasp_reply *reply)
{
    const struct alfworld *self = opaque;
    struct episode *episode = handle;
    const grasp_json_value *value;
    struct turn turn;
    bool ended = false;
    int32_t status = turn_read(call, reply, &turn);
    if (status)
        return status;
    if (reply->kind == GRASP_REPLY_CONTEXT_LIMIT)
        return finish(call, episode, STATUS_CONTEXT_LIMIT, "null");
    episode->rounds++;
    if (!turn.count)
        status = rebuke(call, episode, self->texts.no_tool_call, STATUS_VALIDATION_FAILED);
    else if (!tool_use_first(call, &turn.uses[0], &value) ||
             self->json->kind(value) != GRASP_JSON_STRING)
        status = rebuke(call, episode, self->texts.bad_arguments, STATUS_INVALID_ACTION);
    else
        status = act(call, &turn.uses[0], episode, self->json->as_string(value), &ended);
    if (status || ended || episode->rounds < self->max_turns)
        return status;
    add_reward(episode, 0, 0);
    return finish(call, episode, STATUS_TASK_LIMIT, "0");
}
