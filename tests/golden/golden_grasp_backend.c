/* SPDX-License-Identifier: MIT */
/* Which model a config and a preset give to the agent, the writer and the judge. The reference
 * copies the preset into three blocks; here they are one model, and what a block keeps for itself
 * is in the requests of its role. So what is compared is what would be sent. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/agent.h"
#include "golden_grasp.h"
#include "model/preset.h"
#include "model/wire.h"
#include "run/config.h"

/* spec/grasp.md 4.3 */
static const char *const flat_presets[][2] = {
    {"gptoss", "model: openai/${OSS_MODEL:-gpt-oss-120b}\nbase_url: ${OSS_API_BASE}\n"},
    {"gemini", "model: vertex_ai/${GEMINI_MODEL:-gemini-3.1-flash-lite}\nproject_id: "
               "${GOOGLE_CLOUD_PROJECT}\nlocation: ${GOOGLE_CLOUD_LOCATION:-us-central1}\n"},
    {"gpt5", "model: ${GPT5_MODEL:-gpt-5.4}\nbase_url: ${AZURE_OPENAI_BASE_URL}\n"},
    {"gpt4", "model: ${GPT4_MODEL:-azure/gpt-4.1}\n"},
    {"local", "model: openai/${LOCAL_MODEL}\nbase_url: ${LOCAL_API_BASE}\n"},
};

/* 4.1 */
static const char *const class_presets[][2] = {
    {"gptoss", "module: src.client.agents.HTTPAgent\nparameters:\n  url: "
               "${OSS_API_BASE}/chat/completions\n  headers: {Authorization: \"Bearer "
               "${OSS_API_KEY:-EMPTY}\", Content-Type: application/json}\n  body: {model: "
               "\"${OSS_MODEL:-gpt-oss-120b}\", temperature: 0.0, max_tokens: 8192}\n  prompter: "
               "{name: role_content_dict, args: {agent_role: assistant}}\n"},
    {"gemini", "module: src.client.agents.VertexAgent\nparameters:\n  project_id: "
               "${GOOGLE_CLOUD_PROJECT}\n  location: ${GOOGLE_CLOUD_LOCATION:-us-central1}\n  "
               "model: ${GEMINI_MODEL:-gemini-3.1-flash-lite}\n  temperature: 0.0\n  "
               "max_output_tokens: 32768\n"},
};

