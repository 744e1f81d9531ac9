/* SPDX-License-Identifier: MIT */
/*
 * What the golden programs share: `golden_<name> FILE` compares the program with recorded cases,
 * prints the name of each failing case, and ends with "N passed, N failed, N skipped".
 *
 *     int status = golden_open(&g, argc, argv);
 *     if (status)
 *         return status;
 *     golden_section(&g, "sections.slugify.cases");
 *     for (const struct json *c; (c = golden_next(&g));)
 *         golden_expect_str(&g, "slug", slug_of(json_get(c, "in")), json_str(json_get(c, "out")));
 *     return golden_finish(&g);
 */
#pragma once

#include "base/json.h"
#include "base/map.h"

#define GOLDEN_SKIPPED 77

struct golden {
    struct json *root;
    const char *path;
    /* The section and case in hand; cases are borrowed from root. */
    const char *section;
    const struct json *cases;
    size_t index;
    bool open, case_failed, case_skipped;
    int passed, failed, skipped;
    struct map opened; /* sections that were asked for */
};

/* Loads argv[1]. Not 0: the program's exit code, GOLDEN_SKIPPED when the file is missing. */
int golden_open(struct golden *g, int argc, char **argv);
/* Starts a section: the dotted path of an array of cases. A missing one counts as a failure. */
void golden_section(struct golden *g, const char *path);
/* Was sections.<name>.cases opened? */
bool golden_was_opened(const struct golden *g, const char *name);
/* The next case, or NULL after the last. */
const struct json *golden_next(struct golden *g);
/* In a section that is no array, a case of any name. */
void golden_case(struct golden *g, const char *section);

/* What is wrong in the case in hand; it may have several faults and fails once. */
__attribute__((format(printf, 2, 3))) void golden_fail(struct golden *g, const char *format, ...);
/* The case in hand does not apply here; it still fails if something in it does. */
__attribute__((format(printf, 2, 3))) void golden_skip(struct golden *g, const char *format, ...);
bool golden_expect(struct golden *g, bool holds, const char *what);
bool golden_expect_int(struct golden *g, const char *what, int64_t got, int64_t want);
bool golden_expect_str(struct golden *g, const char *what, struct str got, struct str want);
bool golden_expect_json(struct golden *g, const char *what, const struct json *got,
                        const struct json *want);

/* Frees, prints the last line, and returns the exit code: 1 if a case failed or none ran. */
int golden_finish(struct golden *g);
