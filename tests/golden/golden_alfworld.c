/* SPDX-License-Identifier: MIT */
/* ALFWorld: games, action matching, dialogues, splits, scores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "golden_agentbench_web_alf.h"
#include "model/tool_calls.h"
#include "plugin/mock_episode.h"
#include "tasks/agentbench/agentbench.h"
#include "tasks/agentbench/alf/alfworld.h"
#include "tasks/agentbench/alf/bleu.h"
#include "tasks/agentbench/alf/game.h"
#include "tasks/agentbench/alf/state.h"

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fmax(1, fabs(b));
}

static grasp_str text_of(const struct json *object, const char *key)
{
    return golden_in(json_str(json_get(object, key)));
}

static bool make_game(struct golden *g, const struct json *game, struct world *world)
{
    struct pool pool CLEANUP_POOL = {0};
    struct world_error error = {0};
    const struct json *alf = json_get(g->root, "alfworld");
    grasp_str grammar =
        scene_grammar(&pool, text_of(alf, "own_grammar"), text_of(game, "task_desc"));
    *world = (struct world){0};
    if (game_make(world, text_of(alf, "own_domain"), grammar, text_of(game, "pddl_problem"),
                  &error))
        return true;
    golden_fail(g, "the game cannot be made: line %u: %s", error.line, error.what);
    return false;
}

static void check_names(struct golden *g, const struct world *world, const struct json *names)
{
    for (struct json_iter it = json_members(names); json_next(&it);) {
        uint16_t entity = world_find(world, golden_in(it.key));
        if (golden_expect(g, entity != ENTITY_NONE, it.key.ptr))
            golden_expect_str(g, it.key.ptr, golden_out(world->entities[entity].name),
                              json_str(it.value));
    }
}

static void check_commands(struct golden *g, const struct state *state, const struct json *want)
{
    if (!golden_expect_int(g, "admissible", (int64_t)state->command_count,
                           (int64_t)json_count(want)))
        return;
    for (size_t i = 0; i < state->command_count; i++)
        golden_expect_str(g, "admissible", golden_out(state->commands[i].text),
                          json_str(json_at(want, i)));
}

static void explore(struct golden *g, const struct world *world, const struct json *steps)
{
    struct state state;
    if (!state_start(&state, world))
        abort();
    for (size_t i = 0; i < json_count(steps); i++) {
        const struct json *step = json_at(steps, i);
        struct text said CLEANUP_TEXT = {0};
        if (json_is(json_get(step, "command"), JSON_STRING))
            state_run(&state, text_of(step, "command"), &said);
        else
            state_intro(&state, &said);
        golden_expect_str(g, "feedback", golden_out(text_view(&said)),
                          json_str(json_get(step, "feedback")));
        check_commands(g, &state, json_get(step, "admissible"));
        golden_expect_int(g, "won", state_won(&state), json_bool(json_get(step, "won"), false));
    }
    state_finish(&state);
}

/* The first feedback is the intro. */
static void walk(struct golden *g, const struct world *world, const struct json *game)
{
    const struct json *walk = json_get(game, "walkthrough");
    const struct json *said = json_get(game, "walkthrough_feedback");
    struct state state;
    if (!state_start(&state, world))
        abort();
    for (size_t i = 0; i <= json_count(walk); i++) {
        struct text text CLEANUP_TEXT = {0};
        golden_expect(g, i == 0 || !state_won(&state), "the game was won too early");
        if (i)
            state_run(&state, golden_in(json_str(json_at(walk, i - 1))), &text);
        else
            state_intro(&state, &text);
        golden_expect_str(g, "feedback", golden_out(text_view(&text)), json_str(json_at(said, i)));
    }
    golden_expect(g, state_won(&state), "the walkthrough does not win");
    state_finish(&state);
}

static void games(struct golden *g)
{
    for (struct json_iter it = json_members(json_path(g->root, "alfworld.games"));
         json_next(&it);) {
        struct world world;
        const char *name = it.key.ptr;
        golden_case(g, name);
        if (make_game(g, it.value, &world)) {
            check_names(g, &world, json_get(it.value, "display_names"));
            golden_case(g, name);
            explore(g, &world, json_get(it.value, "explore"));
            if (json_get(it.value, "walkthrough")) {
                golden_case(g, name);
                walk(g, &world, it.value);
            }
        }
        world_free(&world);
    }
}

