/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "golden_webshop.h"
#include "model/tool_calls.h"
#include "plugin/mock_episode.h"
#include "tasks/agentbench/agentbench.h"

/* The recorded catalogue, with what the reference drew at random, and its stubs. */
struct world {
    const struct json *loader, *sessions;
    struct mock_host *host;
    struct catalog catalog;
    struct pool pool;
};

static grasp_str text_of(struct pool *pool, const struct json *value)
{
    CLEANUP_BUF struct buf out = {0};
    json_write(&out, value, 0);
    return pool_dup(pool, golden_in(buf_view(&out)));
}

static bool import(struct world *world, const struct json *products, const struct json *attributes,
                   const struct json *human)
{
    struct report report = {0};
    struct catalog_source source = {.products = text_of(&world->pool, products),
                                    .attributes = text_of(&world->pool, attributes),
                                    .human = text_of(&world->pool, human),
                                    .names = {"products", "attributes", "human"}};
    return catalog_import(mock_call(world->host), &source, 233, &report, &world->catalog) ==
           GRASP_OK;
}

static size_t recorded_search(void *context, grasp_str query, struct pool *pool, uint32_t **out)
{
    const struct world *world = context;
    const struct json *hits =
        json_get_str(json_get(world->sessions, "searches"), golden_out(query));
    size_t count = 0;
    *out = pool_array(pool, json_count(hits) + 1, sizeof(**out));
    for (size_t i = 0; i < json_count(hits); i++)
        if (shop_store_find(world->catalog.store, golden_in(json_str(json_at(hits, i))),
                            &(*out)[count]))
            count++;
    return count;
}

static double recorded_price(void *context, const struct product *product)
{
    const struct world *world = context;
    return json_double(
        json_get_str(json_get(world->loader, "product_prices"), golden_out(product->asin)), -1);
}

/* Every word is a noun. */
static void all_words(struct pool *pool, grasp_str name, struct strings *out)
{
    *out = strings_with_room(pool, name.len);
    for (size_t at = 0; at < name.len;) {
        size_t end = at;
        while (end < name.len && name.ptr[end] != ' ')
            end++;
        if (end > at)
            out->items[out->count++] = (grasp_str){name.ptr + at, end - at};
        at = end + 1;
    }
}

static struct goal *read_goals(struct pool *pool, const struct json *list)
{
    struct goal *goals = pool_array(pool, json_count(list) + 1, sizeof(*goals));
    for (size_t i = 0; i < json_count(list); i++)
        goals[i] = golden_goal(pool, json_at(list, i));
    return goals;
}

static void check_product(struct golden *g, const struct product *got, const struct json *want)
{
    CLEANUP_JSON struct json *options = json_new_object();
    golden_expect_str(g, "asin", golden_out(got->asin), json_str(json_get(want, "asin")));
    golden_expect_str(g, "Title", golden_out(got->name), json_str(json_get(want, "Title")));
    golden_expect_str(g, "Description", golden_out(got->description),
                      json_str(json_get(want, "Description")));
    golden_expect_str(g, "Price", golden_out(got->tag), json_str(json_get(want, "Price")));
    golden_expect_str(g, "query", golden_out(got->query), json_str(json_get(want, "query")));
    golden_expect_str(g, "category", golden_out(got->category),
                      json_str(json_get(want, "category")));
    golden_expect_str(g, "product_category", golden_out(got->product_category),
                      json_str(json_get(want, "product_category")));
    golden_expect_strings(g, "BulletPoints", &got->bullets, json_get(want, "BulletPoints"));
    golden_expect_strings(g, "Attributes", &got->attributes, json_get(want, "Attributes"));
    for (size_t i = 0; i < got->option_count; i++) {
        struct json *values = json_new_array();
        for (size_t k = 0; k < got->options[i].values.count; k++)
            json_push(values, json_new_str(golden_out(got->options[i].values.items[k])));
        json_set_str(options, golden_out(got->options[i].name), values);
    }
    golden_expect_json(g, "options", options, json_get(want, "options"));
}

