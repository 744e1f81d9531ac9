/* SPDX-License-Identifier: MIT */
/* Commands: one file each. A command gets its arguments without its own name and returns the exit
 * code of the program. */
#pragma once

#include "base/err.h"
#include "cli/args.h"

struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
};

int cmd_run(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_regrade(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_power(int argc, char **argv);
int cmd_tables(int argc, char **argv);
int cmd_ping(int argc, char **argv);
int cmd_rehearse(int argc, char **argv);
int cmd_fhir(int argc, char **argv);
int cmd_fhir_cohort(int argc, char **argv);
int cmd_fhir_mimic(int argc, char **argv);

/* "grasp-host: text" on standard error; returns err->code. */
int cli_fail(const struct err *err);
/* Prints usage, then the options; the exit code. */
int cli_help(const char *usage, const struct arg *args);
/* Writes a text to standard output; EXIT_INTERNAL if that fails. */
int cli_print(struct str text);

struct server_options;
/* Serves until SIGINT or SIGTERM. Calls `started` (which may be NULL) with the handler's arg and
 * the URL (the address with `path`) before it prints where it listens. */
int cli_serve(const struct server_options *options, const char *path, bool as_json,
              void (*started)(void *arg, const char *url), struct err *err);
