/* SPDX-License-Identifier: MIT */
#include "cli/spending.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "model/share.h"

#define PRICES "prices.yaml"

/* The file that was named, else prices.yaml beside the configuration or in the user's folder; NULL
 * if there is none. The caller frees it. */
static char *price_file(const struct session *s)
{
    if (s->run.prices)
        return mem_dup(s->run.prices, strlen(s->run.prices));
    CLEANUP_FREE char *beside = s->config.file ? file_dir_name(s->config.file) : mem_dup(".", 1);
    char *path = file_join(beside, PRICES);
    if (file_exists(path))
        return path;
    mem_free(path);
    CLEANUP_FREE char *folder = session_user_folder();
    path = file_join(folder, PRICES);
    if (file_exists(path))
        return path;
    mem_free(path);
    return NULL;
}

static bool limits_cost(const struct session *s)
{
    struct budget_use limits;
    if (!s->share)
        return false;
    share_limits(s->share, &limits);
    return limits.cost >= 0;
}

/* What calls of a role cost: at the price of the model that plays it. */
static int read_price(struct session *s, enum model_role role, const char *path, struct err *err)
{
    struct model *const models[] = {s->model, s->writer, s->judge};
    const char *const presets[] = {s->run.agent_preset, s->run.writer_agent, s->run.judge_agent};
    struct price *price = &s->ledger.prices[role];
    const char *preset = presets[role];
    int code = 0;
    if (role != MODEL_EXECUTOR && !models[role]) {
        *price = s->ledger.prices[MODEL_EXECUTOR];
        return 0;
    }
    bool local = !*model_endpoint(models[role]), needed = s->run.max_cost >= 0 || limits_cost(s);
    if (local)
        price->known = s->model != models[role] || s->writer || s->judge; /* nothing */
    else if (path)
        code = price_read(path, preset, model_name(models[role]), price, err);
    if (code || local || price->known || !needed)
        return code;
    const char *name = preset ? preset : model_name(models[role]);
    return err_set(err, EXIT_CONFIG,
                   "max_cost needs prices: no entry for '%s' in %s; write one such as\n"
                   "%s: {input: 0.15, cached_input: 0.075, output: 0.60}\n"
                   "(dollars per million tokens)",
                   name, path ? path : PRICES, name);
}

static int read_prices(struct session *s, struct err *err)
{
    CLEANUP_FREE char *path = price_file(s);
    int code = 0;
    for (int role = 0; role < LEDGER_ROLES && !code; role++)
        code = read_price(s, (enum model_role)role, path, err);
    return code;
}

/* A model in process answers as its plugins do. */
static int open_cache(struct session *s, struct err *err)
{
    CLEANUP_BUF struct buf scope = {0};
    char digest[HASH_HEX];
    const struct plugin_entry *const entries[] = {s->task_entry, s->method_entry};
    if (!s->options->cache)
        return 0;
    const struct model *const models[] = {s->model, s->writer, s->judge};
    for (size_t i = 0; i < 3; i++)
        buf_printf(&scope, "%s%s", i && models[i] ? "\n" : "",
                   models[i] ? model_endpoint(models[i]) : "");
    for (size_t i = 0; s->rehearsal && i < 2; i++) {
        plugin_digest(entries[i]->plugin, digest);
        buf_printf(&scope, "rehearsal %s\n", digest);
    }
    return cache_open(s->options->cache, buf_view(&scope), &s->cache, err);
}

/* A model in process has no endpoint, and bounds itself. */
static bool has_unbounded_replies(const struct session *s)
{
    const struct model *const models[] = {s->model, s->writer, s->judge};
    for (size_t i = 0; i < 3; i++) {
        if (models[i] && *model_endpoint(models[i]) && !model_reply_most(models[i]))
            return true;
    }
    return false;
}

static bool has_limit(const struct budget_use *limits)
{
    return limits->calls >= 0 || limits->tokens >= 0 || limits->cost >= 0;
}

static int check_bounds(const struct session *s, const struct budget_use *limits, struct err *err)
{
    if ((limits->tokens < 0 && limits->cost < 0) || !has_unbounded_replies(s))
        return 0;
    return err_set(err, EXIT_CONFIG,
                   "a budget in %s needs a bound on each reply: give the preset max_tokens, as "
                   "in --set agent.max_tokens=8192",
                   limits->tokens >= 0 ? "tokens" : "dollars");
}

