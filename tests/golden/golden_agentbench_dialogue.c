/* SPDX-License-Identifier: MIT */
/* Dialogues: scripted agents on scripted databases, and what the latter were asked. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "golden_agentbench_os_db.h"
#include "golden_agentbench_turn.h"
#include "tasks/agentbench/agentbench.h"
#include "tasks/agentbench/db/dbbench.h"
#include "tasks/agentbench/db/hash.h"

/* A source whose databases answer from a list. */
struct scripted {
    struct database_source source;
    const struct json *returns;
    size_t next;
    struct json *log;
};

struct scripted_database {
    struct database base;
    struct scripted *owner;
};

static void log_words(struct scripted *self, const char *first, struct json *second)
{
    struct json *line = json_new_array();
    json_push(line, json_new_str(str_of(first)));
    if (second)
        json_push(line, second);
    json_push(self->log, line);
}

/* "EXC:TimeoutError:" is a statement that takes too long, another exception one that cannot be
 * sent. */
static int32_t scripted_run(grasp_call *call, struct database *base, grasp_str sql,
                            struct text *out, enum sql_end *out_end)
{
    struct scripted *self = ((struct scripted_database *)base)->owner;
    struct str text = json_is(self->returns, JSON_ARRAY)
                          ? json_str(json_at(self->returns, self->next++))
                          : json_str(self->returns);
    log_words(self, "execute", json_new_str(golden_out(sql)));
    *out_end = SQL_TEXT;
    if (str_starts(text, "EXC:")) {
        *out_end = str_starts(text, "EXC:TimeoutError") ? SQL_TIMEOUT : SQL_DRIVER;
        str_cut(&text, ':');
        str_cut(&text, ':');
    }
    text_str(out, golden_in(text));
    return GRASP_OK;
}

static void scripted_drop(struct database *base)
{
    log_words(((struct scripted_database *)base)->owner, "delete", NULL);
    free(base);
}

static const struct database_ops scripted_database_ops = {scripted_run, scripted_drop};

static int32_t scripted_create(grasp_call *call, struct database_source *source,
                               const struct entry *entry, uint64_t seed, struct text *reason,
                               struct database **out)
{
    struct scripted *self = (struct scripted *)source;
    struct scripted_database *database = calloc(1, sizeof(*database));
    *database = (struct scripted_database){{&scripted_database_ops}, self};
    log_words(self, "initialize", NULL);
    log_words(self, "batch", json_new_int(2 * (int64_t)entry->table_count));
    *out = &database->base;
    return GRASP_OK;
}

static void scripted_close(struct database_source *source)
{
    json_free(((struct scripted *)source)->log);
}

static const struct database_source_ops scripted_ops = {scripted_create, scripted_close};

/* The recorded text with ours in place of its names for them. */
static void fill(struct buf *out, const struct dbbench *self, struct str text)
{
    const struct db_texts *texts = &self->texts;
    const struct golden_name names[] = {
        {"<SYSTEM_PROMPT>", texts->system},
        {"<DB_EVIDENCE_PREFIX>", grasp_cstr("Evidence: ")},
        {"<DB_TABLEINFO_PREFIX>", grasp_cstr("Table: ")},
        {"<DB_QUESTION_PREFIX>", grasp_cstr("Task: ")},
        {"<DB_NO_TOOL_CALL>", texts->no_tool_call},
        {"<DB_BAD_TOOL_CALL>", texts->bad_arguments},
        {"<DB_INVALID_FUNCTION>", texts->unknown_tool},
        {"<DB_EMPTY_RESPONSE>", texts->empty_response},
        {"<DB_SQL_TIMEOUT>", texts->timeout},
        {"<DB_TOOL_REMINDER>", texts->reminder},
        {"<DB_DRIVER_ERROR_PREFIX>",
         grasp_cstr("The statement could not be sent to the database: ")}};
    golden_fill(out, names, sizeof(names) / sizeof(*names), text);
}

static bool is_agent(const struct mock_message *message)
{
    return strcmp(message->role.ptr, "agent") == 0;
}

static void check_message(struct golden *g, const struct dbbench *self,
                          const struct mock_message *got, const struct json *want)
{
    CLEANUP_BUF struct buf content = {0};
    struct str role = json_str(json_get(want, "role"));
    fill(&content, self, json_str(json_get(want, "content")));
    golden_expect_str(g, "role", is_agent(got) ? STR("assistant") : str_of(got->role.ptr), role);
    golden_expect_str(g, "content", (struct str){got->content.ptr, got->content.len},
                      buf_view(&content));
    if (!is_agent(got))
        golden_expect_str(g, "tool_call_id",
                          str_of(got->tool_call_id.ptr ? got->tool_call_id.ptr : ""),
                          json_str(json_get(want, "tool_call_id")));
}

static void check_history(struct golden *g, const struct dbbench *self,
                          const struct mock_episode *episode, const struct json *want)
{
    if (!golden_expect_int(g, "history", (int64_t)episode->count, (int64_t)json_count(want)))
        return;
    for (size_t i = 0; i < episode->count; i++)
        check_message(g, self, &episode->messages[i], json_at(want, i));
}

