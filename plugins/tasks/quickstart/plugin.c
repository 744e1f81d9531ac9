/* SPDX-License-Identifier: MIT */
#include <grasp/grasp.h>

#include "quickstart.h"

static const char options[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"dev\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000000, \"default\": 20,"
    " \"description\": \"samples to learn from\"},"
    "\"val\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000000, \"default\": 10,"
    " \"description\": \"samples that choose the best checkpoint\"},"
    "\"id_test\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 1000000, \"default\": 10,"
    " \"description\": \"test samples like those of val\"},"
    "\"test\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 1000000, \"default\": 10,"
    " \"description\": \"test samples with another wording and a window of 48 hours\"},"
    "\"seed\": {\"type\": \"integer\", \"minimum\": 0, \"default\": 1,"
    " \"description\": \"other patients for another seed\"},"
    "\"patients_file\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"JSON file with patients and readings of your own, see the README\"},"
    "\"max_turns\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 8,"
    " \"description\": \"model calls an episode may make\"},"
    "\"query\": {\"type\": \"string\", \"enum\": [\"search\", \"preloaded\"],"
    " \"default\": \"search\","
    " \"description\": \"search: the agent looks the readings up; preloaded: they are in the"
    " first message, and one call is enough\"},"
    "\"prompts_dir\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"folder with texts that replace the built-in ones of the same name\"}"
    "}}";

static const void *task_extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &quickstart_rehearsal : NULL;
}

static const grasp_task task = {
    .size = sizeof(task),
    .id = "quickstart",
    .summary = "latest magnesium within a window, by search in a built-in FHIR server",
    .options = options,
    .open = quickstart_open,
    .info = quickstart_info,
    .samples = quickstart_samples,
    .begin = quickstart_begin,
    .step = quickstart_step,
    .end = quickstart_end,
    .grade = quickstart_grade,
    .close = quickstart_close,
    .extension = task_extension,
};

static const grasp_task *const tasks[] = {&task};

static const grasp_plugin plugin = {
    .size = sizeof(plugin),
    .abi_minor = GRASP_ABI_MINOR,
    .name = "quickstart",
    .version = "1.0.0",
    .license = "MIT",
    .tasks = tasks,
    .task_count = 1,
};

const grasp_plugin *grasp_plugin_v1(void)
{
    return &plugin;
}
