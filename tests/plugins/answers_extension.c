/* SPDX-License-Identifier: MIT */
/* R18: answers whatever extension it is asked for. */
#include "base/task.h"

static int32_t no_reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    (void)call, (void)request;
    return GRASP_E_UNSUPPORTED;
}

static const grasp_rehearsal rehearsal = {sizeof(rehearsal), 0, no_reply};

static const void *bad_extension(grasp_str id)
{
    return memcmp(id.ptr, GRASP_EXT_REHEARSAL, id.len < 8 ? id.len : 8) ? NULL : &rehearsal;
}
#define TASK_EXTENSION bad_extension
#include "base/task_table.h"
