/* SPDX-License-Identifier: MIT */
#include "run/config.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/yaml.h"
#include "model/config.h"

static const char *const top_keys[] = {
    "agent",
    "agent_preset",
    "agent_temperature",
    "compat",
    "concurrency",
    "content_filter",
    "context_limit",
    "cycle",
    "data",
    "episode_timeout",
    "eval",
    "evo_memory",
    "expel",
    "judge_agent",
    "knowledge",
    "max_calls",
    "max_cost",
    "max_tokens",
    "memory",
    "method",
    "output_dir",
    "prices",
    "rehearsal_noise",
    "skills",
    "skillx",
    "task",
    "test",
    "updater",
    "writer_agent",
    "_resume",
    NULL,
};
/* The reference's blocks of its methods, besides cycle and skills: those of other methods may be
 * there too, as its files have them. */
static const struct {
    const char *block, *methods[2];
} method_blocks[] = {
    {"memory", {"memory", "batch_memory"}},
    {"expel", {"expel", NULL}},
    {"evo_memory", {"evo_memory", NULL}},
    {"skillx", {"skillx", NULL}},
};
static const char *const cycle_keys[] = {"epochs",       "update_every", "batch_concurrency",
                                         "run_baseline", "seed",         "baseline_competes",
                                         "reuse_calls",  "overlap"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOP_KEYS (COUNT(top_keys) - 1)

const char *const *config_keys(void)
{
    return top_keys;
}

int config_load(const char *path, struct config *out, struct err *err)
{
    memset(out, 0, sizeof(*out));
    if (!path) {
        out->tree = json_new_object();
        return 0;
    }
    CLEANUP_BUF struct buf text = {0};
    int code = file_read(path, FILE_MAX_CONFIG, &text, err);
    if (code)
        return err ? err->code = EXIT_CONFIG : code;
    if (!str_trim(buf_view(&text)).len)
        return err_set(err, EXIT_CONFIG,
                       "%s: is empty; a configuration is a mapping of keys to values", path);
    out->tree = yaml_parse(buf_view(&text), path, &out->lines, err);
    if (!out->tree)
        return EXIT_CONFIG;
    if (json_is(out->tree, JSON_NULL)) {
        json_free(out->tree);
        out->tree = json_new_object();
    }
    if (!json_is(out->tree, JSON_OBJECT))
        return err_set(err, EXIT_CONFIG, "%s:1: a configuration is a mapping of keys to values",
                       path);
    out->file = mem_dup(path, strlen(path));
    return 0;
}

void config_set(struct config *config, const char *dotted, struct json *value, const char *flag)
{
    struct json *at = config->tree;
    struct str rest = str_of(dotted), key = str_cut(&rest, '.');
    while (rest.len) {
        struct json *next = json_get_str(at, key);
        if (!json_is(next, JSON_OBJECT)) {
            json_set_str(at, key, json_new_object());
            next = json_get_str(at, key);
        }
        at = next;
        key = str_cut(&rest, '.');
    }
    json_set_str(at, key, value);
    mem_free(map_set(&config->where, str_of(dotted), mem_dup(flag, strlen(flag))));
}

int config_set_text(struct config *config, const char *assignment, struct err *err)
{
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return err_set(err, EXIT_USAGE, "--set %s: needs the form key=value, as in cycle.seed=2",
                       assignment);
    CLEANUP_FREE char *key = mem_dup(assignment, (size_t)(equals - assignment));
    struct json *value = yaml_parse(str_of(equals + 1), "--set", NULL, err);
    if (!value && *(equals + 1) && err && err->code)
        return err_prefix(err, "--set %s", key);
    config_set(config, key, value, "--set");
    return 0;
}

void config_clear(struct config *config)
{
    json_free(config->tree);
    mem_free(config->file);
    yaml_lines_free(config->lines);
    for (size_t i = 0; i < config->where.count; i++)
        mem_free(config->where.entries[i].value);
    map_clear(&config->where);
    memset(config, 0, sizeof(*config));
}

const char *config_where(struct config *config, const char *dotted)
{
    static _Thread_local char text[512];
    CLEANUP_FREE char *path = mem_dup(dotted, strlen(dotted));
    for (;;) {
        const char *flag = map_get(&config->where, str_of(path));
        if (flag && strcmp(flag, "--set") == 0)
            snprintf(text, sizeof(text), "--set %s", dotted);
        else if (flag)
            snprintf(text, sizeof(text), "%s", flag);
        if (flag)
            return text;
        char *dot = strrchr(path, '.');
        if (!dot)
            break;
        *dot = '\0';
    }
    int line = config->lines ? yaml_line(config->lines, dotted) : 0;
    if (line)
        snprintf(text, sizeof(text), "%s:%d", config->file, line);
    else
        snprintf(text, sizeof(text), "%s", config->file ? config->file : "configuration");
    return text;
}

static int unknown_key(struct config *config, const char *prefix, struct str key,
                       const char *const *known, size_t count, struct err *err)
{
    CLEANUP_FREE char *dotted = mem_printf("%s%.*s", prefix, (int)key.len, key.ptr);
    const char *near = nearest(key, known, count);
    if (near)
        return err_set(err, EXIT_CONFIG, "%s: unknown key '%s'; did you mean '%s%s'?",
                       config_where(config, dotted), dotted, prefix, near);
    CLEANUP_BUF struct buf names = {0};
    for (size_t i = 0; i < count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", known[i]);
    return err_set(err, EXIT_CONFIG, "%s: unknown key '%s'; known here: %s",
                   config_where(config, dotted), dotted, names.ptr ? names.ptr : "none");
}

static bool is_in(struct str key, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(key, known[i]))
            return true;
    }
    return false;
}

