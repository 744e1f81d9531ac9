/* SPDX-License-Identifier: MIT */
/*
 * What a run may use. Before a call goes out, the most that it can come to is reserved; when it is
 * back, what it did come to counts. So the sum of what was used and what may still be never passes
 * a limit. Any thread.
 */
#pragma once

#include "model/price.h"

struct budget;

struct budget_use {
    int64_t calls, tokens, cost; /* tokens: prompt and completion; cost: price.h */
};

/* limits: -1 is none. prices: what calls of each role cost; all must be known for a limit on cost.
 */
struct budget *budget_create(const struct budget_use *limits,
                             const struct price prices[PRICE_ROLES]);
void budget_destroy(struct budget *budget); /* NULL is fine */

struct share;
/* Before the first call: what all processes of a sweep use together is bounded too (share.h). */
void budget_set_share(struct budget *budget, struct share *share);

/* Used before, by earlier processes of the run. */
void budget_add(struct budget *budget, const struct budget_use *use);
void budget_used(struct budget *budget, struct budget_use *out);

enum budget_answer {
    BUDGET_OK,
    BUDGET_WAIT, /* not now: calls that are out have reserved it, and may give some back */
    BUDGET_OVER, /* it does not fit into what is left, and nothing is out: final */
};
/* prompt_most, reply_most: tokens that the call can come to. */
enum budget_answer budget_reserve(struct budget *budget, enum model_role role, int64_t prompt_most,
                                  int64_t reply_most, struct budget_use *out_claim);
/* The call is back. usage NULL: it was not carried out, and costs nothing. */
void budget_settle(struct budget *budget, enum model_role role, const struct budget_use *claim,
                   const struct model_usage *usage);
/* Nobody knows whether it was carried out: all that was reserved counts. */
void budget_lose(struct budget *budget, const struct budget_use *claim);
/* A call whose use is known before it counts; false, and nothing counts, if it does not fit. */
bool budget_take(struct budget *budget, enum model_role role, const struct model_usage *usage);
/* Has a call not fitted? Then what is used, and what that call would have needed, in words. */
bool budget_over(struct budget *budget, struct buf *out);
