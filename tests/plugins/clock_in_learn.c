/* SPDX-License-Identifier: MIT */
/* R14: what it learns depends on the process that runs it. */
#include "base/method.h"
#include <unistd.h>

static int32_t bad_learn(grasp_call *call, void *self, const grasp_lab *lab,
                         const grasp_files *files, const void *knowledge, grasp_str batch)
{
    grasp_file file = {grasp_cstr("notes.txt"), grasp_format(call, HEAD "made by %d\n", getpid())};
    grasp_files next = {&file, 1};
    (void)self, (void)lab, (void)files, (void)knowledge, (void)batch;
    return call->host->emit_files(call, &next);
}
#define METHOD_LEARN bad_learn
#include "base/method_table.h"
