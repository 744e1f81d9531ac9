/* SPDX-License-Identifier: MIT */
/* A game file of ALFWorld as a user's download has it: JSON with a domain, a grammar, a problem and
 * perhaps a walkthrough, which is played. */
#include <stdlib.h>

#include "common/slice.h"
#include "fuzz.h"
#include "plugin/mock_host.h"
#include "tasks/agentbench/alf/game.h"
#include "tasks/agentbench/alf/state.h"

#define STEPS_MAX 60

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void play(const grasp_json *json, const struct world *world, const grasp_json_value *steps)
{
    struct state state;
    REQUIRE(state_start(&state, world));
    for (uint64_t i = 0; i < json->count(steps) && i < STEPS_MAX; i++) {
        struct text said CLEANUP_TEXT = {0};
        state_run(&state, json->as_string(json->at(steps, i)), &said);
        state_won(&state);
        REQUIRE(!said.failed && !state.failed && state.command_count >= 2);
    }
    state_finish(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {0};
    grasp_str why = SLICE("");
    const grasp_json_value *steps = NULL;
    if (size > ((size_t)256 << 10))
        return 0;
    struct mock_host *host = mock_host_create();
    grasp_call *call = mock_call(host);
    if (game_read(call, &world, (grasp_str){(const char *)data, size}, &why, &steps))
        play(grasp_json_of(call), &world, steps);
    else
        REQUIRE(why.len > 0);
    world_free(&world);
    mock_host_destroy(host);
    return 0;
}
