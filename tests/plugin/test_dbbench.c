/* SPDX-License-Identifier: MIT */
/* DBBench without a server: protocols, tags, addresses, the set in the box. */
#include "mock_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mock_episode.h"
#include "tasks/agentbench/agentbench.h"
#include "tasks/agentbench/db/dbbench.h"
#include "tasks/agentbench/db/pyrow.h"
#include "tasks/agentbench/db/server_address.h"
#include "tasks/agentbench/db/tags.h"
#include "tasks/agentbench/db/text_reply.h"

#include <cmocka.h>

/* Databases that say what the test wants. */
struct paper {
    struct database_source source;
    const char *response;
    int32_t status;
    int open, made;
};

struct sheet {
    struct database base;
    struct paper *paper;
};

static int32_t sheet_run(grasp_call *call, struct database *base, grasp_str sql, struct text *out,
                         enum sql_end *out_end)
{
    struct paper *paper = ((struct sheet *)base)->paper;
    *out_end = SQL_TEXT;
    text_put(out, paper->response);
    return paper->status ? grasp_fail(call, paper->status, "the server is gone") : GRASP_OK;
}

static void sheet_drop(struct database *base)
{
    ((struct sheet *)base)->paper->open--;
    free(base);
}

static const struct database_ops sheet_ops = {sheet_run, sheet_drop};

static int32_t paper_create(grasp_call *call, struct database_source *source,
                            const struct entry *entry, uint64_t seed, struct text *reason,
                            struct database **out)
{
    struct sheet *sheet = calloc(1, sizeof(*sheet));
    struct paper *paper = (struct paper *)source;
    *sheet = (struct sheet){{&sheet_ops}, paper};
    paper->open++;
    paper->made++;
    *out = &sheet->base;
    return GRASP_OK;
}

static void paper_close(struct database_source *source)
{
}

static const struct database_source_ops paper_ops = {paper_create, paper_close};

struct fixture {
    struct mock_host *host;
    struct paper paper;
    void *self;
    struct mock_episode episode;
};

static void start(struct fixture *f, const char *options, const char *response)
{
    char *config = mock_config(agentbench_dbbench_task.options, options);
    *f = (struct fixture){.host = mock_host_create(),
                          .paper = {.source = {&paper_ops}, .response = response}};
    assert_int_equal(
        dbbench_open_with(mock_call(f->host), grasp_cstr(config), &f->paper.source, &f->self), 0);
    free(config);
}

static void begin(struct fixture *f, const char *id)
{
    char sample[128];
    snprintf(sample, sizeof(sample), "{\"id\": \"%s\", \"type\": \"x\", \"answer\": [\"x\"]}", id);
    mock_episode_begin(&f->episode, f->host, &agentbench_dbbench_task, f->self, sample);
}

static void finish(struct fixture *f)
{
    mock_episode_end(&f->episode);
    assert_int_equal(f->paper.open, 0);
}

static void stop(struct fixture *f)
{
    dbbench_close(mock_call(f->host), f->self);
    mock_host_destroy(f->host);
}

static void call_tool(struct fixture *f, const char *name, const char *arguments)
{
    char calls[1024];
    snprintf(calls, sizeof(calls), "[{\"id\": \"c\", \"name\": \"%s\", \"arguments\": %s}]", name,
             arguments);
    grasp_reply reply = {.size = sizeof(reply),
                         .text = grasp_cstr(""),
                         .tool_calls = grasp_cstr(calls),
                         .finish_reason = grasp_cstr("tool_calls")};
    mock_episode_step(&f->episode, &reply);
}

static const char *last(const struct fixture *f)
{
    return f->episode.messages[f->episode.count - 1].content.ptr;
}

static void test_tools(void **state)
{
    struct fixture f;
    start(&f, NULL, "[('Bluebell',)]");
    begin(&f, "harbour_ferries_01");
    assert_non_null(
        strstr(f.episode.messages[1].content.ptr, "Which ferry has the highest Seats?"));
    call_tool(&f, "execute_sql", "{\"query\": \"SELECT 1\"}");
    assert_string_equal(last(&f), "[('Bluebell',)]");
    call_tool(&f, "drop_all", "{}");
    assert_non_null(strstr(last(&f), "no tool"));
    call_tool(&f, "commit_final_answer", "{\"answers\": [\"Bluebell\"]}");
    assert_true(f.episode.done);
    assert_string_equal(f.episode.status.ptr, "completed");
    assert_non_null(strstr(f.episode.raw.ptr, "\"is_correct\": true"));
    assert_string_equal(f.episode.actions.items[1].ptr,
                        "tool_call:execute_sql({\"query\": \"SELECT 1\"})");
    finish(&f);
    stop(&f);
}

