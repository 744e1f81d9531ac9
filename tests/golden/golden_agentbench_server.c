/* SPDX-License-Identifier: MIT */
/* What needs a server: states of tables, changes, and how the dialect differs. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "golden_agentbench_os_db.h"
#include "mariadb_world.h"
#include "tasks/agentbench/db/answer.h"
#include "tasks/agentbench/db/connection.h"
#include "tasks/agentbench/db/dataset.h"
#include "tasks/agentbench/db/hash.h"

struct stage {
    struct mock_host *host;
    struct mariadb_world world;
    struct dataset set;
    const char *missing; /* why nothing can be run; NULL if it can */
};

/* The next case of a section, those that cannot be run here left out. */
static const struct json *next(struct golden *g, const struct stage *stage)
{
    const struct json *c;
    while ((c = golden_next(g)) && stage->missing)
        golden_skip(g, "%s", stage->missing);
    return c;
}

/* The entry's database; NULL with the reason if the server refuses its tables. */
static struct database *make(struct golden *g, struct stage *stage, const struct entry *entry,
                             struct text *reason)
{
    struct database *database = NULL;
    struct database_source *source = stage->world.source;
    if (source->ops->create(mock_call(stage->host), source, entry, 1, reason, &database))
        golden_fail(g, "no database: %s", stage->host->fail_text.ptr);
    return database;
}

static void run(struct golden *g, struct stage *stage, struct database *database, grasp_str sql,
                struct text *out)
{
    enum sql_end end;
    if (database->ops->run(mock_call(stage->host), database, sql, out, &end))
        golden_fail(g, "the server is gone: %s", stage->host->fail_text.ptr);
}

static const struct entry *entry_of(const struct stage *stage, const struct json *c)
{
    return &stage->set.entries[json_int(json_get(c, "index"), 0)];
}

static void init_state_hash(struct golden *g, struct stage *stage)
{
    golden_section(g, "dbbench.init_state_hash");
    for (const struct json *c; (c = next(g, stage));) {
        struct pool pool CLEANUP_POOL = {0};
        struct text reason CLEANUP_TEXT = {0};
        const struct entry *entry = entry_of(stage, c);
        struct database *database = make(g, stage, entry, &reason);
        bool refused = json_get(c, "error") != NULL;
        grasp_str hash = {"", 0};
        golden_expect_int(g, "refused", !database, refused);
        if (!database)
            continue;
        golden_expect_str(g, "table", golden_out(entry->tables[0].name),
                          json_str(json_get(c, "table")));
        golden_expect_int(g, "rows", (int64_t)entry->tables[0].row_count,
                          json_int(json_get(c, "rows"), -1));
        tables_hash(mock_call(stage->host), database, entry, &pool, &hash);
        golden_expect_str(g, "hash", golden_out(hash), json_str(json_get(c, "hash")));
        database->ops->drop(database);
    }
}

static void mutation_sql(struct golden *g, struct stage *stage)
{
    golden_section(g, "dbbench.mutation_sql");
    for (const struct json *c; (c = next(g, stage));) {
        struct pool pool CLEANUP_POOL = {0};
        struct text response CLEANUP_TEXT = {0};
        const struct entry *entry = entry_of(stage, c);
        struct database *database = make(g, stage, entry, &response);
        struct py answer = {.kind = PY_STR}, truth = {.kind = PY_STR};
        if (!golden_expect(g, database != NULL, "no database"))
            continue;
        run(g, stage, database, golden_in(json_str(json_get(c, "sql"))), &response);
        tables_hash(mock_call(stage->host), database, entry, &pool, &answer.text);
        truth.text = golden_in(json_str(json_get(c, "label")));
        golden_expect(g, answer_equal(&pool, &answer, &truth, entry->type),
                      "the tables are not as the label says");
        database->ops->drop(database);
    }
}

/* "ERRNO (SQLSTATE): " as the file has it, "ERRNO: "; bytes as it has them; the database's name. */
static struct str plain(struct text *out, grasp_str response)
{
    struct str text = golden_out(response);
    size_t at;
    if (str_find(text, STR(" ("), &at) && at == 4 && text.len > 12 && text.ptr[12] == ':') {
        text_add(out, text.ptr, 4);
        text = (struct str){text.ptr + 12, text.len - 12};
    }
    while (text.len) {
        bool bytes = str_starts(text, "bytearray(b'"), name = str_starts(text, "dbb_episode.");
        size_t len = bytes ? 10 : name ? 11 : 1;
        if (name)
            text_put(out, "dd");
        else if (!bytes)
            text_char(out, *text.ptr);
        text = (struct str){text.ptr + len, text.len - len};
        if (bytes && str_find(text, STR("'),"), &at)) {
            text_add(out, text.ptr, at + 1);
            text = (struct str){text.ptr + at + 2, text.len - at - 2};
        } else if (bytes && str_find(text, STR("')"), &at)) {
            text_add(out, text.ptr, at + 1);
            text = (struct str){text.ptr + at + 2, text.len - at - 2};
        }
    }
    return golden_out(text_view(out));
}

/* What section 10 of the specification says of MariaDB without STRICT_TRANS_TABLES: where it is
 * neither as MySQL nor as the recorded MariaDB, which was strict. */
static const char *const lenient[] = {
    "UPDATE `t x` SET pts=CAST(pts AS SIGNED)+1 WHERE CAST(big AS SIGNED)=1",
};

