/* SPDX-License-Identifier: MIT */
#include "../agentbench.h"
#include "os.h"

static const char options[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"data\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"AgentBench's data folder with its scripts, a folder above it, or a"
    " checkout; without it, problems of our own\"},"
    "\"root\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"folder that tools/os_root.sh has built, or the root of another system;"
    " without it machines are made from this system's /usr, and problems that install packages"
    " are not available\"},"
    "\"engine\": {\"type\": \"string\", \"enum\": [\"native\", \"docker\", \"podman\"],"
    " \"default\": \"native\","
    " \"description\": \"who makes the machines: this program, or a container engine\"},"
    "\"image\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"with docker or podman: the image of all machines; without it"
    " local-os/NAME, NAME as the problem says (default, packages); podman can use root instead\"},"
    "\"max_turns\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 8,"
    " \"description\": \"model calls an episode may make\"},"
    "\"command_timeout\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 3600,"
    " \"default\": 30, \"description\": \"seconds that one command of the agent may take\"},"
    "\"memory_mb\": {\"type\": \"integer\", \"minimum\": 64, \"maximum\": 65536,"
    " \"default\": 1024, \"description\": \"MiB of memory of a machine\"},"
    "\"disk_mb\": {\"type\": \"integer\", \"minimum\": 16, \"maximum\": 65536,"
    " \"default\": 512, \"description\": \"MiB that can be written on a machine\"},"
    "\"processes\": {\"type\": \"integer\", \"minimum\": 16, \"maximum\": 4096,"
    " \"default\": 256, \"description\": \"processes that one user of a machine may have\"},"
    "\"protocol\": {\"type\": \"string\", \"enum\": [\"tools\", \"text\"], \"default\": \"tools\","
    " \"description\": \"tools: the agent calls bash_action, answer_action and finish_action; text:"
    " it writes Think and Act, as in AgentBench's first version\"},"
    "\"compat\": {\"type\": \"string\", \"enum\": [\"default\", \"reference\"],"
    " \"default\": \"default\","
    " \"description\": \"reference: keep what is odd in the reference's environment;"
    " benchmarks/agentbench/README.md says what that is\"},"
    "\"prompts_dir\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"folder with texts that replace the built-in ones of the same name\"}"
    "}}";

static const void *extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &os_rehearsal : NULL;
}

const grasp_task agentbench_os_task = {
    .size = sizeof(grasp_task),
    .id = "os",
    .summary = "AgentBench OS Interaction: questions and changes at the shell of a machine",
    .options = options,
    .open = os_open,
    .info = os_info,
    .samples = os_samples,
    .begin = os_begin,
    .step = os_step,
    .end = os_end,
    .grade = os_grade,
    .close = os_close,
    .extension = extension,
};
