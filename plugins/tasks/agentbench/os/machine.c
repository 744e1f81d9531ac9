/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "episode.h"
#include "shell_output.h"

/* What a check may print; more is no answer of any problem. */
#define SCRIPT_OUTPUT_MAX ((uint64_t)1 << 20)

void os_machine_image(const struct os *self, struct pool *pool, grasp_str name,
                      grasp_machine_request *request)
{
    if (!request->engine.len || request->layers.len)
        return;
    request->image =
        self->image.len ? self->image : pool_format(pool, "local-os/%.*s", (int)name.len, name.ptr);
}

int32_t os_machine_open(grasp_call *call, const struct os *self, struct os_episode *episode)
{
    grasp_machine_request request = self->machine;
    const char *needs = problem_needs(episode->problem);
    if (needs && self->plain)
        return grasp_fail(call, GRASP_E_UNAVAILABLE,
                          "this problem needs a machine with %s: give the option root, a folder "
                          "that tools/os_root.sh has built",
                          needs);
    if (request.engine.len && request.layers.len &&
        grasp_equal(episode->problem->image, "packages"))
        return grasp_fail(call, GRASP_E_UNAVAILABLE,
                          "this problem needs npm, which podman can only have from an image: give "
                          "the option image in place of root");
    os_machine_image(self, &episode->pool, episode->problem->image, &request);
    if (grasp_equal(episode->problem->image, "packages") && self->npm_layers.len)
        request.layers = self->npm_layers;
    return self->machines->open(call, &request, &episode->machine);
}

static int32_t run(grasp_call *call, const struct os_episode *episode, grasp_str argv,
                   grasp_machine_result *out)
{
    const grasp_machines *machines = call->host->extension(call, grasp_cstr(GRASP_EXT_MACHINE));
    grasp_machine_command command = {
        .size = sizeof(command), .argv = argv, .max_output = SCRIPT_OUTPUT_MAX};
    *out = (grasp_machine_result){.size = sizeof(*out)};
    return machines->run(call, episode->machine, &command, out);
}

static int32_t run_for_check(grasp_call *call, void *context, grasp_str argv, int32_t *out_status,
                             grasp_str *out_text)
{
    grasp_machine_result result;
    int32_t status = run(call, context, argv, &result);
    *out_status = result.timed_out ? 124 : result.status;
    *out_text = result.out;
    return status;
}

struct check_runner os_machine_runner(struct os_episode *episode)
{
    return (struct check_runner){run_for_check, episode};
}

static void put_failure(struct text *out, const char *what, size_t number,
                        const grasp_machine_result *result)
{
    struct text line CLEANUP_TEXT = {0};
    text_line(&line, utf8_prefix(slice_trim(result->err), 300));
    text_format(out, "%s script %zu of the problem ", what, number);
    if (result->timed_out)
        text_put(out, "did not end");
    else
        text_format(out, "ended with status %d", result->status);
    if (line.len) {
        text_put(out, ": ");
        text_str(out, text_view(&line));
    }
}

static int32_t run_init(grasp_call *call, const struct os_episode *episode, size_t number,
                        struct text *out_reason)
{
    struct text command CLEANUP_TEXT = {0};
    const struct script *script = &episode->problem->inits[number];
    grasp_machine_result result;
    if (!script->present || !script_command(script, NULL, 0, &command)) {
        text_format(out_reason, "init script %zu of the problem is none that can be run",
                    number + 1);
        return GRASP_OK;
    }
    int32_t status = run(call, episode, text_view(&command), &result);
    if (!status && (result.timed_out || result.status))
        put_failure(out_reason, "init", number + 1, &result);
    return status;
}

int32_t os_machine_prepare(grasp_call *call, const struct os *self, struct os_episode *episode,
                           struct text *out_reason)
{
    const struct problem *problem = episode->problem;
    struct text ignored CLEANUP_TEXT = {0};
    enum os_shell end = OS_SHELL_DONE;
    int32_t status = GRASP_OK;
    for (size_t i = 0; i < problem->init_count && !status && !out_reason->len; i++)
        status = run_init(call, episode, i, out_reason);
    if (!status && !out_reason->len && problem->start.present)
        status = os_machine_type(call, self, episode, problem->start.code, &ignored, &end);
    if (end == OS_SHELL_HUNG)
        text_put(out_reason, "the start script of the problem did not end");
    return status;
}

int32_t os_machine_type(grasp_call *call, const struct os *self, struct os_episode *episode,
                        grasp_str script, struct text *out, enum os_shell *out_end)
{
    struct text clean CLEANUP_TEXT = {0};
    grasp_machine_result result = {.size = sizeof(result)};
    int32_t status =
        self->machines->shell(call, episode->machine, script, self->command_ms, 0, &result);
    if (status)
        return status;
    *out_end = result.over_limit  ? OS_SHELL_OVER_LIMIT
               : result.timed_out ? OS_SHELL_HUNG
                                  : OS_SHELL_DONE;
    shell_output_clean(&clean, result.out);
    if (self->reference)
        text_str(out, text_view(&clean));
    else
        shell_output_lines(out, text_view(&clean));
    if (out->failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a command's output");
    return GRASP_OK;
}
