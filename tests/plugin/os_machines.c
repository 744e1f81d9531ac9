/* SPDX-License-Identifier: MIT */
#include "os_machines.h"

#include <string.h>

static struct scripted_machines *of(grasp_call *call)
{
    return mock_host_of(call)->context;
}

static void note(struct scripted_machines *self, const char *what, struct json *value)
{
    struct json *line = json_new_array();
    json_push(line, json_new_str(str_of(what)));
    if (value)
        json_push(line, value);
    json_push(self->log, line);
}

static int32_t open_machine(grasp_call *call, const grasp_machine_request *request,
                            grasp_machine **out)
{
    struct scripted_machines *self = of(call);
    struct str error = json_str(self->open_error);
    if (error.len)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "%.*s", (int)error.len, error.ptr);
    note(self, "open", NULL);
    self->open++;
    *out = (grasp_machine *)self;
    return GRASP_OK;
}

/* Characters up to U+00FF as the bytes that they stand for. */
static grasp_str bytes_of(grasp_call *call, struct str text)
{
    char *out = call->host->scratch(call, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c == 0xc2 || c == 0xc3) && i + 1 < text.len)
            out[len++] = (char)(((c & 3) << 6) | (text.ptr[++i] & 0x3f));
        else
            out[len++] = (char)c;
    }
    return (grasp_str){out, len};
}

static int32_t run(grasp_call *call, grasp_machine *machine, const grasp_machine_command *command,
                   grasp_machine_result *result)
{
    struct scripted_machines *self = of(call);
    const struct json *one = json_at(self->exec_returns, self->exec_next++);
    note(self, "exec", json_parse((struct str){command->argv.ptr, command->argv.len}, NULL));
    if (self->exec_lost)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "the machine has ended");
    *result = (grasp_machine_result){
        .size = sizeof(*result),
        .status = (int32_t)json_int(json_at(one, 0), 0),
        .out = bytes_of(call, json_str(json_at(one, 1))),
        .err = bytes_of(call, json_str(json_at(one, 2))),
    };
    return GRASP_OK;
}

static int32_t type(grasp_call *call, grasp_machine *machine, grasp_str text, uint32_t timeout_ms,
                    uint64_t max_output, grasp_machine_result *result)
{
    struct scripted_machines *self = of(call);
    struct str output = json_str(json_at(self->shell_returns, self->shell_next++));
    bool hangs = str_starts(output, "EXC:");
    note(self, "shell", json_new_str((struct str){text.ptr, text.len}));
    if (self->shell_lost)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "the machine has ended");
    *result = (grasp_machine_result){
        .size = sizeof(*result),
        .status = self->over_limit ? 137 : 0,
        .over_limit = self->over_limit,
        .timed_out = hangs,
        .out = {hangs || !output.ptr ? "" : output.ptr, hangs ? 0 : output.len}};
    return GRASP_OK;
}

static void close_machine(grasp_call *call, grasp_machine *machine)
{
    note(of(call), "close", NULL);
    of(call)->open--;
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

void scripted_machines_serve(struct scripted_machines *machines, struct mock_host *host)
{
    machines->log = json_new_array();
    host->extension = extension;
    host->context = machines;
}

void scripted_machines_reset(struct scripted_machines *machines)
{
    json_free(machines->log);
    machines->log = json_new_array();
    machines->shell_next = machines->exec_next = 0;
}

void scripted_machines_clear(struct scripted_machines *machines)
{
    json_free(machines->log);
    machines->log = NULL;
}
