/* SPDX-License-Identifier: MIT */
#include "cli/session.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "cli/agent.h"
#include "cli/cli.h"
#include "cli/spending.h"
#include "model/preset.h"
#include "plugin/options.h"

#define BLOCKING_WORKERS 64
#define PATIENCE_US 3000 /* of the 100,000s that a call takes */

static void set_text(struct config *config, const char *key, const char *text, const char *flag)
{
    if (text)
        config_set(config, key, json_new_str(str_of(text)), flag);
}

static int set_budget(struct config *config, const struct session_options *o, struct err *err)
{
    int64_t calls = 0, tokens = 0;
    double cost = 0;
    int code = args_int("max-calls", o->max_calls, 0, INT64_C(1) << 53, &calls, err);
    if (!code)
        code = args_int("max-tokens", o->max_tokens, 0, INT64_C(1) << 53, &tokens, err);
    if (code)
        return code;
    if (o->max_cost && (!str_to_double(str_of(o->max_cost), &cost) || !(cost >= 0 && cost <= 1e6)))
        return err_set(err, EXIT_USAGE, "--max-cost %s: needs a number of dollars from 0 to 1e6",
                       o->max_cost);
    if (o->max_calls)
        config_set(config, "max_calls", json_new_int(calls), "--max-calls");
    if (o->max_tokens)
        config_set(config, "max_tokens", json_new_int(tokens), "--max-tokens");
    if (o->max_cost)
        config_set(config, "max_cost", json_new_double(cost), "--max-cost");
    return 0;
}

static int apply_flags(struct session *s, struct err *err)
{
    const struct session_options *o = s->options;
    for (size_t i = 0; i < o->sets.count; i++) {
        int code = config_set_text(&s->config, o->sets.items[i], err);
        if (code)
            return code;
    }
    set_text(&s->config, "task.plugin", o->task, "--task");
    set_text(&s->config, "method.plugin", o->method, "--method");
    set_text(&s->config, "knowledge", o->knowledge, "--knowledge");
    set_text(&s->config, "prices", o->prices, "--prices");
    int wrong = set_budget(&s->config, o, err);
    if (wrong)
        return wrong;
    set_text(&s->config, "writer_agent", o->writer_agent, "--writer-agent");
    set_text(&s->config, "judge_agent", o->judge_agent, "--judge-agent");
    if (o->concurrency) {
        int64_t number = 0;
        int code = args_int("concurrency", o->concurrency, 1, 100000, &number, err);
        if (code)
            return code;
        config_set(&s->config, "concurrency", json_new_int(number), "--concurrency");
    }
    return 0;
}

static char *dir_path(const struct session *s)
{
    char name[32];
    time_t now = time(NULL);
    struct tm tm;
    if (s->options->out)
        return mem_dup(s->options->out, strlen(s->options->out));
    localtime_r(&now, &tm);
    strftime(name, sizeof(name), "%Y%m%d_%H%M%S", &tm);
    const struct json *root = json_get(s->config.tree, "output_dir");
    return file_join(json_is(root, JSON_STRING) ? json_str(root).ptr : "runs",
                     s->options->run_name ? s->options->run_name : name);
}

static int other_run(const char *path, const struct buf *diff, struct err *err)
{
    return err_set(err, EXIT_CONFIG,
                   "%s: this run has another configuration; resume it with its own, or start a new "
                   "one with --out. What differs (run -> given):\n%s",
                   path, diff->ptr);
}

