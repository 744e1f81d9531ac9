// SPDX-License-Identifier: MIT
// R10: an exception leaves step.
#include <grasp/grasp.h>
#include <stdexcept>

static int32_t open_it(grasp_call *, grasp_str, void **out_self)
{
    *out_self = nullptr;
    return GRASP_OK;
}

static int32_t info(grasp_call *call, void *)
{
    return call->host->emit_json(
        call, grasp_cstr("{\"name\": \"throws\", \"splits\": [\"dev\"], \"max_turns\": 2}"));
}

static int32_t samples(grasp_call *call, void *, grasp_str)
{
    return call->host->emit_json(call, grasp_cstr("{\"id\": \"one\"}"));
}

static int32_t begin(grasp_call *call, void *, grasp_str, uint64_t, void **out_episode)
{
    *out_episode = nullptr;
    return grasp_say(call, "user", grasp_cstr("Go on."));
}

static int32_t step(grasp_call *, void *, void *, const grasp_reply *)
{
    throw std::runtime_error("not caught");
}

static void end(grasp_call *, void *, void *) {}

static int32_t grade(grasp_call *call, void *, grasp_str, grasp_str, grasp_str)
{
    return grasp_judge(call, 0, nullptr);
}

static void close_it(grasp_call *, void *) {}

static const grasp_task task = {sizeof(task), 0,    "throws", "throws in step", nullptr,
                                open_it,      info, samples,  begin,            step,
                                end,          grade, close_it, nullptr};
GRASP_PLUGIN_TASK("throws", "1.0", "MIT", &task)