static void matching(struct golden *g)
{
    const struct json *choices = json_path(g->root, "alfworld.bleu.choices");
    struct pool pool CLEANUP_POOL = {0};
    grasp_str *commands = pool_array(&pool, json_count(choices) + 1, sizeof(*commands));
    for (size_t i = 0; i < json_count(choices); i++)
        commands[i] = golden_in(json_str(json_at(choices, i)));
    golden_section(g, "alfworld.bleu.cases");
    for (const struct json *c; (c = golden_next(g));) {
        grasp_str action = text_of(c, "action");
        golden_expect_str(g, "result",
                          golden_out(bleu_match(&pool, action, commands, json_count(choices))),
                          json_str(json_get(c, "result")));
        const struct json *scores = json_get(c, "scores");
        grasp_str plain = bleu_match(&pool, action, NULL, 0);
        for (size_t i = 0; i < json_count(scores); i++) {
            double got = bleu(&pool, commands[i], plain);
            if (!near(got, json_double(json_at(scores, i), -1)))
                golden_fail(g, "score %zu: %.17g, not %.17g", i, got,
                            json_double(json_at(scores, i), -1));
        }
    }
    golden_section(g, "alfworld.bleu.pairs");
    for (const struct json *c; (c = golden_next(g));)
        golden_expect(g,
                      near(bleu(&pool, text_of(c, "reference"), text_of(c, "candidate")),
                           json_double(json_get(c, "bleu"), -1)),
                      "bleu");
    const struct json *empty = json_path(g->root, "alfworld.bleu.empty_choices");
    golden_case(g, "alfworld.bleu.empty_choices");
    golden_expect_str(g, "result", golden_out(bleu_match(&pool, text_of(empty, "action"), NULL, 0)),
                      json_str(json_get(empty, "result")));
    golden_section(g, "alfworld.bleu.process_ob");
    for (const struct json *c; (c = golden_next(g));)
        golden_expect_str(g, "o", golden_out(alfworld_observation(text_of(c, "i"))),
                          json_str(json_get(c, "o")));
}

/* One turn of a script: null is a reply without a call. Ids are c1, c2, ... */
static void take_turn(struct mock_episode *episode, const struct json *turn, size_t number)
{
    CLEANUP_BUF struct buf calls = {0};
    if (json_is(turn, JSON_ARRAY)) {
        char *id = mem_printf("c%zu", number);
        buf_char(&calls, '[');
        tool_calls_add(&calls, str_of(id), "call", json_str(json_at(turn, 0)), json_at(turn, 1));
        buf_char(&calls, ']');
        free(id);
    }
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_TEXT,
                         .text = grasp_cstr(""),
                         .tool_calls = golden_in(calls.len ? buf_view(&calls) : STR("")),
                         .finish_reason = grasp_cstr("stop")};
    mock_episode_step(episode, &reply);
}

static bool is_message(const struct json *event)
{
    return json_get(event, "role") != NULL;
}

static void check_message(struct golden *g, const struct alfworld *self,
                          const struct mock_message *got, const struct json *want)
{
    struct str content = json_str(json_get(want, "content"));
    if (str_is(content, "<SYSTEM PROMPT>"))
        content = golden_out(self->texts.system);
    golden_expect_str(g, "role", str_of(got->role.ptr), json_str(json_get(want, "role")));
    golden_expect_str(g, "content", (struct str){got->content.ptr, got->content.len}, content);
    golden_expect_str(g, "tool_call_id", str_of(got->tool_call_id.ptr ? got->tool_call_id.ptr : ""),
                      json_str(json_get(want, "tool_call_id")));
}

static void check_reward(struct golden *g, const struct json *got, const struct json *want)
{
    golden_expect(g, got != NULL, "a reward is missing");
    golden_expect(g,
                  near(json_double(json_at(got, 0), -1), json_double(json_get(want, "reward"), -2)),
                  "reward");
    golden_expect(g,
                  near(json_double(json_at(got, 1), -1), json_double(json_get(want, "score"), -2)),
                  "score");
}