/* A resumed run goes on with its own configuration; what is given now must agree with it. */
static int adopt_stored(struct session *s, struct err *err)
{
    if (!s->options->out && !s->options->run_name)
        return err_set(err, EXIT_USAGE, "--resume needs the run directory: --out DIR");
    CLEANUP_FREE char *path = dir_path(s);
    if (!rundir_is_run(path))
        return err_set(err, EXIT_USAGE, "%s: no run to resume there (no config.yaml)", path);
    struct json *stored;
    int code = rundir_read_config(path, &stored, err);
    if (code)
        return code;
    s->state = rundir_read_state(path);
    struct str command = json_str(json_get(s->state, "command"));
    if (command.len && !str_is(command, s->command)) {
        json_free(stored);
        return err_set(err, EXIT_USAGE,
                       "%s: is made by another command; go on with: grasp-host "
                       "%.*s --resume --out %s",
                       path, (int)command.len, command.ptr, path);
    }
    struct json *now = json_copy(stored);
    for (struct json_iter it = json_members(s->config.tree); json_next(&it);) {
        struct json *block = json_get_str(now, it.key);
        if (!json_is(it.value, JSON_OBJECT) || !json_is(block, JSON_OBJECT)) {
            json_set_str(now, it.key, json_copy(it.value));
            continue;
        }
        for (struct json_iter in = json_members(it.value); json_next(&in);)
            json_set_str(block, in.key, json_copy(in.value));
    }
    CLEANUP_BUF struct buf diff = {0};
    config_diff(stored, now, &diff);
    json_free(stored);
    json_free(s->config.tree);
    s->config.tree = now;
    if (!diff.len)
        return 0;
    return other_run(path, &diff, err);
}

/* --agent, else GRASP_BACKEND, else agent_preset (spec/grasp.md 3.3). */
static void choose_agent(struct session *s)
{
    const char *environment = s->options->resume ? NULL : getenv("GRASP_BACKEND");
    const char *name = config_agent_name(s->options->agent, environment, NULL);
    if (name)
        set_text(&s->config, "agent_preset", name, "--agent");
}

static const char *where_task(void *arg, const char *option)
{
    CLEANUP_FREE char *path = mem_printf("task.%s", option);
    return config_where(arg, path);
}

static const char *where_method(void *arg, const char *option)
{
    CLEANUP_FREE char *path = mem_printf("method.%s", option);
    return config_where(arg, path);
}

/* A plugin with an option of this name follows the run, unless it was given one of its own. */
static void follow_compat(const struct session *s, const struct json *schema, struct json *given)
{
    bool known = json_get(json_get(schema, "properties"), "compat") != NULL;
    if (known && s->run.compat_reference && !json_get(given, "compat"))
        json_set(given, "compat", json_new_str(STR("reference")));
}

static int check_options(struct session *s, struct err *err)
{
    struct json *given;
    int code = config_task_options(&s->config, s->task_entry->options, &given, err);
    if (code)
        return code;
    follow_compat(s, s->task_entry->options, given);
    s->task_options =
        options_check(s->task_entry->options, given, "task", where_task, &s->config, err);
    json_free(given);
    if (!s->task_options)
        return EXIT_CONFIG;
    if (!s->method_entry)
        return 0;
    const struct json *schema = s->method_entry->options;
    code = config_method_options(&s->config, s->method_entry->id, schema, &given, err);
    if (code)
        return code;
    follow_compat(s, schema, given);

    s->method_options = options_check(schema, given, "method", where_method, &s->config, err);
    json_free(given);
    return s->method_options ? 0 : EXIT_CONFIG;
}

static int pick_plugins(struct session *s, struct err *err)
{
    if (!s->run.task)
        return err_set(err, EXIT_USAGE,
                       "no task: give --task, as in --task quickstart.so "
                       "(grasp-host list shows what there is)");
    if (!s->run.method)
        return err_set(err, EXIT_USAGE,
                       "no method: give --method, as in --method grasp.so "
                       "(grasp-host list shows what there is)");
    int code = plugin_pick(s->run.task, PLUGIN_TASK, &s->task_entry, err);
    return code ? code : plugin_pick(s->run.method, PLUGIN_METHOD, &s->method_entry, err);
}

static void session_init(struct session *s, struct session_options *options)
{
    s->dir.lock_fd = -1;
    s->options = options;
    ledger_init(&s->ledger);
    report_init(&s->report, &s->ledger, options->quiet);
    if (options->verbose)
        log_level_set(LOG_DEBUG);
}

