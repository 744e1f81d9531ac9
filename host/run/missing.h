/* SPDX-License-Identifier: MIT */
/*
 * What could not be run: rollouts of samples, in whatever phase, and requests of the method. A run
 * with any of them is not complete. The list is in the order of places, whatever failed first.
 */
#pragma once

#include "base/json.h"
#include "run/ledger.h"

struct missing;

struct missing_item {
    struct str place;  /* in the run, "epoch_0/val/q_17" */
    struct str sample; /* its id; empty: a request of the method */
    enum phase phase;
    struct str fault; /* the class, as docs/faults.md names it */
    struct str error;
};

struct missing *missing_create(void);
void missing_destroy(struct missing *missing);                              /* NULL is fine */
void missing_add(struct missing *missing, const struct missing_item *item); /* any thread; copies */
/* Places below this prefix do not count, now or later: nobody waits for them any more. */
void missing_forget(struct missing *missing, const char *prefix);
/* Places below this prefix, which was forgotten, count after all, and without it. */
void missing_settle(struct missing *missing, const char *prefix);

size_t missing_count(struct missing *missing); /* NULL: 0 */
/* missing.json: {"schema", "v", "count", "by_fault": {class: count}, "items": [...]}. */
struct json *missing_json(struct missing *missing);
/* "rate_limit 3, timeout 1" of such an object. */
void missing_write_faults(struct buf *out, const struct json *object);
