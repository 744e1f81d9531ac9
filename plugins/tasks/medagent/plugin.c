/* SPDX-License-Identifier: MIT */
#include "medagent.h"
#include "options.h"
#include "rehearsal/rehearsal.h"

static const void *task_extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &medagent_rehearsal : NULL;
}

/* What the two versions have in common. */
#define MEMBERS                                                                                    \
    .size = sizeof(grasp_task), .options = medagent_options, .info = medagent_info,                \
    .samples = medagent_samples, .begin = medagent_begin, .step = medagent_step,                   \
    .end = medagent_end, .grade = medagent_grade, .close = medagent_close,                         \
    .extension = task_extension

const grasp_task medagent_v1_task = {
    MEMBERS,
    .id = "medagent",
    .summary = "MedAgentBench: clinical questions and orders through a FHIR server",
    .open = medagent_v1_open,
};

const grasp_task medagent_v2_task = {
    MEMBERS,
    .id = "v2",
    .summary = "MedAgentBench-v2: care protocols through a FHIR server",
    .open = medagent_v2_open,
};

static const grasp_task *const tasks[] = {&medagent_v1_task, &medagent_v2_task};

static const grasp_plugin plugin = {
    .size = sizeof(plugin),
    .abi_minor = GRASP_ABI_MINOR,
    .name = "medagent",
    .version = "1.0.0",
    .license = "MIT",
    .tasks = tasks,
    .task_count = 2,
};

const grasp_plugin *grasp_plugin_v1(void)
{
    return &plugin;
}