int session_configure_stored(struct session *s, struct session_options *options, const char *dir,
                             struct err *err)
{
    session_init(s, options);
    int code = rundir_read_config(dir, &s->config.tree, err);
    if (!code)
        code = apply_flags(s, err);
    if (!code)
        code = config_read(&s->config, &s->run, err);
    if (!code && !s->run.task)
        code = err_set(err, EXIT_CONFIG, "%s/config.yaml: names no task; give --task", dir);
    if (!code)
        code = plugin_pick(s->run.task, PLUGIN_TASK, &s->task_entry, err);
    return code ? code : check_options(s, err);
}

int session_configure(struct session *s, struct session_options *options, struct err *err)
{
    session_init(s, options);
    if (options->resume && options->force)
        return err_set(err, EXIT_USAGE, "--resume and --force exclude each other");
    if (options->retry_missing && !options->resume)
        return err_set(err, EXIT_USAGE, "--retry-missing goes with --resume --out DIR");
    int code = config_load(options->config, &s->config, err);
    if (!code)
        code = apply_flags(s, err);
    choose_agent(s);
    if (!code && options->resume)
        code = adopt_stored(s, err);
    if (!code)
        code = config_read(&s->config, &s->run, err);
    if (!code)
        code = pick_plugins(s, err);
    return code ? code : check_options(s, err);
}

static int open_journal(struct session *s, struct err *err)
{
    CLEANUP_FREE char *path = file_join(s->dir.path, "journal.jsonl");
    return s->resuming ? journal_resume(path, &s->journal, err)
                       : journal_create(path, &s->journal, err);
}

static struct json *plugin_state(const struct plugin_entry *entry, const struct json *options)
{
    char digest[HASH_HEX];
    struct json *out = json_new_object();
    plugin_digest(entry->plugin, digest);
    json_set(out, "id", json_new_str(str_of(entry->id)));
    json_set(out, "version", json_new_str(str_of(plugin_version(entry->plugin))));
    json_set(out, "sha256", json_new_str(str_of(digest)));
    json_set(out, "options", json_copy(options));
    return out;
}

static struct json *session_state(struct session *s, bool complete)
{
    struct json *out = json_new_object();
    json_set(out, "schema", json_new_str(STR("grasp-host/run")));
    json_set(out, "v", json_new_int(1));
    json_set(out, "command", json_new_str(str_of(s->command)));
    if (s->split)
        json_set(out, "split", json_new_str(str_of(s->split)));
    json_set(out, "complete", json_new_bool(complete));
    json_set(out, "version", json_new_str(STR(GRASP_HOST_VERSION)));
    json_set(out, "task", plugin_state(s->task_entry, s->task_options));
    json_set(out, "method", plugin_state(s->method_entry, s->method_options));
    json_set(out, "model", json_new_str(str_of(model_name(s->model))));
    if (s->writer)
        json_set(out, "writer_model", json_new_str(str_of(model_name(s->writer))));
    if (s->judge)
        json_set(out, "judge_model", json_new_str(str_of(model_name(s->judge))));
    json_set(out, "seed", json_new_int(s->run.seed));
    return out;
}

/* What the configuration does not say but results depend on. */
static struct json *identity(const struct json *state)
{
    static const char *const plugins[] = {"task", "method"};
    static const char *const models[] = {"model", "writer_model", "judge_model"};
    struct json *out = json_new_object();
    for (size_t i = 0; i < 3; i++)
        json_set(out, models[i], json_copy(json_get(state, models[i])));
    for (size_t i = 0; i < 2; i++)
        json_set(out, plugins[i],
                 json_copy(json_path(state, i ? "method.options" : "task.options")));
    return out;
}

static int compare_state(struct session *s, struct err *err)
{
    CLEANUP_JSON struct json *now = session_state(s, false);
    CLEANUP_JSON struct json *then_identity = identity(s->state);
    CLEANUP_JSON struct json *now_identity = identity(now);
    CLEANUP_BUF struct buf diff = {0};
    config_diff(then_identity, now_identity, &diff);
    if (diff.len)
        return other_run(s->dir.path, &diff, err);
    for (int i = 0; i < 2; i++) {
        const char *key = i ? "method.sha256" : "task.sha256";
        if (!json_equal(json_path(s->state, key), json_path(now, key)))
            log_line(LOG_WARNING, "the %s plugin is not the file that this run began with",
                     i ? "method" : "task");
    }
    return 0;
}

