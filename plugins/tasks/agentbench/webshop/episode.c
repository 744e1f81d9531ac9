/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "../status.h"
#include "../turn.h"
#include "common/pynumber.h"
#include "common/pyrepr.h"
#include "common/slice.h"
#include "reward.h"
#include "webshop.h"

#define ACTION_MAX ((size_t)64 * 1024) /* bytes of a value that a tool is called with */

struct episode {
    struct session session;
    int32_t rounds;
    bool showing_complaint;    /* the page gives way to the words about a missing call */
    bool has_last, last_acted; /* the call that is answered next */
    grasp_str last_id, last_action;
    struct pool last_pool;
    /* What the agent did, for the verdict. */
    uint32_t logged, without_tool, bad_calls, idle, searches, items, pages;
    bool first_item; /* the last product came from the top of the first results */
};

static const struct goal *find_goal(grasp_call *call, const struct webshop *self, grasp_str sample)
{
    double number;
    grasp_str id = grasp_json_string(call, sample, "id");
    if (id.len && id.len < 10 && pynumber_float(id, &number) && number >= 0 &&
        number < (double)self->catalog.goal_count && number == (double)(size_t)number)
        return &self->catalog.goals[(size_t)number];
    grasp_fail(call, GRASP_E_INVALID, "the sample '%.*s' is none of this task's %zu goals",
               id.len > 64 ? 64 : (int)id.len, id.ptr, self->catalog.goal_count);
    return NULL;
}

static int32_t emit_text(grasp_call *call, const char *role, const struct text *text, grasp_str id)
{
    grasp_message message = {.size = sizeof(message),
                             .role = grasp_cstr(role),
                             .content = text_view(text),
                             .tool_call_id = id};
    return text->failed ? grasp_fail(call, GRASP_E_NOMEM, "no memory for a page")
                        : call->host->emit_message(call, &message);
}

static void put_state(const struct webshop *self, const struct episode *episode, struct text *out)
{
    if (episode->showing_complaint)
        text_str(out, self->texts.no_tool_call);
    else
        shop_session_observe(&episode->session, out);
    text_put(out, "\n\nAvailable Actions:\n");
    shop_session_available(&episode->session, out);
}

static int32_t say_first(grasp_call *call, const struct webshop *self,
                         const struct episode *episode)
{
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "The initial observation:\n");
    put_state(self, episode, &out);
    if (self->reminder) {
        text_put(&out, "\n\n");
        text_str(&out, self->texts.reminder);
    }
    int32_t status = grasp_say(call, "system", self->texts.system);
    return status ? status : emit_text(call, "user", &out, SLICE(""));
}

static int32_t say_next(grasp_call *call, const struct webshop *self, const struct episode *episode)
{
    struct text out CLEANUP_TEXT = {0};
    if (episode->last_acted) {
        text_put(&out, "Action: ");
        text_str(&out, episode->last_action);
        text_put(&out, "\n\n");
    }
    text_put(&out, "Observation:\n");
    put_state(self, episode, &out);
    return emit_text(call, episode->last_acted ? "tool" : "user", &out,
                     episode->last_acted ? episode->last_id : SLICE(""));
}

int32_t webshop_begin(grasp_call *call, void *opaque, grasp_str sample, uint64_t seed,
                      void **out_episode)
{
    const struct webshop *self = opaque;
    const struct goal *goal = find_goal(call, self, sample);
    if (!goal)
        return GRASP_E_INVALID;
    struct episode *episode = calloc(1, sizeof(*episode));
    if (!episode)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an episode");
    shop_session_start(&episode->session, &self->shop, goal, seed);
    int32_t status = say_first(call, self, episode);
    if (status) {
        webshop_end(call, opaque, episode);
        return status;
    }
    *out_episode = episode;
    return GRASP_OK;
}

void webshop_end(grasp_call *call, void *self, void *opaque)
{
    struct episode *episode = opaque;
    if (!episode)
        return;
    shop_session_end(&episode->session);
    pool_free(&episode->last_pool);
    free(episode);
}

