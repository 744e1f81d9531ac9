/* SPDX-License-Identifier: MIT */
#include "os_real.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static int32_t refuse(grasp_call *call, const struct err *err)
{
    return grasp_fail(call, err->code == EXIT_UNAVAILABLE ? GRASP_E_UNAVAILABLE : GRASP_E_FAILED,
                      "%s", err->text);
}

/* A JSON array of strings as a list ended by NULL, in the call's memory. */
static const char *const *words(grasp_call *call, grasp_str text)
{
    CLEANUP_JSON struct json *list = json_parse((struct str){text.ptr, text.len}, NULL);
    const char **out = call->host->scratch(call, (json_count(list) + 1) * sizeof(*out));
    for (size_t i = 0; i < json_count(list); i++) {
        struct str word = json_str(json_at(list, i));
        char *copy = call->host->scratch(call, word.len + 1);
        memcpy(copy, word.ptr, word.len);
        out[i] = copy;
    }
    return out;
}

static int32_t open_machine(grasp_call *call, const grasp_machine_request *in, grasp_machine **out)
{
    struct machine *machine;
    struct err err;
    const struct machine_request request = {.layers = words(call, in->layers),
                                            .max_memory = in->max_memory,
                                            .max_disk = in->max_disk,
                                            .max_processes = in->max_processes,
                                            .engine = in->engine.len ? in->engine.ptr : NULL,
                                            .image = in->image.len ? in->image.ptr : NULL};
    if (machine_open(&request, &machine, &err))
        return refuse(call, &err);
    mock_host_of(call)->context = machine;
    *out = (grasp_machine *)machine;
    return GRASP_OK;
}

static grasp_str keep(grasp_call *call, const struct buf *text)
{
    char *copy = call->host->scratch(call, text->len + 1);
    if (text->len)
        memcpy(copy, text->ptr, text->len);
    return (grasp_str){copy, text->len};
}

static int32_t give(grasp_call *call, struct machine_result *in, grasp_machine_result *out)
{
    *out = (grasp_machine_result){.size = sizeof(*out),
                                  .status = in->status,
                                  .timed_out = in->timed_out,
                                  .truncated = in->truncated,
                                  .over_limit = in->end == MACHINE_OVER_LIMIT,
                                  .out = keep(call, &in->out),
                                  .err = keep(call, &in->err)};
    machine_result_clear(in);
    return GRASP_OK;
}

static int32_t run(grasp_call *call, grasp_machine *machine, const grasp_machine_command *in,
                   grasp_machine_result *out)
{
    const struct machine_command command = {
        .argv = words(call, in->argv), .timeout_ms = in->timeout_ms, .max_output = in->max_output};
    struct machine_result result;
    struct err err;
    if (machine_run((struct machine *)machine, &command, &result, &err))
        return refuse(call, &err);
    return give(call, &result, out);
}

static int32_t type(grasp_call *call, grasp_machine *machine, grasp_str text, uint32_t timeout_ms,
                    uint64_t max_output, grasp_machine_result *out)
{
    struct machine_result result;
    struct err err;
    if (machine_shell((struct machine *)machine, (struct str){text.ptr, text.len}, timeout_ms,
                      max_output, &result, &err))
        return refuse(call, &err);
    return give(call, &result, out);
}

static void close_machine(grasp_call *call, grasp_machine *machine)
{
    machine_close((struct machine *)machine);
    mock_host_of(call)->context = NULL;
}

static const grasp_machines table = {
    .size = sizeof(table),
    .open = open_machine,
    .run = run,
    .shell = type,
    .close = close_machine,
};

static const void *extension(struct mock_host *host, grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_MACHINE) ? &table : NULL;
}

void real_machines_serve(struct mock_host *host)
{
    host->extension = extension;
}

struct machine *real_machine(struct mock_host *host)
{
    return host->context;
}
