/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/session.h"
#include "run/regrade.h"

static const char usage[] = "usage: grasp-host regrade DIR [--task T.so] [OPTIONS]\n\n"
                            "Grades the stored rollouts of a run again, with the task as it is "
                            "now. No model is called and\n"
                            "nothing in DIR is changed.\n\n"
                            "  grasp-host regrade runs/first\n"
                            "  grasp-host regrade runs/first --task quickstart.so --verbose\n";

static void phase_row(struct buf *out, const struct json *phase)
{
    long long total = json_int(json_get(phase, "n_total"), 0);
    long long before = json_int(json_get(phase, "n_correct_before"), 0);
    long long after = json_int(json_get(phase, "n_correct_after"), 0);
    struct str name = json_str(json_get(phase, "phase"));
    buf_printf(out, "  %-32.*s %5lld of %lld right before, %lld after%s\n", (int)name.len, name.ptr,
               before, total, after, before == after ? "" : "  <-");
}

static void write_text(struct buf *out, const struct json *result, bool verbose)
{
    const struct json *phases = json_get(result, "phases"), *changed = json_get(result, "changed");
    const struct json *skipped = json_get(result, "skipped");
    for (size_t i = 0; i < json_count(phases); i++)
        phase_row(out, json_at(phases, i));
    buf_printf(out, "%zu verdicts changed, %zu rollouts could not be graded\n", json_count(changed),
               json_count(skipped));
    for (size_t i = 0; verbose && i < json_count(changed); i++) {
        const struct json *row = json_at(changed, i);
        buf_text(out, "  ");
        buf_escaped(out, json_str(json_get(row, "place")));
        buf_printf(out, ": %s\n",
                   json_bool(json_get(row, "after"), false) ? "wrong -> right" : "right -> wrong");
    }
    for (size_t i = 0; verbose && i < json_count(skipped); i++) {
        const struct json *row = json_at(skipped, i);
        buf_text(out, "  ");
        buf_escaped(out, json_str(json_get(row, "place")));
        buf_text(out, ": ");
        buf_escaped(out, json_str(json_get(row, "why")));
        buf_char(out, '\n');
    }
}

static int regrade(const char *dir, struct session_options *options, struct err *err)
{
    struct session s = {0};
    struct json *result = NULL;
    CLEANUP_BUF struct buf text = {0};
    if (!rundir_is_run(dir))
        return err_set(err, EXIT_USAGE, "%s: is no run directory (no config.yaml there)", dir);
    int code = session_configure_stored(&s, options, dir, err);
    if (!code)
        code = session_open_task(&s, err);
    if (!code)
        code = regrade_run(dir, s.task, &result, err);
    if (!code) {
        if (options->json) {
            json_write(&text, result, JSON_INDENT2);
            buf_char(&text, '\n');
        } else {
            write_text(&text, result, options->verbose);
        }
        code = cli_print(buf_view(&text));
    }
    json_free(result);
    session_close(&s);
    return code;
}

int cmd_regrade(int argc, char **argv)
{
    struct session_options options = {0};
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"task", 't', "FILE.so[:NAME]", "task plugin (default: the run's)", .text = &options.task},
        {"set", 0, "KEY=VALUE", "override an option of the task: task.X=..", .list = &options.sets},
        {"verbose", 'v', NULL, "name the changed rollouts", .flag = &options.verbose},
        {"json", 0, NULL, "as JSON, with every changed rollout", .flag = &options.json},
        {"help", 'h', NULL, "this text", .flag = &options.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && options.help)
        code = cli_help(usage, args);
    else if (!code && rest.count != 1)
        code = err_set(&err, EXIT_USAGE, "regrade needs one run directory; see --help");
    else if (!code)
        code = regrade(rest.items[0], &options, &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    arg_list_clear(&options.sets);
    return code;
}
