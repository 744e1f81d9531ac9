/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "cli/cli.h"
#include "cli/session.h"

static const char usage[] =
    "usage: grasp-host eval --task T.so --agent PRESET [--method M.so --knowledge DIR] "
    "[OPTIONS]\n\n"
    "Scores frozen knowledge on a split; without --method, the plain agent.\n\n"
    "  grasp-host eval -t quickstart.so -m grasp.so -k runs/first/skills/best -a rehearsal\n";

struct eval {
    struct session session;
    struct session_options options;
    const char *split;
};

static int write_results(struct eval *e, const struct buf *lines, const struct score *score,
                         struct err *err)
{
    CLEANUP_FREE char *runs = mem_printf("%s/%s_runs.jsonl", e->session.dir.path, e->split);
    CLEANUP_FREE char *name = mem_printf("%s_score.json", e->split);
    CLEANUP_JSON struct json *json = record_test_score(e->split, score);
    const char *knowledge = e->session.run.knowledge;
    json_set(json, "skills_dir", knowledge ? json_new_str(str_of(knowledge)) : NULL);
    int code = file_write_atomic(runs, buf_view(lines), err);
    return code ? code : record_write_json(e->session.dir.path, name, json, 0, err);
}

static int show(struct eval *e, const struct score *score, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    if (e->options.json) {
        CLEANUP_JSON struct json *json = record_test_score(e->split, score);
        json_set(json, "dir", json_new_str(str_of(e->session.dir.path)));
        json_write(&text, json, 0);
        buf_char(&text, '\n');
    } else {
        buf_printf(&text, "%s: %.1f %% (%zu of %zu right)\n%s\n", e->split,
                   100 * score_value(score), score->correct, score->total, e->session.dir.path);
    }
    int code = cli_print(buf_view(&text));
    if (code || !score->missing)
        return code;
    return err_set(err, EXIT_MISSING, "%zu samples could not be run; --resume tries them again",
                   score->missing);
}

static int evaluate(struct eval *e, struct harness *h, struct knowledge *knowledge,
                    const struct samples *samples, struct err *err)
{
    struct score score = {0};
    CLEANUP_BUF struct buf lines = {0};
    int code = session_start(&e->session, err);
    h->engine = e->session.engine;
    h->dir = e->session.dir.path;
    if (!code)
        code = session_write_state(&e->session, false, err);
    if (!code)
        code = harness_evaluate(h, samples, PHASE_TEST, e->split, knowledge, &lines,
                                record_eval_line, &score, err);
    if (!code)
        code = write_results(e, &lines, &score, err);
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
        code = session_open(s, err);
    if (!code)
        code = task_samples(s->task, e->split, &samples, err);
    if (!code && samples.count == 0)
        code = err_set(err, EXIT_CONFIG, "split '%s' is empty", e->split);
    if (!code)
        code = session_knowledge(s, &files, err);
    if (!code)
        code = knowledge_load(s->method, files, &knowledge, err);
    if (!code)
        code = session_open_dir(s, err);
    if (!code && s->complete)
        code = err_set(err, EXIT_USAGE, "%s: done already; see %s_score.json there", s->dir.path,
                       e->split);
    struct harness h = {
        .config = &s->run, .task = s->task, .method = s->method, .report = &s->report};
    if (!code)
        code = evaluate(e, &h, knowledge, &samples, err);
    engine_finish(s->engine);
    knowledge_unref(knowledge);
    samples_clear(&samples);
    return code;
}

int cmd_eval(int argc, char **argv)
{
    struct eval e = {.split = "val"};
    struct session_options *options = &e.options;
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"split", 's', "NAME", "split to score: val (default), test, id_test, dev",
         .text = &e.split},
        SESSION_ARGS(options),
        {"resume", 'r', NULL, "go on with the evaluation in --out", .flag = &options->resume},
        {"force", 'f', NULL, "remove an old one in --out first", .flag = &options->force},
        {"json", 0, NULL, "the score as JSON", .flag = &options->json},
        {"help", 'h', NULL, "this text", .flag = &options->help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && options->help) {
        cli_help(usage, args);
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
