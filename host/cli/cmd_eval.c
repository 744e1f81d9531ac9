/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/estimate.h"
#include "cli/session.h"
#include "cli/spending.h"

static const char usage[] =
    "usage: grasp-host eval --task T.so --agent PRESET [--method M.so --knowledge DIR] "
    "[OPTIONS]\n\n"
    "Scores frozen knowledge on a split; without --method, the plain agent. Offline:\n\n"
    "  grasp-host eval -t quickstart.so -a rehearsal -s test -o runs/plain\n"
    "  grasp-host eval -t quickstart.so -m grasp.so -a rehearsal -k runs/first/skills/best \\\n"
    "      -s test -o runs/best\n";

struct eval {
    struct session session;
    struct session_options options;
    const char *split;
};

static int write_score_file(struct eval *e, const struct score *score, struct err *err)
{
    CLEANUP_FREE char *name = mem_printf("%s_score.json", e->split);
    CLEANUP_JSON struct json *json = record_test_score(e->split, score);
    const char *knowledge = e->session.run.knowledge;
    json_set(json, "skills_dir", knowledge ? json_new_str(str_of(knowledge)) : NULL);
    return record_write_json(e->session.dir.path, name, json, 0, err);
}

static void write_score(struct buf *out, const struct eval *e, const struct score *score)
{
    buf_printf(out, "%s: %.1f %%  (%zu of %zu", e->split, 100 * score_value(score), score->correct,
               score->total - score->missing);
    if (score->missing)
        buf_printf(out, "; %zu more could not be run", score->missing);
    buf_text(out, ")\n");
    CLEANUP_JSON struct json *row = record_test_score(e->split, score);
    figures_show(out, json_get(row, "figures"));
    buf_printf(out, "%sResults: %s/%s_score.json, %s_runs.jsonl\n",
               score->figures.count ? "\n" : "", e->session.dir.path, e->split, e->split);
    if (e->session.rehearsal)
        buf_text(out, "This figure comes from the built-in rehearsal model and says nothing about "
                      "a real one.\n");
}

static int show(struct eval *e, const struct score *score, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    if (e->options.json) {
        CLEANUP_JSON struct json *json = record_test_score(e->split, score);
        json_set(json, "dir", json_new_str(str_of(e->session.dir.path)));
        json_write(&text, json, 0);
        buf_char(&text, '\n');
    } else if (!e->options.quiet) {
        write_score(&text, e, score);
    }
    int code = text.len ? cli_print(buf_view(&text)) : 0;
    if (code || !score->missing)
        return code;
    return session_missing(&e->session, err);
}

/* An evaluation that was done before. */
static int show_stored(struct eval *e, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_FREE char *path = mem_printf("%s/%s_score.json", e->session.dir.path, e->split);
    int code = file_read(path, FILE_MAX_CONFIG, &text, err);
    if (code)
        return code;
    CLEANUP_JSON struct json *json = json_parse(buf_view(&text), err);
    if (!json)
        return err_prefix(err, "%s", path);
    struct score score = {.correct = (size_t)json_int(json_get(json, "n_correct"), 0),
                          .total = (size_t)json_int(json_get(json, "n_total"), 0)};
    return show(e, &score, err);
}

/* A resumed evaluation is of the split that it began with. */
static int choose_split(struct eval *e, struct err *err)
{
    struct str stored = json_str(json_get(e->session.state, "split"));
    if (stored.len && e->split && !str_is(stored, e->split))
        return err_set(err, EXIT_CONFIG, "%s: this evaluation is of split %.*s, not %s",
                       e->options.out ? e->options.out : e->options.run_name, (int)stored.len,
                       stored.ptr, e->split);
    if (stored.len)
        e->split = stored.ptr;
    else if (!e->split)
        e->split = "val";
    e->session.split = e->split;
    return 0;
}

