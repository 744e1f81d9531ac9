/* SPDX-License-Identifier: MIT */
/* DBBench's databases on a real server: what an agent may do there, and what it may not. */
#include "mock_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "golden/mariadb_world.h"
#include "tasks/agentbench/db/connection.h"
#include "tasks/agentbench/db/hash.h"

#include <cmocka.h>

#define TIMEOUT_S 60
#define SHORT_TIMEOUT_S 3 /* for statements that never end */
#define DISK_MB 48

static struct mariadb_world world;
static struct mock_host *host;

static const struct entry entry = {
    .table_count = 1,
    .tables = (struct table[]){{
        .name = {"T x", 3},
        .columns = (grasp_str[]){{"a", 1}, {"b", 1}},
        .column_count = 2,
        .cells = (grasp_str[]){{"1", 1}, {"it's", 4}, {"2", 1}, {"back\\slash", 10}},
        .row_count = 2,
    }},
};

static struct database *make(uint64_t seed)
{
    struct text reason CLEANUP_TEXT = {0};
    struct database *database = NULL;
    int32_t status =
        world.source->ops->create(mock_call(host), world.source, &entry, seed, &reason, &database);
    if (status || !database)
        fail_msg("no database: %s", host->fail_text.ptr ? host->fail_text.ptr : reason.ptr);
    return database;
}

static struct text response;

/* The response, which lives until the next one. */
static const char *run_to(struct database *database, const char *sql, enum sql_end expected)
{
    enum sql_end end = SQL_TEXT;
    text_reset(&response);
    int32_t status =
        database->ops->run(mock_call(host), database, grasp_cstr(sql), &response, &end);
    if (status)
        fail_msg("%s: %s", sql, host->fail_text.ptr);
    if (end != expected)
        fail_msg("%s: ended with %d: %s", sql, (int)end, response.ptr ? response.ptr : "");
    return response.len ? response.ptr : "";
}

static const char *run(struct database *database, const char *sql)
{
    return run_to(database, sql, SQL_TEXT);
}

#define REFUSED(database, sql)                                                                     \
    do {                                                                                           \
        const char *said_ = run(database, sql);                                                    \
        if (strspn(said_, "0123456789") != 4 || said_[4] != ' ')                                   \
            fail_msg("%s was not refused: %s", sql, said_);                                        \
    } while (0)

/* It answers, and still has its table. */
static void assert_well(struct database *database)
{
    assert_string_equal(run(database, "SELECT COUNT(*) FROM `T x`"), "[(2,)]");
}

static void test_table(void **state)
{
    struct database *database = make(1);
    assert_string_equal(run(database, "SELECT * FROM `T x`"),
                        "[('1', \"it's\"), ('2', 'back\\\\slash')]");
    assert_string_equal(run(database, "UPDATE `T x` SET a = '3' WHERE a = '2'"), "[]");
    assert_string_equal(run(database, "SELECT a + 0, NULL FROM `T x` ORDER BY a"),
                        "[(1.0, None), (3.0, None)]");
    database->ops->drop(database);
}

static void test_same_whenever(void **state)
{
    struct database *a = make(7), *b = make(7);
    static const char sql[] = "SELECT NOW(), RAND(), DATABASE(), USER(), @@time_zone";
    char *first = strdup(run(a, sql));
    assert_string_equal(run(b, sql), first);
    assert_non_null(strstr(first, "'dbb_episode', 'dbb_episode@localhost'"));
    assert_string_equal(run(b, "SELECT COUNT(*) FROM dbb_episode.`T x`"), "[(2,)]");
    assert_string_equal(run(b, "SELECT * FROM nowhere"),
                        "1146 (42S02): Table 'dbb_episode.nowhere' doesn't exist");
    free(first);
    a->ops->drop(a);
    b->ops->drop(b);
}

static void test_current_database(void **state)
{
    struct database *database = make(1);
    run(database, "USE information_schema");
    assert_well(database);
    run(database, "SET autocommit = 0");
    run(database, "START TRANSACTION");
    run(database, "INSERT INTO `T x` VALUES ('9', '9')");
    run(database, "ROLLBACK");
    assert_string_equal(run(database, "SELECT COUNT(*) FROM `T x`"), "[(3,)]");
    run(database, "DROP DATABASE dbb_episode");
    run_to(database, "SELECT 1", SQL_DRIVER);
    database->ops->drop(database);
}