static void check_end(struct golden *g, const struct mock_episode *episode, const struct json *c)
{
    CLEANUP_JSON struct json *raw =
        json_parse((struct str){episode->raw.ptr, episode->raw.len}, NULL);
    const struct json *want = json_get(c, "result");
    golden_expect_str(g, "status", (struct str){episode->status.ptr, episode->status.len},
                      json_str(json_get(c, "status")));
    if (!json_is(want, JSON_OBJECT))
        golden_expect(g, !json_get(raw, "is_correct"), "a result where none was expected");
    for (struct json_iter it = json_members(want); json_next(&it);)
        golden_expect_json(g, it.key.ptr, json_get_str(raw, it.key), it.value);
}

/* The entry in the case stands in for the data. */
static void set_entry(grasp_call *call, struct dbbench *self, const struct json *c)
{
    struct dataset *set = &self->set;
    set->entries = pool_array(&set->pool, 1, sizeof(*set->entries));
    set->count = 1;
    if (db_entry_read(call, &set->pool, golden_value(call, json_get(c, "entry")), "entry",
                      set->entries))
        abort();
    set->entries->id = grasp_cstr("case");
}

static void play(struct golden *g, const struct json *c)
{
    struct mock_host *host = mock_host_create();
    struct mock_episode episode;
    struct scripted scripted = {{&scripted_ops}, json_get(c, "db_returns"), 0, json_new_array()};
    void *opaque = NULL;
    char *config = mock_config(agentbench_dbbench_task.options,
                               "{\"compat\": \"reference\", \"reminder\": false}");
    if (dbbench_open_with(mock_call(host), grasp_cstr(config), &scripted.source, &opaque))
        abort();
    struct dbbench *self = opaque;
    const struct json *outputs = json_get(c, "agent_outputs");
    size_t used = 0;
    self->max_turns = (int32_t)json_int(json_get(c, "max_round"), 15);
    set_entry(mock_call(host), self, c);
    mock_episode_begin(&episode, host, &agentbench_dbbench_task, self, "{\"id\": \"case\"}");
    while (used < json_count(outputs) && !episode.done)
        golden_take_turn(&episode, json_at(outputs, used++), "call");
    golden_expect_int(g, "agent_turns_used", (int64_t)used,
                      json_int(json_get(c, "agent_turns_used"), -1));
    check_history(g, self, &episode, json_get(c, "history"));
    if (golden_expect(g, episode.done, "the episode is not done"))
        check_end(g, &episode, c);
    mock_episode_end(&episode);
    golden_expect_json(g, "db_log", scripted.log, json_get(c, "db_log"));
    dbbench_close(mock_call(host), self);
    mock_host_destroy(host);
    free(config);
}

/* "T1(a),T2(`b c`)" */
static struct table *read_tables(struct pool *pool, struct str text, size_t *out_count)
{
    struct table *tables = pool_array(pool, 8, sizeof(*tables));
    for (*out_count = 0; text.len && *out_count < 8; (*out_count)++) {
        struct table *table = &tables[*out_count];
        table->columns = pool_array(pool, 1, sizeof(*table->columns));
        table->column_count = 1;
        table->name = pool_dup(pool, golden_in(str_cut(&text, '(')));
        struct str column = str_cut(&text, ')');
        if (str_starts(column, "`"))
            column = (struct str){column.ptr + 1, column.len - 2};
        table->columns[0] = pool_dup(pool, golden_in(column));
        str_cut(&text, ',');
    }
    return tables;
}

static void hash_query(struct golden *g, const struct dataset *set)
{
    struct mock_host *host = mock_host_create();
    golden_section(g, "dbbench.hash_query");
    for (const struct json *c; (c = golden_next(g));) {
        struct pool pool CLEANUP_POOL = {0};
        struct scripted scripted = {{&scripted_ops}, json_get(c, "db_return"), 0, json_new_array()};
        struct scripted_database database = {{&scripted_database_ops}, &scripted};
        struct entry entry = {0};
        grasp_str hash = {"", 0};
        struct str tables = json_str(json_get(c, "tables"));
        if (tables.len)
            entry.tables = read_tables(&pool, tables, &entry.table_count);
        else if (set)
            entry = set->entries[json_int(json_get(c, "index"), 0)];
        else
            golden_skip(g, "AgentBench's data is not there");
        if (entry.table_count &&
            golden_expect_int(g, "status",
                              tables_hash(mock_call(host), &database.base, &entry, &pool, &hash),
                              0)) {
            CLEANUP_JSON struct json *asked = json_new_array();
            for (size_t i = 0; i < json_count(scripted.log); i++)
                json_push(asked, json_copy(json_at(json_at(scripted.log, i), 1)));
            golden_expect_json(g, "sql", asked, json_get(c, "sql"));
            golden_expect_str(g, "out", golden_out(hash), json_str(json_get(c, "out")));
        }
        json_free(scripted.log);
    }
    mock_host_destroy(host);
}

void golden_db_dialogue_section(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    struct dataset set = {0};
    const char *data = golden_agentbench_data();
    if (data && dataset_load(mock_call(host), &set, grasp_cstr(data)))
        abort();
    golden_section(g, "dbbench.dialogues");
    for (const struct json *c; (c = golden_next(g));)
        play(g, c);
    hash_query(g, data ? &set : NULL);
    dataset_free(&set);
    mock_host_destroy(host);
}
