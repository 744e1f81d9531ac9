/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/cli.h"

static const struct command commands[] = {
    {"run", "let a method learn on a task (the default command)", cmd_run},
    {"eval", "score frozen knowledge on a split", cmd_eval},
    {"list", "plugins found, with their options", cmd_list},
    {"regrade", "grade a stored run again, without a model", cmd_regrade},
    {"rehearse", "serve the built-in stand-in model over HTTP", cmd_rehearse},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int cli_fail(const struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "grasp-host: ");
    for (struct str rest = str_of(err->text); rest.len;) {
        struct str line = str_cut(&rest, '\n');
        buf_escaped(&text, line);
        buf_char(&text, '\n');
    }
    fputs(text.ptr, stderr);
    return err->code;
}

int cli_print(struct str text)
{
    if (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0) {
        fprintf(stderr, "grasp-host: cannot write to standard output: %s\n", strerror(errno));
        return EXIT_INTERNAL;
    }
    return EXIT_DONE;
}

void cli_help(const char *usage, const struct arg *args)
{
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, usage);
    buf_text(&text, "\nOptions\n");
    args_help(&text, args);
    cli_print(buf_view(&text));
}

static int help(void)
{
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "usage: grasp-host [COMMAND] [OPTIONS]\n\n"
                    "Runs LLM agents on task environments and lets self-improvement methods learn "
                    "from their failures.\n\n"
                    "  grasp-host --task quickstart.so --method grasp.so --agent rehearsal\n\n"
                    "Commands\n");
    for (size_t i = 0; i < COMMANDS; i++)
        buf_printf(&text, "  %-10s %s\n", commands[i].name, commands[i].summary);
    buf_text(&text, "\n  grasp-host COMMAND --help    the options of a command\n"
                    "  grasp-host --version\n");
    return cli_print(buf_view(&text));
}

static int unknown_command(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = nearest(str_of(name), names, COMMANDS);
    struct err err;
    if (near)
        err_set(&err, EXIT_USAGE, "unknown command '%s'; did you mean '%s'?", name, near);
    else
        err_set(&err, EXIT_USAGE, "unknown command '%s'; see grasp-host --help", name);
    return cli_fail(&err);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        help();
        return argc < 2 ? EXIT_USAGE : EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)
        return cli_print(STR("grasp-host " GRASP_HOST_VERSION "\n"));
    if (argv[1][0] == '-')
        return cmd_run(argc - 1, argv + 1);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    }
    return unknown_command(argv[1]);
}