/* Reading with a type and a range; a missing or null value leaves *out as it is. */
static int read_int(struct config *config, const char *dotted, int64_t least, int64_t most,
                    int64_t *out, struct err *err)
{
    const struct json *value = json_path(config->tree, dotted);
    if (json_is(value, JSON_NULL))
        return 0;
    int64_t number = json_int(value, INT64_MIN);
    if (!json_is(value, JSON_INT) || number < least || number > most)
        return err_set(err, EXIT_CONFIG, "%s: %s must be a whole number from %lld to %lld",
                       config_where(config, dotted), dotted, (long long)least, (long long)most);
    *out = number;
    return 0;
}

static int read_bool(struct config *config, const char *dotted, bool *out, struct err *err)
{
    const struct json *value = json_path(config->tree, dotted);
    if (json_is(value, JSON_NULL))
        return 0;
    if (!json_is(value, JSON_BOOL))
        return err_set(err, EXIT_CONFIG, "%s: %s must be true or false",
                       config_where(config, dotted), dotted);
    *out = json_bool(value, false);
    return 0;
}

static int read_text(struct config *config, const char *dotted, const char **out, struct err *err)
{
    const struct json *value = json_path(config->tree, dotted);
    if (json_is(value, JSON_NULL))
        return 0;
    if (!json_is(value, JSON_STRING))
        return err_set(err, EXIT_CONFIG, "%s: %s must be a text; put it in quotes",
                       config_where(config, dotted), dotted);
    if (json_str(value).len)
        *out = json_str(value).ptr;
    return 0;
}

static int read_temperature(struct config *config, struct run_config *out, struct err *err)
{
    const struct json *value = json_get(config->tree, "agent_temperature");
    if (json_is(value, JSON_NULL))
        return 0;
    out->temperature = json_double(value, -1);
    out->has_temperature = true;
    if ((!json_is(value, JSON_INT) && !json_is(value, JSON_DOUBLE)) || out->temperature < 0 ||
        out->temperature > 2)
        return err_set(err, EXIT_CONFIG, "%s: agent_temperature must be a number from 0 to 2",
                       config_where(config, "agent_temperature"));
    return 0;
}

static int read_episode_timeout(struct config *config, struct run_config *out, struct err *err)
{
    const struct json *value = json_get(config->tree, "episode_timeout");
    if (json_is(value, JSON_NULL))
        return 0;
    out->episode_timeout = json_double(value, -1);
    if ((!json_is(value, JSON_INT) && !json_is(value, JSON_DOUBLE)) ||
        !(out->episode_timeout >= 0 && out->episode_timeout <= 1e7))
        return err_set(err, EXIT_CONFIG,
                       "%s: episode_timeout is a number of seconds from 0 (no limit) to 1e7",
                       config_where(config, "episode_timeout"));
    return 0;
}

static int read_noise(struct config *config, struct run_config *out, struct err *err)
{
    const struct json *value = json_get(config->tree, "rehearsal_noise");
    if (json_is(value, JSON_NULL))
        return 0;
    out->rehearsal_noise = json_double(value, -1);
    if ((!json_is(value, JSON_INT) && !json_is(value, JSON_DOUBLE)) ||
        !(out->rehearsal_noise >= 0 && out->rehearsal_noise <= 0.25))
        return err_set(err, EXIT_CONFIG,
                       "%s: rehearsal_noise is a share of rollouts from 0 (none) to 0.25",
                       config_where(config, "rehearsal_noise"));
    return 0;
}

