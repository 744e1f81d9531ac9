/* SPDX-License-Identifier: MIT */
#include "mock_host.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "mock_json.h"

#include <cmocka.h>

#define MIB (1024u * 1024)

struct mock_call {
    grasp_call base;
    struct mock_host *owner;
    struct mock_json *json;
    void **scratch;
    size_t scratch_count;
};

struct mock_host *mock_host_of(grasp_call *call)
{
    return ((struct mock_call *)call)->owner;
}

static struct str as_str(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}

static struct mock_text copy(grasp_str text)
{
    struct mock_text out = {malloc(text.len + 1), text.len};
    if (text.len)
        memcpy(out.ptr, text.ptr, text.len);
    out.ptr[text.len] = 0;
    return out;
}

static void append(struct mock_texts *texts, grasp_str text)
{
    texts->items = realloc(texts->items, (texts->count + 1) * sizeof(*texts->items));
    texts->items[texts->count++] = copy(text);
}

static void clear_text(struct mock_text *text)
{
    free(text->ptr);
    *text = (struct mock_text){0};
}

static void clear_texts(struct mock_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i].ptr);
    free(texts->items);
    *texts = (struct mock_texts){0};
}

static void check_text(grasp_str text, uint64_t limit, const char *what)
{
    if (text.len > limit)
        fail_msg("R20: %s of %llu bytes", what, (unsigned long long)text.len);
    if (text.len && !str_valid_utf8(as_str(text)))
        fail_msg("R5: %s is not UTF-8", what);
}

/* kind: JSON_OBJECT or JSON_ARRAY. */
static void check_json(grasp_str text, uint64_t limit, enum json_kind kind, const char *what)
{
    struct err err;
    check_text(text, limit, what);
    struct json *value = json_parse(as_str(text), &err);
    if (!value)
        fail_msg("R5: %s is not JSON: %s: %.*s", what, err.text, (int)text.len, text.ptr);
    if (!json_is(value, kind))
        fail_msg("%s is not of the right kind: %.*s", what, (int)text.len, text.ptr);
    json_free(value);
}

static void host_log(grasp_call *call, int32_t level, grasp_str text)
{
    check_text(text, UINT64_MAX, "a log line");
    mock_host_of(call)->logged++;
}

static int32_t host_fail(grasp_call *call, int32_t code, grasp_str text)
{
    struct mock_host *host = mock_host_of(call);
    check_text(text, UINT64_MAX, "the text of fail");
    assert_true(code < 0);
    clear_text(&host->fail_text);
    host->fail_text = copy(text);
    host->fail_code = code;
    return code;
}

static void *host_scratch(grasp_call *call, uint64_t size)
{
    struct mock_call *mock = (struct mock_call *)call;
    if (size > 1024ull * MIB)
        return NULL;
    mock->scratch = realloc(mock->scratch, (mock->scratch_count + 1) * sizeof(void *));
    return mock->scratch[mock->scratch_count++] = calloc(1, size ? size : 1);
}

static int64_t host_now(grasp_call *call)
{
    return mock_host_of(call)->now;
}

static int32_t host_cancelled(grasp_call *call)
{
    return mock_host_of(call)->cancelled;
}

static const void *host_extension(grasp_call *call, grasp_str id)
{
    struct mock_host *host = mock_host_of(call);
    if (grasp_equal(id, GRASP_EXT_JSON) && !host->without_json)
        return mock_json_table;
    return host->extension ? host->extension(host, id) : NULL;
}

static int32_t host_emit_json(grasp_call *call, grasp_str json)
{
    check_text(json, 16 * MIB, "JSON");
    check_json(json, 16 * MIB, *json.ptr == '[' ? JSON_ARRAY : JSON_OBJECT, "JSON");
    append(&mock_host_of(call)->json, json);
    return GRASP_OK;
}

