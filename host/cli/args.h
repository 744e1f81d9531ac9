/* SPDX-License-Identifier: MIT */
/* Command lines: a table of options, GNU style (--name=value, --name value, -n value, --no-flag,
 * --). An option that is not given is taken from GRASP_HOST_NAME in the environment: for a flag
 * anything but 0, false or no, for a list one item a line. */
#pragma once

#include "base/err.h"

struct arg_list {
    const char **items;
    size_t count, capacity;
};

struct arg {
    const char *name;  /* without dashes; NULL ends the table */
    char letter;       /* or 0 */
    const char *value; /* what the help calls the value; NULL for a flag */
    const char *help;
    bool *flag; /* exactly one of these is set */
    const char **text;
    struct arg_list *list; /* key=value; may be given several times, or with several values */
};

/* rest: what is not an option, in order. EXIT_USAGE with the nearest known option. */
int args_parse(const struct arg *args, int argc, char **argv, struct arg_list *rest,
               struct err *err);
void args_help(struct buf *out, const struct arg *args);
/* A whole number in a text option; text NULL leaves *out. */
int args_int(const char *name, const char *text, int64_t least, int64_t most, int64_t *out,
             struct err *err);
void arg_list_clear(struct arg_list *list);
