/* SPDX-License-Identifier: MIT */
#include "model/block.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/config.h"

static void copy_member(struct json *to, struct str key, const struct json *value)
{
    if (!json_is(value, JSON_NULL))
        json_set_str(to, key, json_copy(value));
}

/* What a body says of model and decoding moves to the preset itself. */
static bool is_decoding(struct str key)
{
    return str_is(key, "model") || str_is(key, "temperature") || str_is(key, "max_tokens") ||
           str_is(key, "max_completion_tokens");
}

static int take_body(struct json *out, const struct json *body, struct err *err)
{
    struct json *rest = json_new_object();
    if (!json_is(body, JSON_OBJECT) && !json_is(body, JSON_NULL)) {
        json_free(rest);
        return err_set(err, EXIT_CONFIG, "body must be a mapping of request parameters");
    }
    for (struct json_iter it = json_members(body); json_next(&it);) {
        if (is_decoding(it.key))
            copy_member(out, it.key, it.value);
        else
            json_set_str(rest, it.key, json_copy(it.value));
    }
    if (json_count(rest))
        json_set(out, "body", rest);
    else
        json_free(rest);
    return 0;
}

static int take_prompter(struct json *out, const struct json *prompter, struct err *err)
{
    struct str name = json_str(json_get(prompter, "name"));
    if (json_is(prompter, JSON_NULL))
        return 0;
    if (!str_is(name, "role_content_dict"))
        return err_set(err, EXIT_CONFIG,
                       "prompter '%.*s' is for endpoints that complete plain text; there is "
                       "role_content_dict, for chat completions",
                       (int)name.len, name.ptr);
    copy_member(out, STR("agent_role"), json_path(prompter, "args.agent_role"));
    return 0;
}

static int take_http(struct json *out, struct str key, const struct json *value, struct err *err)
{
    if (str_is(key, "body"))
        return take_body(out, value, err);
    if (str_is(key, "prompter"))
        return take_prompter(out, value, err);
    if (str_is(key, "proxies")) {
        if (json_is(value, JSON_NULL) || !json_count(value))
            return 0;
        return err_set(err, EXIT_CONFIG, "proxies are set by HTTPS_PROXY and NO_PROXY");
    }
    if (str_is(key, "return_format")) {
        if (json_is(value, JSON_NULL) || str_is(json_str(value), "{response}"))
            return 0;
        return err_set(err, EXIT_CONFIG, "return_format can only be \"{response}\"");
    }
    copy_member(out, key, value);
    return chat_config_check_keys(out, NULL, err);
}

/* The constructor's other parameters are request parameters. */
static int take_openai(struct json *out, struct str key, const struct json *value, struct err *err)
{
    if (str_is(key, "body"))
        return err_set(err, EXIT_CONFIG, "this agent has no body: put parameters beside model");
    CLEANUP_JSON struct json *alone = json_new_object();
    json_set_str(alone, key, NULL);
    if (!chat_config_check_keys(alone, NULL, NULL)) {
        copy_member(out, key, value);
        return 0;
    }
    if (!json_get(out, "body"))
        json_set(out, "body", json_new_object());
    json_set_str(json_get(out, "body"), key, json_copy(value));
    return 0;
}

typedef int take_fn(struct json *out, struct str key, const struct json *value, struct err *err);

static take_fn *class_of(struct str module, struct json *out, struct err *err)
{
    struct str name = module, part;
    while ((part = str_cut(&module, '.')).ptr) {
        if (part.len)
            name = part;
    }
    if (str_is(name, "HTTPAgent"))
        return take_http;
    if (str_is(name, "OpenAIChatAgent")) {
        json_set(out, "api_key", json_new_str(STR("EMPTY")));
        json_set(out, "temperature", json_new_double(0));
        json_set(out, "max_tokens", json_new_int(1024));
        return take_openai;
    }
    err_set(err, EXIT_CONFIG,
            "the agent class '%.*s' is not available here; there are HTTPAgent and "
            "OpenAIChatAgent, for chat completions",
            (int)name.len, name.ptr);
    return NULL;
}

static int flatten_module(const struct json *block, struct json *out, char **out_at,
                          struct err *err)
{
    static const char *const keys[] = {"module", "parameters"};
    const struct json *parameters = json_get(block, "parameters");
    take_fn *take = class_of(json_str(json_get(block, "module")), out, err);
    if (!take) {
        *out_at = mem_printf("module");
        return EXIT_CONFIG;
    }
    for (struct json_iter it = json_members(block); json_next(&it);) {
        if (str_is(it.key, keys[0]) || str_is(it.key, keys[1]))
            continue;
        *out_at = mem_dup(it.key.ptr, it.key.len);
        return err_set(err, EXIT_CONFIG, "unknown key '%s' beside module and parameters", *out_at);
    }
    for (struct json_iter it = json_members(parameters); json_next(&it);) {
        int code = take(out, it.key, it.value, err);
        if (!code)
            continue;
        *out_at = mem_printf("parameters.%.*s", (int)it.key.len, it.key.ptr);
        return code;
    }
    return 0;
}

/* The form of the FHIR-AgentBench presets: a model name with its provider in front. */
static void flatten_bare(struct json *out)
{
    struct str model = json_str(json_get(out, "model"));
    const char *key = getenv("OPENAI_API_KEY");
    json_set(out, "client", json_new_str(STR("chat")));
    if (str_starts(model, "openai/"))
        json_set(out, "model", json_new_str((struct str){model.ptr + 7, model.len - 7}));
    if (json_is(json_get(out, "api_key"), JSON_NULL) && key)
        json_set(out, "api_key", json_new_str(str_of(key)));
}

static int flatten_flat(const struct json *block, struct json *out, char **out_at, struct err *err)
{
    const char *key = NULL;
    for (struct json_iter it = json_members(block); json_next(&it);)
        copy_member(out, it.key, it.value);
    int code = chat_config_check_keys(out, &key, err);
    if (code) {
        *out_at = mem_printf("%s", key);
        return code;
    }
    if (json_is(json_get(out, "client"), JSON_NULL))
        flatten_bare(out);
    return 0;
}

int block_flatten(const struct json *block, struct json **out, char **out_at, struct err *err)
{
    CLEANUP_JSON struct json *flat = json_new_object();
    int code;
    *out_at = NULL;
    if (!json_is(block, JSON_OBJECT))
        return err_set(err, EXIT_CONFIG,
                       "an agent preset is a mapping, such as {client: chat, "
                       "base_url: ..., model: ...}");
    if (json_is(json_get(block, "module"), JSON_NULL)) {
        code = flatten_flat(block, flat, out_at, err);
    } else {
        json_set(flat, "client", json_new_str(STR("chat")));
        code = flatten_module(block, flat, out_at, err);
    }
    if (code)
        return code;
    *out = flat;
    flat = NULL;
    return 0;
}
