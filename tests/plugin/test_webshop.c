/* SPDX-License-Identifier: MIT */
/* WebShop: players of known strength, the import of damaged files, hostile actions, damaged
 * indexes. */
#include "mock_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mock_episode.h"
#include "tasks/agentbench/agentbench.h"
#include "tasks/agentbench/webshop/rehearsal_view.h"
#include "tasks/agentbench/webshop/reward.h"
#include "tasks/agentbench/webshop/tags.h"
#include "tasks/agentbench/webshop/webshop.h"

#include <cmocka.h>

static struct webshop *open_task(struct mock_host *host, const char *options)
{
    void *self = NULL;
    char *config = mock_config(agentbench_webshop_task.options, options);
    int32_t status = webshop_open(mock_call(host), grasp_cstr(config), &self);
    free(config);
    assert_int_equal(status, GRASP_OK);
    return self;
}

static void act(struct mock_episode *episode, const char *tool, grasp_str value)
{
    struct text calls CLEANUP_TEXT = {0};
    text_format(&calls, "[{\"id\": \"c\", \"name\": \"%s\", \"arguments\": {\"v\": ", tool);
    text_json(&calls, value);
    text_put(&calls, "}}]");
    grasp_reply reply = {.size = sizeof(reply),
                         .text = grasp_cstr(""),
                         .tool_calls = text_view(&calls),
                         .finish_reason = grasp_cstr("tool_calls")};
    mock_episode_step(episode, &reply);
}

static grasp_str last_page(const struct mock_episode *episode)
{
    return mock_str(episode->messages[episode->count - 1].content);
}

static bool can_click(const struct mock_episode *episode, grasp_str link)
{
    struct text quoted CLEANUP_TEXT = {0};
    text_char(&quoted, '\'');
    text_str(&quoted, link);
    text_char(&quoted, '\'');
    return strstr(last_page(episode).ptr, quoted.ptr) != NULL;
}

static double reward_of(struct mock_episode *episode)
{
    mock_episode_grade(episode);
    return episode->host->score;
}

/* Searches for the goal's product by its name, chooses what is wanted, buys. */
static double play_oracle(struct mock_host *host, struct webshop *self, size_t index)
{
    const struct goal *goal = &self->catalog.goals[index];
    struct mock_episode episode;
    struct text link CLEANUP_TEXT = {0};
    char sample[32];
    for (size_t i = 0; i < goal->asin.len; i++)
        text_char(&link, (char)(goal->asin.ptr[i] | 0x20));
    snprintf(sample, sizeof(sample), "{\"id\": \"%zu\"}", index);
    mock_episode_begin(&episode, host, &agentbench_webshop_task, self, sample);
    act(&episode, "search_action", goal->name);
    for (int page = 0; page < 5 && !can_click(&episode, text_view(&link)); page++)
        act(&episode, "click_action", grasp_cstr("next >"));
    act(&episode, "click_action", text_view(&link));
    for (size_t i = 0; i < goal->options.count; i++)
        act(&episode, "click_action", goal->options.items[i]);
    act(&episode, "click_action", grasp_cstr("buy now"));
    assert_true(episode.done);
    double reward = reward_of(&episode);
    mock_episode_end(&episode);
    return reward;
}

/* Searches for the instruction, buys the first hit. */
static double play_naive(struct mock_host *host, struct webshop *self, size_t index)
{
    struct mock_episode episode;
    char sample[32], link[16] = "";
    snprintf(sample, sizeof(sample), "{\"id\": \"%zu\"}", index);
    mock_episode_begin(&episode, host, &agentbench_webshop_task, self, sample);
    act(&episode, "search_action", self->catalog.goals[index].instruction);
    const char *found = strstr(last_page(&episode).ptr, "'next >', '");
    assert_non_null(found);
    memcpy(link, found + 11, 10);
    act(&episode, "click_action", grasp_cstr(link));
    act(&episode, "click_action", grasp_cstr("buy now"));
    assert_true(episode.done);
    double reward = reward_of(&episode);
    mock_episode_end(&episode);
    return reward;
}

static void players(void **state)
{
    struct mock_host *host = mock_host_create();
    struct webshop *self = open_task(host, NULL);
    double naive = 0;
    assert_true(self->catalog.goal_count >= 200);
    for (size_t i = 0; i < self->catalog.goal_count; i++) {
        assert_true(play_oracle(host, self, i) == 1.0);
        naive += play_naive(host, self, i);
    }
    assert_true(naive / (double)self->catalog.goal_count < 0.7);
    webshop_close(mock_call(host), self);
    mock_host_destroy(host);
}

