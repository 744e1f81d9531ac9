/* SPDX-License-Identifier: MIT */
#include "strategy.h"

#include <grasp/helpers.h>

#include "common/text.h"

const char *const tool_names[TOOL_COUNT] = {
    "get_resources_by_resource_id",
    "get_resources_by_patient_fhir_id",
    "fhir_request_get",
    "execute_python_code",
};

#define FETCH (TOOL_BIT(TOOL_BY_ID) | TOOL_BIT(TOOL_BY_PATIENT))

const struct strategy strategies[STRATEGY_COUNT] = {
    {
        .id = "multi_turn_code_resource",
        .prompt = "multi_turn_code_resource.md",
        .tools = FETCH | TOOL_BIT(TOOL_PYTHON),
    },
    {
        .id = "multi_turn_resource",
        .prompt = "multi_turn_resource.md",
        .tools = FETCH,
        .shows_resources = true,
    },
    {
        .id = "single_turn_code_resource",
        .prompt = "single_turn_code_resource.md",
        .tools = TOOL_BIT(TOOL_BY_PATIENT) | TOOL_BIT(TOOL_PYTHON),
        .turn_count = 3,
        .turns = {TOOL_BIT(TOOL_BY_PATIENT), TOOL_BIT(TOOL_PYTHON)},
    },
    {
        .id = "single_turn_resource",
        .prompt = "single_turn_resource.md",
        .tools = TOOL_BIT(TOOL_BY_PATIENT),
        .shows_resources = true,
        .turn_count = 2,
        .turns = {TOOL_BIT(TOOL_BY_PATIENT)},
    },
    {
        .id = "single_turn_request",
        .prompt = "single_turn_request.md",
        .tools = TOOL_BIT(TOOL_REQUEST),
        .shows_resources = true,
        .turn_count = 2,
        .turns = {TOOL_BIT(TOOL_REQUEST)},
    },
};

enum tool tool_find(grasp_str name)
{
    int tool = 0;
    while (tool < TOOL_COUNT && !grasp_equal(name, tool_names[tool]))
        tool++;
    return (enum tool)tool;
}

void strategy_expected(struct text *out, const struct strategy *strategy, uint32_t turn,
                       grasp_str got)
{
    static const enum tool order[] = {TOOL_PYTHON, TOOL_BY_PATIENT, TOOL_BY_ID, TOOL_REQUEST};
    uint32_t tools = strategy->turn_count ? strategy->turns[turn] : strategy->tools;
    const char *joint = "Expected ";
    for (int i = 0; i < TOOL_COUNT; i++) {
        if (!(tools & TOOL_BIT(order[i])))
            continue;
        text_format(out, "%s'%s'", joint, tool_names[order[i]]);
        joint = " or ";
    }
    text_put(out, " tool call, but got '");
    text_line(out, got);
    text_char(out, '\'');
}
