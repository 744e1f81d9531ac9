/* SPDX-License-Identifier: MIT */
#include "plugin/call.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define MAX_LOG (64u << 10)
#define MAX_TEXT (16u << 20)
#define MAX_SMALL (1u << 20)
#define MAX_FILES 100000u
#define MAX_FILE_BYTES (64u << 20)

static struct call *of(grasp_call *call)
{
    return (struct call *)call;
}

static const char *kind_name(enum call_kind kind)
{
    static const char *const names[] = {"open",
                                        "close",
                                        "info",
                                        "samples",
                                        "begin",
                                        "step",
                                        "end",
                                        "grade",
                                        "load",
                                        "augment",
                                        "describe",
                                        "learn",
                                        "a rehearsal's reply"};
    return names[kind];
}

int32_t call_fault(struct call *call, int32_t status, const char *format, ...)
{
    char text[1024];
    va_list args;
    if (call->host_fault)
        return status;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err_set(&call->err, EXIT_PLUGIN, "plugin %s, %s: %s", call->plugin, call->function, text);
    call->has_err = call->host_fault = true;
    return status;
}

int32_t call_host_error(struct call *call, const struct err *err)
{
    call->err = *err;
    call->has_err = true;
    if (err->code == EXIT_PLUGIN) {
        call->host_fault = true;
        return GRASP_E_INVALID;
    }
    if (err->code == EXIT_SIGINT || err->code == EXIT_SIGTERM)
        return GRASP_E_CANCELLED;
    return err->code == EXIT_UNAVAILABLE ? GRASP_E_UNAVAILABLE : GRASP_E_FAILED;
}

static void host_log(grasp_call *base, int32_t level, grasp_str text)
{
    static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR};
    struct call *call = of(base);
    if (level < 0 || level > 3)
        level = GRASP_LOG_INFO;
    uint64_t len = text.len < MAX_LOG ? text.len : MAX_LOG;
    log_line(levels[level], "%s: %.*s", call->plugin, (int)len, len ? text.ptr : "");
}

static int32_t host_fail(grasp_call *base, int32_t code, grasp_str text)
{
    struct call *call = of(base);
    if (code >= 0)
        code = GRASP_E_FAILED;
    if (call->host_fault)
        return code;
    uint64_t len = text.len < sizeof(call->err.text) ? text.len : sizeof(call->err.text) - 1;
    err_set(&call->err, EXIT_PLUGIN, "%s: %.*s", call->plugin, (int)len, len ? text.ptr : "");
    call->has_err = true;
    return code;
}

static void *host_scratch(grasp_call *base, uint64_t size)
{
    return arena_try(&of(base)->scratch, size ? size : 1);
}

static int64_t host_now(grasp_call *base)
{
    return clock_wall_ms();
}