static void check_goal(struct golden *g, const struct world *world, const struct goal *got,
                       const struct json *want)
{
    struct str text = json_str(json_get(want, "instruction_text"));
    struct str mine = golden_out(got->instruction);
    size_t at;
    if (str_find(text, STR(", and price lower than"), &at))
        text.len = at;
    if (str_find(mine, STR(", and price lower than"), &at))
        mine.len = at;
    golden_expect_str(g, "asin", golden_out(got->asin), json_str(json_get(want, "asin")));
    golden_expect_str(g, "instruction", mine, text);
    golden_expect_strings(g, "attributes", &got->attributes, json_get(want, "attributes"));
    golden_expect_strings(g, "goal_options", &got->options, json_get(want, "goal_options"));
    struct product product = {.asin = got->asin};
    double price = recorded_price((void *)(uintptr_t)world, &product);
    bool bound = json_double(json_get(want, "price_upper"), 0) < GOAL_NO_LIMIT;
    golden_expect(g, bound == (got->price_upper < GOAL_NO_LIMIT), "whether there is a limit");
    golden_expect(g, got->price_upper > price || !bound, "a limit below the price");
}

static void loader_section(struct golden *g, struct world *world)
{
    golden_section(g, "webshop.loader.loaded");
    uint32_t row = 0;
    for (const struct json *c; (c = golden_next(g)); row++) {
        struct pool pool CLEANUP_POOL = {0};
        struct text contents CLEANUP_TEXT = {0};
        struct product product;
        if (!golden_expect(g, catalog_product(&world->catalog, row, &pool, &product),
                           "no such product"))
            continue;
        check_product(g, &product, c);
        product_contents(&contents, &product);
        golden_expect_str(g, "contents", golden_out(text_view(&contents)),
                          json_str(json_get_str(json_get(world->loader, "index_contents"),
                                                golden_out(product.asin))));
    }
    golden_section(g, "webshop.loader.goals");
    size_t at = 0;
    for (const struct json *c; (c = golden_next(g)); at++)
        if (golden_expect(g, at < world->catalog.goal_count, "no such goal"))
            check_goal(g, world, &world->catalog.goals[at], c);
}

static void instruction_case(struct golden *g)
{
    const struct json *c = json_path(g->root, "webshop.instruction_text");
    struct pool pool CLEANUP_POOL = {0};
    struct report report = {0};
    struct goal_list list = {0};
    struct twister twister;
    struct product product = {.price = json_double(json_get(c, "price"), 0)};
    CLEANUP_BUF struct buf text = {0};
    golden_case(g, "webshop.instruction_text");
    buf_str(&text, STR("[{\"instruction_attributes\": [\"a\"], \"instruction\": "));
    json_write(&text, json_get(c, "raw"), 0);
    buf_str(&text, STR("}]"));
    goals_read(&pool, &product, lenient_parse(&pool, golden_in(buf_view(&text)), NULL), &report,
               &list);
    if (!golden_expect(g, list.count == 1, "no goal"))
        return;
    twister_seed(&twister, 7);
    goal_bound(&pool, &twister, product.price, list.items);
    golden_expect_str(g, "result", golden_out(list.items[0].instruction),
                      json_str(json_get(c, "result")));
    golden_expect(g, list.items[0].price_upper == json_double(json_get(c, "price_upper"), -1),
                  "price_upper");
}

static void check_page(struct golden *g, const struct session *session, const struct json *c,
                       const char *key)
{
    struct text text CLEANUP_TEXT = {0};
    struct pool pool CLEANUP_POOL = {0};
    struct strings clickables;
    char name[64];
    shop_session_observe(session, &text);
    shop_session_clickables(session, &pool, &clickables);
    golden_expect_str(g, key, golden_out(text_view(&text)), json_str(json_get(c, key)));
    snprintf(name, sizeof(name), "%s_clickables", key);
    golden_expect_strings(g, name, &clickables, json_get(c, name));
}

