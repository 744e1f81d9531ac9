/* SPDX-License-Identifier: MIT */
/* ALFWorld: a domain, a grammar and a problem, separated by bytes of zero, then commands, one a
 * line, which are given to the game as a model's words. */
#include <stdlib.h>

#include "common/slice.h"
#include "fuzz.h"
#include "tasks/agentbench/alf/bleu.h"
#include "tasks/agentbench/alf/game.h"
#include "tasks/agentbench/alf/state.h"

#define LINES_MAX 60

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static grasp_str next_part(grasp_str *rest)
{
    size_t end = 0;
    while (end < rest->len && rest->ptr[end])
        end++;
    grasp_str part = slice_cut(*rest, 0, end);
    *rest = slice_from(*rest, end < rest->len ? end + 1 : end);
    return part;
}

static void play_line(struct state *state, grasp_str line)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text said CLEANUP_TEXT = {0};
    grasp_str *commands = pool_array(&pool, state->command_count + 1, sizeof(*commands));
    for (size_t i = 0; i < state->command_count; i++)
        commands[i] = state->commands[i].text;
    grasp_str action = bleu_match(&pool, line, commands, state->command_count);
    state_run(state, pool_dup(&pool, action), &said);
    state_won(state);
    REQUIRE(!said.failed && !state->failed && state->command_count >= 2);
    for (size_t i = 1; i < state->command_count; i++)
        REQUIRE(slice_cmp(state->commands[i - 1].text, state->commands[i].text) < 0);
}

static void play(const struct world *world, grasp_str lines)
{
    struct text intro CLEANUP_TEXT = {0};
    struct state state;
    grasp_str line;
    REQUIRE(state_start(&state, world));
    state_intro(&state, &intro);
    for (int i = 0; i < LINES_MAX && slice_line(&lines, &line); i++)
        play_line(&state, line);
    state_finish(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {0};
    struct world_error error = {0};
    grasp_str rest = {(const char *)data, size};
    grasp_str domain = next_part(&rest), grammar = next_part(&rest), problem = next_part(&rest);
    if (size > ((size_t)256 << 10))
        return 0;
    if (game_make(&world, domain, grammar, problem, &error))
        play(&world, rest);
    else
        REQUIRE(error.what);
    world_free(&world);
    return 0;
}
