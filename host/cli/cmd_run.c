/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/estimate.h"
#include "cli/session.h"
#include "cli/spending.h"
#include "cli/summary.h"

static const char usage[] =
    "usage: grasp-host [run] --task T.so --method M.so --agent PRESET [OPTIONS]\n\n"
    "Lets a method learn on a task: baseline, epochs, validation, best checkpoint, tests.\n"
    "The first two examples need no model:\n\n"
    "  grasp-host --task quickstart.so --method grasp.so --agent rehearsal --out runs/first\n"
    "  grasp-host --resume --out runs/first\n"
    "  OPENAI_BASE_URL=http://127.0.0.1:8000/v1 grasp-host -t quickstart.so -m grasp.so -a local\n"
    "\n--json prints two lines: {\"event\": \"launch\", \"dir\": ...} when the run begins, and\n"
    "{\"event\": \"done\", ...} with the scores and edits at its end.\n";

static int print_event(struct json *event)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, event, 0);
    buf_char(&text, '\n');
    json_free(event);
    return cli_print(buf_view(&text));
}

static int show_launch(struct session *s)
{
    if (!s->options->json)
        return 0;
    struct json *event = json_new_object();
    json_set(event, "event", json_new_str(STR("launch")));
    json_set(event, "dir", json_new_str(str_of(s->dir.path)));
    return print_event(event);
}

static int finish(struct session *s, struct err *err)
{
    int code = spending_write(s, err);
    bool complete = missing_count(s->missing) == 0;
    if (!code)
        code = session_write_missing(s, err);
    /* With samples missing the journal stays as it is: a resumed run may still get them. */
    if (!code && complete)
        code = journal_finish(s->journal, err);
    return code ? code : session_write_state(s, complete, err);
}

static int show(struct session *s)
{
    CLEANUP_BUF struct buf text = {0};
    const char *folder = method_info(s->method)->folder;
    bool rehearsal = s->rehearsal != NULL;
    if (s->options->json)
        return print_event(summary_json(s->dir.path, folder, rehearsal));
    if (s->options->quiet)
        return 0;
    summary_write(&text, s->dir.path, folder, rehearsal);
    return cli_print(buf_view(&text));
}

static int run_in_dir(struct session *s, struct harness *h, struct err *err)
{
    int code = session_start(s, err);
    h->engine = s->engine;
    h->dir = s->dir.path;
    if (!code)
        code = show_launch(s);
    if (!code)
        code = harness_run(h, err);
    if (!code)
        code = finish(s, err);
    else if (missing_count(s->missing))
        session_write_missing(s, NULL); /* the error is that of the run */
    if (!code)
        code = show(s);
    return code ? code : session_missing(s, err);
}

static int show_plan(struct session *s, const struct harness *h)
{
    static const char *const units[] = {"none", "sample", "batch", "epoch"};
    enum method_unit unit = method_info(s->method)->unit;
    CLEANUP_JSON struct json *plan = json_new_object();
    json_set(plan, "unit", json_new_str(str_of(units[unit])));
    json_set(plan, "epochs", json_new_int(unit == UNIT_NONE ? 0 : s->run.epochs));
    json_set(plan, "dev", json_new_int((int64_t)h->dev.count));
    json_set(plan, "val", json_new_int((int64_t)h->val.count));
    return session_show_plan(s, plan);
}

/* What to do after a run that did not end well. */
static void show_advice(struct session *s, int code)
{
    engine_finish(s->engine); /* what is drained counts */
    spending_stopped(s, code);
    if (s->complete)
        log_line(LOG_INFO, "the run is complete; its results are in %s", s->dir.path);
    else
        log_line(LOG_INFO, "what was done is kept; go on with: grasp-host --resume %s--out %s",
                 missing_count(s->missing) ? "--retry-missing " : "", s->dir.path);
}

static int run(struct session *s, struct session_options *options, struct err *err)
{
    struct harness h = {0};
    int code = session_configure(s, options, err);
    if (!code)
        code = session_open(s, err);
    if (code)
        return code;
    h = (struct harness){
        .config = &s->run, .task = s->task, .method = s->method, .report = &s->report};
    code = session_knowledge(s, &h.initial, err);
    if (!code)
        code = harness_prepare(&h, err);
    if (!code && options->estimate) {
        code = estimate_run(s, &h, err);
    } else if (!code && options->dry_run) {
        code = show_plan(s, &h);
    } else if (!code) {
        code = session_open_dir(s, err);
        if (!code) {
            code = s->complete ? show(s) : run_in_dir(s, &h, err);
            if (code && code != EXIT_MISSING)
                show_advice(s, code);
        }
    }
    engine_finish(s->engine);
    harness_clear(&h);
    return code;
}

int cmd_run(int argc, char **argv)
{
    struct session_options options = {0};
    struct session session = {.command = "run"};
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        SESSION_ARGS(&options),
        {"resume", 'r', NULL, "go on with the run in --out", .flag = &options.resume},
        SESSION_RETRY_ARG(&options),
        {"force", 'f', NULL, "remove an old run in --out first", .flag = &options.force},
        {"estimate", 0, NULL, "show calls, tokens and cost of the run, run nothing",
         .flag = &options.estimate},
        {"help", 'h', NULL, "this text", .flag = &options.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && options.help) {
        code = cli_help(usage, args);
    } else if (!code && rest.count) {
        code = err_set(&err, EXIT_USAGE, "run takes no argument '%s'; see --help", rest.items[0]);
    } else if (!code) {
        code = run(&session, &options, &err);
        session_close(&session);
    }
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    arg_list_clear(&options.sets);
    return code;
}