static void nouns_of(const struct webshop *self, struct pool *pool, grasp_str name,
                     struct strings *out)
{
    if (self->nouns)
        self->nouns(pool, name, out);
    else
        title_nouns(pool, self->wordnet, name, out);
}

static void put_counters(const struct episode *e, struct text *out)
{
    text_format(out,
                ", \"rounds\": %d, \"logged\": %u, \"without_tool\": %u, \"bad_calls\": %u, "
                "\"idle\": %u, \"searches\": %u, \"items\": %u, \"pages\": %u",
                e->rounds, e->logged, e->without_tool, e->bad_calls, e->idle, e->searches, e->items,
                e->pages);
}

static int32_t finish(grasp_call *call, const struct episode *episode, const char *status)
{
    struct text raw CLEANUP_TEXT = {0};
    text_put(&raw, "{\"reward\": 0.0");
    put_counters(episode, &raw);
    text_put(&raw, "}");
    return grasp_done(call, status, SLICE(""), text_view(&raw).ptr);
}

static void put_reward(struct text *out, const struct reward *r)
{
    text_put(out, ", \"r_type\": ");
    text_double(out, r->type);
    text_format(out,
                ", \"query_match\": %s, \"category_match\": %s, \"attributes\": %zu, "
                "\"attribute_hits\": %zu, \"options\": %zu, \"option_hits\": %zu, \"r_price\": %s, "
                "\"title_score\": ",
                r->query_match ? "true" : "false", r->category_match ? "true" : "false",
                r->attributes, r->attribute_hits, r->options, r->option_hits,
                r->price ? "true" : "false");
    text_double(out, r->title_score);
}

static void put_purchase(struct text *out, const struct episode *episode, double price)
{
    const struct session *s = &episode->session;
    text_put(out, ", \"bought\": {\"asin\": ");
    text_json(out, s->product.asin);
    text_put(out, ", \"price\": ");
    text_double(out, price);
    text_put(out, ", \"options\": {");
    for (size_t i = 0; i < s->choice_count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, s->choices[i].name);
        text_put(out, ": ");
        text_json(out, s->choices[i].value);
    }
    text_format(out, "}}, \"first_hit\": %s, \"right_product\": %s",
                episode->first_item ? "true" : "false",
                slice_eq(s->product.asin, s->goal->asin) ? "true" : "false");
}