static size_t only_row(void *context, grasp_str query, struct pool *pool, uint32_t **out)
{
    *out = pool_alloc(pool, sizeof(**out));
    return 1;
}

static void show_pages(struct golden *g, struct world *world, const struct json *c)
{
    struct session session;
    struct shop shop = {.catalog = &world->catalog, .search = only_row};
    struct goal goal = {.instruction =
                            grasp_cstr("buy it. please, and price lower than 40.00 dollars")};
    struct pool pool CLEANUP_POOL = {0};
    grasp_str asin = golden_in(json_str(json_get(c, "asin")));
    grasp_str open = pool_format(&pool, "click[%.*s]", (int)asin.len, asin.ptr);
    shop_session_start(&session, &shop, &goal, 0);
    shop_session_act(&session, grasp_cstr("search[x]"));
    check_page(g, &session, c, "results");
    shop_session_act(&session, open);
    check_page(g, &session, c, "item");
    shop_session_act(&session, grasp_cstr("click[description]"));
    check_page(g, &session, c, "description");
    shop_session_act(&session, grasp_cstr("click[< prev]"));
    shop_session_act(&session, grasp_cstr("click[features]"));
    check_page(g, &session, c, "features");
    shop_session_end(&session);
}

static void pages_section(struct golden *g, struct mock_host *host)
{
    golden_section(g, "webshop.pages");
    for (const struct json *c; (c = golden_next(g));) {
        struct world world = {.host = host};
        CLEANUP_JSON struct json *products = json_new_array(), *none = json_new_object(),
                                 *human = json_new_object();
        struct json *product = json_copy(c), *record = json_new_object(), *list = json_new_array(),
                    *attributes = json_new_array();
        json_set(product, "pricing", json_new_str(STR("$1")));
        json_push(products, product);
        json_push(attributes, json_new_str(STR("a")));
        json_set(record, "instruction", json_new_str(STR("x")));
        json_set(record, "instruction_attributes", attributes);
        json_push(list, record);
        json_set_str(human, json_str(json_get(c, "asin")), list);
        if (golden_expect(g, import(&world, products, none, human), "no import"))
            show_pages(g, &world, c);
        catalog_close(&world.catalog);
        pool_free(&world.pool);
    }
}

static void check_state(struct golden *g, const struct session *session, const struct json *step)
{
    CLEANUP_JSON struct json *options = json_new_object();
    const struct json *asin = json_get(step, "session_asin");
    for (size_t i = 0; i < session->choice_count; i++)
        json_set_str(options, golden_out(session->choices[i].name),
                     json_new_str(golden_out(session->choices[i].value)));
    golden_expect_json(g, "session_options", options, json_get(step, "session_options"));
    golden_expect(g, session->has_product == json_is(asin, JSON_STRING), "session_asin");
    if (session->has_product)
        golden_expect_str(g, "session_asin", golden_out(session->product.asin), json_str(asin));
}

static void check_purchase(struct golden *g, const struct session *session, const struct json *step)
{
    struct pool pool CLEANUP_POOL = {0};
    struct strings product_nouns, goal_nouns, chosen = {0};
    struct reward reward;
    for (size_t i = 0; i < session->choice_count; i++)
        strings_add(&pool, &chosen, session->choices[i].value);
    all_words(&pool, session->product.name, &product_nouns);
    all_words(&pool, session->goal->name, &goal_nouns);
    reward_compute(&session->product, shop_session_price(session), &chosen, session->goal,
                   &product_nouns, &goal_nouns, &reward);
    golden_expect(g, golden_near(reward.total, json_double(json_get(step, "reward"), -1), 1e-12),
                  "reward");
    golden_expect_reward(g, &reward, json_get(step, "info"));
}

