/* SPDX-License-Identifier: MIT */
/* grasp.exec/1 over io/sandbox. */
#include "plugin/ext_exec.h"

#include <string.h>

#include "io/sandbox.h"
#include "plugin/call.h"

#define MAX_WORDS 4096

struct session_entry {
    struct child *child;
    struct session_entry *next;
};

static struct call *call_of(grasp_call *call)
{
    return (struct call *)call;
}

static const char *text_in(struct call *call, struct str text)
{
    return arena_dup(&call->scratch, text.ptr, text.len);
}

const char *const *call_words(struct call *call, grasp_str json, const char *what)
{
    CLEANUP_JSON struct json *array = json_parse(str_from(json), NULL);
    size_t count = json_count(array);
    if (!json_is(array, JSON_ARRAY) || count == 0 || count > MAX_WORDS) {
        call_fault(call, GRASP_E_INVALID, "%s must be a JSON array of 1 to %d strings", what,
                   MAX_WORDS);
        return NULL;
    }
    const char **words = arena_alloc(&call->scratch, (count + 1) * sizeof(*words));
    for (size_t i = 0; i < count; i++) {
        struct str word = json_str(json_at(array, i));
        if (!json_is(json_at(array, i), JSON_STRING) || memchr(word.ptr, 0, word.len)) {
            call_fault(call, GRASP_E_INVALID, "%s must hold strings without NUL", what);
            return NULL;
        }
        words[i] = text_in(call, word);
    }
    return words;
}

static const char *const *read_env(struct call *call, grasp_str json)
{
    CLEANUP_JSON struct json *object = json.len ? json_parse(str_from(json), NULL) : NULL;
    size_t count = 0;
    const char **env = arena_alloc(&call->scratch, (json_count(object) + 1) * sizeof(*env));
    for (struct json_iter it = json_members(object); json_next(&it);) {
        struct str value = json_str(it.value);
        env[count++] = arena_printf(&call->scratch, "%.*s=%.*s", (int)it.key.len, it.key.ptr,
                                    (int)value.len, value.ptr);
    }
    return env;
}

static bool read_request(struct call *call, const grasp_exec_request *in,
                         struct sandbox_request *out)
{
    grasp_exec_request r = {0};
    if (!in || in->size < offsetof(grasp_exec_request, max_memory)) {
        call_fault(call, GRASP_E_INVALID, "exec: `size` of the request is too small (R3)");
        return false;
    }
    memcpy(&r, in, in->size < sizeof(r) ? in->size : sizeof(r));
    *out = (struct sandbox_request){
        .argv = call_words(call, r.argv, "argv"),
        .env = read_env(call, r.env),
        .folder = r.folder.len ? text_in(call, str_from(r.folder)) : NULL,
        .input = str_from(r.input),
        .timeout_ms = r.timeout_ms,
        .max_output = r.max_output,
        .max_memory = r.max_memory,
        .max_processes = r.max_processes,
    };
    return out->argv != NULL;
}

static void write_result(struct call *call, struct child_result *in, grasp_exec_result *out)
{
    grasp_exec_result r = {
        .size = out->size,
        .status = in->status,
        .timed_out = in->timed_out,
        .truncated = in->truncated,
        .out = {arena_dup(&call->scratch, in->out.len ? in->out.ptr : "", in->out.len),
                in->out.len},
        .err = {arena_dup(&call->scratch, in->err.len ? in->err.ptr : "", in->err.len),
                in->err.len},
    };
    memcpy(out, &r, out->size < sizeof(r) ? out->size : sizeof(r));
    buf_free(&in->out);
    buf_free(&in->err);
}

static int32_t exec_run(grasp_call *base, const grasp_exec_request *request,
                        grasp_exec_result *result)
{
    struct call *call = call_of(base);
    struct sandbox_request sandbox;
    struct child_result got = {0};
    struct err err;
    if (!read_request(call, request, &sandbox))
        return GRASP_E_INVALID;
    if (sandbox_run(&sandbox, &got, &err))
        return call_host_error(call, &err);
    write_result(call, &got, result);
    return GRASP_OK;
}

static int32_t exec_open(grasp_call *base, const grasp_exec_request *request,
                         grasp_exec_session **out_session)
{
    struct call *call = call_of(base);
    struct sandbox_request sandbox;
    struct child *child;
    struct err err;
    if (!call->owner)
        return call_fault(call, GRASP_E_STATE, "sessions are opened in open, begin and step");
    if (!read_request(call, request, &sandbox))
        return GRASP_E_INVALID;
    if (sandbox_open(&sandbox, &child, &err))
        return call_host_error(call, &err);
    struct session_entry *entry = mem_alloc(sizeof(*entry));
    entry->child = child;
    pthread_mutex_lock(&call->owner->mutex);
    entry->next = call->owner->sessions;
    call->owner->sessions = entry;
    pthread_mutex_unlock(&call->owner->mutex);
    *out_session = (grasp_exec_session *)entry;
    return GRASP_OK;
}

/* A session is only used through the owner that opened it. */
static struct session_entry **find(struct call *call, grasp_exec_session *session)
{
    if (!call->owner || !session)
        return NULL;
    for (struct session_entry **link = &call->owner->sessions; *link; link = &(*link)->next) {
        if (*link == (struct session_entry *)session)
            return link;
    }
    return NULL;
}

static int32_t exec_exchange(grasp_call *base, grasp_exec_session *session, grasp_str input,
                             grasp_str until, uint32_t timeout_ms, grasp_exec_result *result)
{
    struct call *call = call_of(base);
    struct child_result got = {0};
    struct err err;
    struct session_entry **link = find(call, session);
    if (!link)
        return call_fault(call, GRASP_E_STATE, "exec: the session is not open here");
    if (child_exchange((*link)->child, str_from(input), str_from(until), timeout_ms, &got, &err))
        return call_host_error(call, &err);
    write_result(call, &got, result);
    return GRASP_OK;
}

static void exec_close(grasp_call *base, grasp_exec_session *session)
{
    struct session_entry **link = find(call_of(base), session);
    if (!link)
        return;
    struct session_entry *entry = *link;
    *link = entry->next;
    child_close(entry->child);
    mem_free(entry);
}

void sessions_close(struct owner *owner)
{
    while (owner->sessions) {
        struct session_entry *entry = owner->sessions;
        owner->sessions = entry->next;
        child_close(entry->child);
        mem_free(entry);
    }
}

const grasp_exec extension_exec = {
    .size = sizeof(grasp_exec),
    .run = exec_run,
    .open = exec_open,
    .exchange = exec_exchange,
    .close = exec_close,
};