static int32_t host_emit_message(grasp_call *call, const grasp_message *message)
{
    struct mock_host *host = mock_host_of(call);
    assert_true(message->size >= sizeof(*message));
    assert_true(message->role.len > 0);
    check_text(message->content, 16 * MIB, "a message");
    if (message->tool_calls.len)
        check_json(message->tool_calls, 16 * MIB, JSON_ARRAY, "tool_calls");
    host->messages = realloc(host->messages, (host->message_count + 1) * sizeof(*host->messages));
    host->messages[host->message_count++] = (struct mock_message){
        .role = copy(message->role),
        .content = copy(message->content),
        .tool_calls = copy(message->tool_calls),
        .tool_call_id = copy(message->tool_call_id),
        .name = copy(message->name),
        .flags = message->flags,
    };
    return GRASP_OK;
}

static int32_t host_emit_action(grasp_call *call, grasp_str action)
{
    check_text(action, MIB, "an action");
    append(&mock_host_of(call)->actions, action);
    return GRASP_OK;
}

static int32_t host_emit_outcome(grasp_call *call, const grasp_outcome *outcome)
{
    struct mock_host *host = mock_host_of(call);
    assert_false(host->has_outcome);
    assert_true(outcome->size >= sizeof(*outcome));
    assert_true(outcome->status.len > 0);
    check_text(outcome->status, 16 * MIB, "a status");
    check_text(outcome->answer, 16 * MIB, "an answer");
    if (outcome->raw.len)
        check_json(outcome->raw, 16 * MIB, JSON_OBJECT, "raw");
    host->has_outcome = true;
    host->status = copy(outcome->status);
    host->answer = copy(outcome->answer);
    host->raw = copy(outcome->raw);
    return GRASP_OK;
}

static int32_t host_emit_verdict(grasp_call *call, const grasp_verdict *verdict)
{
    struct mock_host *host = mock_host_of(call);
    assert_false(host->has_verdict);
    assert_true(verdict->size >= sizeof(*verdict));
    assert_in_range(verdict->correct, 0, 1);
    assert_true(verdict->score >= 0 && verdict->score <= 1);
    if (verdict->tags.len)
        check_json(verdict->tags, MIB, JSON_ARRAY, "tags");
    if (verdict->detail.len)
        check_json(verdict->detail, MIB, JSON_OBJECT, "detail");
    host->has_verdict = true;
    host->correct = verdict->correct;
    host->score = verdict->score;
    host->tags = copy(verdict->tags);
    host->detail = copy(verdict->detail);
    return GRASP_OK;
}

static int32_t host_emit_request(grasp_call *call, grasp_str json)
{
    check_json(json, 16 * MIB, JSON_OBJECT, "a request");
    append(&mock_host_of(call)->requests, json);
    return GRASP_OK;
}

static int32_t host_emit_guidance(grasp_call *call, const grasp_guidance *guidance)
{
    struct mock_host *host = mock_host_of(call);
    assert_false(host->has_guidance);
    assert_true(guidance->size >= sizeof(*guidance));
    check_text(guidance->text, 16 * MIB, "guidance");
    if (guidance->used.len)
        check_json(guidance->used, 16 * MIB, JSON_ARRAY, "used");
    host->has_guidance = true;
    host->placement = guidance->placement;
    host->guidance = copy(guidance->text);
    host->used = copy(guidance->used);
    host->task_line = copy(guidance->task_line);
    return GRASP_OK;
}

static int32_t host_emit_files(grasp_call *call, const grasp_files *files)
{
    struct mock_host *host = mock_host_of(call);
    assert_false(host->has_files);
    host->has_files = true;
    for (uint64_t i = 0; i < files->count; i++) {
        check_text(files->items[i].name, 255, "the name of a file");
        check_text(files->items[i].text, 64 * MIB, "a file");
        append(&host->file_names, files->items[i].name);
        append(&host->file_texts, files->items[i].text);
    }
    return GRASP_OK;
}

static const grasp_host table = {
    .size = sizeof(table),
    .abi_minor = GRASP_ABI_MINOR,
    .log = host_log,
    .fail = host_fail,
    .scratch = host_scratch,
    .now = host_now,
    .cancelled = host_cancelled,
    .extension = host_extension,
    .emit_json = host_emit_json,
    .emit_message = host_emit_message,
    .emit_action = host_emit_action,
    .emit_outcome = host_emit_outcome,
    .emit_verdict = host_emit_verdict,
    .emit_request = host_emit_request,
    .emit_guidance = host_emit_guidance,
    .emit_files = host_emit_files,
};

