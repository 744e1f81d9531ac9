/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "cli/cli.h"

static const struct command commands[] = {
    {"run", "let a method learn on a task (the default command)", cmd_run},
    {"sweep", "a grid of runs: tasks x methods x agents x seeds, from one file", cmd_sweep},
    {"eval", "score frozen knowledge on a split", cmd_eval},
    {"list", "plugins found, with their options", cmd_list},
    {"check", "test a plugin against the rules of the interface", cmd_check},
    {"regrade", "grade a stored run again, without a model", cmd_regrade},
    {"compare", "is one method better than another? paired statistics of runs", cmd_compare},
    {"power", "samples and seeds that a comparison needs", cmd_power},
    {"tables", "the paper's tables, with rows of your own", cmd_tables},
    {"ping", "one call to a model: does it answer, does it call tools?", cmd_ping},
    {"rehearse", "serve the built-in stand-in model over HTTP", cmd_rehearse},
    {"fhir", "serve FHIR data over HTTP", cmd_fhir},
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

int cli_help(const char *usage, const struct arg *args)
{
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, usage);
    buf_text(&text, "\nOptions\n");
    args_help(&text, args);
    return cli_print(buf_view(&text));
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
    buf_text(
        &text,
        "\n  grasp-host COMMAND --help    the options of a command\n"
        "  grasp-host --version\n\n"
        "Every option may also be given as GRASP_HOST_<OPTION> in the environment. Exit codes:\n"
        "0 done, 2 usage, 3 done with samples missing, 4 budget reached, 5 plugin refused,\n"
        "69 endpoint unavailable, 70 internal, 75 busy, 77 permission or key, 78 configuration,\n"
        "130 and 143 stopped by a signal and resumable.\n");
    return cli_print(buf_view(&text));
}

/* A closed standard stream would give its number to the next file that is opened, and what is
 * printed would go there. On a stream that cannot be written, printing fails as it should. */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
            return;
    }
}

/* The key is in the memory of this program, and a core dump is a file of that. */
static void leave_no_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return;
    limit.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &limit);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
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
    static char option[] = "--help";
    static char *ask_help[] = {option, NULL};
    const struct command *command;
    mem_tune();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
    signal(SIGCHLD, SIG_DFL); /* inherited as ignored, it would hide how children end */
    leave_no_core();
    fill_standard_streams();
    if (argc > 2 && strcmp(argv[1], "help") == 0) {
        command = find_command(argv[2]);
        return command ? command->run(1, ask_help) : unknown_command(argv[2]);
    }
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        int code = help();
        return argc < 2 ? EXIT_USAGE : code;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)
        return cli_print(STR("grasp-host " GRASP_HOST_VERSION "\n"));
    if (argv[1][0] == '-')
        return cmd_run(argc - 1, argv + 1);
    command = find_command(argv[1]);
    return command ? command->run(argc - 2, argv + 2) : unknown_command(argv[1]);
}
