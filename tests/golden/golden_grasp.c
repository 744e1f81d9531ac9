/* SPDX-License-Identifier: MIT */
/* golden_grasp FILE: the recorded cases of the GRASP method and of what it runs on. A part of the
 * program has a function here for the sections that are about it. */
#include "golden_grasp.h"

#include "golden_grasp_model.h"
#include "golden_grasp_rng.h"

int main(int argc, char **argv)
{
    struct golden g;
    int status = golden_open(&g, argc, argv);
    if (status)
        return status;
    golden_rng_sections(&g);
    golden_model_sections(&g);
    golden_text_sections(&g);
    golden_skill_sections(&g);
    golden_library_sections(&g);
    golden_probe_sections(&g);
    golden_update_sections(&g);
    golden_host_sections(&g);
    golden_backend_sections(&g);
    golden_grasp_others(&g);
    return golden_finish(&g);
}
