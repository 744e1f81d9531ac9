/* SPDX-License-Identifier: MIT */
#include "fhir_agent.h"
#include "options.h"
#include "rehearsal/rehearsal.h"

static const void *task_extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &fhir_agent_rehearsal : NULL;
}

/* The strategies differ in their place in the list. */
#define TASK(number, name, text)                                                                   \
    static int32_t open_##name(grasp_call *call, grasp_str config, void **out_self)                \
    {                                                                                              \
        return fhir_agent_open(call, config, &strategies[number], out_self);                       \
    }                                                                                              \
    const grasp_task fhir_agent_##name = {                                                         \
        .size = sizeof(grasp_task),                                                                \
        .id = #name,                                                                               \
        .summary = "FHIR-AgentBench: " text,                                                       \
        .options = fhir_agent_options,                                                             \
        .open = open_##name,                                                                       \
        .info = fhir_agent_info,                                                                   \
        .samples = fhir_agent_samples,                                                             \
        .begin = fhir_agent_begin,                                                                 \
        .step = fhir_agent_step,                                                                   \
        .end = fhir_agent_end,                                                                     \
        .grade = fhir_agent_grade,                                                                 \
        .close = fhir_agent_close,                                                                 \
        .extension = task_extension,                                                               \
    };

TASK(0, multi_turn_code_resource, "fetch a patient's resources, compute in Python")
TASK(1, multi_turn_resource, "fetch a patient's resources and read them")
TASK(2, single_turn_code_resource, "fetch once, compute once in Python")
TASK(3, single_turn_resource, "fetch once and read")
TASK(4, single_turn_request, "one round of FHIR searches of the agent's own")

static const grasp_task *const tasks[STRATEGY_COUNT] = {
    &fhir_agent_multi_turn_code_resource,  &fhir_agent_multi_turn_resource,
    &fhir_agent_single_turn_code_resource, &fhir_agent_single_turn_resource,
    &fhir_agent_single_turn_request,
};

static const grasp_plugin plugin = {
    .size = sizeof(plugin),
    .abi_minor = GRASP_ABI_MINOR,
    .name = "fhir_agent",
    .version = "1.0.0",
    .license = "MIT",
    .tasks = tasks,
    .task_count = STRATEGY_COUNT,
};

const grasp_plugin *grasp_plugin_v1(void)
{
    return &plugin;
}
