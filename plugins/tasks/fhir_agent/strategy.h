/* SPDX-License-Identifier: MIT */
/* The five ways in which an agent may work. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>
#include <stdint.h>

enum tool {
    TOOL_BY_ID,
    TOOL_BY_PATIENT,
    TOOL_REQUEST,
    TOOL_PYTHON,
    TOOL_COUNT,
};
#define TOOL_BIT(tool) (1u << (tool))

struct strategy {
    const char *id;
    const char *prompt;   /* file of the system message */
    uint32_t tools;       /* TOOL_BIT of those it has */
    bool shows_resources; /* what is fetched is in the tool's result; otherwise only its number */
    /* Of a strategy in single turns: the tools of each turn, the last having none. 0 turns: the
     * agent goes on until it answers. */
    uint32_t turn_count;
    uint32_t turns[3];
};

#define STRATEGY_COUNT 5
extern const struct strategy strategies[STRATEGY_COUNT]; /* the default one first */

extern const char *const tool_names[TOOL_COUNT];
/* TOOL_COUNT if there is none of this name. */
enum tool tool_find(grasp_str name);
/* "Expected 'a' or 'b' tool call, but got 'c'": what ends an episode with another tool. */
struct text;
void strategy_expected(struct text *out, const struct strategy *strategy, uint32_t turn,
                       grasp_str got);