static int32_t buy(grasp_call *call, const struct webshop *self, const struct episode *episode)
{
    struct pool pool CLEANUP_POOL = {0};
    struct text raw CLEANUP_TEXT = {0};
    const struct session *s = &episode->session;
    struct strings product_nouns, goal_nouns, chosen;
    struct reward reward;
    double price = shop_session_price(s);
    chosen = strings_with_room(&pool, s->choice_count);
    for (size_t i = 0; i < s->choice_count; i++)
        strings_add(&pool, &chosen, s->choices[i].value);
    nouns_of(self, &pool, s->product.name, &product_nouns);
    nouns_of(self, &pool, s->goal->name, &goal_nouns);
    reward_compute(&s->product, price, &chosen, s->goal, &product_nouns, &goal_nouns, &reward);
    text_put(&raw, "{\"reward\": ");
    text_double(&raw, reward.total);
    put_purchase(&raw, episode, price);
    put_reward(&raw, &reward);
    put_counters(episode, &raw);
    text_put(&raw, "}");
    if (raw.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the purchase");
    return grasp_done(call, STATUS_COMPLETED, s->product.asin, text_view(&raw).ptr);
}

/* The value of a call as Python prints it. */
static void put_value(const grasp_json *json, const grasp_json_value *value, struct text *out)
{
    if (json->kind(value) == GRASP_JSON_STRING)
        text_str(out, json->as_string(value));
    else
        pyrepr(out, json, value);
}

/* What a call means: name[value], empty for a tool that there is none of. False when it has no
 * value. */
static bool read_action(grasp_call *call, const struct tool_use *use, struct text *out)
{
    const grasp_json_value *value;
    struct text text CLEANUP_TEXT = {0};
    if (!tool_use_first(call, use, &value))
        return false;
    put_value(grasp_json_of(call), value, &text);
    if (text.failed || text.len > ACTION_MAX)
        return false;
    const char *name = grasp_equal(use->name, "search_action")  ? "search"
                       : grasp_equal(use->name, "click_action") ? "click"
                                                                : NULL;
    if (name)
        text_format(out, "%s[", name);
    if (name)
        text_str(out, text_view(&text));
    text_put(out, name ? "]" : "");
    return !out->failed;
}

static void note_effect(struct episode *e, enum page before, uint32_t number, enum effect effect,
                        bool searched)
{
    const struct session *s = &e->session;
    if (effect == EFFECT_NONE)
        e->idle++;
    else if (searched)
        e->searches++;
    else if (before == PAGE_RESULTS && s->page == PAGE_RESULTS)
        e->pages++;
    if (before != PAGE_RESULTS || s->page != PAGE_ITEM)
        return;
    struct pool pool CLEANUP_POOL = {0};
    struct product first;
    e->items++;
    e->first_item = number == 1 && e->items == 1 && shop_session_row(s, 0, &pool, &first) &&
                    slice_eq(first.asin, s->product.asin);
}

static enum effect act(struct episode *episode, grasp_str action)
{
    enum page before = episode->session.page;
    uint32_t number = episode->session.number;
    enum effect effect = shop_session_act(&episode->session, action);
    note_effect(episode, before, number, effect, grasp_starts(action, "search["));
    episode->showing_complaint = false;
    return effect;
}

/* The round is used up, and the page stays. */
static int32_t refuse(grasp_call *call, const struct webshop *self, struct episode *episode)
{
    episode->bad_calls++;
    return grasp_say(call, "user", self->texts.bad_call);
}

/* *out_done: the episode has its outcome. */
static int32_t use_tool(grasp_call *call, const struct webshop *self, struct episode *episode,
                        const struct tool_use *use, bool *out_done)
{
    struct text action CLEANUP_TEXT = {0};
    if (!read_action(call, use, &action))
        return refuse(call, self, episode);
    episode->logged++;
    if (!action.len) {
        episode->idle++;
        return GRASP_OK;
    }
    enum effect effect = act(episode, text_view(&action));
    episode->last_acted = episode->has_last = true;
    pool_free(&episode->last_pool);
    episode->last_id = pool_dup(&episode->last_pool, use->id);
    episode->last_action = pool_dup(&episode->last_pool, text_view(&action));
    *out_done = effect == EFFECT_BOUGHT || effect == EFFECT_ERROR;
    if (effect == EFFECT_BOUGHT)
        return buy(call, self, episode);
    return effect == EFFECT_ERROR ? finish(call, episode, STATUS_TASK_ERROR) : GRASP_OK;
}

static int32_t say_limit(grasp_call *call, const struct webshop *self,
                         const struct episode *episode)
{
    grasp_message message = {.size = sizeof(message),
                             .role = SLICE("tool"),
                             .content = self->texts.limit,
                             .tool_call_id = episode->has_last ? episode->last_id : SLICE("")};
    int32_t status = call->host->emit_message(call, &message);
    return status ? status : finish(call, episode, STATUS_TASK_LIMIT);
}

int32_t webshop_step(grasp_call *call, void *opaque, void *handle, const grasp_reply *reply)
{
    const struct webshop *self = opaque;
    struct episode *episode = handle;
    struct turn turn;
    bool done = false;
    int32_t status = turn_read(call, reply, &turn);
    if (status)
        return status;
    episode->rounds++;
    episode->last_acted = false;
    if (reply->kind == GRASP_REPLY_CONTEXT_LIMIT)
        return finish(call, episode, STATUS_CONTEXT_LIMIT);
    if (turn.count) {
        status = use_tool(call, self, episode, &turn.uses[0], &done);
    } else {
        episode->showing_complaint = true;
        episode->without_tool++;
        episode->logged++;
    }
    if (status || done)
        return status;
    return episode->rounds >= self->max_turns ? say_limit(call, self, episode)
                                              : say_next(call, self, episode);
}
