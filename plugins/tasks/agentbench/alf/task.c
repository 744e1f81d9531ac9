/* SPDX-License-Identifier: MIT */
#include "../agentbench.h"
#include "alfworld.h"

static const char options[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"data\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"the folder that holds json_2.1.1, ALFWorld's games; without it, games of"
    " our own\"},"
    "\"lists\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"AgentBench's data folder, or a checkout, with standard_plus_dev.json and"
    " split_*.json, if they are not in the data folder\"},"
    "\"max_turns\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 35,"
    " \"description\": \"model calls an episode may make\"},"
    "\"reminder\": {\"type\": \"boolean\", \"default\": true,"
    " \"description\": \"the first message begins with a reminder of the protocol\"},"
    "\"compat\": {\"type\": \"string\", \"enum\": [\"default\", \"reference\"],"
    " \"default\": \"default\","
    " \"description\": \"reference: no reminder, and results of tools stay without their calls in"
    " a shortened history\"},"
    "\"prompts_dir\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"folder with texts that replace the built-in ones of the same name\"}"
    "}}";

static const void *extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &alfworld_rehearsal : NULL;
}

const grasp_task agentbench_alfworld_task = {
    .size = sizeof(grasp_task),
    .id = "alfworld",
    .summary = "AgentBench ALFWorld: household tasks in a text game",
    .options = options,
    .open = alfworld_open,
    .info = alfworld_info,
    .samples = alfworld_samples,
    .begin = alfworld_begin,
    .step = alfworld_step,
    .end = alfworld_end,
    .grade = alfworld_grade,
    .close = alfworld_close,
    .extension = extension,
};
