/* SPDX-License-Identifier: MIT */
#include "model/block.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/config.h"
#include "model/preset.h"
#include "model/variables.h"

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

/* Its names for what surrounds turns, and ours. */
static const char *const style_keys[][2] = {
    {"prefix", "start"}, {"user_format", "user"}, {"agent_format", "agent"}, {"suffix", "end"}};

static int take_style(struct json *prompt, const struct json *args, struct err *err)
{
    for (struct json_iter it = json_members(args); json_next(&it);) {
        size_t i = 0, count = sizeof(style_keys) / sizeof(*style_keys);
        if (str_is(it.key, "prompt_key") && str_is(json_str(it.value), "prompt"))
            continue;
        while (i < count && !str_is(it.key, style_keys[i][0]))
            i++;
        if (i == count)
            return err_set(err, EXIT_CONFIG,
                           "prompter: '%.*s' cannot be set here; there are prefix, user_format, "
                           "agent_format and suffix",
                           (int)it.key.len, it.key.ptr);
        json_set(prompt, style_keys[i][1], json_copy(it.value));
    }
    return 0;
}

/* The reference's ways to make one text of a conversation (spec/grasp.md 5.2). */
static int take_prompter(struct json *out, const struct json *prompter, struct err *err)
{
    static const char *const styles[][4] = {
        {"prompt_string", "USER: {content}\n\n", "AGENT: {content}\n\n", "AGENT:"},
        {"claude", "Human: {content}\n\n", "Assistant: {content}\n\n", "Assistant:"},
    };
    struct str name = json_str(json_get(prompter, "name"));
    if (json_is(prompter, JSON_NULL))
        return 0;
    if (str_is(name, "role_content_dict")) {
        copy_member(out, STR("agent_role"), json_path(prompter, "args.agent_role"));
        return 0;
    }
    for (size_t i = 0; i < sizeof(styles) / sizeof(*styles); i++) {
        if (!str_is(name, styles[i][0]))
            continue;
        struct json *prompt = json_new_object();
        json_set(prompt, "user", json_new_str(str_of(styles[i][1])));
        json_set(prompt, "agent", json_new_str(str_of(styles[i][2])));
        json_set(prompt, "end", json_new_str(str_of(styles[i][3])));
        json_set(out, "prompt", prompt);
        return take_style(prompt, json_get(prompter, "args"), err);
    }
    return err_set(err, EXIT_CONFIG,
                   "prompter '%.*s' is not available here; there are role_content_dict, for chat "
                   "completions, and prompt_string and claude, for completions of plain text",
                   (int)name.len, name.ptr);
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

/* A key that has another name here. */
static struct str our_key(struct str key)
{
    static const char *const names[][2] = {
        {"project_id", "project"},
        {"service_account_file", "credentials"},
        {"service_account_path", "credentials"},
        {"credentials_path", "credentials"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (str_is(key, names[i][0]))
            return str_of(names[i][1]);
    }
    return key;
}

static int take_plain(struct json *out, struct str key, const struct json *value, struct err *err)
{
    copy_member(out, our_key(key), value);
    return chat_config_check_keys(out, NULL, err);
}

/* What a client of the reference reads from the environment by itself. The first of `names` that
 * is set counts. */
static int take_variable(struct json *out, const char *key, const char *const *names,
                         struct err *err)
{
    CLEANUP_JSON struct json *value = json_new_object();
    if (json_str(json_get(out, key)).len)
        return 0;
    while (names[1] && !variable_is_set(str_of(names[0])))
        names++;
    CLEANUP_FREE char *text = mem_printf("${%s}", names[0]);
    json_set(value, key, json_new_str(str_of(text)));
    int code = preset_expand(value, err);
    if (!code)
        json_set(out, key, json_copy(json_get(value, key)));
    return code;
}

static void set_client(struct json *out, const char *client)
{
    json_set(out, "client", json_new_str(str_of(client)));
}

static int finish_responses(struct json *out, struct err *err)
{
    static const char *const keys[] = {"AZURE_OPENAI_API_KEY", "OPENAI_API_KEY", NULL};
    set_client(out, "responses");
    return take_variable(out, "api_key", keys, err);
}

/* Google's client libraries read these by themselves; so do its presets here. */
static int finish_vertex(struct json *out, struct err *err)
{
    static const char *const optional[][2] = {
        {"credentials", "GOOGLE_APPLICATION_CREDENTIALS"},
        {"api_key", "GOOGLE_OAUTH_ACCESS_TOKEN"},
        {"base_url", "GOOGLE_VERTEX_BASE_URL"},
    };
    int code = 0;
    set_client(out, "gemini");
    for (size_t i = 0; !code && i < sizeof(optional) / sizeof(*optional); i++) {
        const char *const names[] = {optional[i][1], NULL};
        if (variable_is_set(str_of(names[0])))
            code = take_variable(out, optional[i][0], names, err);
    }
    return code;
}

static void cut_model(struct json *out, size_t prefix)
{
    struct str model = json_str(json_get(out, "model"));
    CLEANUP_FREE char *name = mem_dup(model.ptr + prefix, model.len - prefix);
    json_set(out, "model", json_new_str(str_of(name)));
}

static int finish_azure(struct json *out, struct err *err)
{
    static const char *const key[] = {"AZURE_API_KEY", NULL},
                             *const base[] = {"AZURE_API_BASE", NULL},
                             *const version[] = {"AZURE_API_VERSION", NULL};
    set_client(out, "azure");
    int code = take_variable(out, "api_key", key, err);
    if (!code)
        code = take_variable(out, "base_url", base, err);
    return code ? code : take_variable(out, "api_version", version, err);
}

static int finish_openai(struct json *out, struct err *err)
{
    static const char *const openai[] = {"OPENAI_API_KEY", NULL}, *const azure[] = {
                                                                      "AZURE_OPENAI_API_KEY",
                                                                      "OPENAI_API_KEY", NULL};
    struct str base = json_str(json_get(out, "base_url"));
    bool is_azure = str_find(base, STR(".azure.com"), NULL);
    set_client(out, "chat");
    if (!base.len)
        json_set(out, "base_url", json_new_str(STR("https://api.openai.com/v1")));
    else if (!is_azure && !getenv("OPENAI_API_KEY"))
        return 0;
    return take_variable(out, "api_key", is_azure ? azure : openai, err);
}

/* LiteLLM: the provider stands in front of the model's name. */
static int finish_litellm(struct json *out, struct err *err)
{
    /* A copy: cut_model takes the place of what is read here. */
    struct str given = json_str(json_get(out, "model"));
    CLEANUP_FREE char *copy = mem_dup(given.ptr, given.len);
    struct str model = {copy, given.len}, rest = model;
    struct str provider = str_cut(&rest, '/');
    if (!rest.ptr)
        return finish_openai(out, err);
    if (str_is(provider, "azure"))
        return finish_azure(out, err);
    if (str_is(provider, "openai") || str_is(provider, "vertex_ai"))
        cut_model(out, provider.len + 1);
    if (str_is(provider, "vertex_ai")) {
        static const char *const project[] = {"VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT", NULL};
        if (!json_str(json_get(out, "location")).len)
            json_set(out, "location", json_new_str(STR("us-central1")));
        int code = take_variable(out, "project", project, err);
        return code ? code : finish_vertex(out, err);
    }
    if (str_is(provider, "openai") || json_str(json_get(out, "base_url")).len)
        return finish_openai(out, err);
    return err_set(err, EXIT_CONFIG,
                   "model '%.*s': there are openai/, azure/ and vertex_ai/; for another provider "
                   "give its base_url",
                   (int)model.len, model.ptr);
}

static int finish_http(struct json *out, struct err *err)
{
    set_client(out, json_get(out, "prompt") ? "completions" : "chat");
    return 0;
}

/* The reference's agent classes. */
static const struct class
{
    const char *name;
    int (*take)(struct json *out, struct str key, const struct json *value, struct err *err);
    int (*finish)(struct json *out, struct err *err); /* sets the client */
} classes[] = {
    {"HTTPAgent", take_http, finish_http},
    {"OpenAIChatAgent", take_openai, finish_http},
    {"VertexAgent", take_plain, finish_vertex},
    {"OpenAIResponsesAgent", take_plain, finish_responses},
    {"LiteLLMAgent", take_plain, finish_litellm},
};

static const struct class *class_of(struct str module, struct err *err)
{
    struct str name = module, part;
    while ((part = str_cut(&module, '.')).ptr) {
        if (part.len)
            name = part;
    }
    for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
        if (str_is(name, classes[i].name))
            return &classes[i];
    }
    err_set(err, EXIT_CONFIG,
            "the agent class '%.*s' is not available here; there are HTTPAgent, OpenAIChatAgent, "
            "VertexAgent, OpenAIResponsesAgent and LiteLLMAgent",
            (int)name.len, name.ptr);
    return NULL;
}

static int flatten_module(const struct json *block, struct json *out, char **out_at,
                          struct err *err)
{
    static const char *const keys[] = {"module", "parameters"};
    const struct json *parameters = json_get(block, "parameters");
    const struct class *class = class_of(json_str(json_get(block, "module")), err);
    if (!class) {
        *out_at = mem_printf("module");
        return EXIT_CONFIG;
    }
    if (class->take == take_openai) {
        json_set(out, "api_key", json_new_str(STR("EMPTY")));
        json_set(out, "temperature", json_new_double(0));
        json_set(out, "max_tokens", json_new_int(1024));
    }
    for (struct json_iter it = json_members(block); json_next(&it);) {
        if (str_is(it.key, keys[0]) || str_is(it.key, keys[1]))
            continue;
        *out_at = mem_dup(it.key.ptr, it.key.len);
        return err_set(err, EXIT_CONFIG, "unknown key '%s' beside module and parameters", *out_at);
    }
    for (struct json_iter it = json_members(parameters); json_next(&it);) {
        int code = class->take(out, it.key, it.value, err);
        if (!code)
            continue;
        *out_at = mem_printf("parameters.%.*s", (int)it.key.len, it.key.ptr);
        return code;
    }
    return class->finish(out, err);
}

static int flatten_flat(const struct json *block, struct json *out, char **out_at, struct err *err)
{
    const char *key = NULL;
    for (struct json_iter it = json_members(block); json_next(&it);)
        copy_member(out, our_key(it.key), it.value);
    int code = chat_config_check_keys(out, &key, err);
    if (code) {
        *out_at = mem_printf("%s", key);
        return code;
    }
    /* Without a client it is a preset of FHIR-AgentBench, which goes by LiteLLM's names. */
    return json_is(json_get(out, "client"), JSON_NULL) ? finish_litellm(out, err) : 0;
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
    code = json_is(json_get(block, "module"), JSON_NULL) ? flatten_flat(block, flat, out_at, err)
                                                         : flatten_module(block, flat, out_at, err);
    if (code)
        return code;
    *out = flat;
    flat = NULL;
    return 0;
}