/* Every flaw of the rehearsal is named by its tag, and gone when guidance mentions it. */
static void flaws(void **state)
{
    struct mock_host *host = mock_host_create();
    struct webshop *self = open_task(host, NULL);
    struct text all CLEANUP_TEXT = {0};
    bool seen[SHOP_TAG_COUNT] = {0};
    for (int tag = 0; tag < SHOP_TAG_COUNT; tag++)
        text_format(&all, "Avoid %s. ", webshop_tags.tags[tag].name);
    for (size_t i = 0; i < SHOP_SAMPLES; i++) {
        struct mock_episode episode;
        char sample[32];
        snprintf(sample, sizeof(sample), "{\"id\": \"%zu\"}", i);
        mock_episode_begin(&episode, host, &agentbench_webshop_task, self, sample);
        mock_episode_rehearse(&episode, NULL);
        mock_episode_grade(&episode);
        for (int tag = 0; tag < SHOP_TAG_COUNT && !host->correct; tag++)
            seen[tag] |= strstr(host->tags.ptr, webshop_tags.tags[tag].name) != NULL;
        mock_episode_end(&episode);
        mock_episode_begin(&episode, host, &agentbench_webshop_task, self, sample);
        mock_episode_rehearse(&episode, all.ptr);
        mock_episode_grade(&episode);
        if (!host->correct)
            print_error("sample %zu: %s: %s\n", i, host->tags.ptr, last_page(&episode).ptr);
        assert_int_equal(host->correct, 1);
        mock_episode_end(&episode);
    }
    for (int tag = 0; tag < SHOP_TAG_COUNT; tag++)
        if (tag != SHOP_TASK_ERROR)
            assert_true(seen[tag]);
    webshop_close(mock_call(host), self);
    mock_host_destroy(host);
}

static int32_t import(struct mock_host *host, const char *products, const char *attributes,
                      const char *human, struct report *report, struct catalog *out)
{
    struct catalog_source source = {.products = grasp_cstr(products),
                                    .attributes = grasp_cstr(attributes),
                                    .human = grasp_cstr(human),
                                    .names = {"p.json", "a.json", "h.json"}};
    *report = (struct report){0};
    return catalog_import(mock_call(host), &source, 233, report, out);
}

static void damaged_files(void **state)
{
    static const char human[] =
        "{\"A\": [{\"instruction\": \"buy a\", \"instruction_attributes\": [\"x\"]}, 7,"
        " {\"instruction\": 1, \"instruction_attributes\": [\"x\"]}], \"Z\": []}";
    static const char products[] =
        "[{\"asin\": \"A\", \"name\": NaN, \"pricing\": \"free\", \"small_description\": [1, null],"
        " \"customization_options\": {\"Size\": 3, \"S\": [{\"value\": null}]}},"
        " {\"asin\": \"B\", \"name\": \"\\ud800 half\" }, {\"asin\": \"A\"}, {\"asin\": 5},"
        " {\"asin\": \"C\", \"name\": broken}, 17, {\"asin\": \"D\", \"na";
    struct mock_host *host = mock_host_create();
    struct catalog catalog;
    struct report report;
    assert_int_equal(import(host, products, "{\"A\": 4}", human, &report, &catalog), GRASP_OK);
    assert_int_equal(report.products, 2);
    assert_int_equal(report.goals, 1);
    assert_int_equal(report.counts[FALLBACK_DAMAGED], 2);
    assert_int_equal(report.counts[FALLBACK_ASIN], 1);
    assert_int_equal(report.counts[FALLBACK_REPEATED], 1);
    assert_int_equal(report.counts[FALLBACK_PRICE], 1);
    assert_int_equal(report.counts[FALLBACK_GOALS], 2);
    assert_int_equal(report.counts[FALLBACK_TRUNCATED], 1);
    assert_int_equal(report.counts[FALLBACK_ATTRIBUTES], 1);
    assert_true(report.counts[FALLBACK_OPTIONS] >= 2);
    catalog_close(&catalog);
    assert_int_not_equal(import(host, "{}", "{}", "{}", &report, &catalog), GRASP_OK);
    mock_assert_contains(host->fail_text, "p.json: not a JSON array");
    assert_int_not_equal(import(host, "[]", "{}", human, &report, &catalog), GRASP_OK);
    mock_assert_contains(host->fail_text,
                         "h.json: no instruction belongs to one of the 0 products");
    assert_int_not_equal(import(host, "[]", "[]", human, &report, &catalog), GRASP_OK);
    mock_assert_contains(host->fail_text, "a.json: not a JSON object");
    mock_host_destroy(host);
}

/* What no parser may fall over. */
static void hostile_files(void **state)
{
    struct mock_host *host = mock_host_create();
    struct text deep CLEANUP_TEXT = {0};
    struct catalog catalog;
    struct report report;
    text_put(&deep, "[{\"asin\": \"A\", \"name\": ");
    for (int i = 0; i < 100000; i++)
        text_char(&deep, '[');
    assert_int_not_equal(import(host, deep.ptr, "{}", "{}", &report, &catalog), GRASP_OK);
    for (int i = 0; i < 100000; i++)
        text_char(&deep, ']');
    text_put(&deep, "}]");
    assert_int_not_equal(import(host, deep.ptr, "{}", "{}", &report, &catalog), GRASP_OK);
    assert_int_equal(report.counts[FALLBACK_DAMAGED], 1);
    mock_host_destroy(host);
}