static void check_events(struct golden *g, const struct alfworld *self,
                         const struct mock_episode *episode, const struct json *raw,
                         const struct json *events)
{
    const struct json *rewards = json_get(raw, "rewards");
    size_t messages = 0, given = 0;
    for (size_t i = 0; i < json_count(events); i++) {
        const struct json *event = json_at(events, i);
        while (messages < episode->count &&
               strcmp(episode->messages[messages].role.ptr, "agent") == 0)
            messages++;
        if (is_message(event) &&
            golden_expect(g, messages < episode->count, "a message is missing"))
            check_message(g, self, &episode->messages[messages++], event);
        else if (json_get(event, "reward"))
            check_reward(g, json_at(rewards, given++), event);
    }
    golden_expect_int(g, "rewards", (int64_t)json_count(rewards), (int64_t)given);
}

static void check_log(struct golden *g, const struct json *got, const struct json *want)
{
    golden_expect_int(g, "log", (int64_t)json_count(got), (int64_t)json_count(want));
    for (size_t i = 0; i < json_count(want) && i < json_count(got); i++)
        for (struct json_iter it = json_members(json_at(want, i)); json_next(&it);)
            golden_expect_json(g, it.key.ptr, json_get_str(json_at(got, i), it.key), it.value);
}

/* The file's own game as the only sample. */
static void set_game(struct golden *g, struct alfworld *self, const struct json *c)
{
    const struct json *all = json_path(g->root, "alfworld.games");
    struct alf_split *split = &self->games.splits[0];
    struct world *world = &self->games.games[0].world;
    world_free(world);
    make_game(g, json_get_str(all, json_str(json_get(c, "game"))), world);
    split->samples[0].id = grasp_cstr("case");
    split->samples[0].game = &self->games.games[0];
}

static void check_end(struct golden *g, const struct alfworld *self, struct mock_episode *episode,
                      const struct json *c)
{
    CLEANUP_JSON struct json *raw =
        json_parse((struct str){episode->raw.ptr, episode->raw.len}, NULL);
    golden_expect_str(g, "status", str_of(episode->status.ptr), json_str(json_get(c, "status")));
    golden_expect_json(g, "result", json_get(raw, "result"), json_get(c, "result"));
    golden_expect_json(g, "init_prompt", json_get(raw, "init_prompt"), json_get(c, "init_prompt"));
    check_log(g, json_get(raw, "log"), json_get(c, "log"));
    check_events(g, self, episode, raw, json_get(c, "events"));
    mock_episode_grade(episode);
    golden_expect_int(g, "correct", episode->host->correct,
                      json_is(json_get(c, "result"), JSON_BOOL)
                          ? json_bool(json_get(c, "result"), false)
                          : json_int(json_get(c, "result"), 0) != 0);
}

/* The script ran out: the host cancels the episode, which then has no result and no rewards. */
static void check_cancelled(struct golden *g, const struct alfworld *self,
                            const struct mock_episode *episode, const struct json *c)
{
    const struct json *events = json_get(c, "events");
    size_t at = 0;
    golden_expect_str(g, "status", STR("cancelled"), json_str(json_get(c, "status")));
    golden_expect(g, json_is(json_get(c, "result"), JSON_NULL), "a result of a cancelled episode");
    for (size_t i = 0; i < json_count(events); i++) {
        while (at < episode->count && strcmp(episode->messages[at].role.ptr, "agent") == 0)
            at++;
        if (is_message(json_at(events, i)) &&
            golden_expect(g, at < episode->count, "a message is missing"))
            check_message(g, self, &episode->messages[at++], json_at(events, i));
    }
}

static void play(struct golden *g, const struct json *c)
{
    struct mock_host *host = mock_host_create();
    struct mock_episode episode;
    void *opaque = NULL;
    char *config = mock_config(agentbench_alfworld_task.options, "{\"compat\": \"reference\"}");
    if (alfworld_open(mock_call(host), grasp_cstr(config), &opaque))
        abort();
    struct alfworld *self = opaque;
    const struct json *script = json_get(c, "script");
    self->max_turns = (int32_t)json_int(json_get(c, "max_step"), 35);
    set_game(g, self, c);
    mock_episode_begin(&episode, host, &agentbench_alfworld_task, self, "{\"id\": \"case\"}");
    for (size_t used = 0; used < json_count(script) && !episode.done; used++)
        take_turn(&episode, json_at(script, used), used + 1);
    if (episode.done)
        check_end(g, self, &episode, c);
    else
        check_cancelled(g, self, &episode, c);
    mock_episode_end(&episode);
    alfworld_close(mock_call(host), self);
    mock_host_destroy(host);
    free(config);
}

