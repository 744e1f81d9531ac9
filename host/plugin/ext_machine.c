/* SPDX-License-Identifier: MIT */
/* grasp.machine/1 over io/machine. */
#include <string.h>

#include "io/machine.h"
#include "plugin/call.h"
#include "plugin/ext_exec.h"

struct machine_entry {
    struct machine *machine;
    struct machine_entry *next;
};

static const char *name_of(struct call *call, grasp_str text)
{
    return text.len ? arena_dup(&call->scratch, text.ptr, text.len) : NULL;
}

static bool read_request(struct call *call, const grasp_machine_request *in,
                         struct machine_request *out)
{
    grasp_machine_request r = {0};
    if (!in || in->size < offsetof(grasp_machine_request, max_memory)) {
        call_fault(call, GRASP_E_INVALID, "machine: `size` of the request is too small (R3)");
        return false;
    }
    memcpy(&r, in, in->size < sizeof(r) ? in->size : sizeof(r));
    *out = (struct machine_request){
        .layers = r.layers.len ? call_words(call, r.layers, "layers") : NULL,
        .max_memory = r.max_memory,
        .max_disk = r.max_disk,
        .max_processes = r.max_processes,
        .engine = name_of(call, r.engine),
        .image = name_of(call, r.image),
    };
    if (out->engine && strcmp(out->engine, "docker") != 0 && strcmp(out->engine, "podman") != 0) {
        call_fault(call, GRASP_E_INVALID, "machine: no engine '%.64s'; there are docker and podman",
                   out->engine);
        return false;
    }
    return out->layers || !r.layers.len;
}

static int32_t machine_ext_open(grasp_call *base, const grasp_machine_request *request,
                                grasp_machine **out_machine)
{
    struct call *call = (struct call *)base;
    struct machine_request wanted;
    struct machine *machine;
    struct err err;
    if (!call->owner)
        return call_fault(call, GRASP_E_STATE, "machines are opened in open, begin and step");
    if (!read_request(call, request, &wanted))
        return GRASP_E_INVALID;
    if (machine_open(&wanted, &machine, &err))
        return call_host_error(call, &err);
    struct machine_entry *entry = mem_alloc(sizeof(*entry));
    entry->machine = machine;
    pthread_mutex_lock(&call->owner->mutex);
    entry->next = call->owner->machines;
    call->owner->machines = entry;
    pthread_mutex_unlock(&call->owner->mutex);
    *out_machine = (grasp_machine *)entry;
    return GRASP_OK;
}

/* A machine is only used through the owner that opened it. */
static struct machine_entry **find(struct call *call, grasp_machine *machine)
{
    struct machine_entry **link = call->owner && machine ? &call->owner->machines : NULL;
    while (link && *link && *link != (struct machine_entry *)machine)
        link = &(*link)->next;
    return link && *link ? link : NULL;
}

static grasp_str keep(struct call *call, const struct buf *text)
{
    return (grasp_str){arena_dup(&call->scratch, text->len ? text->ptr : "", text->len), text->len};
}

static int32_t give(struct call *call, struct machine_result *in, grasp_machine_result *out)
{
    grasp_machine_result r = {
        .size = out->size,
        .status = in->status,
        .timed_out = in->timed_out,
        .truncated = in->truncated,
        .over_limit = in->end == MACHINE_OVER_LIMIT,
        .out = keep(call, &in->out),
        .err = keep(call, &in->err),
    };
    memcpy(out, &r, out->size < sizeof(r) ? out->size : sizeof(r));
    machine_result_clear(in);
    return GRASP_OK;
}

static int32_t machine_ext_run(grasp_call *base, grasp_machine *machine,
                               const grasp_machine_command *in, grasp_machine_result *result)
{
    struct call *call = (struct call *)base;
    struct machine_entry **link = find(call, machine);
    grasp_machine_command c = {0};
    struct machine_result got;
    struct err err;
    if (!link)
        return call_fault(call, GRASP_E_STATE, "machine: it is not open here");
    if (!in || in->size < offsetof(grasp_machine_command, max_output) || !result ||
        result->size < sizeof(uint64_t))
        return call_fault(call, GRASP_E_INVALID, "machine: `size` of a struct is too small (R3)");
    memcpy(&c, in, in->size < sizeof(c) ? in->size : sizeof(c));
    struct machine_command command = {.argv = call_words(call, c.argv, "argv"),
                                      .timeout_ms = c.timeout_ms,
                                      .max_output = c.max_output};
    if (!command.argv)
        return GRASP_E_INVALID;
    if (machine_run((*link)->machine, &command, &got, &err))
        return call_host_error(call, &err);
    return give(call, &got, result);
}

static int32_t machine_ext_shell(grasp_call *base, grasp_machine *machine, grasp_str text,
                                 uint32_t timeout_ms, uint64_t max_output,
                                 grasp_machine_result *result)
{
    struct call *call = (struct call *)base;
    struct machine_entry **link = find(call, machine);
    struct machine_result got;
    struct err err;
    if (!link)
        return call_fault(call, GRASP_E_STATE, "machine: it is not open here");
    if (!result || result->size < sizeof(uint64_t))
        return call_fault(call, GRASP_E_INVALID, "machine: `size` of a struct is too small (R3)");
    if (machine_shell((*link)->machine, str_from(text), timeout_ms, max_output, &got, &err))
        return call_host_error(call, &err);
    return give(call, &got, result);
}

static void machine_ext_close(grasp_call *base, grasp_machine *machine)
{
    struct machine_entry **link = find((struct call *)base, machine);
    if (!link)
        return;
    struct machine_entry *entry = *link;
    *link = entry->next;
    machine_close(entry->machine);
    mem_free(entry);
}

void machines_close(struct owner *owner)
{
    while (owner->machines) {
        struct machine_entry *entry = owner->machines;
        owner->machines = entry->next;
        machine_close(entry->machine);
        mem_free(entry);
    }
}

const grasp_machines extension_machine = {
    .size = sizeof(grasp_machines),
    .open = machine_ext_open,
    .run = machine_ext_run,
    .shell = machine_ext_shell,
    .close = machine_ext_close,
};
