/* SPDX-License-Identifier: MIT */
/*
 * The journal: every completed model call and every finished episode of a run, one JSON object a
 * line, appended as they happen and synced in groups. A run is a function of its config, its seed
 * and the replies, so a resumed run is the same program again, with the journal answering first.
 *
 * The first line names the format. Every other line starts with its place in the run, which is
 * its key: {"k": "epoch_0/dev/task4_3/c1", ...}. The last line of a place counts; a torn last line
 * is cut off.
 *
 * Lines of the last moments are beside it, in <path>.pending (spool.h), until they are written many
 * at a time: after 0.2 seconds at the latest. What a process leaves there when it is killed comes
 * back when the journal is resumed.
 */
#pragma once

#include "base/err.h"

struct journal;

int journal_create(const char *path, struct journal **out, struct err *err);
/* Reads what is there, then appends to it. A missing file is an empty journal. EXIT_CONFIG with
 * file and line if a complete line is damaged. */
int journal_resume(const char *path, struct journal **out, struct err *err);

/* Another run's, to be read only: lines that are torn or still to be written are not there. */
int journal_open(const char *path, struct journal **out, struct err *err);

/* The line recorded for a place before this process began; false if there is none. Any thread;
 * the text lives until journal_close. place: without JSON escapes. Lines of earlier processes that
 * are never asked for are left out of the finished journal. */
bool journal_find(const struct journal *journal, struct str place, struct str *out_line);

/* Every line recorded before this process began, the last one of each place. */
void journal_each(const struct journal *journal, void (*fn)(void *arg, struct str line), void *arg);

/* Appends `{"k": <place>, <members>}`. Any thread. false once writing has failed. */
bool journal_append(struct journal *journal, struct str place, struct str members);
/* What has been appended is in the system's hands before this returns. Any thread. false once
 * writing has failed. */
bool journal_flush(struct journal *journal);

/* Has writing failed? Nothing is appended after a failure. Any thread. */
int journal_error(struct journal *journal, struct err *err);

/* Places below this prefix are left out of the finished journal. */
void journal_forget(struct journal *journal, const char *prefix);
/* Places below this prefix are without it in the finished journal. */
void journal_settle(struct journal *journal, const char *prefix);

/* Waits until all is on the disk. */
int journal_sync(struct journal *journal, struct err *err);
/* The run is done, and what is appended from now on is left out: the lines are put in the order of
 * their places, each place once, so that the file does not depend on the order in which replies
 * came. Lines that came nearly in that order have been written in it, and the file stays as it is.
 */
int journal_finish(struct journal *journal, struct err *err);
void journal_close(struct journal *journal); /* NULL is fine */
