/* SPDX-License-Identifier: MIT */
/*
 * What a person sees of a run while it goes on: progress on standard error (one line that moves on
 * a terminal, a plain line every ten seconds otherwise) and results, which also go to run.log.
 * run.log holds nothing that depends on time, so that a resumed run's is the same.
 */
#pragma once

#include "run/engine.h"

struct report {
    int log_fd; /* run.log, or -1 */
    bool quiet;
    bool terminal;
    struct ledger *ledger;
    struct model *model; /* what holds its calls back is shown; NULL: nothing is */
    uint64_t started_us, shown_us;
    uint64_t mark_us, next_us; /* since when calls a second are counted, and will be */
    int64_t mark_sent, next_sent;
};

void report_init(struct report *report, struct ledger *ledger, bool quiet);
int report_open_log(struct report *report, const char *path, struct err *err);
void report_close(struct report *report);

/* A line of the results. */
__attribute__((format(printf, 2, 3))) void report_line(struct report *report, const char *format,
                                                       ...);
/* Waits for a wave and shows how far it is. what: "epoch 0: dev", say. */
void report_wait(struct report *report, struct wave *wave, const char *what);