static int read_withheld(struct config *config, const char *key, bool *out_scored, struct err *err)
{
    const char *value = NULL;
    int code = read_text(config, key, &value, err);
    if (code || !value)
        return code;
    *out_scored = strcmp(value, "scored") == 0;
    if (!*out_scored && strcmp(value, "missing") != 0)
        return err_set(err, EXIT_CONFIG, "%s: %s is 'missing' or 'scored', not '%s'",
                       config_where(config, key), key, value);
    return 0;
}

static int read_budget(struct config *config, struct run_config *out, struct err *err)
{
    const struct json *cost = json_get(config->tree, "max_cost");
    int code = read_int(config, "max_calls", 0, INT64_C(1) << 53, &out->max_calls, err);
    if (!code)
        code = read_int(config, "max_tokens", 0, INT64_C(1) << 53, &out->max_tokens, err);
    if (!code)
        code = read_text(config, "prices", &out->prices, err);
    if (code || json_is(cost, JSON_NULL))
        return code;
    out->max_cost = json_double(cost, -1);
    if ((!json_is(cost, JSON_INT) && !json_is(cost, JSON_DOUBLE)) ||
        !(out->max_cost >= 0 && out->max_cost <= 1e6))
        return err_set(err, EXIT_CONFIG, "%s: max_cost is a number of dollars from 0 to 1e6",
                       config_where(config, "max_cost"));
    return 0;
}

static int check_keys(struct config *config, struct err *err)
{
    for (struct json_iter it = json_members(config->tree); json_next(&it);) {
        if (!is_in(it.key, top_keys, TOP_KEYS))
            return unknown_key(config, "", it.key, top_keys, TOP_KEYS, err);
    }
    static const char *const blocks[] = {"task",   "method", "cycle",      "skills",
                                         "memory", "expel",  "evo_memory", "skillx",
                                         "data",   "eval",   "updater"};
    for (size_t i = 0; i < COUNT(blocks); i++) {
        const struct json *block = json_get(config->tree, blocks[i]);
        if (!json_is(block, JSON_NULL) && !json_is(block, JSON_OBJECT))
            return err_set(err, EXIT_CONFIG, "%s: %s is a block of keys and values",
                           config_where(config, blocks[i]), blocks[i]);
    }
    return 0;
}

static bool is_literal_secret(struct str key, struct str value)
{
    size_t at;
    double number;
    if (str_find(value, STR("${"), &at))
        return false;
    if (str_is(key, "base_url") || str_is(key, "url"))
        return str_find(value, STR("@"), &at);
    return value.len && !str_is(value, "EMPTY") && !str_to_double(value, &number) &&
           chat_config_secret_name(key);
}

/* The configuration is written into the run directory, and secrets reach no file. */
static int check_secrets(struct config *config, const struct json *block, const char *prefix,
                         struct err *err)
{
    int code = 0;
    for (struct json_iter it = json_members(block); json_next(&it) && !code;) {
        CLEANUP_FREE char *path = mem_printf("%s.%.*s", prefix, (int)it.key.len, it.key.ptr);
        if (json_is(it.value, JSON_OBJECT))
            code = check_secrets(config, it.value, path, err);
        else if (json_is(it.value, JSON_STRING) && is_literal_secret(it.key, json_str(it.value)))
            code = err_set(err, EXIT_CONFIG,
                           "%s: %s holds a secret, and the configuration is stored with the run; "
                           "put it into the environment and write ${NAME} here",
                           config_where(config, path), path);
    }
    return code;
}

static int read_compat(struct config *config, struct run_config *out, struct err *err)
{
    const char *compat = "default";
    int code = read_text(config, "compat", &compat, err);
    if (code)
        return code;
    out->compat_reference = strcmp(compat, "reference") == 0;
    if (!out->compat_reference && strcmp(compat, "default") != 0)
        return err_set(err, EXIT_CONFIG, "%s: compat is 'default' or 'reference', not '%s'",
                       config_where(config, "compat"), compat);
    return 0;
}

static int read_cycle(struct config *config, struct run_config *out, struct err *err)
{
    int64_t concurrency = 64;
    int code = read_int(config, "cycle.epochs", 0, 100000, &out->epochs, err);
    if (!code)
        code = read_int(config, "cycle.update_every", 1, 100000000, &out->update_every, err);
    if (!code)
        code = read_int(config, "cycle.seed", INT64_MIN, INT64_MAX, &out->seed, err);
    if (!code)
        code = read_int(config, "cycle.batch_concurrency", 1, 100000, &concurrency, err);
    if (!code)
        code = read_int(config, "concurrency", 1, 100000, &concurrency, err);
    if (!code)
        code = read_bool(config, "cycle.run_baseline", &out->run_baseline, err);
    if (!code)
        code = read_bool(config, "cycle.baseline_competes", &out->baseline_competes, err);
    if (!code)
        code = read_bool(config, "cycle.reuse_calls", &out->reuse_calls, err);
    if (!code)
        code = read_bool(config, "cycle.overlap", &out->overlap, err);
    out->concurrency = (size_t)concurrency;
    return code;
}

