/* SPDX-License-Identifier: MIT */
/* How functions fail: they return a code and, where a text helps, fill a struct err whose text
 * says what is wrong, where, and what to do. Outputs are untouched on failure. */
#pragma once

#include "base/str.h"

/* Exit codes of the program, also the codes of struct err. */
enum {
    EXIT_DONE = 0,
    EXIT_THRESHOLD = 1,
    EXIT_USAGE = 2,
    EXIT_MISSING = 3, /* done with samples missing */
    EXIT_BUDGET = 4,
    EXIT_PLUGIN = 5,
    EXIT_UNAVAILABLE = 69,
    EXIT_INTERNAL = 70,
    EXIT_TEMPORARY = 75,
    EXIT_PERMISSION = 77,
    EXIT_CONFIG = 78,
    EXIT_SIGINT = 130,
    EXIT_SIGTERM = 143,
};

struct err {
    int code;
    char text[1500];
};

/* Fills err (which may be NULL) and returns the code, never 0. */
__attribute__((format(printf, 3, 4))) int err_set(struct err *err, int code, const char *format,
                                                  ...);
/* Puts "context: " in front of the text and returns err->code. */
__attribute__((format(printf, 2, 3))) int err_prefix(struct err *err, const char *format, ...);
/* "cannot <what> <path>: <reason>", with the exit code that suits the errno: EXIT_PERMISSION,
 * EXIT_CONFIG for a path that is not there or not what it should be, else EXIT_INTERNAL. */
int err_system(struct err *err, int number, const char *what, const char *path);

/* Where diagnostics go. Lines are written whole, from any thread. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
void log_level_set(enum log_level least);
/* What each line begins with: on a terminal, what takes away a line of progress. A literal. */
void log_prefix_set(const char *prefix);
/* A secret that must never be shown; replaced by "***" in every text that log_line, err_set and
 * redact see from then on. From any thread. Values shorter than 4 bytes are ignored. */
void log_secret(const char *value);
void log_redact(char *text);
__attribute__((format(printf, 2, 3))) void log_line(enum log_level level, const char *format, ...);
