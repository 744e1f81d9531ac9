/* SPDX-License-Identifier: MIT */
/*
 * The host that plugins meet under test: the functions of the real one, which first look whether
 * the call is running and on its thread. All tables end before a page that cannot be touched, so
 * that reading a member that this host does not have is seen.
 */
#include <string.h>

#include "plugin/check_internal.h"

#define NEWER_BYTES 64 /* what a host of a later minor might add to a table or struct */

/* The table of minor 0 ended here; later members are only for plugins that ask GRASP_HAS. */
#define HOST_SIZE_0 (offsetof(grasp_host, emit_files) + sizeof(((grasp_host *)NULL)->emit_files))
#define LAB_SIZE_0 (offsetof(grasp_lab, rng_next) + sizeof(((grasp_lab *)NULL)->rng_next))

static enum check_host mode;
static const grasp_host *table;
static const grasp_lab *lab;
static const grasp_json *json;
static const grasp_exec *exec;
static const grasp_machines *machines;
static const grasp_pythons *pythons;
static const grasp_scratch *scratch;

static bool running(grasp_call *call, const char *function)
{
    const struct frame *frame = (const struct frame *)call;
    if (guard_area_of(call) != GUARD_CALL) {
        check_fail("R11", "%s was called with something that is not a call", function);
        return false;
    }
    if (!frame->live) {
        check_fail("R11", "%s was called with the call of %s, after that had returned", function,
                   frame->call.function);
        return false;
    }
    if (!pthread_equal(frame->thread, pthread_self())) {
        check_fail("R12", "%s was called on another thread than %s", function,
                   frame->call.function);
        return false;
    }
    return true;
}

static void guard_log(grasp_call *call, int32_t level, grasp_str text)
{
    if (!running(call, "log"))
        return;
    if (!str_valid_utf8(str_from(text)))
        check_fail("R5", "%s: the text of log is not valid UTF-8", ((struct call *)call)->function);
}

static int32_t guard_fail(grasp_call *call, int32_t code, grasp_str text)
{
    if (!running(call, "fail"))
        return code;
    if (!str_valid_utf8(str_from(text)))
        check_fail("R5", "%s: the text of fail is not valid UTF-8",
                   ((struct call *)call)->function);
    return call_host_table()->fail(call, code, text);
}

static void *guard_scratch(grasp_call *call, uint64_t size)
{
    return running(call, "scratch") ? call_host_table()->scratch(call, size) : NULL;
}

/* The clock stands, so that what follows from it is the same each time. */
static int64_t guard_now(grasp_call *call)
{
    return running(call, "now") ? INT64_C(1767225600000) : 0;
}

static int32_t guard_cancelled(grasp_call *call)
{
    return running(call, "cancelled") ? call_host_table()->cancelled(call) : 1;
}

static const void *guard_extension(grasp_call *call, grasp_str id)
{
    const void *real = running(call, "extension") ? extension_find(str_from(id)) : NULL;
    if (real == &extension_json)
        return json;
    if (real == &extension_exec)
        return exec;
    if (real == &extension_machine)
        return machines;
    if (real == &extension_python)
        return pythons;
    return real == &extension_scratch ? scratch : real;
}

static int32_t guard_json(grasp_call *call, grasp_str text)
{
    return running(call, "emit_json") ? call_host_table()->emit_json(call, text) : GRASP_E_STATE;
}

static int32_t guard_message(grasp_call *call, const grasp_message *message)
{
    return running(call, "emit_message") ? call_host_table()->emit_message(call, message)
                                         : GRASP_E_STATE;
}

static int32_t guard_action(grasp_call *call, grasp_str action)
{
    return running(call, "emit_action") ? call_host_table()->emit_action(call, action)
                                        : GRASP_E_STATE;
}

static int32_t guard_outcome(grasp_call *call, const grasp_outcome *outcome)
{
    return running(call, "emit_outcome") ? call_host_table()->emit_outcome(call, outcome)
                                         : GRASP_E_STATE;
}

static int32_t guard_verdict(grasp_call *call, const grasp_verdict *verdict)
{
    return running(call, "emit_verdict") ? call_host_table()->emit_verdict(call, verdict)
                                         : GRASP_E_STATE;
}

static int32_t guard_request(grasp_call *call, grasp_str text)
{
    return running(call, "emit_request") ? call_host_table()->emit_request(call, text)
                                         : GRASP_E_STATE;
}

static int32_t guard_guidance(grasp_call *call, const grasp_guidance *guidance)
{
    return running(call, "emit_guidance") ? call_host_table()->emit_guidance(call, guidance)
                                          : GRASP_E_STATE;
}

static int32_t guard_files(grasp_call *call, const grasp_files *files)
{
    return running(call, "emit_files") ? call_host_table()->emit_files(call, files) : GRASP_E_STATE;
}

static const grasp_host guarded = {
    .size = sizeof(grasp_host),
    .abi_minor = GRASP_ABI_MINOR,
    .log = guard_log,
    .fail = guard_fail,
    .scratch = guard_scratch,
    .now = guard_now,
    .cancelled = guard_cancelled,
    .extension = guard_extension,
    .emit_json = guard_json,
    .emit_message = guard_message,
    .emit_action = guard_action,
    .emit_outcome = guard_outcome,
    .emit_verdict = guard_verdict,
    .emit_request = guard_request,
    .emit_guidance = guard_guidance,
    .emit_files = guard_files,
};

size_t host_struct_size(size_t now)
{
    return mode == HOST_NEWER ? now + NEWER_BYTES : now;
}

/* A table as the host of this mode has it. first: its size in minor 0. */
static const void *present(const void *from, size_t first, size_t now)
{
    uint8_t copy[1024];
    struct guard_block block;
    size_t size = mode == HOST_OLDER ? first : host_struct_size(now);
    memset(copy, 0xa5, sizeof(copy));
    memcpy(copy, from, now);
    uint32_t claimed = (uint32_t)size;
    memcpy(copy, &claimed, sizeof(claimed));
    return guard_copy(GUARD_TABLE, copy, size, 0, &block);
}

void host_start(enum check_host host)
{
    mode = host;
    grasp_host own = guarded;
    own.abi_minor = host == HOST_OLDER ? 0 : host == HOST_NEWER ? UINT32_MAX : GRASP_ABI_MINOR;
    table = present(&own, HOST_SIZE_0, sizeof(own));
    lab = present(&lab_table, LAB_SIZE_0, sizeof(lab_table));
    json = present(&extension_json, sizeof(grasp_json), sizeof(grasp_json));
    exec = present(&extension_exec, sizeof(grasp_exec), sizeof(grasp_exec));
    machines = present(&extension_machine, sizeof(grasp_machines), sizeof(grasp_machines));
    pythons = present(&extension_python, sizeof(grasp_pythons), sizeof(grasp_pythons));
    scratch = present(&extension_scratch, sizeof(grasp_scratch), sizeof(grasp_scratch));
}

const grasp_host *host_table(void)
{
    return table;
}

const grasp_lab *host_lab(void)
{
    return lab;
}