static int read_updater(struct config *config, struct run_config *out, struct err *err)
{
    const struct json *block = json_get(config->tree, "updater");
    int code = updater_read(block, &out->updater, err);
    if (code)
        return err_prefix(err, "%s: updater", config_where(config, "updater"));
    code = check_secrets(config, block, "updater", err);
    return code ? code : check_secrets(config, json_get(config->tree, "eval"), "eval", err);
}

int config_read(struct config *config, struct run_config *out, struct err *err)
{
    *out = (struct run_config){
        .output_dir = "runs",
        .epochs = 3,
        .update_every = 10,
        .seed = 1,
        .run_baseline = true,
        .test = true,
        .max_calls = -1,
        .max_tokens = -1,
        .max_cost = -1,
    };
    int code = check_keys(config, err);
    if (!code)
        code = read_compat(config, out, err);
    out->baseline_competes = !out->compat_reference;
    out->reuse_calls = !out->compat_reference;
    out->overlap = !out->compat_reference;
    out->score_context_limit = out->compat_reference;
    out->score_content_filter = out->compat_reference;
    if (!code)
        code = read_cycle(config, out, err);
    if (!code)
        code = read_text(config, "task.plugin", &out->task, err);
    if (!code)
        code = read_text(config, "method.plugin", &out->method, err);
    if (!code)
        code = read_text(config, "agent_preset", &out->agent_preset, err);
    if (!code)
        code = read_text(config, "writer_agent", &out->writer_agent, err);
    if (!code)
        code = read_text(config, "judge_agent", &out->judge_agent, err);
    if (!code)
        code = read_text(config, "output_dir", &out->output_dir, err);
    if (!code)
        code = read_text(config, "knowledge", &out->knowledge, err);
    if (!code)
        code = read_temperature(config, out, err);
    if (!code)
        code = read_episode_timeout(config, out, err);
    if (!code)
        code = read_noise(config, out, err);
    if (!code)
        code = read_withheld(config, "context_limit", &out->score_context_limit, err);
    if (!code)
        code = read_withheld(config, "content_filter", &out->score_content_filter, err);
    if (!code)
        code = read_budget(config, out, err);
    if (!code)
        code = read_bool(config, "test", &out->test, err);
    if (!code)
        code = read_updater(config, out, err);
    out->agent = json_get(config->tree, "agent");
    if (!json_is(out->agent, JSON_OBJECT))
        out->agent = NULL;
    return code ? code : check_secrets(config, out->agent, "agent", err);
}

static struct json *block_options(struct config *config, const char *block)
{
    struct json *options = json_new_object();
    const struct json *from = json_get(config->tree, block);
    for (struct json_iter it = json_members(from); json_next(&it);) {
        if (!str_is(it.key, "plugin"))
            json_set_str(options, it.key, json_copy(it.value));
    }
    return options;
}

/* What the reference's files say of its task servers. */
static const char *const server_keys[] = {"name", "controller_address", "fhir_api_base"};

int config_task_options(struct config *config, const struct json *schema, struct json **out,
                        struct err *err)
{
    const struct json *known = json_get(schema, "properties");
    *out = block_options(config, "task");
    for (size_t i = 0; i < COUNT(server_keys); i++) {
        if (!json_get(known, server_keys[i]))
            json_remove(*out, server_keys[i]);
    }
    return 0;
}

/* Its temperature is the method's, if that has one for the writer. */
static void take_updater(const struct config *config, const struct json *schema,
                         struct json *options)
{
    static const char *const names[] = {"proposal_temperature", "writer_temperature"};
    struct updater updater;
    struct err ignored = {0}; /* config_read has found what is wrong */
    if (updater_read(json_get(config->tree, "updater"), &updater, &ignored) ||
        !updater.has_temperature)
        return;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (json_get(json_get(schema, "properties"), names[i]) && !json_get(options, names[i]))
            json_set(options, names[i], json_new_double(updater.temperature));
    }
}

static size_t known_names(const struct json *schema, const char **names, size_t room)
{
    size_t count = 0;
    for (struct json_iter it = json_members(json_get(schema, "properties"));
         json_next(&it) && count < room;)
        names[count++] = it.key.ptr;
    return count;
}