static void test_server_gone(void **state)
{
    struct fixture f;
    void *handle = NULL;
    start(&f, NULL, "");
    f.paper.status = GRASP_E_UNAVAILABLE;
    const char *calls =
        "[{\"id\": \"c\", \"name\": \"execute_sql\", \"arguments\": {\"query\": \"S\"}}]";
    const char *commits = "[{\"id\": \"c\", \"name\": \"commit_final_answer\", \"arguments\": "
                          "{\"answers\": []}}]";
    grasp_reply reply = {.size = sizeof(reply),
                         .text = grasp_cstr(""),
                         .tool_calls = grasp_cstr(calls),
                         .finish_reason = grasp_cstr("")};
    const grasp_str sample = grasp_cstr("{\"id\": \"harbour_ferries_11\"}");
    assert_int_equal(dbbench_begin(mock_call(f.host), f.self, sample, 1, &handle), 0);
    mock_assert_failed(f.host, dbbench_step(mock_call(f.host), f.self, handle, &reply),
                       GRASP_E_UNAVAILABLE);
    reply.tool_calls = grasp_cstr(commits);
    mock_assert_failed(f.host, dbbench_step(mock_call(f.host), f.self, handle, &reply),
                       GRASP_E_UNAVAILABLE);
    assert_false(f.host->has_outcome);
    dbbench_end(mock_call(f.host), f.self, handle);
    assert_int_equal(f.paper.open, 0);
    stop(&f);
}

static void test_hostile(void **state)
{
    static const char *const arguments[] = {"{\"query\": 5}",
                                            "{\"query\": null}",
                                            "{\"query\": {\"a\": [[[]]]}}",
                                            "{\"_raw\": \"{broken\"}",
                                            "{\"_raw\": \"[]\"}",
                                            "{\"query\": \"\\u0000\\ud83d\\ude00\"}",
                                            "{}"};
    struct fixture f;
    start(&f, NULL, "\xff\xfe");
    begin(&f, "harbour_ferries_11");
    for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++)
        call_tool(&f, "execute_sql", arguments[i]);
    assert_false(f.episode.done);
    mock_episode_say(&f.episode, "no call \xc3");
    call_tool(&f, "commit_final_answer", "{\"answers\": {\"a\": 1}}");
    assert_string_equal(f.episode.status.ptr, "task error");
    mock_episode_grade(&f.episode);
    assert_int_equal(f.host->correct, 0);
    finish(&f);
    stop(&f);
}

static void test_limit(void **state)
{
    struct fixture f;
    start(&f, "{\"max_turns\": 2}", "[]");
    begin(&f, "harbour_ferries_01");
    mock_episode_say(&f.episode, "SELECT 1");
    assert_non_null(strstr(last(&f), "called no tool"));
    mock_episode_say(&f.episode, "SELECT 1");
    assert_string_equal(f.episode.status.ptr, "task limit reached");
    mock_episode_grade(&f.episode);
    mock_assert_contains(f.host->tags, "sql_written_as_text");
    mock_assert_contains(f.host->tags, "task_limit");
    finish(&f);
    stop(&f);
}

static void test_text_protocol(void **state)
{
    struct fixture f;
    start(&f, "{\"protocol\": \"text\"}", "[('Bluebell',)]");
    begin(&f, "harbour_ferries_01");
    mock_episode_say(&f.episode, "Hm.\nAction: Operation\n```sql\nSELECT\n1\n```");
    assert_string_equal(last(&f), "[('Bluebell',)]");
    mock_episode_say(&f.episode, "Action: Answer\nFinal Answer: [\"Bluebell\"]");
    assert_string_equal(f.episode.status.ptr, "completed");
    assert_non_null(strstr(f.episode.raw.ptr, "\"is_correct\": true"));
    finish(&f);
    begin(&f, "harbour_ferries_01");
    mock_episode_say(&f.episode, "It is Bluebell.");
    assert_string_equal(f.episode.status.ptr, "agent validation failed");
    mock_episode_grade(&f.episode);
    mock_assert_contains(f.host->tags, "no_valid_action");
    finish(&f);
    stop(&f);
}

static void expect_reply(const char *reply, enum text_action action, const char *text)
{
    struct text out CLEANUP_TEXT = {0};
    assert_int_equal(text_reply_read(grasp_cstr(reply), &out), action);
    if (action != TEXT_INVALID)
        assert_string_equal(out.ptr, text);
}

