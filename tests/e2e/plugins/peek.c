/* SPDX-License-Identifier: MIT */
/* A task that runs a command in the sandbox and shows the agent what it printed: the environment
 * and the command lines that the command can see. */
#include <grasp/ext/exec.h>
#include <grasp/grasp.h>

static const char command[] =
    "[\"/bin/sh\", \"-c\", \"env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null; sleep 0.3\"]";

static int32_t peek_open(grasp_call *call, grasp_str config, void **out_self)
{
    (void)call, (void)config;
    *out_self = NULL;
    return GRASP_OK;
}

static int32_t peek_info(grasp_call *call, void *self)
{
    (void)self;
    return call->host->emit_json(call, grasp_cstr("{\"name\": \"peek\", \"splits\": [\"val\"],"
                                                  " \"max_turns\": 1, \"blocking\": true}"));
}

static int32_t peek_samples(grasp_call *call, void *self, grasp_str split)
{
    (void)self, (void)split;
    return call->host->emit_json(call, grasp_cstr("{\"id\": \"peek_1\"}"));
}

static int32_t peek_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    const grasp_exec *exec = call->host->extension(call, grasp_cstr(GRASP_EXT_EXEC));
    grasp_exec_request request = {.size = sizeof(request), .argv = grasp_cstr(command)};
    grasp_exec_result result = {.size = sizeof(result)};
    (void)self, (void)sample, (void)seed;
    *out = NULL;
    int32_t code = exec->run(call, &request, &result);
    char *text = code ? NULL : call->host->scratch(call, result.out.len + 1);
    if (!text)
        return code;
    for (uint64_t i = 0; i < result.out.len; i++)
        text[i] =
            (char)(result.out.ptr[i] < ' ' || result.out.ptr[i] > '~' ? ' ' : result.out.ptr[i]);
    grasp_str seen = {text, result.out.len};
    return grasp_say(call, "user", seen);
}

static int32_t peek_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    (void)self, (void)episode;
    return grasp_done(call, "completed", reply->text, NULL);
}

static void peek_end(grasp_call *call, void *self, void *episode)
{
    (void)call, (void)self, (void)episode;
}

static int32_t peek_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                          grasp_str judge)
{
    (void)self, (void)sample, (void)rollout, (void)judge;
    return grasp_judge(call, 1, NULL);
}

static void peek_close(grasp_call *call, void *self)
{
    (void)call, (void)self;
}

static const grasp_task task = {sizeof(task), 0,         "peek",    "looks around in the sandbox",
                                NULL,         peek_open, peek_info, peek_samples,
                                peek_begin,   peek_step, peek_end,  peek_grade,
                                peek_close,   NULL};
GRASP_PLUGIN_TASK("peek", "1.0", "MIT", &task)