/* Moves what stands in a block of the reference's config into the method's options. */
static int take_block(struct config *config, const char *block, const struct json *schema,
                      struct json *options, struct err *err)
{
    const char *known[256];
    size_t count = known_names(schema, known, COUNT(known) - COUNT(cycle_keys));
    CLEANUP_FREE char *prefix = mem_printf("%s.", block);
    bool cycle = strcmp(block, "cycle") == 0;
    if (cycle) {
        memcpy(known + count, cycle_keys, sizeof(cycle_keys));
        count += COUNT(cycle_keys);
    }
    for (struct json_iter it = json_members(json_get(config->tree, block)); json_next(&it);) {
        if (cycle && is_in(it.key, cycle_keys, COUNT(cycle_keys)))
            continue;
        if (!is_in(it.key, known, count))
            return unknown_key(config, prefix, it.key, known, count, err);
        CLEANUP_FREE char *path = mem_printf("%s%.*s", prefix, (int)it.key.len, it.key.ptr);
        CLEANUP_FREE char *option = mem_printf("method.%.*s", (int)it.key.len, it.key.ptr);
        if (json_get_str(options, it.key))
            return err_set(err, EXIT_CONFIG, "%s: %s is also given as %s; keep one",
                           config_where(config, path), path, option);
        if (!map_has(&config->where, str_of(option))) {
            const char *where = config_where(config, path);
            map_set(&config->where, str_of(option), mem_dup(where, strlen(where)));
        }
        json_set_str(options, it.key, json_copy(it.value));
    }
    return 0;
}

static bool block_is_of(size_t block, const char *method)
{
    for (size_t i = 0; i < COUNT(method_blocks[block].methods); i++) {
        const char *name = method_blocks[block].methods[i];
        if (name && strcmp(name, method) == 0)
            return true;
    }
    return false;
}

int config_method_options(struct config *config, const char *method, const struct json *schema,
                          struct json **out, struct err *err)
{
    struct json *options = block_options(config, "method");
    int code = take_block(config, "cycle", schema, options, err);
    if (!code)
        code = take_block(config, "skills", schema, options, err);
    for (size_t i = 0; i < COUNT(method_blocks) && !code; i++) {
        if (block_is_of(i, method))
            code = take_block(config, method_blocks[i].block, schema, options, err);
    }
    if (code) {
        json_free(options);
        return code;
    }
    take_updater(config, schema, options);
    *out = options;
    return 0;
}

const char *config_agent_name(const char *flag, const char *environment, const char *configured)
{
    const char *const names[] = {flag, environment, configured};
    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i] && *names[i])
            return names[i];
    }
    return NULL;
}

/* Keys that do not change what a run comes to. */
static const char *const harmless[] = {"_resume",
                                       "output_dir",
                                       "max_calls",
                                       "max_cost",
                                       "max_tokens",
                                       "prices",
                                       "concurrency",
                                       "cycle.batch_concurrency",
                                       "episode_timeout",
                                       "agent.timeout",
                                       "agent.connect_timeout",
                                       "agent.low_speed_timeout",
                                       "agent.max_retries",
                                       "agent.retry_base_delay",
                                       "agent.retry_max_delay",
                                       "agent.retry_after_max",
                                       "agent.max_in_flight",
                                       "agent.requests_per_minute",
                                       "agent.tokens_per_minute"};

static void diff_side(const struct json *a, const struct json *b, const char *prefix, bool added,
                      struct buf *out)
{
    for (struct json_iter it = json_members(a); json_next(&it);) {
        CLEANUP_FREE char *path = mem_printf("%s%.*s", prefix, (int)it.key.len, it.key.ptr);
        const struct json *other = json_get_str(b, it.key);
        if (is_in(str_of(path), harmless, COUNT(harmless)) || json_equal(it.value, other))
            continue;
        if (json_is(it.value, JSON_OBJECT)) {
            CLEANUP_FREE char *below = mem_printf("%s.", path);
            diff_side(it.value, other, below, added, out);
            continue;
        }
        if (added && other)
            continue; /* said from the other side */
        buf_printf(out, "  %s: ", path);
        if (added)
            buf_text(out, "(not set)");
        else
            json_write(out, it.value, 0);
        buf_text(out, " -> ");
        if (added)
            json_write(out, it.value, 0);
        else if (other)
            json_write(out, other, 0);
        else
            buf_text(out, "(not set)");
        buf_char(out, '\n');
    }
}

void config_diff(const struct json *before, const struct json *now, struct buf *out)
{
    diff_side(before, now, "", false, out);
    diff_side(now, before, "", true, out);
}
