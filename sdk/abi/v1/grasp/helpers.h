/* SPDX-License-Identifier: MIT */
/* Shorthand for plugins in C and C++: strings, printf-style emit functions, table look-ups. All
 * inline, on libc alone. */
#ifndef GRASP_HELPERS_H
#define GRASP_HELPERS_H

#include <grasp/ext/json.h>
#include <grasp/plugin.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if defined(__GNUC__)
#define GRASP_PRINTF(text, first) __attribute__((format(printf, text, first), unused))
#else
#define GRASP_PRINTF(text, first)
#endif

static inline grasp_str grasp_cstr(const char *text)
{
    grasp_str out;
    out.ptr = text ? text : "";
    out.len = strlen(out.ptr);
    return out;
}

static inline int grasp_equal(grasp_str a, const char *b)
{
    return a.len == strlen(b) && (a.len == 0 || memcmp(a.ptr, b, a.len) == 0);
}

static inline int grasp_starts(grasp_str a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.len >= len && memcmp(a.ptr, prefix, len) == 0;
}

/* printf into the call's scratch memory; empty when there is none. */
GRASP_PRINTF(2, 0)
static inline grasp_str grasp_vformat(grasp_call *call, const char *format, va_list args)
{
    grasp_str out = {"", 0};
    va_list again;
    char *text;
    int len;
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0 || !(text = (char *)call->host->scratch(call, (uint64_t)len + 1)))
        return out;
    vsnprintf(text, (size_t)len + 1, format, args);
    out.ptr = text;
    out.len = (uint64_t)len;
    return out;
}

GRASP_PRINTF(2, 3)
static inline grasp_str grasp_format(grasp_call *call, const char *format, ...)
{
    va_list args;
    grasp_str out;
    va_start(args, format);
    out = grasp_vformat(call, format, args);
    va_end(args);
    return out;
}

/* return grasp_fail(call, GRASP_E_INVALID, "%s: no such file", path); */
GRASP_PRINTF(3, 4)
static inline int32_t grasp_fail(grasp_call *call, int32_t code, const char *format, ...)
{
    va_list args;
    grasp_str text;
    va_start(args, format);
    text = grasp_vformat(call, format, args);
    va_end(args);
    return call->host->fail(call, code, text);
}

GRASP_PRINTF(3, 4)
static inline void grasp_log(grasp_call *call, int32_t level, const char *format, ...)
{
    va_list args;
    grasp_str text;
    va_start(args, format);
    text = grasp_vformat(call, format, args);
    va_end(args);
    call->host->log(call, level, text);
}

static inline int32_t grasp_say(grasp_call *call, const char *role, grasp_str content)
{
    grasp_message message;
    memset(&message, 0, sizeof(message));
    message.size = sizeof(message);
    message.role = grasp_cstr(role);
    message.content = content;
    return call->host->emit_message(call, &message);
}

/* raw: JSON object or NULL. */
static inline int32_t grasp_done(grasp_call *call, const char *status, grasp_str answer,
                                 const char *raw)
{
    grasp_outcome outcome;
    memset(&outcome, 0, sizeof(outcome));
    outcome.size = sizeof(outcome);
    outcome.status = grasp_cstr(status);
    outcome.answer = answer;
    outcome.raw = grasp_cstr(raw);
    return call->host->emit_outcome(call, &outcome);
}

/* tags: JSON array or NULL. */
static inline int32_t grasp_judge(grasp_call *call, int correct, const char *tags)
{
    grasp_verdict verdict;
    memset(&verdict, 0, sizeof(verdict));
    verdict.size = sizeof(verdict);
    verdict.correct = correct ? 1 : 0;
    verdict.score = correct ? 1 : 0;
    verdict.tags = grasp_cstr(tags);
    return call->host->emit_verdict(call, &verdict);
}

/* used: JSON array of ids or NULL. */
static inline int32_t grasp_guide(grasp_call *call, int32_t placement, grasp_str text,
                                  const char *used)
{
    grasp_guidance guidance;
    memset(&guidance, 0, sizeof(guidance));
    guidance.size = sizeof(guidance);
    guidance.placement = placement;
    guidance.text = text;
    guidance.used = grasp_cstr(used);
    return call->host->emit_guidance(call, &guidance);
}

/* The host's JSON functions. */
static inline const grasp_json *grasp_json_of(grasp_call *call)
{
    return (const grasp_json *)call->host->extension(call, grasp_cstr(GRASP_EXT_JSON));
}

/* Parses `text` and gives the string member `key` of the object; empty if there is none. */
static inline grasp_str grasp_json_string(grasp_call *call, grasp_str text, const char *key)
{
    const grasp_json *json = grasp_json_of(call);
    return json->as_string(json->get(json->parse(call, text, NULL), grasp_cstr(key)));
}

/* `text` as a JSON string with its quotes. */
static inline grasp_str grasp_json_quote(grasp_call *call, grasp_str text)
{
    const grasp_json *json = grasp_json_of(call);
    return json->print(call, json->new_string(call, text), 0);
}

/* The entry point of a plugin with one task or one method. */
#define GRASP_PLUGIN_TASK(name, version, license, table)                                           \
    static const grasp_task *const grasp_plugin_tasks[] = {table};                                 \
    static const grasp_plugin grasp_plugin_table = {sizeof(grasp_plugin),                          \
                                                    GRASP_ABI_MINOR,                               \
                                                    name,                                          \
                                                    version,                                       \
                                                    license,                                       \
                                                    grasp_plugin_tasks,                            \
                                                    1,                                             \
                                                    NULL,                                          \
                                                    0};                                            \
    const grasp_plugin *grasp_plugin_v1(void)                                                      \
    {                                                                                              \
        return &grasp_plugin_table;                                                                \
    }

#define GRASP_PLUGIN_METHOD(name, version, license, table)                                         \
    static const grasp_method *const grasp_plugin_methods[] = {table};                             \
    static const grasp_plugin grasp_plugin_table = {sizeof(grasp_plugin),                          \
                                                    GRASP_ABI_MINOR,                               \
                                                    name,                                          \
                                                    version,                                       \
                                                    license,                                       \
                                                    NULL,                                          \
                                                    0,                                             \
                                                    grasp_plugin_methods,                          \
                                                    1};                                            \
    const grasp_plugin *grasp_plugin_v1(void)                                                      \
    {                                                                                              \
        return &grasp_plugin_table;                                                                \
    }

#endif
