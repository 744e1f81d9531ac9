/* SPDX-License-Identifier: MIT */
/*
 * What the processes of a sweep on one machine share: the limits on how fast calls may go, and a
 * budget. A file that all of them map, with robust locks in it: a process that is killed anywhere
 * leaves neither a lock nor a reservation behind. What it had reserved counts as used, because its
 * calls may have been carried out; what it had in flight no longer counts.
 *
 * The order of locks is that of the gate, then that of the budget. Any thread.
 */
#pragma once

#include "model/budget.h"
#include "model/limit.h"

struct share;

/* What limits calls to one endpoint and model, of all processes together. */
struct share_flow {
    uint64_t key; /* 0: free */
    struct limit requests, tokens;
    struct adapt adapt;
};

/* limits: -1 is none. parts: quotas of an endpoint are divided among so many files (shards); 0:
 * each process has its own. The budget given is this file's part already. */
struct share_options {
    struct budget_use limits;
    double parts;
};

/* Makes the file, or takes the one there with the new limits. `prefix` is the path without its end,
 * which names the machine and its boot; what other files of the prefix have used counts: one
 * machine after the other may go on, not two at once. The path, for share_open, is the caller's to
 * free. */
int share_create(const char *prefix, const struct share_options *options, char **out_path,
                 struct err *err);
/* What has been used by those with this prefix, on whatever machine, or may have been. */
void share_spent(const char *prefix, struct budget_use *out);
int share_open(const char *path, struct share **out, struct err *err);
void share_close(struct share *share); /* NULL is fine */

/* Used, by processes that live or have ended; reserved by those that live. */
void share_used(struct share *share, struct budget_use *out_used, struct budget_use *out_reserved);
void share_limits(struct share *share, struct budget_use *out);

/* As in budget.h; the claim or use is added up over all processes. */
enum budget_answer share_reserve(struct share *share, const struct budget_use *claim);
void share_settle(struct share *share, const struct budget_use *claim,
                  const struct budget_use *use);
bool share_take(struct share *share, const struct budget_use *use);
/* Has a call not fitted? Then what it would have needed. */
bool share_over(struct share *share, struct budget_use *out_wanted);

/* The flow of an endpoint, made if it is new; NULL if there are too many, or none is shared. Quotas
 * as in the preset, 0 for none. */
struct share_flow *share_flow(struct share *share, uint64_t key, double requests_per_minute,
                              double tokens_per_minute);
double share_parts(const struct share *share);
/* Around every use of a flow. Who died is noticed here. */
void share_lock_flows(struct share *share);
void share_unlock_flows(struct share *share);
/* With the lock: calls in flight of all processes and the variance of their estimates; and the
 * change by one call of this process. */
unsigned share_in_flight(const struct share *share, const struct share_flow *flow,
                         double *out_variance);
void share_flight(struct share *share, const struct share_flow *flow, int calls, double variance);