static void test_text_replies(void **state)
{
    expect_reply("Action: Operation\n```sql\nSELECT 1;\n```", TEXT_SQL, "SELECT 1;");
    expect_reply("Action: Operation\nSELECT 1", TEXT_INVALID, NULL);
    expect_reply("Action: Operation\n```sql\nSELECT 1", TEXT_INVALID, NULL);
    expect_reply("Action: Answer\nFinal Answer: [\"a\"]\nmore", TEXT_ANSWER, "[\"a\"]");
    expect_reply("Action: Answer\n", TEXT_INVALID, NULL);
    expect_reply("action: answer\nFinal Answer: 5", TEXT_INVALID, NULL);
    expect_reply("", TEXT_INVALID, NULL);
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {"",
                                      "localhost",
                                      "http://a@b",
                                      "mysql://host",
                                      "mysql://user:secret@host",
                                      "mysql://user@host:0",
                                      "mysql://user@host:99999",
                                      "mysql://user@host:33x",
                                      "mysql://user@host/database",
                                      "mysql://user@",
                                      "mysql://user@localhost/?socket=relative"};
    struct pool pool CLEANUP_POOL = {0};
    struct mock_host *host = mock_host_create();
    struct address address;
    assert_int_equal(server_address_read(mock_call(host), &pool,
                                         grasp_cstr("mysql://me@db.example:3307/"), &address),
                     0);
    assert_string_equal(address.user, "me");
    assert_string_equal(address.host, "db.example");
    assert_int_equal(address.port, 3307);
    assert_int_equal(server_address_read(mock_call(host), &pool,
                                         grasp_cstr("mysql://me@localhost/?socket=/run/s"),
                                         &address),
                     0);
    assert_string_equal(address.socket, "/run/s");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        int32_t status = server_address_read(mock_call(host), &pool, grasp_cstr(bad[i]), &address);
        mock_assert_failed(host, status, GRASP_E_INVALID);
        assert_null(strstr(host->fail_text.ptr, "secret"));
    }
    mock_host_destroy(host);
}

static void expect_shown(enum column_kind kind, const char *text, const char *expected)
{
    struct text out CLEANUP_TEXT = {0};
    const struct value value = {kind, false, grasp_cstr(text)};
    pyrow_value(&out, &value);
    assert_string_equal(out.ptr, expected);
}

static void test_values(void **state)
{
    expect_shown(COLUMN_DATE, "2000-08-15", "datetime.date(2000, 8, 15)");
    expect_shown(COLUMN_DATE, "0000-00-00", "None");
    expect_shown(COLUMN_DATETIME, "2000-08-15 00:00:00.5",
                 "datetime.datetime(2000, 8, 15, 0, 0, 0, 500000)");
    expect_shown(COLUMN_TIME, "00:30:00", "datetime.timedelta(seconds=1800)");
    expect_shown(COLUMN_TIME, "-00:00:01", "datetime.timedelta(days=-1, seconds=86399)");
    expect_shown(COLUMN_TIME, "00:00:00", "datetime.timedelta(0)");
    expect_shown(COLUMN_TIME, "25:00:00.000001",
                 "datetime.timedelta(days=1, seconds=3600, microseconds=1)");
    expect_shown(COLUMN_REAL, "1e16", "1e+16");
    expect_shown(COLUMN_DECIMAL, "3.50", "Decimal('3.50')");
    expect_shown(COLUMN_BYTES, "a\x01", "bytearray(b'a\\x01')");
}

static void test_own_set(void **state)
{
    static const char *const types[] = {"INSERT",          "UPDATE",          "DELETE",
                                        "other",           "comparison",      "counting",
                                        "ranking",         "aggregation-SUM", "aggregation-MAX",
                                        "aggregation-MIN", "aggregation-AVG"};
    struct fixture f;
    start(&f, NULL, "[]");
    const struct dataset *set = &((struct dbbench *)f.self)->set;
    assert_true(set->count >= 60);
    for (size_t k = 0; k < sizeof(types) / sizeof(*types); k++) {
        for (int split = 0; split < DATA_SPLIT_COUNT; split++) {
            size_t found = 0;
            for (size_t i = 0; i < set->splits[split].count; i++)
                found += grasp_equal(set->splits[split].samples[i].entry->type, types[k]);
            assert_true(found > 0);
        }
    }
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tools),         cmocka_unit_test(test_server_gone),
        cmocka_unit_test(test_hostile),       cmocka_unit_test(test_limit),
        cmocka_unit_test(test_text_protocol), cmocka_unit_test(test_text_replies),
        cmocka_unit_test(test_addresses),     cmocka_unit_test(test_values),
        cmocka_unit_test(test_own_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