static void set_environment(void)
{
    static const char *const variables[][2] = {
        {"OSS_API_BASE", "http://h/v1"},      {"GOOGLE_CLOUD_PROJECT", "P"},
        {"LOCAL_API_BASE", "http://l/v1"},    {"LOCAL_MODEL", "lm"},
        {"DEEPSEEK_API_BASE", "http://d/v1"}, {"AZURE_OPENAI_BASE_URL", "https://a/openai/v1/"},
        {"AZURE_API_BASE", "https://b"},      {"AZURE_API_KEY", "k123"},
        {"AZURE_API_VERSION", "2024-10-21"},
    };
    static const char *const unset[] = {"OSS_MODEL",        "OSS_API_KEY",
                                        "GEMINI_MODEL",     "GOOGLE_CLOUD_LOCATION",
                                        "GPT5_MODEL",       "GPT4_MODEL",
                                        "OPENAI_API_KEY",   "GOOGLE_VERTEX_BASE_URL",
                                        "VERTEXAI_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
        setenv(variables[i][0], variables[i][1], 1);
    for (size_t i = 0; i < sizeof(unset) / sizeof(*unset); i++)
        unsetenv(unset[i]);
}

/* A folder with a configuration and its presets, as a user keeps them. */
struct setup {
    char dir[32];
    char *file;
    struct config config;
    struct run_config run;
    struct chat_config agent;
};

static int write_setup(struct setup *s, const char *const (*presets)[2], size_t count,
                       const char *config, struct err *err)
{
    CLEANUP_FREE char *agents = mem_printf("%s/agents", s->dir);
    int code = file_make_dirs(agents, err);
    for (size_t i = 0; !code && i < count; i++) {
        CLEANUP_FREE char *path = mem_printf("%s/%s.yaml", agents, presets[i][0]);
        code = file_write_atomic(path, str_of(presets[i][1]), err);
    }
    s->file = mem_printf("%s/config.yaml", s->dir);
    return code ? code : file_write_atomic(s->file, str_of(config), err);
}

static bool open_setup(struct golden *g, struct setup *s, const char *const (*presets)[2],
                       size_t count, const char *config, const char *preset)
{
    struct err err = {0};
    CLEANUP_JSON struct json *agent = NULL;
    *s = (struct setup){.dir = "/tmp/golden-backend-XXXXXX"};
    int code = mkdtemp(s->dir) ? write_setup(s, presets, count, config, &err) : EXIT_INTERNAL;
    if (!code)
        code = config_load(s->file, &s->config, &err);
    if (!code)
        code = config_read(&s->config, &s->run, &err);
    if (!code)
        code = agent_load(s->file, config_agent_name(preset, NULL, s->run.agent_preset),
                          s->run.agent, &agent, &err);
    if (!code)
        code = chat_config_read(agent, &s->agent, &err);
    return golden_expect(g, !code, err.text);
}

static void close_setup(struct setup *s)
{
    chat_config_clear(&s->agent);
    config_clear(&s->config);
    file_remove_tree(s->dir, NULL);
    mem_free(s->file);
}

/* The body of a request of this role that leaves its decoding open. */
static struct json *body_for(const struct setup *s, enum model_role role)
{
    CLEANUP_BUF struct buf body = {0};
    struct message hello = {.role = STR("user"), .content = STR("Hello")};
    struct model_request request = {
        .messages = &hello, .count = 1, .temperature = NAN, .role = role};
    updater_apply(&s->run.updater, &request);
    wire_encode(&s->agent, &request, &body);
    return json_parse(buf_view(&body), NULL);
}

/* Its temperature and limit, wherever the service has them. */
static void expect_decoding(struct golden *g, const struct json *body, const struct json *want)
{
    const struct json *generation = json_get(body, "generationConfig");
    const struct json *from = generation ? generation : body;
    const char *limit = generation ? "maxOutputTokens" : "max_tokens";
    const struct json *most = json_get(want, "max_tokens");
    if (!most)
        most = json_get(want, "max_output_tokens");
    golden_expect_json(g, "temperature", json_get(from, "temperature"),
                       json_get(want, "temperature"));
    golden_expect_json(g, limit, json_get(from, limit), most);
}

static bool url_has(const struct setup *s, struct str text)
{
    return !text.len || str_find(str_of(s->agent.url), text, NULL);
}

/* LiteLLM's provider/model: the provider is the client here. */
static struct str without_provider(struct str model)
{
    struct str rest = model;
    str_cut(&rest, '/');
    return rest.ptr ? rest : model;
}

static void expect_agent(struct golden *g, const struct setup *s, const struct json *want)
{
    struct str base = json_str(json_get(want, "base_url"));
    while (str_ends(base, "/"))
        base.len--;
    golden_expect_str(g, "model", str_of(s->agent.model),
                      without_provider(json_str(json_get(want, "model"))));
    golden_expect(g, url_has(s, base), s->agent.url);
    golden_expect(g, url_has(s, json_str(json_get(want, "project_id"))), s->agent.url);
    golden_expect(g, url_has(s, json_str(json_get(want, "location"))), s->agent.url);
    golden_expect(g, !str_find(str_of(s->agent.url), STR("old"), NULL), "an address of before");
    golden_expect(g, s->agent.timeout == json_double(json_get(want, "timeout"), NAN), "timeout");
}

static void fhir_case(struct golden *g, const struct json *c)
{
    static const char config[] =
        "agent: {strategy: s, model: x, base_url: old, timeout: 60, project_id: oldp}\n"
        "updater: {model: y, temperature: 0.7}\n"
        "eval: {model: z, base_url: old}\n";
    static const char *const roles[] = {"agent", "updater", "eval"};
    const struct json *after = json_get(c, "config_after"), *agent = json_get(after, "agent");
    struct setup s;
    if (open_setup(g, &s, flat_presets, sizeof(flat_presets) / sizeof(*flat_presets), config,
                   json_str(json_get(c, "preset")).ptr)) {
        expect_agent(g, &s, agent);
        for (int role = MODEL_EXECUTOR; role <= MODEL_JUDGE; role++) {
            const struct json *block = json_get(after, roles[role]);
            CLEANUP_JSON struct json *body = body_for(&s, (enum model_role)role);
            golden_expect_json(g, "model of all", json_get(block, "model"),
                               json_get(agent, "model"));
            golden_expect_json(g, "base_url of all", json_get(block, "base_url"),
                               json_get(agent, "base_url"));
            expect_decoding(g, body, block);
        }
    }
    close_setup(&s);
}

static void expect_authorization(struct golden *g, const struct setup *s, struct str want)
{
    CLEANUP_BUF struct buf line = {0};
    bool found = !want.len;
    buf_printf(&line, "Authorization: %.*s", (int)want.len, want.ptr ? want.ptr : "");
    for (const char *const *h = s->agent.headers; *h && !found; h++)
        found = str_is(buf_view(&line), *h);
    golden_expect(g, found, "Authorization");
}

static void updater_case(struct golden *g, const struct json *c)
{
    static const char config[] = "updater: {module: src.client.agents.LiteLLMAgent, parameters: "
                                 "{model: w, temperature: 0.7, max_output_tokens: 4096}}\n";
    const struct json *want = json_path(c, "updater_after.parameters");
    const struct json *in_body = json_get(want, "body");
    struct setup s;
    if (open_setup(g, &s, class_presets, sizeof(class_presets) / sizeof(*class_presets), config,
                   json_str(json_get(c, "preset")).ptr)) {
        CLEANUP_JSON struct json *body = body_for(&s, MODEL_WRITER);
        CLEANUP_JSON struct json *agent = body_for(&s, MODEL_EXECUTOR);
        expect_decoding(g, body, in_body ? in_body : want);
        golden_expect_str(g, "model", str_of(s.agent.model),
                          json_str(json_get(in_body ? in_body : want, "model")));
        golden_expect(g, url_has(&s, json_str(json_get(want, "url"))), s.agent.url);
        golden_expect(g, url_has(&s, json_str(json_get(want, "project_id"))), s.agent.url);
        golden_expect(g, url_has(&s, json_str(json_get(want, "location"))), s.agent.url);
        expect_authorization(g, &s, json_str(json_path(want, "headers.Authorization")));
        golden_expect(g, !json_equal(agent, body), "the agent keeps its own decoding");
    }
    close_setup(&s);
}

void golden_backend_sections(struct golden *g)
{
    set_environment();
    golden_section(g, "sections.fhir_apply_backend.cases");
    for (const struct json *c; (c = golden_next(g));)
        fhir_case(g, c);
    golden_section(g, "sections.resolve_backends_updater.cases");
    for (const struct json *c; (c = golden_next(g));)
        updater_case(g, c);
}
