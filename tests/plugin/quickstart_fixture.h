/* SPDX-License-Identifier: MIT */
/* The quickstart task, opened for a test, with its samples. */
#pragma once

#include "mock_episode.h"

struct fixture {
    struct mock_host *host;
    const grasp_task *task;
    void *self;
    char **samples; /* of the split that was loaded last */
    size_t count;
};

/* options: JSON object or NULL. Must succeed. */
void fixture_open(struct fixture *fixture, const char *options);
/* The same, but returns the status; the fixture is to be closed in any case. */
int32_t fixture_try(struct fixture *fixture, const char *options);
/* With six patients of known readings, MRN S0000001 to S0000006, all in the split dev, of which
 * task4_1 is about S0000001 (2.1 before 5 h, 1.8 before 30 h), task4_2 about S0000004 (1.9 before
 * 26 h, 2.2 before 40 h), task4_3 about S0000002 (1.9 before 22 h, 2.4 before 10 h, 1.6 before 50
 * h), task4_4 about S0000005 (none), task4_5 about S0000003 (2.0 before 24 h) and task4_6 about
 * S0000006 (1.7 before 24 h 1 min). */
void fixture_open_known(struct fixture *fixture);
void fixture_load(struct fixture *fixture, const char *split);
void fixture_close(struct fixture *fixture);

/* Writes a file into a new folder below $TMPDIR or /tmp, and returns its path; both go away with
 * fixture_remove. */
char *fixture_file(const char *name, const char *text);
void fixture_remove(char *path);

/* The member of a sample, to be freed. */
char *fixture_member(const char *sample, const char *key);
