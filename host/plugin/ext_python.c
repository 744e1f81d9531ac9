/* SPDX-License-Identifier: MIT */
/* grasp.python/1 over io/python. */
#include <string.h>

#include "io/python.h"
#include "plugin/call.h"
#include "plugin/ext_exec.h"

struct python_entry {
    struct python *python;
    struct python_entry *next;
};

struct python_data_entry {
    struct python_entry *python;
    struct python_data *data;
    struct python_data_entry *next;
};

static int32_t python_ext_open(grasp_call *base, const grasp_python_setup *in,
                               grasp_python **out_python)
{
    struct call *call = (struct call *)base;
    grasp_python_setup s = {0};
    struct python *python;
    struct err err;
    if (!call->owner || call->kind != CALL_OPEN)
        return call_fault(call, GRASP_E_STATE, "python: it is opened in open");
    if (!in || in->size < offsetof(grasp_python_setup, max_memory))
        return call_fault(call, GRASP_E_INVALID, "python: `size` of the setup is too small (R3)");
    memcpy(&s, in, in->size < sizeof(s) ? in->size : sizeof(s));
    const struct python_setup setup = {
        .program = str_from(s.program),
        .max_memory = s.max_memory,
        .max_files = s.max_files,
        .max_result = s.max_result,
        .max_parallel = s.max_parallel,
    };
    if (python_open(&setup, &python, &err))
        return call_host_error(call, &err);
    struct python_entry *entry = mem_alloc(sizeof(*entry));
    entry->python = python;
    pthread_mutex_lock(&call->owner->mutex);
    entry->next = call->owner->pythons;
    call->owner->pythons = entry;
    pthread_mutex_unlock(&call->owner->mutex);
    *out_python = (grasp_python *)entry;
    return GRASP_OK;
}

static int32_t python_ext_hold(grasp_call *base, grasp_python *handle, grasp_str data,
                               grasp_python_data **out_data)
{
    struct call *call = (struct call *)base;
    struct python_entry *python = (struct python_entry *)handle;
    struct python_data *held;
    struct err err;
    if (!call->owner)
        return call_fault(call, GRASP_E_STATE, "python: data is held in open, begin and step");
    if (!python)
        return call_fault(call, GRASP_E_INVALID, "python: it is not open");
    if (python_hold(python->python, str_from(data), &held, &err))
        return call_host_error(call, &err);
    struct python_data_entry *entry = mem_alloc(sizeof(*entry));
    entry->python = python;
    entry->data = held;
    pthread_mutex_lock(&call->owner->mutex);
    entry->next = call->owner->python_data;
    call->owner->python_data = entry;
    pthread_mutex_unlock(&call->owner->mutex);
    *out_data = (grasp_python_data *)entry;
    return GRASP_OK;
}

static int32_t give(struct call *call, struct python_result *in, grasp_python_result *out)
{
    static const int32_t ends[] = {
        [PYTHON_DONE] = GRASP_PYTHON_DONE,       [PYTHON_LEFT] = GRASP_PYTHON_LEFT,
        [PYTHON_LATE] = GRASP_PYTHON_LATE,       [PYTHON_LONG] = GRASP_PYTHON_LONG,
        [PYTHON_GARBLED] = GRASP_PYTHON_GARBLED, [PYTHON_CROWDED] = GRASP_PYTHON_CROWDED,
        [PYTHON_UNREAD] = GRASP_PYTHON_UNREAD,
    };
    grasp_python_result r = {
        .size = out->size,
        .end = ends[in->end],
        .status = in->status,
        .cpu_ms = in->cpu_ms,
        .text = {arena_dup(&call->scratch, in->text.len ? in->text.ptr : "", in->text.len),
                 in->text.len},
    };
    memcpy(out, &r, out->size < sizeof(r) ? out->size : sizeof(r));
    buf_free(&in->text);
    return GRASP_OK;
}

static int32_t python_ext_run(grasp_call *base, grasp_python *handle, grasp_python_data *data,
                              grasp_str source, uint32_t timeout_ms, grasp_python_result *result)
{
    struct call *call = (struct call *)base;
    struct python_entry *python = (struct python_entry *)handle;
    struct python_data_entry *entry = (struct python_data_entry *)data;
    struct python_result got;
    struct err err;
    if (!call->owner)
        return call_fault(call, GRASP_E_STATE, "python: it is run in open, begin and step");
    if (!python || (entry && entry->python != python))
        return call_fault(call, GRASP_E_INVALID, "python: it is not open, or has no such data");
    if (!result || result->size < sizeof(uint64_t))
        return call_fault(call, GRASP_E_INVALID, "python: `size` of the result is too small (R3)");
    const struct python_run run = {
        .source = str_from(source),
        .data = entry ? entry->data : NULL,
        .timeout_ms = timeout_ms,
        .cancelled = call->cancelled,
    };
    if (python_run(python->python, &run, &got, &err))
        return call_host_error(call, &err);
    return give(call, &got, result);
}

static void python_ext_release(grasp_call *base, grasp_python_data *data)
{
    struct owner *owner = ((struct call *)base)->owner;
    if (!owner || !data)
        return;
    pthread_mutex_lock(&owner->mutex);
    struct python_data_entry **link = &owner->python_data;
    while (*link && *link != (struct python_data_entry *)data)
        link = &(*link)->next;
    struct python_data_entry *entry = *link;
    if (entry)
        *link = entry->next;
    pthread_mutex_unlock(&owner->mutex);
    if (entry)
        python_release(entry->data);
    mem_free(entry);
}

void pythons_close(struct owner *owner)
{
    while (owner->python_data) {
        struct python_data_entry *entry = owner->python_data;
        owner->python_data = entry->next;
        python_release(entry->data);
        mem_free(entry);
    }
    while (owner->pythons) {
        struct python_entry *entry = owner->pythons;
        owner->pythons = entry->next;
        python_close(entry->python);
        mem_free(entry);
    }
}

const grasp_pythons extension_python = {
    .size = sizeof(grasp_pythons),
    .open = python_ext_open,
    .hold = python_ext_hold,
    .run = python_ext_run,
    .release = python_ext_release,
};