/* What costs nothing is not counted if nothing is limited. */
static void set_budget(struct session *s, const struct budget_use *limits, bool any)
{
    struct model *models[] = {s->model, s->writer, s->judge};
    s->budget = budget_create(limits, s->ledger.prices);
    if (s->share)
        budget_set_share(s->budget, s->share);
    for (size_t i = 0; i < 3; i++) {
        if (!models[i])
            continue;
        if (any || *model_endpoint(models[i]))
            model_set_budget(models[i], s->budget);
        if (s->share)
            model_set_share(models[i], s->share);
    }
}

int spending_open(struct session *s, struct err *err)
{
    struct budget_use limits = {s->run.max_calls, s->run.max_tokens, -1}, shared = {-1, -1, -1};
    int code = s->options->share ? share_open(s->options->share, &s->share, err) : 0;
    if (!code)
        code = read_prices(s, err);
    if (!code)
        code = open_cache(s, err);
    if (code)
        return code;
    if (s->run.max_cost >= 0 && ledger_is_priced(&s->ledger))
        limits.cost = (int64_t)floor(s->run.max_cost * PRICE_DOLLAR);
    if (s->share)
        share_limits(s->share, &shared);
    bool any = has_limit(&limits) || has_limit(&shared);
    if (!any && !s->share)
        return 0;
    code = check_bounds(s, &limits, err);
    if (!code)
        code = check_bounds(s, &shared, err);
    if (!code)
        set_budget(s, &limits, any);
    return code;
}

/* A call's line of the journal; what was reused cost nothing. */
static void add_line(void *arg, struct str line)
{
    struct session *s = arg;
    CLEANUP_JSON struct json *entry = json_parse(line, NULL);
    const struct json *usage = json_get(entry, "usage");
    if (!str_is(json_str(json_get(entry, "t")), "call") ||
        json_bool(json_get(entry, "reused"), false))
        return;
    struct model_usage u = {json_int(json_at(usage, 0), 0), json_int(json_at(usage, 1), 0),
                            json_int(json_at(usage, 2), 0), json_int(json_at(usage, 3), 0)};
    int64_t role = json_int(json_get(entry, "role"), MODEL_EXECUTOR);
    if (role < 0 || role >= LEDGER_ROLES)
        role = MODEL_EXECUTOR;
    budget_add(s->budget, &(struct budget_use){1, u.prompt_tokens + u.completion_tokens,
                                               price_of(&s->ledger.prices[role], &u)});
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What the cache gave to earlier processes is in the journal, but was not paid for. */
static void add_cached(struct session *s)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = file_join(s->dir.path, "ledger.json");
    if (file_read(path, FILE_MAX_CONFIG, &text, NULL))
        return;
    CLEANUP_JSON struct json *ledger = json_parse(buf_view(&text), NULL);
    struct budget_use all = {0}, used;
    for (int role = 0; role < LEDGER_ROLES; role++) {
        const struct json *row =
            json_get(json_path(ledger, "timing.cache"), model_role_name((enum model_role)role));
        struct ledger_row *cached = &s->ledger.cached[role];
        cached->calls = json_int(json_get(row, "calls"), 0);
        cached->prompt_tokens = json_int(json_get(row, "prompt_tokens"), 0);
        cached->cached_tokens = json_int(json_get(row, "cached_tokens"), 0);
        cached->completion_tokens = json_int(json_get(row, "completion_tokens"), 0);
        cached->reasoning_tokens = json_int(json_get(row, "reasoning_tokens"), 0);
        all.calls += cached->calls;
        all.tokens += cached->prompt_tokens + cached->completion_tokens;
        all.cost += ledger_cost(&s->ledger, (enum model_role)role, cached);
    }
    if (!s->budget)
        return;
    budget_used(s->budget, &used);
    budget_add(s->budget,
               &(struct budget_use){-least(all.calls, used.calls), -least(all.tokens, used.tokens),
                                    -least(all.cost, used.cost)});
}

/* A number of this run, the same when it is resumed and another when it is begun anew: that of its
 * config.yaml, which is written once. */
static uint64_t run_number(const struct session *s)
{
    struct stat st = {0};
    CLEANUP_FREE char *path = file_join(s->dir.path, "config.yaml");
    if (stat(path, &st) != 0)
        return 0;
    CLEANUP_FREE char *text = mem_printf("%s\n%lld.%09ld\n%llu", path, (long long)st.st_mtim.tv_sec,
                                         st.st_mtim.tv_nsec, (unsigned long long)st.st_ino);
    return hash_sha256_u64(str_of(text)) >> 1;
}

void spending_start(struct session *s)
{
    if (s->cache && s->dir.path)
        cache_set_run(s->cache, run_number(s));
    if (!s->resuming)
        return;
    if (s->budget)
        journal_each(s->journal, add_line, s);
    add_cached(s);
}