static void clear_messages(struct mock_host *host)
{
    for (size_t i = 0; i < host->message_count; i++) {
        struct mock_message *message = &host->messages[i];
        clear_text(&message->role);
        clear_text(&message->content);
        clear_text(&message->tool_calls);
        clear_text(&message->tool_call_id);
        clear_text(&message->name);
    }
    free(host->messages);
    host->messages = NULL;
    host->message_count = 0;
}

static void end_call(struct mock_host *host)
{
    struct mock_call *call = host->call;
    if (!call)
        return;
    for (size_t i = 0; i < call->scratch_count; i++)
        free(call->scratch[i]);
    free(call->scratch);
    mock_json_destroy(call->json);
    free(call);
    host->call = NULL;
}

static void forget(struct mock_host *host)
{
    struct mock_text *texts[] = {&host->status, &host->answer,    &host->raw,
                                 &host->tags,   &host->detail,    &host->guidance,
                                 &host->used,   &host->task_line, &host->fail_text};
    struct mock_texts *lists[] = {&host->json, &host->actions, &host->requests, &host->file_names,
                                  &host->file_texts};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        clear_text(texts[i]);
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        clear_texts(lists[i]);
    clear_messages(host);
    host->has_outcome = host->has_verdict = host->has_guidance = host->has_files = false;
    host->fail_code = 0;
    host->logged = 0;
}

struct mock_host *mock_host_create(void)
{
    return calloc(1, sizeof(struct mock_host));
}

void mock_host_destroy(struct mock_host *host)
{
    if (!host)
        return;
    end_call(host);
    forget(host);
    free(host);
}

grasp_call *mock_call(struct mock_host *host)
{
    end_call(host);
    forget(host);
    host->call = calloc(1, sizeof(*host->call));
    host->call->base.host = &table;
    host->call->owner = host;
    host->call->json = mock_json_create();
    return &host->call->base;
}

struct mock_json *mock_json_of(grasp_call *call)
{
    return ((struct mock_call *)call)->json;
}

const grasp_plugin *mock_load(const char *name)
{
    char path[4096];
    const char *folder = getenv("GRASP_PLUGINS");
    const grasp_plugin *(*entry)(void);
    if (strchr(name, '/'))
        snprintf(path, sizeof(path), "%s", name);
    else
        snprintf(path, sizeof(path), "%s/%s", folder ? folder : ".", name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *symbol = library ? dlsym(library, "grasp_plugin_v1") : NULL;
    if (!symbol) {
        fprintf(stderr, "%s: %s; set GRASP_PLUGINS to the folder of the plugins\n", path,
                dlerror());
        exit(1);
    }
    memcpy(&entry, &symbol, sizeof(entry));
    return entry();
}

char *mock_config(const char *schema, const char *given)
{
    struct err err;
    struct buf out = {0};
    struct json *tree = json_parse(str_of(schema ? schema : "{}"), &err);
    struct json *config = json_parse(str_of(given ? given : "{}"), &err);
    assert_non_null(tree);
    assert_non_null(config);
    for (struct json_iter it = json_members(json_get(tree, "properties")); json_next(&it);) {
        const struct json *value = json_get(it.value, "default");
        if (value && !json_get_str(config, it.key))
            json_set_str(config, it.key, json_copy(value));
    }
    json_write(&out, config, 0);
    json_free(tree);
    json_free(config);
    return buf_steal(&out);
}

void mock_assert_text(struct mock_text text, const char *expected)
{
    if (text.len != strlen(expected) || memcmp(mock_str(text).ptr, expected, text.len) != 0)
        fail_msg("expected <%s>, got <%.*s>", expected, (int)text.len, mock_str(text).ptr);
}

void mock_assert_contains(struct mock_text text, const char *part)
{
    if (!memmem(mock_str(text).ptr, text.len, part, strlen(part)))
        fail_msg("no <%s> in <%.*s>", part, (int)text.len, mock_str(text).ptr);
}

void mock_assert_failed(const struct mock_host *host, int32_t status, int32_t expected)
{
    assert_int_equal(status, expected);
    assert_int_equal(host->fail_code, expected);
    if (host->fail_text.len < 10)
        fail_msg("R9: the failure is explained with <%s>", mock_str(host->fail_text).ptr);
}