static bool is_lenient(struct str sql)
{
    for (size_t i = 0; i < sizeof(lenient) / sizeof(*lenient); i++)
        if (str_is(sql, lenient[i]))
            return true;
    return false;
}

/* The table on which the recorded statements ran, as their responses show it. */
static const struct entry battery = {
    .table_count = 1,
    .tables = (struct table[]){{
        .name = {"t x", 3},
        .columns = (grasp_str[]){{"name", 4},
                                 {"pts", 3},
                                 {"big", 3},
                                 {"d", 1},
                                 {"note", 4},
                                 {"rank", 4},
                                 {"groups", 6},
                                 {"system", 6},
                                 {"of", 2}},
        .column_count = 9,
    }},
};

static const char battery_rows[] =
    "INSERT INTO `t x` VALUES ('José','10','1,234','August 15, 2000',NULL,'1','g','s','o'),"
    "('Bob','9','22','May 1, 1999','n','2','g','s','o'),"
    "('alice','2.5','1','June 3, 2001','None','3','g','s','o'),"
    "('Zoë','','−5','','','4','g','s','o')";

static void dialect(struct golden *g, struct stage *stage)
{
    struct database *database = NULL;
    struct text response CLEANUP_TEXT = {0};
    golden_section(g, "dbbench.dialect_mysql80_vs_mariadb");
    for (const struct json *c; (c = golden_next(g));) {
        struct text normal CLEANUP_TEXT = {0};
        struct str sql = json_str(json_get(c, "sql"));
        if (!stage->world.source) {
            golden_skip(g, "%s", stage->missing);
            continue;
        }
        if (!database) {
            database = make(g, stage, &battery, &response);
            if (!golden_expect(g, database != NULL, "no database"))
                return;
            run(g, stage, database, grasp_cstr(battery_rows), &response);
        }
        text_reset(&response);
        run(g, stage, database, golden_in(sql), &response);
        struct str got = plain(&normal, text_view(&response));
        if (str_eq(got, json_str(json_get(c, "mysql"))))
            continue;
        if (is_lenient(sql))
            golden_skip(g, "a dialect difference: without STRICT_TRANS_TABLES MariaDB runs it");
        else
            golden_expect_str(g, "maria", got, json_str(json_get(c, "maria")));
    }
    if (database)
        database->ops->drop(database);
}

static void gold_select(struct golden *g, struct stage *stage)
{
    golden_section(g, "dbbench.gold_select");
    for (const struct json *c; (c = next(g, stage));) {
        struct pool pool CLEANUP_POOL = {0};
        struct text response CLEANUP_TEXT = {0};
        struct py answer, truth;
        grasp_call *call = mock_call(stage->host);
        const struct entry *entry = entry_of(stage, c);
        struct database *database = make(g, stage, entry, &response);
        if (!golden_expect(g, database != NULL, "no database"))
            continue;
        text_reset(&response);
        run(g, stage, database, golden_in(json_str(json_get(c, "sql"))), &response);
        call = mock_call(stage->host);
        py_of_json(&pool, grasp_json_of(call), golden_value(call, json_get(c, "label")), &truth);
        answer = (struct py){.kind = PY_STR, .text = text_view(&response)};
        golden_expect_int(g, "mariadb_ok", answer_equal(&pool, &answer, &truth, entry->type),
                          json_bool(json_get(c, "mariadb_ok"), false));
        database->ops->drop(database);
    }
}

/* One row's hash, by the expression that the tables' hash is made of. */
static void row_hash(struct golden *g, struct stage *stage)
{
    golden_section(g, "dbbench.row_hash");
    for (const struct json *c; (c = golden_next(g));) {
        struct text sql CLEANUP_TEXT = {0}, response CLEANUP_TEXT = {0};
        const struct json *row = json_get(c, "row");
        if (!stage->world.source) {
            golden_skip(g, "%s", stage->missing);
            continue;
        }
        struct database *database = make(g, stage, &battery, &response);
        if (!golden_expect(g, database != NULL, "no database"))
            continue;
        text_put(&sql, "SELECT substring(MD5(CONCAT_WS(','");
        for (size_t i = 0; i < json_count(row); i++) {
            text_char(&sql, ',');
            if (json_is(json_at(row, i), JSON_STRING))
                connection_quote(&sql, golden_in(json_str(json_at(row, i))));
            else
                text_put(&sql, "NULL");
        }
        text_put(&sql, ")), 1, 5)");
        text_reset(&response);
        run(g, stage, database, text_view(&sql), &response);
        golden_expect_str(g, "rowhash5", golden_out(hash_of_response(text_view(&response))),
                          json_str(json_get(c, "rowhash5")));
        database->ops->drop(database);
    }
}

void golden_db_server_sections(struct golden *g)
{
    struct stage stage = {.host = mock_host_create()};
    const char *data = golden_agentbench_data();
    if (!mariadb_world_open(&stage.world, 60, 512))
        stage.missing = stage.world.why;
    else if (!data)
        stage.missing = "AgentBench's data is not there";
    if (data && dataset_load(mock_call(stage.host), &stage.set, grasp_cstr(data)))
        abort();
    init_state_hash(g, &stage);
    mutation_sql(g, &stage);
    gold_select(g, &stage);
    row_hash(g, &stage);
    dialect(g, &stage);
    dataset_free(&stage.set);
    if (stage.world.source)
        mariadb_world_close(&stage.world);
    mock_host_destroy(stage.host);
}
