/* SPDX-License-Identifier: MIT */
/* golden_agentbench_os_db FILE: recorded cases of AgentBench's DBBench and OS Interaction. */
#include "golden_agentbench_os_db.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "golden_agentbench_os.h"

const char *golden_agentbench_data(void)
{
    static char path[4096];
    const char *shared = getenv("GRASP_SHARED");
    snprintf(path, sizeof(path), "%s/data/AgentBench",
             shared && *shared ? shared : SOURCE_ROOT "/../shared");
    return file_is_dir(path) ? path : NULL;
}

int main(int argc, char **argv)
{
    struct golden g;
    int status = golden_open(&g, argc, argv);
    if (status)
        return status;
    golden_db_answer_sections(&g);
    golden_db_text_sections(&g);
    golden_db_dialogue_section(&g);
    golden_db_server_sections(&g);
    golden_agentbench_host_sections(&g);
    golden_agentbench_method_sections(&g);
    golden_os_sections(&g);
    return golden_finish(&g);
}
