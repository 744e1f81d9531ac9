/* SPDX-License-Identifier: MIT */
/*
 * Conformance of plugins: the rules R1 to R20 of sdk/include/grasp/abi.h, tested by number. Every
 * test runs in a process of its own, with a time limit, so that whatever a plugin does there is
 * seen and hurts nobody.
 */
#pragma once

#include "plugin/plugin.h"

struct check_options {
    const char *spec;       /* "file.so" or "file.so:id" */
    const char *only;       /* rule ("R14") or test ("growth"), NULL for all */
    uint64_t seed;          /* of whatever is drawn: replies, garbage */
    int64_t timeout_s;      /* of one test */
    const struct json *set; /* options of the task or method, or NULL */
};

enum check_status { CHECK_OK, CHECK_WARN, CHECK_FAIL, CHECK_SKIPPED };
const char *check_status_name(enum check_status status);

struct check_result {
    enum check_status status;
    const char *test;
    const char *what; /* what the test looks at, one line */
    const char *kind; /* "task", "method", or "" for a test of the file */
    struct str id;    /* of the task or method */
    struct str rules; /* the rule that is broken, or those that were watched: "R5 R6" */
    struct str seen;  /* what was seen; empty when all is well */
    struct str repeat;
    uint64_t ms;
};

/* Calls `on_result` for each test, in order. 0, or EXIT_PLUGIN when a rule is broken; EXIT_USAGE
 * with err for what cannot be asked. */
int check_plugin(const struct check_options *options,
                 void (*on_result)(void *arg, const struct check_result *result), void *arg,
                 struct err *err);

/* Rules and tests, one per line each, with what of a rule no test can see. */
void check_list(struct buf *out, struct json *json);

/* One test, in the process made for it: argv as check_plugin gives it. Ends the process. */
_Noreturn void check_test_main(int argc, char **argv);
