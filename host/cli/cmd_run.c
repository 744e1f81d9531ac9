/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/session.h"
#include "cli/summary.h"

static const char usage[] =
    "usage: grasp-host [run] --task T.so --method M.so --agent PRESET [OPTIONS]\n\n"
    "Lets a method learn on a task: baseline, epochs, validation, best checkpoint, tests.\n\n"
    "  grasp-host --task quickstart.so --method grasp.so --agent rehearsal\n"
    "  OPENAI_BASE_URL=http://127.0.0.1:8000/v1 grasp-host -t quickstart.so -m grasp.so -a local\n";

static int finish(struct session *s, struct harness *h, struct err *err)
{
    CLEANUP_JSON struct json *ledger = ledger_json(&s->ledger);
    int code = record_write_json(s->dir.path, "ledger.json", ledger, 0, err);
    /* With samples missing the journal stays as it is: a resumed run may still get them. */
    if (!code && !h->missing)
        code = journal_finish(s->journal, err);
    return code ? code : session_write_state(s, h->missing == 0, err);
}

static int show(struct session *s)
{
    CLEANUP_BUF struct buf text = {0};
    summary_write(&text, s->dir.path, method_info(s->method)->folder, s->rehearsal != NULL);
    return cli_print(buf_view(&text));
}

static int run_in_dir(struct session *s, struct harness *h, struct err *err)
{
    int code = session_start(s, err);
    h->engine = s->engine;
    h->dir = s->dir.path;
    if (!code)
        code = session_write_state(s, false, err);
    if (!code)
        code = harness_run(h, err);
    if (!code)
        code = finish(s, h, err);
    if (code)
        return code;
    code = s->options->quiet ? 0 : show(s);
    if (code || !h->missing)
        return code;
    return err_set(err, EXIT_MISSING,
                   "done, but %zu samples could not be run; they count neither as right nor as "
                   "wrong. --resume tries them again",
                   h->missing);
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
    if (!code)
        code = session_open_dir(s, err);
    if (!code) {
        code = s->complete ? show(s) : run_in_dir(s, &h, err);
        if (code && code != EXIT_MISSING)
            log_line(LOG_INFO, "what was done is kept; go on with: grasp-host --resume --out %s",
                     s->dir.path);
    }
    engine_finish(s->engine);
    harness_clear(&h);
    return code;
}

int cmd_run(int argc, char **argv)
{
    struct session_options options = {0};
    struct session session = {0};
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        SESSION_ARGS(&options),
        {"resume", 'r', NULL, "go on with the run in --out", .flag = &options.resume},
        {"force", 'f', NULL, "remove an old run in --out first", .flag = &options.force},
        {"help", 'h', NULL, "this text", .flag = &options.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && options.help) {
        cli_help(usage, args);
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