static int begin_dir(struct session *s, struct err *err)
{
    int code = session_write_state(s, false, err);
    json_set(s->config.tree, "_resume", json_new_bool(false));
    /* Last: a folder with a config.yaml is a run. */
    return code ? code : rundir_write_config(&s->dir, s->config.tree, err);
}

static int resume_dir(struct session *s, struct err *err)
{
    int code = s->state ? compare_state(s, err) : session_write_state(s, false, err);
    s->complete = json_bool(json_get(s->state, "complete"), false);
    return code;
}

int session_open_dir(struct session *s, struct err *err)
{
    CLEANUP_FREE char *path = dir_path(s);
    s->resuming = s->options->resume;
    enum rundir_mode mode = RUNDIR_NEW;
    if (s->options->force)
        mode = RUNDIR_FORCE;
    else if (s->resuming)
        mode = RUNDIR_RESUME;
    int code = rundir_open(path, mode, &s->dir, err);
    if (!code)
        code = s->resuming ? resume_dir(s, err) : begin_dir(s, err);
    if (code || s->complete)
        return code;
    CLEANUP_FREE char *log = file_join(s->dir.path, "run.log");
    code = open_journal(s, err);
    return code ? code : report_open_log(&s->report, log, err);
}

char *session_user_folder(void)
{
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
    return xdg && *xdg ? mem_printf("%s/grasp-host", xdg)
                       : mem_printf("%s/.config/grasp-host", home && *home ? home : "/nonexistent");
}

static int load_agent(struct session *s, struct err *err)
{
    int code;
    if (s->run.agent_preset)
        code = agent_load(s->config.file, s->run.agent_preset,
                          json_get(s->run.agent, "module") ? NULL : s->run.agent, &s->agent, err);
    else if (s->run.agent)
        code = preset_from_block(s->run.agent, &s->agent, err);
    else
        code = err_set(err, EXIT_CONFIG,
                       "no model: give --agent, as in --agent local for an OpenAI-compatible "
                       "endpoint, or --agent rehearsal to try things offline");
    if (!code && s->run.has_temperature && s->run.agent_preset)
        preset_set_temperature(s->agent, s->run.temperature);
    return code;
}

/* name: of its preset, for errors; NULL for an inline block. */
static int open_one(struct session *s, const struct json *agent, const char *name,
                    struct model **out, struct err *err)
{
    int code = 0;
    if (!str_is(json_str(json_get(agent, "client")), "rehearsal")) {
        code = model_open(agent, s->http, s->loop, s->pool, out, err);
        return code ? err_prefix(err, "agent %s%s", name ? "preset " : "block", name ? name : "")
                    : 0;
    }
    if (!s->rehearsal)
        code = rehearsal_open(s->task_entry, s->method_entry, &s->rehearsal, err);
    if (!code)
        *out = model_open_local(rehearsal_answer, s->rehearsal, s->pool);
    return code;
}

/* Writer or judge, where they have a preset of their own. */
static int open_other(struct session *s, const char *name, struct model **out, struct err *err)
{
    CLEANUP_JSON struct json *agent = NULL;
    if (!name || !*name)
        return 0;
    int code = agent_load(s->config.file, name, NULL, &agent, err);
    return code ? code : open_one(s, agent, name, out, err);
}

static int open_models(struct session *s, struct err *err)
{
    int code = load_agent(s, err);
    if (!code)
        code = open_one(s, s->agent, s->run.agent_preset, &s->model, err);
    if (!code)
        code = open_other(s, s->run.writer_agent, &s->writer, err);
    return code ? code : open_other(s, s->run.judge_agent, &s->judge, err);
}