int spending_write(struct session *s, struct err *err)
{
    CLEANUP_JSON struct json *ledger = ledger_json(&s->ledger);
    return record_write_json(s->dir.path, "ledger.json", ledger, 0, err);
}

void spending_stopped(struct session *s, int code)
{
    struct ledger_row total;
    struct err err;
    if (!s->engine || s->complete)
        return;
    if (spending_write(s, &err))
        log_line(LOG_WARNING, "%s", err.text);
    ledger_total(&s->ledger, &total);
    CLEANUP_BUF struct buf text = {0};
    buf_printf(&text, "so far: %lld calls, %lld tokens", (long long)total.calls,
               (long long)total.prompt_tokens + (long long)total.completion_tokens);
    if (ledger_is_priced(&s->ledger))
        buf_printf(&text, ", $%.4f", price_dollars(ledger_total_cost(&s->ledger)));
    log_line(LOG_INFO, "%s%s", text.ptr,
             code == EXIT_BUDGET ? "; a larger budget goes on from here" : "");
}

void spending_close(struct session *s)
{
    budget_destroy(s->budget);
    share_close(s->share);
    cache_close(s->cache);
}

struct sums {
    int64_t calls, prompt, cached, completion, reasoning;
    double cost;
    bool priced;
};

static void add_role(struct sums *sums, const struct json *row)
{
    const struct json *cost = json_get(row, "cost");
    sums->calls += json_int(json_get(row, "calls"), 0);
    sums->prompt += json_int(json_get(row, "prompt_tokens"), 0);
    sums->cached += json_int(json_get(row, "cached_tokens"), 0);
    sums->completion += json_int(json_get(row, "completion_tokens"), 0);
    sums->reasoning += json_int(json_get(row, "reasoning_tokens"), 0);
    sums->cost += json_double(cost, 0);
    sums->priced |= !json_is(cost, JSON_NULL);
}

static void show_sums(struct buf *out, const char *label, const struct sums *sums)
{
    buf_printf(out, "  %-10s %8lld calls  %10lld tokens in", label, (long long)sums->calls,
               (long long)sums->prompt);
    if (sums->cached)
        buf_printf(out, " (%lld cached)", (long long)sums->cached);
    buf_printf(out, "  %9lld out", (long long)sums->completion);
    if (sums->reasoning)
        buf_printf(out, " (%lld reasoning)", (long long)sums->reasoning);
    if (sums->priced)
        buf_printf(out, "  $%.4f", sums->cost);
    buf_char(out, '\n');
}

/* Latency and retries of what the process that wrote the ledger sent. */
static void show_timing(struct buf *out, const struct json *timing)
{
    for (int role = 0; role < LEDGER_ROLES; role++) {
        int64_t sent = 0, retries = 0;
        double p50 = 0, p99 = 0;
        for (int phase = 0; phase < PHASE_COUNT; phase++) {
            const struct json *row = json_get(json_get(timing, phase_name((enum phase)phase)),
                                              model_role_name((enum model_role)role));
            const struct json *latency = json_get(row, "latency_ms");
            retries += json_int(json_get(row, "retries"), 0);
            sent += latency ? json_int(json_get(row, "sent"), 0) : 0;
            p50 = fmax(p50, json_double(json_get(latency, "p50"), 0));
            p99 = fmax(p99, json_double(json_get(latency, "p99"), 0));
        }
        if (sent)
            buf_printf(out,
                       "  %-10s latency up to %.0f ms (median of a phase), %.0f ms (99 %%); "
                       "%lld retries\n",
                       model_role_name((enum model_role)role), p50, p99, (long long)retries);
    }
}

void spending_show(struct buf *out, const struct json *ledger)
{
    if (!ledger)
        return;
    buf_text(out, "\nUsed\n");
    for (int role = 0; role < LEDGER_ROLES; role++) {
        struct sums sums = {0};
        for (int phase = 0; phase < PHASE_COUNT; phase++) {
            const struct json *row = json_get(json_get(ledger, phase_name((enum phase)phase)),
                                              model_role_name((enum model_role)role));
            if (row)
                add_role(&sums, row);
        }
        if (sums.calls)
            show_sums(out, model_role_name((enum model_role)role), &sums);
    }
    const struct json *timing = json_get(ledger, "timing");
    int64_t cached = json_int(json_path(timing, "cache.calls"), 0);
    if (cached)
        buf_printf(out, "  %-10s %8lld calls of these were answered from the cache\n", "",
                   (long long)cached);
    show_timing(out, timing);
}
