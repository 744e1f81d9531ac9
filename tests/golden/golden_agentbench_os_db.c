/* SPDX-License-Identifier: MIT */
/* golden_agentbench_os_db FILE: recorded cases of AgentBench's DBBench and OS Interaction. */
#include "golden_agentbench_os_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "golden_agentbench_os.h"

const char *golden_agentbench_data(void)
{
    static char path[4096];
    const char *shared = getenv("GRASP_SHARED");
    snprintf(path, sizeof(path), "%s/data/AgentBench",
             shared && *shared ? shared : SOURCE_ROOT "/../shared");
    return file_is_dir(path) ? path : NULL;
}

char *golden_agentbench_plain(const char *environment, const char *const *files)
{
    char folder[] = "/tmp/grasp-golden-XXXXXX";
    const char *data = golden_agentbench_data();
    if (!data || !mkdtemp(folder))
        return NULL;
    for (; *files; files++) {
        CLEANUP_FREE char *to = mem_printf("%s/%s/%s", data, environment, *files);
        CLEANUP_FREE char *link = mem_printf("%s/%s", folder, *files);
        CLEANUP_FREE char *absolute = realpath(to, NULL);
        if (!absolute || symlink(absolute, link))
            abort();
    }
    return mem_dup(folder, strlen(folder));
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
