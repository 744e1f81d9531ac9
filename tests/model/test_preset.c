/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "model/config.h"
#include "model/preset.h"

#define CANARY "canary-77aa01"

static char folder[] = "/tmp/grasp-preset-XXXXXX";
static const char *const dirs[] = {"/nonexistent", folder, NULL};

static void clear_environment(void)
{
    static const char *const names[] = {
        "OPENAI_BASE_URL",
        "OPENAI_API_BASE",
        "OPENAI_API_KEY",
        "GRASP_MODEL",
        "OSS_API_BASE",
        "OSS_API_KEY",
        "OSS_MODEL",
        "DEEPSEEK_API_BASE",
        "DEEPSEEK_MODEL",
        "DEEPSEEK_API_KEY",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "LOCAL_API_BASE",
        "LOCAL_API_KEY",
        "LOCAL_MODEL",
        "AZURE_API_BASE",
        "AZURE_API_KEY",
        "AZURE_API_VERSION",
        "GPT4_MODEL",
        "GPT5_MODEL",
        "AZURE_OPENAI_BASE_URL",
        "GEMINI_MODEL",
        "GEMINI_API_KEY",
        "AZURE_OPENAI_API_KEY",
        "VERTEXAI_PROJECT",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_CLOUD_LOCATION",
        "GOOGLE_OAUTH_ACCESS_TOKEN",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GPT5_REASONING_EFFORT",
        "GPT5_TEXT_VERBOSITY",
        "GOOGLE_VERTEX_BASE_URL",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        unsetenv(names[i]);
}

static int setup(void **state)
{
    clear_environment();
    return 0;
}

static void write_preset(const char *name, const char *text)
{
    struct err err = {0};
    CLEANUP_FREE char *path = file_join(folder, name);
    if (file_write_atomic(path, str_of(text), &err))
        fail_msg("%s", err.text);
}

static struct json *load(const char *name)
{
    struct err err = {0};
    struct json *config = NULL;
    if (preset_load(name, dirs, &config, &err))
        fail_msg("%s", err.text);
    return config;
}

static void expect_config(const char *name, const char *expected)
{
    CLEANUP_JSON struct json *config = load(name);
    CLEANUP_JSON struct json *wanted = json_parse(str_of(expected), NULL);
    CLEANUP_BUF struct buf text = {0};
    json_remove(config, "variables");
    json_write(&text, config, 0);
    assert_non_null(wanted);
    if (!json_equal(config, wanted))
        fail_msg("%s", text.ptr);
}

/* Loading, or opening what was loaded, fails with these words. */
static void expect_error(const char *name, const char *words)
{
    struct err err = {0};
    CLEANUP_JSON struct json *config = NULL;
    struct chat_config read = {0};
    int code = preset_load(name, dirs, &config, &err);
    if (!code)
        code = chat_config_read(config, &read, &err);
    chat_config_clear(&read);
    assert_int_equal(code, EXIT_CONFIG);
    assert_int_equal(err.code, EXIT_CONFIG);
    if (!strstr(err.text, words))
        fail_msg("does not say '%s': %s", words, err.text);
    assert_null(strstr(err.text, "canary"));
}

/* Loads and opens; some header is the one with the key. */
static void expect_open(const char *name, const char *url, const char *header)
{
    CLEANUP_JSON struct json *config = load(name);
    struct chat_config read;
    struct err err = {0};
    bool found = false;
    if (chat_config_read(config, &read, &err))
        fail_msg("%s", err.text);
    assert_string_equal(read.url, url);
    for (size_t i = 0; read.headers[i]; i++)
        found |= strcmp(read.headers[i], header) == 0;
    assert_true(found);
    chat_config_clear(&read);
}

static void knows_the_built_in_ones(void **state)
{
    static const char *const names[] = {"deepseek", "gemini", "gpt4",     "gpt5",
                                        "gptoss",   "local",  "rehearsal"};
    const char *const *got = preset_names();
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(got[i], names[i]);
    assert_null(got[7]);
    setenv("OSS_API_BASE", "http://h/v1", 1);
    expect_config("gptoss", "{\"client\": \"chat\", \"base_url\": \"http://h/v1\", \"api_key\": "
                            "\"EMPTY\", \"model\": \"gpt-oss-120b\", \"temperature\": 0.0, "
                            "\"max_tokens\": 8192}");
    setenv("DEEPSEEK_API_BASE", "http://d/v1", 1);
    setenv("DEEPSEEK_MODEL", "x", 1);
    expect_config("deepseek", "{\"client\": \"chat\", \"base_url\": \"http://d/v1\", \"api_key\": "
                              "\"EMPTY\", \"model\": \"x\", \"temperature\": 0.0, "
                              "\"max_tokens\": 8192}");
    expect_config("rehearsal", "{\"client\": \"rehearsal\"}");
}

static void local_wants_an_endpoint(void **state)
{
    const char *missing = "agent preset 'local': the environment variable LOCAL_API_BASE or "
                          "OPENAI_BASE_URL is not set";
    expect_error("local", missing);
    setenv("OPENAI_BASE_URL", "", 1);
    expect_error("local", missing);
    setenv("OPENAI_BASE_URL", "127.0.0.1:8000", 1);
    expect_error("local", "base_url of the preset, from the environment variable OPENAI_BASE_URL, "
                          "must begin with http://");
    unsetenv("OPENAI_BASE_URL");
    setenv("OPENAI_API_BASE", "http://old/v1", 1);
    setenv("OPENAI_API_KEY", CANARY, 1);
    setenv("OPENAI_ORG_ID", "org", 1);
    CLEANUP_JSON struct json *config = load("local");
    struct chat_config read;
    assert_int_equal(chat_config_read(config, &read, NULL), 0);
    assert_string_equal(read.url, "http://old/v1/chat/completions");
    assert_string_equal(read.headers[0], "OpenAI-Organization: org");
    assert_string_equal(read.headers[1], "Authorization: Bearer " CANARY);
    assert_string_equal(read.headers[2], "Content-Type: application/json");
    assert_null(read.headers[3]);
    assert_string_equal(read.model, "local-model");
    assert_true(read.max_tokens == 32768);
    chat_config_clear(&read);
    char text[] = "the key is " CANARY;
    log_redact(text);
    assert_string_equal(text, "the key is ***");
}

static void reads_the_references_files(void **state)
{
    setenv("LOCAL_API_BASE", "http://l/v1", 1);
    setenv("LOCAL_MODEL", "lm", 1);
    write_preset("ref.yaml", "module: src.client.agents.HTTPAgent\n"
                             "parameters:\n"
                             "  url: ${LOCAL_API_BASE}/chat/completions\n"
                             "  headers:\n"
                             "    Authorization: Bearer ${LOCAL_API_KEY:-EMPTY}\n"
                             "    Content-Type: application/json\n"
                             "  body:\n"
                             "    model: ${LOCAL_MODEL}\n"
                             "    temperature: 0.0\n"
                             "    max_tokens: 8192\n"
                             "    top_p: 0.9\n"
                             "  prompter:\n"
                             "    name: role_content_dict\n"
                             "    args:\n"
                             "      agent_role: assistant\n"
                             "  return_format: \"{response}\"\n"
                             "  proxies: null\n"
                             "  max_retries: 5\n");
    expect_config("ref", "{\"client\": \"chat\", \"url\": \"http://l/v1/chat/completions\", "
                         "\"headers\": {\"Authorization\": \"Bearer EMPTY\", \"Content-Type\": "
                         "\"application/json\"}, \"model\": \"lm\", \"temperature\": 0.0, "
                         "\"max_tokens\": 8192, \"body\": {\"top_p\": 0.9}, \"agent_role\": "
                         "\"assistant\", \"max_retries\": 5}");
    write_preset("core.yaml", "module: grasp.agents.OpenAIChatAgent\n"
                              "parameters: {model: m, base_url: \"http://b/v1//\", api_key: k, "
                              "top_p: 0.9, timeout: 7}\n");
    expect_config("core", "{\"client\": \"chat\", \"model\": \"m\", \"base_url\": "
                          "\"http://b/v1//\", \"api_key\": \"k\", \"temperature\": 0.0, "
                          "\"max_tokens\": 1024, \"timeout\": 7, \"body\": {\"top_p\": 0.9}}");
    setenv("OPENAI_API_KEY", CANARY, 1);
    write_preset("fhir.yaml", "model: openai/${OSS_MODEL:-gpt-oss-120b}\nbase_url: http://b/v1\n");
    expect_config("fhir", "{\"client\": \"chat\", \"model\": \"gpt-oss-120b\", \"base_url\": "
                          "\"http://b/v1\", \"api_key\": \"" CANARY "\"}");
}

static void says_what_is_wrong(void **state)
{
    expect_error("lokal", "did you mean 'local'?");
    expect_error("../local", "did you mean 'local'? There are: ");
    expect_error("", "; there are: ");
    setenv("OPENAI_BASE_URL", "http://h/v1", 1);
    static const char *const cases[][2] = {
        {"client: chat\ntempreature: 1\n", "bad.yaml:2: unknown key 'tempreature' of a preset; did "
                                           "you mean 'temperature'?"},
        {"client: chat\nzzzzzzzzzzzzz: 1\n", "go into body"},
        {"- a\n", "is a mapping"},
        {"", "is a mapping"},
        {"a: [\n", "bad.yaml"},
        {"client: chatt\nurl: http://x\nmodel: m\n", "did you mean 'chat'?"},
        {"client: chat\nmodel: ${NO_SUCH_VARIABLE_X}\n", "NO_SUCH_VARIABLE_X is not set"},
        {"client: chat\nbase_url: http://h\n", "model of the preset is missing"},
        {"client: chat\nbase_url: http://h\nurl: http://h\nmodel: m\n", "both url and base_url"},
        {"client: chat\nbase_url: ftp://h\nmodel: m\n", "http://"},
        {"client: chat\nurl: http://h\nmodel: m\ntimeout: soon\n",
         "timeout of the preset must be a number from 0.001 to 86400, not \"soon\""},
        {"client: chat\nurl: http://h\nmodel: m\nmax_retries: 1.5\n", "a whole number"},
        {"client: chat\nurl: http://h\nmodel: m\nmax_retries: 0\n", "from 1"},
        {"client: chat\nurl: http://h\nmodel: m\nsend_seed: maybe\n", "true or false"},
        {"client: chat\nurl: http://h\nmodel: m\nheaders: x\n", "a mapping"},
        {"client: chat\nurl: http://h\nmodel: m\nheaders: {\"a b\": x}\n", "a name"},
        {"client: chat\nurl: http://h\nmodel: m\napi_key: \"a\\nX: " CANARY "\"\n", "control"},
        {"client: chat\nurl: http://h\nmodel: m\napi_key: [" CANARY "]\n", "a text"},
        {"client: chat\nurl: http://h\nmodel: m\nbody: {stream: true}\n", "stream"},
        {"client: chat\nurl: http://h\nmodel: m\nbody: {messages: []}\n", "messages"},
        {"client: chat\nurl: http://h\nmodel: m\nbody: {temperature: 1}\n", "of the preset itself"},
        {"module: a.FastChatAgent\n", "bad.yaml:1: the agent class 'FastChatAgent'"},
        {"module: a.LiteLLMAgent\nparameters: {model: azure/x}\n", "AZURE_API_KEY is not set"},
        {"module: a.LiteLLMAgent\nparameters: {model: nobody/x}\n", "give its base_url"},
        {"client: chat\nurl: http://h\nmodel: m\nproject: p\n", "means nothing to the client chat"},
        {"client: chat\nurl: http://h\nmodel: m\ntools: none\n", "native or text"},
        {"client: chat\nurl: http://h\nmodel: m\nsystem_role: boss\n", "system or developer"},
        {"client: azure\nbase_url: http://h\nmodel: m\n", "api_version of the preset must be"},
        {"client: azure\nbase_url: http://h\nmodel: a/b\napi_version: \"1\"\n", "deployment"},
        {"client: gemini\nmodel: m\nproject: a/b\nlocation: l\n", "project of the preset must"},
        {"client: gemini\nmodel: m\nproject: p\n", "location of the preset is missing"},
        {"[]\n", "empty list"},
        {"- {client: chat, url: \"${NO_SUCH_A}\", model: m}\n"
         "- {client: chat, url: \"${NO_SUCH_B}\", model: m}\n",
         "the environment variable NO_SUCH_A or NO_SUCH_B is not set"},
        {"module: a.HTTPAgent\nparameters: {url: http://h, prompter: {name: palm}}\n",
         "role_content_dict"},
        {"module: a.HTTPAgent\nparameters: {url: http://h, prompter: {name: claude, args: {x: "
         "1}}}\n",
         "bad.yaml:2: prompter: 'x' cannot be set here"},
        {"client: chat\nurl: http://h\nmodel: m\nprompt: {end: x}\n",
         "means nothing to the client"},
        {"client: completions\nurl: http://h\nmodel: m\nprompt: x\n", "must be a mapping of start"},
        {"client: completions\nurl: http://h\nmodel: m\nprompt: {usr: x}\n", "unknown key 'usr'"},
        {"client: completions\nurl: http://h\nmodel: m\nprompt: {user: x}\n",
         "has no {content} in user"},
        {"client: completions\nurl: http://h\nmodel: m\nprompt: {agent: \"{content}{content}\"}\n",
         "has {content} twice in agent"},
        {"client: completions\nurl: http://h\nmodel: m\nprompt: {end: 5}\n",
         "has no text of at most 64 KiB in end"},
        {"client: completions\nurl: http://h\nmodel: m\ntools: native\n",
         "tools of the preset can only"},
        {"client: completions\nurl: http://h\nmodel: m\nbody: {prompt: x}\n", "cannot set prompt"},
        {"client: completions\nmodel: m\n", "no endpoint configured"},
        {"module: a.HTTPAgent\nparameters:\n  url: http://h\n  timout: 5\n",
         "bad.yaml:4: unknown key 'timout' of a preset; did you mean 'timeout'?"},
        {"module: a.HTTPAgent\nparameter: {url: http://h}\n", "unknown key 'parameter'"},
        {"module: a.HTTPAgent\nparameters: {url: http://h, proxies: {http: x}}\n", "HTTPS_PROXY"},
        {"module: a.HTTPAgent\nparameters: {url: http://h, return_format: x}\n", "{response}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        write_preset("bad.yaml", cases[i][0]);
        expect_error("bad", cases[i][1]);
    }
}

static void presets_of_services(void **state)
{
    expect_error("gpt4", "agent preset 'gpt4': the environment variable AZURE_API_BASE is not set");
    setenv("AZURE_API_BASE", "https://r.openai.azure.com/", 1);
    expect_error("gpt4", "AZURE_API_KEY is not set");
    setenv("AZURE_API_KEY", CANARY, 1);
    setenv("AZURE_API_VERSION", "2024/10", 1);
    expect_error("gpt4", "api_version of the preset, from the environment variable "
                         "AZURE_API_VERSION, must be");
    setenv("AZURE_API_VERSION", "2024-10-21", 1);
    expect_open("gpt4",
                "https://r.openai.azure.com/openai/deployments/gpt-4.1/chat/completions"
                "?api-version=2024-10-21",
                "api-key: " CANARY);
    expect_error("gpt5", "agent preset 'gpt5': the environment variable AZURE_OPENAI_BASE_URL is");
    setenv("AZURE_OPENAI_BASE_URL", "https://r.openai.azure.com/openai/v1/", 1);
    expect_error("gpt5", "AZURE_OPENAI_API_KEY or OPENAI_API_KEY is not set");
    setenv("OPENAI_API_KEY", CANARY "2", 1);
    expect_open("gpt5", "https://r.openai.azure.com/openai/v1/responses",
                "Authorization: Bearer " CANARY "2");
    setenv("AZURE_OPENAI_API_KEY", CANARY "3", 1);
    expect_open("gpt5", "https://r.openai.azure.com/openai/v1/responses",
                "Authorization: Bearer " CANARY "3");
    expect_error("gemini", "GOOGLE_CLOUD_PROJECT or GEMINI_API_KEY is not set");
    setenv("GEMINI_API_KEY", CANARY "4", 1);
    expect_open("gemini",
                "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.1-flash-lite"
                ":generateContent",
                "x-goog-api-key: " CANARY "4");
    setenv("GOOGLE_CLOUD_PROJECT", "p", 1);
    setenv("GOOGLE_OAUTH_ACCESS_TOKEN", CANARY "5", 1);
    expect_open("gemini",
                "https://aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/"
                "google/models/gemini-3.1-flash-lite:generateContent",
                "Authorization: Bearer " CANARY "5");
}

/* spec/grasp.md 4.1: the parameters of the reference's classes. */
static void reads_the_references_classes(void **state)
{
    setenv("GOOGLE_CLOUD_PROJECT", "p", 1);
    write_preset("ref.yaml", "module: src.client.agents.VertexAgent\n"
                             "parameters: {project_id: \"${GOOGLE_CLOUD_PROJECT}\", location: "
                             "\"${GOOGLE_CLOUD_LOCATION:-us-central1}\", model: gem, temperature: "
                             "0.0, max_output_tokens: 32768}\n");
    expect_config("ref", "{\"client\": \"gemini\", \"project\": \"p\", \"location\": "
                         "\"us-central1\", \"model\": \"gem\", \"temperature\": 0.0, "
                         "\"max_output_tokens\": 32768}");
    setenv("AZURE_OPENAI_API_KEY", CANARY, 1);
    write_preset("ref.yaml",
                 "module: src.client.agents.OpenAIResponsesAgent\n"
                 "parameters: {model: gpt-5.4, base_url: https://a/openai/v1/, "
                 "reasoning_effort: low, text_verbosity: low, max_output_tokens: 32768, "
                 "timeout: 300}\n");
    expect_config("ref", "{\"client\": \"responses\", \"model\": \"gpt-5.4\", \"base_url\": "
                         "\"https://a/openai/v1/\", \"reasoning_effort\": \"low\", "
                         "\"text_verbosity\": \"low\", \"max_output_tokens\": 32768, \"timeout\": "
                         "300, \"api_key\": \"" CANARY "\"}");
    setenv("AZURE_API_BASE", "https://b", 1);
    setenv("AZURE_API_KEY", CANARY, 1);
    setenv("AZURE_API_VERSION", "v", 1);
    write_preset("ref.yaml", "module: src.client.agents.LiteLLMAgent\n"
                             "parameters: {model: azure/gpt-4.1, temperature: 0.0, "
                             "max_output_tokens: 32768, timeout: 120}\n");
    expect_config("ref", "{\"client\": \"azure\", \"model\": \"azure/gpt-4.1\", \"base_url\": "
                         "\"https://b\", \"api_key\": \"" CANARY "\", \"api_version\": \"v\", "
                         "\"temperature\": 0.0, \"max_output_tokens\": 32768, \"timeout\": 120}");
    write_preset("ref.yaml", "model: vertex_ai/gem\nproject_id: p\nlocation: l\n");
    expect_config("ref", "{\"client\": \"gemini\", \"model\": \"gem\", \"project\": \"p\", "
                         "\"location\": \"l\"}");
    write_preset("ref.yaml", "model: gpt-5.4\nbase_url: https://r.openai.azure.com/openai/v1/\n");
    expect_config("ref", "{\"client\": \"chat\", \"model\": \"gpt-5.4\", \"base_url\": "
                         "\"https://r.openai.azure.com/openai/v1/\", \"api_key\": \"" CANARY "\"}");
}

/* A key is only sent where its own address is. */
static void takes_the_first_block_that_fits(void **state)
{
    setenv("OPENAI_BASE_URL", "https://a/v1", 1);
    setenv("OPENAI_API_KEY", CANARY, 1);
    expect_open("local", "https://a/v1/chat/completions", "Authorization: Bearer " CANARY);
    setenv("LOCAL_API_BASE", "http://l/v1", 1);
    expect_open("local", "https://a/v1/chat/completions", "Authorization: Bearer " CANARY);
    setenv("LOCAL_MODEL", "lm", 1);
    expect_open("local", "http://l/v1/chat/completions", "Authorization: Bearer EMPTY");
}

static void a_file_goes_before_the_built_in(void **state)
{
    write_preset("gptoss.yaml", "client: chat\nurl: http://mine/\nmodel: mine\n");
    expect_config("gptoss", "{\"client\": \"chat\", \"url\": \"http://mine/\", \"model\": "
                            "\"mine\"}");
    expect_error("gptos", "'gptoss'?");
    expect_error("nothing-like-it", "gptoss");
}

static void hides_what_urls_carry(void **state)
{
    struct chat_config read;
    CLEANUP_JSON struct json *config = json_parse(
        STR("{\"client\": \"chat\", \"model\": \"m\", \"url\": \"https://me:" CANARY
            "@host:1/p?api-key=canary-in-query&v=1\", \"headers\": {\"api-key\": \"canary-head\", "
            "\"X-Plain\": \"shown\"}}"),
        NULL);
    assert_int_equal(chat_config_read(config, &read, NULL), 0);
    assert_string_equal(read.shown_url, "https://host:1/p");
    static const char *const wanted[] = {"canary-head", ("me:" CANARY), CANARY, "canary-in-query"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(read.secrets[i], wanted[i]);
    assert_null(read.secrets[4]);
    chat_config_clear(&read);
}

static void takes_inline_blocks(void **state)
{
    struct err err = {0};
    CLEANUP_JSON struct json *block = json_parse(
        STR("{\"client\": \"chat\", \"url\": \"${U:-http://h/x}\", \"model\": \"m\"}"), NULL);
    CLEANUP_JSON struct json *config = NULL;
    assert_int_equal(preset_from_block(block, &config, &err), 0);
    assert_true(str_is(json_str(json_get(config, "url")), "http://h/x"));
    assert_true(str_is(json_str(json_get(block, "url")), "${U:-http://h/x}"));
    preset_set_temperature(config, 0.25);
    assert_true(json_double(json_get(config, "temperature"), -1) == 0.25);
    struct json *none = NULL;
    assert_int_equal(preset_from_block(NULL, &none, &err), EXIT_CONFIG);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(knows_the_built_in_ones, setup),
        cmocka_unit_test_setup(local_wants_an_endpoint, setup),
        cmocka_unit_test_setup(reads_the_references_files, setup),
        cmocka_unit_test_setup(says_what_is_wrong, setup),
        cmocka_unit_test_setup(presets_of_services, setup),
        cmocka_unit_test_setup(reads_the_references_classes, setup),
        cmocka_unit_test_setup(takes_the_first_block_that_fits, setup),
        cmocka_unit_test_setup(a_file_goes_before_the_built_in, setup),
        cmocka_unit_test_setup(hides_what_urls_carry, setup),
        cmocka_unit_test_setup(takes_inline_blocks, setup),
    };
    log_level_set(LOG_ERROR);
    if (!mkdtemp(folder))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    file_remove_tree(folder, NULL);
    return failed;
}