static void check_step(struct golden *g, const struct session *session, const struct json *step)
{
    struct text observation CLEANUP_TEXT = {0}, available CLEANUP_TEXT = {0};
    bool done = json_bool(json_get(step, "done"), false);
    shop_session_observe(session, &observation);
    shop_session_available(session, &available);
    golden_expect_str(g, "available", golden_out(text_view(&available)),
                      json_str(json_get(step, "available_str")));
    golden_expect(g, done == (session->page == PAGE_DONE), "done");
    if (done)
        check_purchase(g, session, step);
    else
        golden_expect_str(g, "observation", golden_out(text_view(&observation)),
                          json_str(json_get(step, "observation")));
    if (json_get(step, "session_options"))
        check_state(g, session, step);
}

static void sessions_section(struct golden *g, struct world *world)
{
    const struct goal *goals = read_goals(&world->pool, json_get(world->loader, "goals"));
    struct shop shop = {&world->catalog, recorded_search, world, recorded_price};
    golden_section(g, "webshop.sessions.sessions");
    for (const struct json *c; (c = golden_next(g));) {
        struct session session;
        const struct json *steps = json_get(c, "steps");
        shop_session_start(&session, &shop, &goals[json_int(json_get(c, "goal_index"), 0)], 0);
        for (size_t i = 0; i < json_count(steps); i++) {
            const struct json *step = json_at(steps, i), *action = json_get(step, "action");
            enum effect effect = EFFECT_NONE;
            if (json_is(action, JSON_STRING))
                effect = shop_session_act(&session, golden_in(json_str(action)));
            golden_expect(g, (effect == EFFECT_ERROR) == (json_get(step, "exception") != NULL),
                          "exception");
            if (effect == EFFECT_ERROR)
                break;
            check_step(g, &session, step);
        }
        shop_session_end(&session);
    }
}

static void take_turn(struct mock_episode *episode, const struct json *use, size_t number)
{
    CLEANUP_BUF struct buf calls = {0};
    char id[32];
    snprintf(id, sizeof(id), "c%zu", number);
    buf_char(&calls, '[');
    if (json_is(use, JSON_ARRAY))
        tool_calls_add(&calls, str_of(id), "call", json_str(json_at(use, 0)), json_at(use, 1));
    buf_char(&calls, ']');
    grasp_reply reply = {.size = sizeof(reply),
                         .text = grasp_cstr("thinking"),
                         .tool_calls = golden_in(calls.len > 2 ? buf_view(&calls) : STR("")),
                         .finish_reason = grasp_cstr("stop")};
    mock_episode_step(episode, &reply);
}

/* Messages of the environment, in their order. */
static void check_messages(struct golden *g, const struct mock_episode *episode,
                           const struct json *events, grasp_str system)
{
    size_t at = 0;
    for (size_t i = 0; i < json_count(events); i++) {
        const struct json *event = json_at(events, i);
        struct str content = json_str(json_get(event, "content"));
        if (!json_get(event, "role"))
            continue;
        while (at < episode->count && strcmp(episode->messages[at].role.ptr, "agent") == 0)
            at++;
        if (!golden_expect(g, at < episode->count, "a message is missing"))
            return;
        const struct mock_message *got = &episode->messages[at++];
        golden_expect_str(g, "role", str_of(got->role.ptr), json_str(json_get(event, "role")));
        golden_expect_str(g, "content", (struct str){got->content.ptr, got->content.len},
                          str_is(content, "<SYSTEM PROMPT>") ? golden_out(system) : content);
        golden_expect_str(g, "tool_call_id",
                          str_of(got->tool_call_id.ptr ? got->tool_call_id.ptr : ""),
                          json_str(json_get(event, "tool_call_id")));
    }
    while (at < episode->count && strcmp(episode->messages[at].role.ptr, "agent") == 0)
        at++;
    golden_expect_int(g, "messages", (int64_t)episode->count, (int64_t)at);
}

static void check_result(struct golden *g, const struct mock_episode *episode, const struct json *c)
{
    CLEANUP_JSON struct json *raw =
        json_parse((struct str){episode->raw.ptr, episode->raw.len}, NULL);
    if (!golden_expect(g, episode->done, "the episode is not done"))
        return;
    golden_expect_str(g, "status", (struct str){episode->status.ptr, episode->status.len},
                      json_str(json_get(c, "status")));
    golden_expect(g,
                  golden_near(json_double(json_get(raw, "reward"), -1),
                              json_double(json_get(c, "reward"), -2), 1e-12),
                  "reward");
    golden_expect_int(g, "history_len", json_int(json_get(raw, "logged"), -1),
                      json_int(json_get(c, "history_len"), -2));
}