static int32_t host_cancelled(grasp_call *base)
{
    const volatile int *flag = of(base)->cancelled;
    return flag && __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

static const void *host_extension(grasp_call *base, grasp_str id)
{
    return extension_find(str_from(id));
}

static int32_t wrong_call(struct call *call, const char *what)
{
    return call_fault(call, GRASP_E_STATE, "%s has no place in %s", what, kind_name(call->kind));
}

static bool size_ok(struct call *call, const char *what, grasp_str text, uint64_t limit)
{
    if (text.len > limit)
        call_fault(call, GRASP_E_TOO_LARGE, "%s has %llu bytes; the limit is %llu (R20)", what,
                   (unsigned long long)text.len, (unsigned long long)limit);
    else if (text.len && !text.ptr)
        call_fault(call, GRASP_E_INVALID, "%s is NULL with a length (R5)", what);
    else
        return true;
    return false;
}

static bool utf8_ok(struct call *call, const char *what, grasp_str text)
{
    if (str_valid_utf8(str_from(text)))
        return true;
    call_fault(call, GRASP_E_INVALID, "%s is not valid UTF-8 (R5)", what);
    return false;
}

static bool text_ok(struct call *call, const char *what, grasp_str text, uint64_t limit)
{
    return size_ok(call, what, text, limit) && utf8_ok(call, what, text);
}

static bool json_ok(struct call *call, const char *what, grasp_str text, uint64_t limit, char first)
{
    const char *why;
    size_t at;
    if (!size_ok(call, what, text, limit))
        return false;
    if (!json_check(str_from(text), &why, &at)) {
        /* What passes is UTF-8 as well. */
        if (utf8_ok(call, what, text))
            call_fault(call, GRASP_E_INVALID, "%s is not JSON: %s at byte %zu (R5)", what, why, at);
        return false;
    }
    if (!first || str_trim(str_from(text)).ptr[0] == first)
        return true;
    call_fault(call, GRASP_E_INVALID, "%s must be a JSON %s", what,
               first == '[' ? "array" : "object");
    return false;
}

static struct str keep(struct call *call, grasp_str text)
{
    return (struct str){arena_dup(call->out, text.len ? text.ptr : "", text.len), text.len};
}

/* The tools of the next turns, of which the engine offers those that the task has. */
static int32_t narrow_tools(struct call *call, grasp_str text)
{
    if (!json_ok(call, "what emit_json was given", text, MAX_SMALL, '{'))
        return GRASP_E_INVALID;
    CLEANUP_JSON struct json *object = json_parse(str_from(text), NULL);
    const struct json *tools = json_get(object, "tools");
    if (!json_is(tools, JSON_ARRAY))
        return call_fault(call, GRASP_E_INVALID, "emit_json in %s: \"tools\" must be an array",
                          call->function);
    CLEANUP_BUF struct buf names = {0};
    json_write(&names, tools, 0);
    call->sink->tools = keep(call, (grasp_str){names.ptr, names.len});
    return GRASP_OK;
}

static int32_t emit_json(grasp_call *base, grasp_str json)
{
    struct call *call = of(base);
    struct err err;
    if (call->sink)
        return narrow_tools(call, json);
    if (!call->on_json)
        return wrong_call(call, "emit_json");
    if (!json_ok(call, "what emit_json was given", json, MAX_TEXT, 0))
        return GRASP_E_INVALID;
    if (call->on_json(call->on_json_arg, str_from(json), &err))
        return call_fault(call, GRASP_E_INVALID, "%s", err.text);
    return GRASP_OK;
}

/* A message of a plugin, which may be of an older and shorter kind. */
static bool read_message(struct call *call, const grasp_message *in, grasp_message *out)
{
    memset(out, 0, sizeof(*out));
    if (!in || in->size < offsetof(grasp_message, tool_calls)) {
        call_fault(call, GRASP_E_INVALID, "emit_message: `size` is not that of a message (R3)");
        return false;
    }
    memcpy(out, in, in->size < sizeof(*out) ? in->size : sizeof(*out));
    return text_ok(call, "a message's role", out->role, 64) &&
           text_ok(call, "a message's content", out->content, MAX_TEXT) &&
           text_ok(call, "a message's name", out->name, 256) &&
           text_ok(call, "a message's tool_call_id", out->tool_call_id, 256) &&
           (!out->tool_calls.len ||
            json_ok(call, "a message's tool_calls", out->tool_calls, MAX_TEXT, '['));
}

static int32_t emit_message(grasp_call *base, const grasp_message *message)
{
    struct call *call = of(base);
    grasp_message m;
    if (!call->sink && !call->reply)
        return wrong_call(call, "emit_message");
    if (!read_message(call, message, &m))
        return GRASP_E_INVALID;
    if (call->reply) {
        if (call->done)
            return call_fault(call, GRASP_E_STATE, "a reply is one message");
        call->done = true;
        call->reply->text = keep(call, m.content);
        call->reply->tool_calls = keep(call, m.tool_calls);
        return GRASP_OK;
    }
    struct turn_sink *sink = call->sink;
    if (!m.role.len)
        return call_fault(call, GRASP_E_INVALID, "a message needs a role");
    MEM_RESERVE(sink->messages, sink->count, sink->capacity);
    sink->messages[sink->count++] = (struct message){
        .role = keep(call, m.role),
        .content = keep(call, m.content),
        .tool_calls = keep(call, m.tool_calls),
        .tool_call_id = keep(call, m.tool_call_id),
        .name = keep(call, m.name),
        .flags = m.flags & (GRASP_MESSAGE_RECORD_ONLY | GRASP_MESSAGE_SEND_ONLY),
    };
    return GRASP_OK;
}

static int32_t emit_action(grasp_call *base, grasp_str action)
{
    struct call *call = of(base);
    struct turn_sink *sink = call->sink;
    if (!sink || call->kind != CALL_STEP)
        return wrong_call(call, "emit_action");
    if (!text_ok(call, "an action", action, MAX_SMALL))
        return GRASP_E_INVALID;
    MEM_RESERVE(sink->actions, sink->action_count, sink->action_capacity);
    sink->actions[sink->action_count++] = keep(call, action);
    return GRASP_OK;
}

static int32_t emit_outcome(grasp_call *base, const grasp_outcome *outcome)
{
    struct call *call = of(base);
    grasp_outcome o = {0};
    if (!call->sink)
        return wrong_call(call, "emit_outcome");
    if (!outcome || outcome->size < sizeof(uint64_t) + sizeof(grasp_str))
        return call_fault(call, GRASP_E_INVALID, "emit_outcome: `size` is too small (R3)");
    memcpy(&o, outcome, outcome->size < sizeof(o) ? outcome->size : sizeof(o));
    if (call->sink->done)
        return call_fault(call, GRASP_E_STATE, "an episode has one outcome");
    if (!text_ok(call, "the outcome's status", o.status, 256) ||
        !text_ok(call, "the outcome's answer", o.answer, MAX_TEXT) ||
        (o.raw.len && !json_ok(call, "the outcome's raw", o.raw, MAX_TEXT, 0)))
        return GRASP_E_INVALID;
    if (!o.status.len)
        return call_fault(call, GRASP_E_INVALID, "an outcome needs a status");
    call->sink->done = true;
    call->sink->status = keep(call, o.status);
    call->sink->answer = keep(call, o.answer);
    call->sink->raw = keep(call, o.raw);
    return GRASP_OK;
}

static int32_t emit_verdict(grasp_call *base, const grasp_verdict *verdict)
{
    struct call *call = of(base);
    grasp_verdict v = {0};
    if (!call->verdict)
        return wrong_call(call, "emit_verdict");
    if (!verdict || verdict->size < offsetof(grasp_verdict, tags))
        return call_fault(call, GRASP_E_INVALID, "emit_verdict: `size` is too small (R3)");
    memcpy(&v, verdict, verdict->size < sizeof(v) ? verdict->size : sizeof(v));
    if (v.correct != 0 && v.correct != 1)
        return call_fault(call, GRASP_E_INVALID, "`correct` must be 0 or 1");
    if (!(v.score >= 0 && v.score <= 1))
        return call_fault(call, GRASP_E_INVALID, "`score` must be from 0 to 1");
    if ((v.tags.len && !json_ok(call, "the verdict's tags", v.tags, MAX_SMALL, '[')) ||
        (v.detail.len && !json_ok(call, "the verdict's detail", v.detail, MAX_SMALL, '{')))
        return GRASP_E_INVALID;
    call->done = true;
    call->verdict->correct = v.correct;
    call->verdict->score = v.score;
    call->verdict->tags = v.correct || !v.tags.len ? STR("[]") : keep(call, v.tags);
    call->verdict->detail = keep(call, v.detail);
    return GRASP_OK;
}

static int32_t emit_request(grasp_call *base, grasp_str json)
{
    struct call *call = of(base);
    if (!call->requests)
        return wrong_call(call, "emit_request");
    if (!json_ok(call, "a judge's request", json, MAX_TEXT, '{'))
        return GRASP_E_INVALID;
    if (call->requests->len + json.len > MAX_TEXT)
        return call_fault(call, GRASP_E_TOO_LARGE, "the judge's requests are over 16 MiB (R20)");
    buf_text(call->requests, call->requests->len ? ", " : "[");
    buf_str(call->requests, str_from(json));
    return GRASP_OK;
}

static int32_t emit_guidance(grasp_call *base, const grasp_guidance *guidance)
{
    struct call *call = of(base);
    grasp_guidance g = {0};
    if (!call->guidance)
        return wrong_call(call, "emit_guidance");
    if (!guidance || guidance->size < offsetof(grasp_guidance, used))
        return call_fault(call, GRASP_E_INVALID, "emit_guidance: `size` is too small (R3)");
    memcpy(&g, guidance, guidance->size < sizeof(g) ? guidance->size : sizeof(g));
    if (call->done)
        return call_fault(call, GRASP_E_STATE, "a turn has one guidance");
    if (g.placement < GRASP_PLACE_TASK || g.placement > GRASP_PLACE_OPENING)
        return call_fault(call, GRASP_E_UNSUPPORTED, "placement %d is unknown", g.placement);
    if (!text_ok(call, "the guidance", g.text, MAX_TEXT) ||
        !text_ok(call, "the guidance's task_line", g.task_line, MAX_SMALL) ||
        (g.used.len && !json_ok(call, "the guidance's used", g.used, MAX_SMALL, '[')))
        return GRASP_E_INVALID;
    call->done = true;
    call->guidance->placement = (enum placement)g.placement;
    call->guidance->text = keep(call, g.text);
    call->guidance->used = keep(call, g.used);
    call->guidance->task_line = keep(call, g.task_line);
    return GRASP_OK;
}

static int32_t emit_files(grasp_call *base, const grasp_files *files)
{
    struct call *call = of(base);
    struct err err;
    uint64_t total = 0;
    if (!call->files)
        return wrong_call(call, "emit_files");
    if (*call->files)
        return call_fault(call, GRASP_E_STATE, "knowledge is emitted once");
    if (!files || files->count > MAX_FILES)
        return call_fault(call, GRASP_E_TOO_LARGE, "over %u files (R20)", MAX_FILES);
    struct files *out = files_create();
    for (uint64_t i = 0; i < files->count; i++) {
        const grasp_file *f = &files->items[i];
        total += f->text.len;
        if (total > MAX_FILE_BYTES)
            call_fault(call, GRASP_E_TOO_LARGE, "over 64 MiB of knowledge (R20)");
        else if (text_ok(call, "a file's text", f->text, MAX_FILE_BYTES) &&
                 files_set(out, str_from(f->name), str_from(f->text), &err))
            call_fault(call, GRASP_E_INVALID, "%s", err.text);
        if (call->host_fault) {
            files_destroy(out);
            return GRASP_E_INVALID;
        }
    }
    *call->files = out;
    return GRASP_OK;
}

static const grasp_host host_table = {
    .size = sizeof(grasp_host),
    .abi_minor = GRASP_ABI_MINOR,
    .log = host_log,
    .fail = host_fail,
    .scratch = host_scratch,
    .now = host_now,
    .cancelled = host_cancelled,
    .extension = host_extension,
    .emit_json = emit_json,
    .emit_message = emit_message,
    .emit_action = emit_action,
    .emit_outcome = emit_outcome,
    .emit_verdict = emit_verdict,
    .emit_request = emit_request,
    .emit_guidance = emit_guidance,
    .emit_files = emit_files,
};

const grasp_host *call_host_table(void)
{
    return &host_table;
}

void call_init(struct call *call, enum call_kind kind, const char *plugin, const char *function)
{
    memset(call, 0, offsetof(struct call, err));
    call->base.host = &host_table;
    call->kind = kind;
    call->plugin = plugin;
    call->function = function;
}

static int code_of(enum call_kind kind, int32_t status)
{
    if (status == GRASP_E_UNAVAILABLE)
        return EXIT_UNAVAILABLE;
    if (status == GRASP_E_CANCELLED)
        return EXIT_SIGINT;
    bool from_user = kind == CALL_OPEN || kind == CALL_LOAD;
    if (from_user && (status == GRASP_E_INVALID || status == GRASP_E_NOT_FOUND))
        return EXIT_CONFIG;
    return EXIT_PLUGIN;
}

int call_finish(struct call *call, int32_t status, struct err *err)
{
    int code = 0;
    if (status > 0)
        status = call_fault(call, GRASP_E_FAILED, "returned the unknown status %d (R9)", status);
    if (call->host_fault)
        code = call->err.code;
    else if (status < 0 && call->has_err)
        code = call->err.code == EXIT_PLUGIN ? code_of(call->kind, status) : call->err.code;
    if (code && err) {
        *err = call->err;
        err->code = code;
    } else if (status < 0) {
        code = err_set(err, code_of(call->kind, status),
                       "plugin %s: %s failed with status %d and gave no reason (R9)", call->plugin,
                       call->function, status);
    }
    extension_json_forget();
    for (size_t i = 0; i < call->root_count; i++)
        json_free(call->roots[i]);
    mem_free(call->roots);
    arena_clear(&call->scratch);
    return code;
}
