/* SPDX-License-Identifier: MIT */
/* R12: a thread of its own runs on after close. */
#include "base/task.h"
#include <pthread.h>
#include <unistd.h>

static void *stay(void *arg)
{
    pause();
    return arg;
}

static int32_t bad_open(grasp_call *call, grasp_str config, void **out_self)
{
    static pthread_t thread;
    static int started;
    if (!started++)
        pthread_create(&thread, NULL, stay, NULL);
    return good_open(call, config, out_self);
}
#define TASK_OPEN bad_open
#include "base/task_table.h"