static void play(struct golden *g, struct world *world, struct webshop *self, const struct json *c)
{
    struct mock_episode episode;
    char sample[64];
    const struct json *script = json_get(c, "script");
    self->max_turns = (int32_t)json_int(json_get(c, "rounds"), 20);
    snprintf(sample, sizeof(sample), "{\"id\": \"%d\"}", (int)json_int(json_get(c, "index"), 0));
    mock_episode_begin(&episode, world->host, &agentbench_webshop_task, self, sample);
    for (size_t i = 0; i < json_count(script) && !episode.done; i++)
        take_turn(&episode, json_at(script, i), i + 1);
    check_messages(g, &episode, json_get(c, "events"), self->texts.system);
    if (!str_is(json_str(json_get(c, "status")), "cancelled"))
        check_result(g, &episode, c);
    mock_episode_end(&episode);
}

/* A result that says nothing is no episode; the others count by the score of their verdict. */
static void overall_section(struct golden *g, const struct world *world, struct webshop *self)
{
    golden_section(g, "webshop.agent_loop.overall");
    for (const struct json *c; (c = golden_next(g));) {
        const struct json *results = json_get(c, "results");
        double sum = 0;
        size_t count = 0;
        for (size_t i = 0; i < json_count(results); i++) {
            CLEANUP_BUF struct buf rollout = {0};
            if (!json_count(json_at(results, i)))
                continue;
            buf_text(&rollout, "{\"status\": \"completed\", \"raw\": ");
            json_write(&rollout, json_at(results, i), 0);
            buf_char(&rollout, '}');
            golden_expect_int(g, "status",
                              webshop_grade(mock_call(world->host), self, grasp_cstr("{}"),
                                            golden_in(buf_view(&rollout)), grasp_cstr("[]")),
                              GRASP_OK);
            sum += world->host->score;
            count++;
        }
        golden_expect(g,
                      golden_near(count ? sum / (double)count : 0,
                                  json_double(json_path(c, "overall.reward"), -1), 1e-12),
                      "reward");
    }
}

static void loop_section(struct golden *g, struct world *world)
{
    void *opaque = NULL;
    char *config = mock_config(agentbench_webshop_task.options, "{\"compat\": \"reference\"}");
    struct catalog catalog = world->catalog;
    if (webshop_open_with(mock_call(world->host), grasp_cstr(config), &catalog, &opaque))
        abort();
    struct webshop *self = opaque;
    struct shop shop = {&self->catalog, recorded_search, world, recorded_price};
    self->shop = shop;
    self->nouns = all_words;
    self->catalog.goals = read_goals(&world->pool, json_get(world->loader, "goals"));
    golden_section(g, "webshop.agent_loop.cases");
    for (const struct json *c; (c = golden_next(g));)
        play(g, world, self, c);
    overall_section(g, world, self);
    webshop_close(mock_call(world->host), self);
    free(config);
}

void golden_webshop_sections(struct golden *g)
{
    struct world world = {.loader = json_path(g->root, "webshop.loader"),
                          .sessions = json_path(g->root, "webshop.sessions"),
                          .host = mock_host_create()};
    instruction_case(g);
    pages_section(g, world.host);
    golden_case(g, "webshop.loader");
    if (golden_expect(g,
                      import(&world, json_get(world.loader, "raw_products"),
                             json_get(world.loader, "raw_attributes"),
                             json_get(world.loader, "raw_human")),
                      "the recorded files cannot be imported")) {
        loader_section(g, &world);
        sessions_section(g, &world);
        loop_section(g, &world); /* closes the catalogue */
    }
    pool_free(&world.pool);
    mock_host_destroy(world.host);
}