static void test_no_rights(void **state)
{
    struct database *database = make(1);
    REFUSED(database, "SHUTDOWN");
    REFUSED(database, "GRANT ALL ON *.* TO 'root'@'localhost'");
    REFUSED(database, "GRANT ALL ON dbb_episode.* TO 'dbb_episode'@'localhost' WITH GRANT OPTION");
    REFUSED(database, "CREATE USER 'other'@'localhost'");
    REFUSED(database, "SET PASSWORD FOR 'root'@'localhost' = PASSWORD('x')");
    REFUSED(database, "CREATE DATABASE other");
    REFUSED(database, "SELECT * FROM mysql.global_priv");
    REFUSED(database, "USE mysql");
    REFUSED(database, "SET GLOBAL max_connections = 1");
    REFUSED(database, "SET GLOBAL read_only = 1");
    REFUSED(database, "FLUSH TABLES WITH READ LOCK");
    REFUSED(database, "KILL 1");
    REFUSED(database, "INSTALL SONAME 'ha_federatedx'");
    REFUSED(database, "CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO SELECT 1");
    REFUSED(database, "CREATE PROCEDURE p() SELECT 1");
    REFUSED(database, "CREATE TRIGGER g BEFORE INSERT ON `T x` FOR EACH ROW SET @a = 1");
    REFUSED(database, "SELECT 1; SELECT 2");
    assert_well(database);
    database->ops->drop(database);
}

static void test_no_files(void **state)
{
    struct database *database = make(1);
    assert_string_equal(
        run(database, "SELECT LOAD_FILE('/etc/hosts'), LOAD_FILE(CONCAT(@@datadir, '../log'))"),
        "[(None, None)]");
    REFUSED(database, "SELECT 1 INTO OUTFILE '/tmp/out'");
    REFUSED(database, "SELECT 1 INTO DUMPFILE '/tmp/out'");
    REFUSED(database, "LOAD DATA INFILE '/usr/share/mysql/mysql_test_db.sql' INTO TABLE `T x`");
    REFUSED(database, "LOAD DATA LOCAL INFILE '/etc/hosts' INTO TABLE `T x`");
    assert_well(database);
    database->ops->drop(database);
}

/* By its real name an agent may meet its own database, and no other. */
static void test_others_are_out_of_reach(void **state)
{
    struct database *a = make(1), *b = make(2);
    int met = 0;
    char sql[128];
    for (int i = 0; i < 20; i++) {
        snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM dbb%08d.`T x`", i);
        met += strcmp(run(a, sql), "[(2,)]") == 0;
        snprintf(sql, sizeof(sql), "DELETE FROM dbb%08d.`T x`", i);
        run(a, sql);
    }
    assert_int_equal(met, 1);
    assert_string_equal(run(a, "SHOW DATABASES"), "[('dbb_episode',), ('information_schema',)]");
    assert_well(b);
    a->ops->drop(a);
    b->ops->drop(b);
}

static void test_sleep(void **state)
{
    struct database *database = make(1);
    run_to(database, "SELECT SLEEP(100000)", SQL_TIMEOUT);
    assert_well(database);
    run(database, "SET max_statement_time = 0");
    run_to(database, "SELECT SLEEP(100000)", SQL_TIMEOUT);
    assert_well(database);
    database->ops->drop(database);
}

static void test_endless_output(void **state)
{
    static const char *const endless[] = {
        "SELECT a.* FROM information_schema.columns a, information_schema.columns b, "
        "information_schema.columns c",
        "SELECT REPEAT('x', 1000000) FROM information_schema.columns a, "
        "information_schema.columns b",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT * FROM n",
        "SELECT REPEAT('x', 4000000000)"};
    struct database *database = make(1);
    for (size_t i = 0; i < sizeof(endless) / sizeof(*endless); i++) {
        enum sql_end end;
        text_reset(&response);
        assert_int_equal(
            database->ops->run(mock_call(host), database, grasp_cstr(endless[i]), &response, &end),
            GRASP_OK);
        assert_true(response.len < (8u << 20));
        assert_well(database);
    }
    database->ops->drop(database);
}

static void test_growth(void **state)
{
    struct database *database = make(1), *other = make(2);
    enum sql_end end;
    run(database, "CREATE TABLE big (x LONGTEXT)");
    run(database, "INSERT INTO big VALUES (REPEAT('x', 1000000))");
    for (int i = 0; i < 7; i++) {
        text_reset(&response);
        assert_int_equal(database->ops->run(mock_call(host), database,
                                            grasp_cstr("INSERT INTO big SELECT * FROM big"),
                                            &response, &end),
                         GRASP_OK);
    }
    assert_well(other);
    database->ops->drop(database);
    other->ops->drop(other);
}

/* Tables of 4 MiB each, until there is no room: below what one table may have. */
static void test_many_tables(void **state)
{
    struct database *database = make(1), *other = make(2);
    char sql[128];
    int made = 0;
    for (bool full = false; !full && made < 20; made++) {
        snprintf(sql, sizeof(sql),
                 "CREATE TABLE t%d AS SELECT REPEAT('x', 1000000) AS x FROM "
                 "information_schema.collations LIMIT 4",
                 made);
        full = strncmp(run(database, sql), "1021 ", 5) == 0;
    }
    assert_in_range(made, DISK_MB / 8, DISK_MB / 4 + 1);
    assert_int_equal(strncmp(run(database, "INSERT INTO `T x` VALUES ('3', '4')"), "1021 ", 5), 0);
    assert_int_equal(strncmp(run(database, "/**/ CREATE TABLE more (a TEXT)"), "1021 ", 5), 0);
    assert_well(database);
    assert_well(other);
    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof(sql), "DROP TABLE t%d", i);
        assert_string_equal(run(database, sql), "[]");
    }
    assert_string_equal(run(database, "INSERT INTO `T x` VALUES ('3', '4')"), "[]");
    database->ops->drop(database);
    other->ops->drop(other);
}

