/* SPDX-License-Identifier: MIT */
/* Sections of agentbench_os_db_golden.json, by what they are about. */
#pragma once

#include "golden_common.h"
#include "plugin/mock_host.h"

void golden_db_answer_sections(struct golden *g); /* comparison of answers, tags, verdicts */
void golden_db_text_sections(struct golden *g);   /* statements, rows, data */
void golden_db_dialogue_section(struct golden *g);
void golden_db_server_sections(struct golden *g);       /* what needs a MariaDB */
void golden_agentbench_host_sections(struct golden *g); /* history, model calls, order of samples */
void golden_agentbench_method_sections(struct golden *g); /* skills, the writer's texts */

/* AgentBench's data folder beside the recorded cases, NULL if it is not there. */
const char *golden_agentbench_data(void);
/* A folder as a checkout of AgentBench has it: the named files of the data's folder, without what
 * else is there. The caller removes it; NULL without the data. */
char *golden_agentbench_plain(const char *environment, const char *const *files);

static inline grasp_str golden_in(struct str text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

static inline struct str golden_out(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}

/* A host with a value in its JSON, which lives until the next call. */
const grasp_json_value *golden_value(grasp_call *call, const struct json *value);