static int open_threads(struct session *s, struct err *err)
{
    s->loop = loop_start(err);
    if (!s->loop)
        return EXIT_INTERNAL;
    s->http = http_client_create(s->loop, s->run.concurrency, err);
    if (!s->http)
        return err && err->code ? err->code : EXIT_INTERNAL;
    plugin_services_set(&(struct plugin_services){.http = s->http});
    return 0;
}

/* The dev samples are what a method may draw probes from. */
static int task_text(struct session *s, struct buf *out, struct err *err)
{
    struct samples dev = {0};
    int code = 0;
    if (task_has_split(s->task, "dev"))
        code = task_samples(s->task, "dev", &dev, err);
    if (code)
        return code;
    CLEANUP_JSON struct json *info = json_copy(task_info(s->task)->json);
    struct json *array = json_new_array();
    for (size_t i = 0; i < dev.count; i++)
        json_push(array, json_parse(dev.items[i].json, NULL));
    json_set(info, "dev", array);
    json_write(out, info, 0);
    samples_clear(&dev);
    return 0;
}

int session_open_task(struct session *s, struct err *err)
{
    int code = open_threads(s, err);
    return code ? code : task_open(s->task_entry, s->task_options, &s->task, err);
}

static int open_method(struct session *s, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    int code = task_text(s, &text, err);
    if (code)
        return code;
    return method_open(s->method_entry, s->method_options, buf_view(&text), &s->method, err);
}

static void on_signal(void *arg, int signum)
{
    struct session *s = arg;
    bool again = engine_stopped(s->engine, NULL) != 0;
    log_line(LOG_INFO, again ? "giving up the calls in flight"
                             : "finishing the calls in flight; a second signal gives them up");
    engine_stop(s->engine, 128 + signum,
                signum == SIGINT ? "stopped by Ctrl-C; go on with --resume"
                                 : "stopped by a signal; go on with --resume",
                again);
}

static void open_pool(struct session *s)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t workers = processors > 2 ? (size_t)processors : 2;
    bool blocking = task_info(s->task)->blocking;
    if (blocking && workers < BLOCKING_WORKERS)
        workers = s->run.concurrency < BLOCKING_WORKERS ? s->run.concurrency : BLOCKING_WORKERS;
    s->pool = pool_create(workers < 2 ? 2 : workers, "worker", blocking ? 0 : PATIENCE_US);
}

static int open_baseline(struct session *s, struct err *err)
{
    if (!s->options->baseline)
        return 0;
    CLEANUP_FREE char *path = file_join(s->options->baseline, "journal.jsonl");
    int code = journal_open(path, &s->baseline, err);
    return code ? err_prefix(err, "--baseline") : 0;
}

int session_open(struct session *s, struct err *err)
{
    int code = session_open_task(s, err);
    if (!code)
        code = open_method(s, err);
    if (!code)
        code = open_baseline(s, err);
    if (code)
        return code;
    open_pool(s);
    code = open_models(s, err);
    return code ? code : spending_open(s, err);
}

static bool is_greedy(const struct session *s)
{
    double temperature = model_temperature(s->model);
    if (isnan(temperature) && s->rehearsal && s->run.has_temperature)
        temperature = s->run.temperature;
    return temperature == 0;
}

/* A model that answers the same to the same need not be asked twice. An evaluation asks once. */
static bool reuses_calls(const struct session *s)
{
    if (s->split || method_info(s->method)->unit == UNIT_NONE)
        return false;
    return s->run.reuse_calls;
}

static int check_noise(const struct session *s, struct err *err)
{
    if (s->run.rehearsal_noise == 0 || s->rehearsal)
        return 0;
    return err_set(
        err, EXIT_CONFIG,
        "rehearsal_noise turns verdicts round, which makes sense for the rehearsal only: "
        "use --agent rehearsal, or leave it out");
}

