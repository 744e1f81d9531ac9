/* SPDX-License-Identifier: MIT */
#include "../agentbench.h"
#include "dbbench.h"

static const char options[] =
    "{\"type\": \"object\", \"properties\": {"
    "\"data\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"AgentBench's data folder, a folder above it, or a checkout; without it,"
    " samples of our own\"},"
    "\"server\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"a MySQL or MariaDB server, as in mysql://user@host:3306 or"
    " mysql://user@localhost/?socket=/run/mysqld/mysqld.sock; its password is read from"
    " DBBENCH_PASSWORD; without it, a private MariaDB is started\"},"
    "\"statement_timeout\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 3600,"
    " \"default\": 60,"
    " \"description\": \"seconds that one statement of the agent may take\"},"
    "\"disk_mb\": {\"type\": \"integer\", \"minimum\": 16, \"maximum\": 65536,"
    " \"default\": 512,"
    " \"description\": \"MiB that the tables of an episode may take on a private server\"},"
    "\"max_turns\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 1000, \"default\": 15,"
    " \"description\": \"model calls an episode may make\"},"
    "\"protocol\": {\"type\": \"string\", \"enum\": [\"tools\", \"text\"], \"default\": \"tools\","
    " \"description\": \"tools: the agent calls execute_sql and commit_final_answer; text: it"
    " writes Action: Operation or Action: Answer, as in AgentBench's first version\"},"
    "\"reminder\": {\"type\": \"boolean\", \"default\": true,"
    " \"description\": \"the first message begins with a reminder of the protocol\"},"
    "\"compat\": {\"type\": \"string\", \"enum\": [\"default\", \"reference\"],"
    " \"default\": \"default\","
    " \"description\": \"reference: keep what is odd in the reference's environment;"
    " benchmarks/agentbench/README.md says what that is\"},"
    "\"prompts_dir\": {\"type\": \"string\", \"minLength\": 1,"
    " \"description\": \"folder with texts that replace the built-in ones of the same name\"}"
    "}}";

static const void *extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &dbbench_rehearsal : NULL;
}

const grasp_task agentbench_dbbench_task = {
    .size = sizeof(grasp_task),
    .id = "dbbench",
    .summary = "AgentBench DBBench: questions and changes to be settled by SQL",
    .options = options,
    .open = dbbench_open,
    .info = dbbench_info,
    .samples = dbbench_samples,
    .begin = dbbench_begin,
    .step = dbbench_step,
    .end = dbbench_end,
    .grade = dbbench_grade,
    .close = dbbench_close,
    .extension = extension,
};