/* One statement that would write to many files: it is ended as it goes on. */
static void test_many_partitions(void **state)
{
    struct database *database = make(1);
    enum sql_end end;
    run(database, "SET max_statement_time = 0");
    run(database, "CREATE TABLE parts (n INT, x LONGTEXT) PARTITION BY HASH (n) PARTITIONS 8");
    text_reset(&response);
    assert_int_equal(database->ops->run(mock_call(host), database,
                                        grasp_cstr("INSERT INTO parts SELECT id, REPEAT('x', "
                                                   "1000000) FROM information_schema.collations "
                                                   "LIMIT 250"),
                                        &response, &end),
                     GRASP_OK);
    /* On a slow disk its time is over first. */
    assert_true(end == SQL_TIMEOUT || strncmp(response.ptr, "1021 ", 5) == 0);
    assert_well(database);
    database->ops->drop(database);
}

/* Whoever has the folder may do anything; an agent does not. */
static void administer(const char *sql)
{
    struct text error CLEANUP_TEXT = {0};
    struct connection *connection = NULL;
    CLEANUP_FREE char *socket = mem_printf("%s/s", world.owner.folder.path);
    const struct address address = {.socket = socket, .user = "root", .password = ""};
    assert_int_equal(connection_open(&address, NULL, 10, &connection, &error), QUERY_OK);
    connection_run(connection, grasp_cstr(sql), NULL, NULL, NULL, NULL);
    connection_close(connection);
}

static void test_server_falls_over(void **state)
{
    struct pool pool CLEANUP_POOL = {0};
    struct database *database = make(1), *idle = make(2);
    enum sql_end end;
    grasp_str hash;
    assert_well(database);
    administer("SHUTDOWN");
    int32_t status = GRASP_OK;
    for (int i = 0; i < 3000 && !status; i++) { /* it takes its time to go */
        text_reset(&response);
        status =
            database->ops->run(mock_call(host), database, grasp_cstr("SELECT 1"), &response, &end);
        usleep(status ? 0 : 20000);
    }
    mock_assert_failed(host, status, GRASP_E_UNAVAILABLE);
    /* it stays so when the server is back, for an episode whose state is gone with it */
    struct database *next = make(3);
    assert_well(next);
    status = database->ops->run(mock_call(host), database, grasp_cstr("SELECT 1"), &response, &end);
    mock_assert_failed(host, status, GRASP_E_UNAVAILABLE);
    status = tables_hash(mock_call(host), idle, &entry, &pool, &hash);
    mock_assert_failed(host, status, GRASP_E_UNAVAILABLE);
    next->ops->drop(next);
    idle->ops->drop(idle);
    database->ops->drop(database);
}

static void test_tables_that_no_server_takes(void **state)
{
    struct table nameless = entry.tables[0];
    nameless.columns = (grasp_str[]){{"a", 1}, {"", 0}};
    const struct entry bad = {.table_count = 1, .tables = &nameless};
    struct text reason CLEANUP_TEXT = {0};
    struct database *database = NULL;
    assert_int_equal(
        world.source->ops->create(mock_call(host), world.source, &bad, 1, &reason, &database),
        GRASP_OK);
    assert_null(database);
    assert_non_null(strstr(reason.ptr, "1166"));
}

static int open_with(unsigned timeout_s)
{
    host = mock_host_create();
    return mariadb_world_open(&world, timeout_s, DISK_MB) ? 0 : -1;
}

static int open_world(void **state)
{
    return open_with(TIMEOUT_S);
}

static int open_short_world(void **state)
{
    return open_with(SHORT_TIMEOUT_S);
}

static int close_world(void **state)
{
    text_free(&response);
    mock_host_destroy(host);
    mariadb_world_close(&world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest ending[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_same_whenever),
        cmocka_unit_test(test_current_database),
        cmocka_unit_test(test_no_rights),
        cmocka_unit_test(test_no_files),
        cmocka_unit_test(test_others_are_out_of_reach),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_many_tables),
        cmocka_unit_test(test_tables_that_no_server_takes),
    };
    const struct CMUnitTest endless[] = {
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_endless_output),
        cmocka_unit_test(test_many_partitions),
        cmocka_unit_test(test_server_falls_over),
    };
    if (!mariadb_world_open(&world, TIMEOUT_S, DISK_MB)) {
        printf("skipped: %s\n", world.why);
        return 77;
    }
    mariadb_world_close(&world);
    return cmocka_run_group_tests(ending, open_world, close_world) +
           cmocka_run_group_tests(endless, open_short_world, close_world);
}