int session_start(struct session *s, struct err *err)
{
    int code = check_noise(s, err);
    if (code)
        return code;
    spending_start(s);
    s->missing = missing_create();
    s->engine = engine_create(&(struct engine_options){
        .task = s->task,
        .model = s->model,
        .writer = s->writer,
        .judge = s->judge,
        .updater = s->run.updater,
        .pool = s->pool,
        .journal = s->journal,
        .baseline = s->baseline,
        .ledger = &s->ledger,
        .cache = s->cache,
        .missing = s->missing,
        .retry_missing = s->options->retry_missing,
        .concurrency = s->run.concurrency,
        .episode_timeout = s->run.episode_timeout,
        .score_context_limit = s->run.score_context_limit,
        .score_content_filter = s->run.score_content_filter,
        .seed = s->run.seed,
        .greedy = is_greedy(s),
        .noise = s->run.rehearsal_noise,
        .reuse = reuses_calls(s) && is_greedy(s),
        .reuse_judge = reuses_calls(s),
    });
    s->report.model = s->model;
    code = loop_on_signal(s->loop, SIGINT, on_signal, s, err);
    return code ? code : loop_on_signal(s->loop, SIGTERM, on_signal, s, err);
}

int session_write_state(struct session *s, bool complete, struct err *err)
{
    CLEANUP_JSON struct json *out = session_state(s, complete);
    int code = record_write_json(s->dir.path, "run.json", out, 0, err);
    s->complete = !code && complete;
    return code;
}

int session_write_missing(struct session *s, struct err *err)
{
    CLEANUP_JSON struct json *out = missing_json(s->missing);
    CLEANUP_FREE char *path = file_join(s->dir.path, "missing.json");
    if (json_int(json_get(out, "count"), 0))
        return record_write_json(s->dir.path, "missing.json", out, 0, err);
    if (unlink(path) != 0 && errno != ENOENT)
        return err_system(err, errno, "remove", path);
    return 0;
}

int session_missing(struct session *s, struct err *err)
{
    size_t count = missing_count(s->missing);
    CLEANUP_BUF struct buf faults = {0};
    if (!count)
        return 0;
    CLEANUP_JSON struct json *out = missing_json(s->missing);
    missing_write_faults(&faults, out);
    return err_set(err, EXIT_MISSING,
                   "%zu could not be run (%s): neither right nor wrong, and listed in "
                   "%s/missing.json; --resume --retry-missing runs just them",
                   count, faults.ptr, s->dir.path);
}

int session_show_plan(struct session *s, const struct json *more)
{
    CLEANUP_JSON struct json *out = session_state(s, false);
    CLEANUP_FREE char *path = dir_path(s);
    CLEANUP_BUF struct buf text = {0};
    json_remove(out, "schema");
    json_remove(out, "v");
    json_remove(out, "complete");
    json_set(out, "dir", json_new_str(str_of(path)));
    json_set(out, "concurrency", json_new_int((int64_t)s->run.concurrency));
    for (struct json_iter it = json_members(more); json_next(&it);)
        json_set_str(out, it.key, json_copy(it.value));
    json_write(&text, out, JSON_INDENT2);
    buf_char(&text, '\n');
    return cli_print(buf_view(&text));
}

int session_knowledge(struct session *s, struct files **out, struct err *err)
{
    if (s->run.knowledge)
        return files_read(s->run.knowledge, out, err);
    *out = files_create();
    return 0;
}

void session_close(struct session *s)
{
    engine_finish(s->engine);
    journal_close(s->journal);
    journal_close(s->baseline);
    method_close(s->method);
    task_close(s->task);
    model_close(s->model);
    model_close(s->writer);
    model_close(s->judge);
    pool_destroy(s->pool);
    plugin_services_clear();
    http_client_destroy(s->http);
    loop_stop(s->loop);
    engine_destroy(s->engine); /* signals come from the loop */
    missing_destroy(s->missing);
    rehearsal_close(s->rehearsal);
    spending_close(s);
    report_close(&s->report);
    rundir_close(&s->dir);
    json_free(s->task_options);
    json_free(s->method_options);
    json_free(s->agent);
    json_free(s->state);
    config_clear(&s->config);
}
