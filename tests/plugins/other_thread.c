/* SPDX-License-Identifier: MIT */
/* R12: a thread of its own calls the host. */
#include "base/task.h"
#include <pthread.h>

static void *speak(void *call)
{
    grasp_call *running = call;
    running->host->log(running, GRASP_LOG_INFO, grasp_cstr("from a thread"));
    return NULL;
}

static int32_t bad_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, speak, call) == 0)
        pthread_join(thread, NULL);
    return good_begin(call, self, sample, seed, out);
}
#define TASK_BEGIN bad_begin
#include "base/task_table.h"