static int show_plan(struct eval *e, const struct samples *samples)
{
    CLEANUP_JSON struct json *plan = json_new_object();
    json_set(plan, "samples", json_new_int((int64_t)samples->count));
    return session_show_plan(&e->session, plan);
}

static int evaluate(struct eval *e, struct harness *h, struct knowledge *knowledge,
                    const struct samples *samples, struct err *err)
{
    struct score score = {0};
    CLEANUP_FREE char *runs = mem_printf("%s/%s_runs.jsonl", e->session.dir.path, e->split);
    int code = session_start(&e->session, err);
    h->engine = e->session.engine;
    h->dir = e->session.dir.path;
    if (!code)
        code = harness_evaluate(h, samples, PHASE_TEST, e->split, knowledge, runs, record_eval_line,
                                &score, err);
    if (!code)
        code = write_score_file(e, &score, err);
    if (!code)
        code = spending_write(&e->session, err);
    if (!code)
        code = session_write_missing(&e->session, err);
    else if (missing_count(e->session.missing))
        session_write_missing(&e->session, NULL); /* the error is that of the evaluation */
    if (!code && !score.missing)
        code = journal_finish(e->session.journal, err);
    if (!code)
        code = session_write_state(&e->session, score.missing == 0, err);
    return code ? code : show(e, &score, err);
}

static int eval(struct eval *e, struct err *err)
{
    struct session *s = &e->session;
    struct files *files;
    struct knowledge *knowledge = NULL;
    struct samples samples = {0};
    if (!e->options.method && !e->options.config && !e->options.resume)
        e->options.method = "none.so";
    int code = session_configure(s, &e->options, err);
    if (!code)
        code = choose_split(e, err);
    if (!code)
        code = session_open(s, err);
    if (!code)
        code = task_samples(s->task, e->split, &samples, err);
    if (!code && samples.count == 0)
        code = err_set(err, EXIT_CONFIG, "split '%s' is empty", e->split);
    if (!code)
        code = session_knowledge(s, &files, err);
    if (!code)
        code = knowledge_load(s->method, files, &knowledge, err);
    bool only_shows = e->options.estimate || e->options.dry_run;
    if (!code && !only_shows)
        code = session_open_dir(s, err);
    struct harness h = {
        .config = &s->run, .task = s->task, .method = s->method, .report = &s->report};
    if (!code && e->options.estimate)
        code = estimate_evaluation(s, &h, &samples, knowledge, err);
    else if (!code && e->options.dry_run)
        code = show_plan(e, &samples);
    else if (!code && s->complete)
        code = show_stored(e, err);
    else if (!code)
        code = evaluate(e, &h, knowledge, &samples, err);
    engine_finish(s->engine);
    if (code && code != EXIT_MISSING && !only_shows)
        spending_stopped(s, code);
    knowledge_unref(knowledge);
    samples_clear(&samples);
    return code;
}

int cmd_eval(int argc, char **argv)
{
    struct eval e = {.session = {.command = "eval"}};
    struct session_options *options = &e.options;
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"split", 's', "NAME", "split to score: val (default), test, id_test, dev",
         .text = &e.split},
        SESSION_ARGS(options),
        {"resume", 'r', NULL, "go on with the evaluation in --out", .flag = &options->resume},
        SESSION_RETRY_ARG(options),
        {"force", 'f', NULL, "remove an old one in --out first", .flag = &options->force},
        {"estimate", 0, NULL, "show calls, tokens and cost, run nothing",
         .flag = &options->estimate},
        {"help", 'h', NULL, "this text", .flag = &options->help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && options->help) {
        code = cli_help(usage, args);
    } else if (!code && rest.count) {
        code = err_set(&err, EXIT_USAGE, "eval takes no argument '%s'; see --help", rest.items[0]);
    } else if (!code) {
        code = eval(&e, &err);
        session_close(&e.session);
    }
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    arg_list_clear(&options->sets);
    return code;
}
