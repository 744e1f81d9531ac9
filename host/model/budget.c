/* SPDX-License-Identifier: MIT */
#include "model/budget.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "model/share.h"

struct budget {
    pthread_mutex_t lock;
    struct budget_use limits, used, reserved;
    struct price prices[PRICE_ROLES];
    unsigned out; /* reservations */
    bool over;
    struct budget_use wanted; /* by the call that did not fit */
    struct share *share;      /* whose budget holds too; NULL: none */
};

struct budget *budget_create(const struct budget_use *limits,
                             const struct price prices[PRICE_ROLES])
{
    struct budget *budget = mem_alloc(sizeof(*budget));
    pthread_mutex_init(&budget->lock, NULL);
    budget->limits = *limits;
    memcpy(budget->prices, prices, sizeof(budget->prices));
    return budget;
}

void budget_destroy(struct budget *budget)
{
    if (!budget)
        return;
    pthread_mutex_destroy(&budget->lock);
    mem_free(budget);
}

static void add(struct budget_use *to, const struct budget_use *use, int sign)
{
    to->calls += sign * use->calls;
    to->tokens += sign * use->tokens;
    to->cost += sign * use->cost;
}

void budget_set_share(struct budget *budget, struct share *share)
{
    budget->share = share;
}

void budget_add(struct budget *budget, const struct budget_use *use)
{
    pthread_mutex_lock(&budget->lock);
    add(&budget->used, use, 1);
    pthread_mutex_unlock(&budget->lock);
}

void budget_used(struct budget *budget, struct budget_use *out)
{
    pthread_mutex_lock(&budget->lock);
    *out = budget->used;
    pthread_mutex_unlock(&budget->lock);
}

static bool fits_one(int64_t limit, int64_t used, int64_t more)
{
    return limit < 0 || more <= limit - used;
}

static bool fits(const struct budget *b, const struct budget_use *claim)
{
    return fits_one(b->limits.calls, b->used.calls + b->reserved.calls, claim->calls) &&
           fits_one(b->limits.tokens, b->used.tokens + b->reserved.tokens, claim->tokens) &&
           fits_one(b->limits.cost, b->used.cost + b->reserved.cost, claim->cost);
}

static void set_over(struct budget *budget, const struct budget_use *claim)
{
    if (!budget->over)
        budget->wanted = *claim;
    budget->over = true;
}

enum budget_answer budget_reserve(struct budget *budget, enum model_role role, int64_t prompt_most,
                                  int64_t reply_most, struct budget_use *out_claim)
{
    enum budget_answer answer = BUDGET_OK;
    struct budget_use claim = {1, prompt_most + reply_most,
                               price_most(&budget->prices[role], prompt_most, reply_most)};
    pthread_mutex_lock(&budget->lock);
    if (budget->over || !fits(budget, &claim)) {
        answer = budget->over || !budget->out ? BUDGET_OVER : BUDGET_WAIT;
        if (answer == BUDGET_OVER)
            set_over(budget, &claim);
    } else {
        answer = budget->share ? share_reserve(budget->share, &claim) : BUDGET_OK;
    }
    if (answer == BUDGET_OK) {
        add(&budget->reserved, &claim, 1);
        budget->out++;
        *out_claim = claim;
    }
    pthread_mutex_unlock(&budget->lock);
    return answer;
}

static struct budget_use use_of(const struct budget *budget, enum model_role role,
                                const struct model_usage *usage)
{
    return (struct budget_use){1, usage->prompt_tokens + usage->completion_tokens,
                               price_of(&budget->prices[role], usage)};
}

static void settle(struct budget *budget, const struct budget_use *claim,
                   const struct budget_use *use)
{
    pthread_mutex_lock(&budget->lock);
    add(&budget->reserved, claim, -1);
    budget->out--;
    add(&budget->used, use, 1);
    if (budget->share)
        share_settle(budget->share, claim, use);
    pthread_mutex_unlock(&budget->lock);
}

void budget_settle(struct budget *budget, enum model_role role, const struct budget_use *claim,
                   const struct model_usage *usage)
{
    struct budget_use use = {0};
    if (usage)
        use = use_of(budget, role, usage);
    settle(budget, claim, &use);
}

void budget_lose(struct budget *budget, const struct budget_use *claim)
{
    settle(budget, claim, claim);
}

bool budget_take(struct budget *budget, enum model_role role, const struct model_usage *usage)
{
    struct budget_use use = use_of(budget, role, usage);
    pthread_mutex_lock(&budget->lock);
    bool ok = !budget->over && fits(budget, &use);
    if (!ok)
        set_over(budget, &use);
    ok = ok && (!budget->share || share_take(budget->share, &use));
    if (ok)
        add(&budget->used, &use, 1);
    pthread_mutex_unlock(&budget->lock);
    return ok;
}

static void write_part(struct buf *out, const char *what, int64_t limit, int64_t used,
                       int64_t wanted)
{
    if (limit < 0)
        return;
    buf_printf(out, "%s%lld of %lld %s", out->len ? ", " : "", (long long)used, (long long)limit,
               what);
    if (wanted > 1)
        buf_printf(out, " (the next call may need %lld)", (long long)wanted);
}

static void write_over(struct buf *out, const struct budget_use *l, const struct budget_use *u,
                       const struct budget_use *w)
{
    write_part(out, "calls", l->calls, u->calls, 0);
    write_part(out, "tokens", l->tokens, u->tokens, w->tokens);
    if (l->cost >= 0)
        buf_printf(out, "%s$%.4f of $%.4f (the next call may cost $%.4f)", out->len ? ", " : "",
                   price_dollars(u->cost), price_dollars(l->cost), price_dollars(w->cost));
}

static bool over_together(struct share *share, struct buf *out)
{
    struct budget_use limits, used, others, wanted;
    if (!share || !share_over(share, &wanted))
        return false;
    share_limits(share, &limits);
    share_used(share, &used, &others);
    buf_text(out, "of the whole sweep ");
    CLEANUP_BUF struct buf text = {0};
    write_over(&text, &limits, &used, &wanted);
    buf_str(out, buf_view(&text));
    return true;
}

bool budget_over(struct budget *budget, struct buf *out)
{
    pthread_mutex_lock(&budget->lock);
    bool over = budget->over;
    if (over)
        write_over(out, &budget->limits, &budget->used, &budget->wanted);
    pthread_mutex_unlock(&budget->lock);
    return over || over_together(budget->share, out);
}