static void splits(struct golden *g)
{
    static const char *const types[] = {"pick_and_place",       "pick_clean_then_place",
                                        "pick_heat_then_place", "pick_cool_then_place",
                                        "look_at_obj",          "pick_two_obj"};
    const struct json *want = json_path(g->root, "alfworld.standard_counts");
    const struct json *dev = json_path(g->root, "alfworld.splits.dev");
    const struct json *val = json_path(g->root, "alfworld.splits.val");
    size_t counts[6], drawn[512], total = 0;
    golden_case(g, "alfworld.splits");
    for (size_t i = 0; i < 6; i++)
        total += counts[i] = (size_t)json_int(json_get(want, types[i]), 0);
    if (!golden_expect(g, total <= 512, "more games than this program has room for"))
        return;
    size_t count = games_draw(counts, 6, drawn);
    golden_expect_int(g, "dev", (int64_t)count, (int64_t)json_count(dev));
    golden_expect_int(g, "val", (int64_t)(total - count), (int64_t)json_count(val));
    for (size_t i = 0; i < total; i++)
        golden_expect_int(g, i < count ? "dev" : "val", (int64_t)drawn[i],
                          json_int(i < count ? json_at(dev, i) : json_at(val, i - count), -1));
}

static void types(struct golden *g)
{
    static const struct {
        const char *number;
        enum scene_type type;
    } numbers[] = {{"1", SCENE_PUT},  {"2", SCENE_LOOK}, {"3", SCENE_CLEAN},
                   {"4", SCENE_HEAT}, {"5", SCENE_COOL}, {"6", SCENE_TWO}};
    const struct json *task_types = json_path(g->root, "alfworld.task_types");
    const struct json *prefixes = json_path(g->root, "alfworld.prefix_map");
    golden_case(g, "alfworld.task_types");
    for (size_t i = 0; i < 6; i++) {
        golden_expect_str(g, "task_types", str_of(scene_type_folder(numbers[i].type)),
                          json_str(json_get(task_types, numbers[i].number)));
        golden_expect(g, json_get(prefixes, scene_type_name(numbers[i].type)) != NULL,
                      "a type without a prefix");
    }
}

/* Solved are those whose verdict is correct, out of all. */
static void scores(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    void *self = NULL;
    char *config = mock_config(agentbench_alfworld_task.options, NULL);
    if (alfworld_open(mock_call(host), grasp_cstr(config), &self))
        abort();
    golden_section(g, "alfworld.scoring");
    for (const struct json *c; (c = golden_next(g));) {
        const struct json *results = json_get(c, "results"),
                          *want = json_path(c, "overall.overall");
        int64_t pass = 0, total = (int64_t)json_count(results);
        for (size_t i = 0; i < json_count(results); i++) {
            CLEANUP_BUF struct buf run = {0};
            buf_str(&run, STR("{\"status\": \"completed\", \"raw\": "));
            json_write(&run, json_at(results, i), 0);
            buf_char(&run, '}');
            if (alfworld_grade(mock_call(host), self, grasp_cstr("{}"), golden_in(buf_view(&run)),
                               grasp_cstr("[]")))
                golden_fail(g, "%s", host->fail_text.ptr);
            /* The mean counts only true and 1, a verdict all that is true; the environment gives
             * nothing else. */
            const struct json *result = json_get(json_at(results, i), "result");
            pass += host->correct && (json_is(result, JSON_BOOL) || json_double(result, 0) == 1);
        }
        golden_expect_int(g, "total", total, json_int(json_get(want, "total"), -1));
        golden_expect_int(g, "pass", pass, json_int(json_get(want, "pass"), -1));
        golden_expect_int(g, "wrong", total - pass, json_int(json_get(want, "wrong"), -1));
        golden_expect(g,
                      near(total ? (double)pass / (double)total : 0,
                           json_double(json_get(want, "success_rate"), -1)),
                      "success_rate");
    }
    alfworld_close(mock_call(host), self);
    mock_host_destroy(host);
    free(config);
}

void golden_alfworld_sections(struct golden *g)
{
    games(g);
    matching(g);
    golden_section(g, "alfworld.agent_loops");
    for (const struct json *c; (c = golden_next(g));)
        play(g, c);
    splits(g);
    types(g);
    scores(g);
}