static void hostile_actions(void **state)
{
    static const char *const values[] = {"",
                                         " ",
                                         "]",
                                         "[",
                                         "][",
                                         "a]b[c",
                                         "\n",
                                         "x\ny",
                                         "<r>",
                                         "<q>",
                                         "<q> ",
                                         "<c> nothing",
                                         "\u0130\u0130",
                                         "'\"\\",
                                         "next >",
                                         "< prev",
                                         "back to search",
                                         "b0",
                                         "\xef\xbf\xbf",
                                         "buy now ",
                                         "description",
                                         "features",
                                         "%s%n",
                                         "<a>x"};
    struct mock_host *host = mock_host_create();
    struct webshop *self = open_task(host, "{\"max_turns\": 1000}");
    struct mock_episode episode;
    mock_episode_begin(&episode, host, &agentbench_webshop_task, self, "{\"id\": \"3\"}");
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < sizeof(values) / sizeof(*values) && !episode.done; i++) {
            act(&episode, "search_action", grasp_cstr(values[i]));
            act(&episode, "click_action", grasp_cstr(values[i]));
            act(&episode, "click_action", grasp_cstr("next >"));
            act(&episode, "another", grasp_cstr(values[i]));
        }
    }
    assert_false(episode.done);
    struct text many CLEANUP_TEXT = {0};
    for (int i = 0; many.len < 100000; i++)
        text_format(&many, "w%d ", i);
    act(&episode, "search_action", text_view(&many));
    assert_false(episode.done); /* too long to be an action */
    text_reset(&many);
    for (int i = 0; i <= INDEX_TERMS_MAX; i++)
        text_format(&many, "w%d ", i);
    act(&episode, "search_action", text_view(&many));
    assert_true(episode.done); /* as the reference's search gives up */
    mock_assert_text(episode.status, "task error");
    mock_episode_end(&episode);
    webshop_close(mock_call(host), self);
    mock_host_destroy(host);
}

static void unknown_samples(void **state)
{
    static const char *const samples[] = {"{}",
                                          "[]",
                                          "{\"id\": \"-1\"}",
                                          "{\"id\": \"1e99\"}",
                                          "{\"id\": \"0.5\"}",
                                          "{\"id\": \"nan\"}",
                                          "{\"id\": \"99999\"}",
                                          "{\"id\": 3}"};
    struct mock_host *host = mock_host_create();
    struct webshop *self = open_task(host, NULL);
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
        void *episode = NULL;
        int32_t status = webshop_begin(mock_call(host), self, grasp_cstr(samples[i]), 0, &episode);
        mock_assert_failed(host, status, GRASP_E_INVALID);
    }
    webshop_close(mock_call(host), self);
    mock_host_destroy(host);
}

/* An index with any byte changed opens or does not, and a search in it ends. */
static void damaged_index(void **state)
{
    static char bytes[1 << 14];
    const char *why;
    struct index_builder *builder = shop_index_builder_create();
    int fd = memfd_create("index", 0);
    assert_true(
        shop_index_builder_add(builder, grasp_cstr("b"), grasp_cstr("red shoes, red laces")));
    assert_true(
        shop_index_builder_add(builder, grasp_cstr("a"), grasp_cstr("red shoes, red laces")));
    assert_true(shop_index_builder_add(builder, grasp_cstr("c"), grasp_cstr(" ")));
    assert_true(shop_index_builder_write(builder, fd));
    shop_index_builder_free(builder);
    ssize_t size = pread(fd, bytes, sizeof(bytes), 0);
    assert_true(size > 0 && size < (ssize_t)sizeof(bytes));
    for (ssize_t i = -1; i < size; i++) {
        struct pool pool CLEANUP_POOL = {0};
        struct index_hit *hits;
        size_t count;
        char other = (char)(i < 0 ? 0 : bytes[i] ^ 0xFF);
        if (i >= 0)
            assert_int_equal(pwrite(fd, &other, 1, i), 1);
        struct text_index *index = shop_index_open(fd, &why);
        if (index && shop_index_search(index, grasp_cstr("red lace"), 10, &pool, &hits, &count) &&
            i < 0) {
            assert_int_equal(count, 2);
            assert_int_equal(hits[0].document, 1); /* equal scores: by id */
        }
        shop_index_close(index);
        if (i >= 0)
            assert_int_equal(pwrite(fd, bytes + i, 1, i), 1);
    }
    assert_int_equal(ftruncate(fd, 20), 0);
    assert_null(shop_index_open(fd, &why));
    close(fd);
}

static void without_wordnet(void **state)
{
    struct mock_host *host = mock_host_create();
    struct webshop *self = open_task(host, "{\"wordnet\": \"/nowhere\"}");
    assert_null(self->wordnet);
    assert_true(play_oracle(host, self, 0) == 1.0);
    webshop_close(mock_call(host), self);
    mock_host_destroy(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(players),         cmocka_unit_test(flaws),
        cmocka_unit_test(damaged_files),   cmocka_unit_test(hostile_files),
        cmocka_unit_test(hostile_actions), cmocka_unit_test(unknown_samples),
        cmocka_unit_test(damaged_index),   cmocka_unit_test(without_wordnet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
