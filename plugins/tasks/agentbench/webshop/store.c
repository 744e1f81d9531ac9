/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "common/slice.h"

#define GOALS_MAX 1000000

struct store {
    sqlite3 *db;
    pthread_mutex_t lock;
    sqlite3_stmt *add_product, *add_goal, *by_row, *by_asin;
    bool failed;
};

static const char schema[] =
    "CREATE TABLE products (row INTEGER PRIMARY KEY, asin TEXT NOT NULL UNIQUE, category TEXT NOT "
    "NULL, query TEXT NOT NULL, fields TEXT NOT NULL);"
    "CREATE TABLE goals (position INTEGER PRIMARY KEY, fields TEXT NOT NULL);"
    "CREATE TABLE source (text TEXT NOT NULL);";

static bool run(struct store *store, const char *sql)
{
    store->failed |= sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK;
    return !store->failed;
}

static sqlite3_stmt *prepare(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    store->failed |= sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK;
    return statement;
}

static void prepare_reads(struct store *store)
{
    store->by_row = prepare(store, "SELECT fields FROM products WHERE row = ?");
    store->by_asin = prepare(store, "SELECT row FROM products WHERE asin = ?");
}

struct store *shop_store_open(grasp_call *call, const char *path, bool writable)
{
    struct store *store = calloc(1, sizeof(*store));
    int flags = writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    if (!store) {
        grasp_fail(call, GRASP_E_NOMEM, "no memory for the products");
        return NULL;
    }
    pthread_mutex_init(&store->lock, NULL);
    if (sqlite3_open_v2(path ? path : ":memory:", &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        store->failed = true;
    if (!store->failed && writable)
        run(store,
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536");
    if (!store->failed && writable)
        run(store, schema);
    if (!store->failed)
        prepare_reads(store);
    if (store->failed) {
        grasp_fail(call, GRASP_E_INVALID, "%s: %s", path ? path : "products in memory",
                   sqlite3_errmsg(store->db));
        shop_store_close(store);
        return NULL;
    }
    return store;
}

void shop_store_close(struct store *store)
{
    if (!store)
        return;
    sqlite3_finalize(store->add_product);
    sqlite3_finalize(store->add_goal);
    sqlite3_finalize(store->by_row);
    sqlite3_finalize(store->by_asin);
    sqlite3_close(store->db);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

bool shop_store_begin(struct store *store)
{
    run(store, "BEGIN");
    store->add_product = prepare(store, "INSERT INTO products VALUES (?, ?, ?, ?, ?)");
    store->add_goal = prepare(store, "INSERT INTO goals VALUES (?, ?)");
    return !store->failed;
}

static void bind(sqlite3_stmt *statement, int at, grasp_str text)
{
    sqlite3_bind_text64(statement, at, text.ptr ? text.ptr : "", text.len, SQLITE_STATIC,
                        SQLITE_UTF8);
}

static bool insert(struct store *store, sqlite3_stmt *statement)
{
    store->failed |= sqlite3_step(statement) != SQLITE_DONE;
    sqlite3_reset(statement);
    return !store->failed;
}

bool shop_store_add_product(struct store *store, uint32_t row, grasp_str asin, grasp_str category,
                            grasp_str query, grasp_str fields)
{
    if (store->failed)
        return false;
    sqlite3_bind_int64(store->add_product, 1, row);
    bind(store->add_product, 2, asin);
    bind(store->add_product, 3, category);
    bind(store->add_product, 4, query);
    bind(store->add_product, 5, fields);
    return insert(store, store->add_product);
}

bool shop_store_add_goal(struct store *store, uint32_t position, grasp_str fields)
{
    if (store->failed)
        return false;
    sqlite3_bind_int64(store->add_goal, 1, position);
    bind(store->add_goal, 2, fields);
    return insert(store, store->add_goal);
}

bool shop_store_has(struct store *store, grasp_str asin)
{
    uint32_t row;
    return shop_store_find(store, asin, &row);
}

int32_t shop_store_finish(grasp_call *call, struct store *store, grasp_str source)
{
    sqlite3_stmt *statement =
        store->failed ? NULL : prepare(store, "INSERT INTO source VALUES (?)");
    if (statement) {
        bind(statement, 1, source);
        insert(store, statement);
    }
    sqlite3_finalize(statement);
    if (!store->failed)
        run(store, "CREATE INDEX by_category ON products (category);"
                   "CREATE INDEX by_query ON products (query); COMMIT");
    return store->failed ? grasp_fail(call, GRASP_E_FAILED, "the store of products: %s",
                                      sqlite3_errmsg(store->db))
                         : GRASP_OK;
}

static grasp_str column(sqlite3_stmt *statement, struct pool *pool)
{
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    return pool_dup(pool, (grasp_str){text ? text : "",
                                      text ? (uint64_t)sqlite3_column_bytes(statement, 0) : 0});
}

grasp_str shop_store_source(struct store *store, struct pool *pool)
{
    grasp_str text = SLICE("");
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *statement = prepare(store, "SELECT text FROM source");
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        text = column(statement, pool);
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&store->lock);
    return text;
}

uint32_t shop_store_count(struct store *store)
{
    uint32_t count = 0;
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *statement = prepare(store, "SELECT coalesce(max(row) + 1, 0) FROM products");
    if (statement && sqlite3_step(statement) == SQLITE_ROW)
        count = (uint32_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&store->lock);
    return count;
}

bool shop_store_product(struct store *store, uint32_t row, struct pool *pool, grasp_str *out_fields)
{
    pthread_mutex_lock(&store->lock);
    sqlite3_bind_int64(store->by_row, 1, row);
    bool found = sqlite3_step(store->by_row) == SQLITE_ROW;
    if (found)
        *out_fields = column(store->by_row, pool);
    sqlite3_reset(store->by_row);
    pthread_mutex_unlock(&store->lock);
    return found;
}

bool shop_store_find(struct store *store, grasp_str asin, uint32_t *out_row)
{
    pthread_mutex_lock(&store->lock);
    bind(store->by_asin, 1, asin);
    bool found = sqlite3_step(store->by_asin) == SQLITE_ROW;
    if (found)
        *out_row = (uint32_t)sqlite3_column_int64(store->by_asin, 0);
    sqlite3_reset(store->by_asin);
    pthread_mutex_unlock(&store->lock);
    return found;
}

size_t shop_store_select(struct store *store, const char *name, grasp_str value, struct pool *pool,
                         uint32_t **out_rows)
{
    size_t count = 0, capacity = 0;
    *out_rows = NULL;
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *statement =
        prepare(store, strcmp(name, "query") == 0
                           ? "SELECT row FROM products WHERE query = ? ORDER BY row"
                           : "SELECT row FROM products WHERE category = ? ORDER BY row");
    if (statement) {
        bind(statement, 1, value);
        while (sqlite3_step(statement) == SQLITE_ROW) {
            POOL_RESERVE(pool, *out_rows, count, capacity);
            (*out_rows)[count++] = (uint32_t)sqlite3_column_int64(statement, 0);
        }
    }
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&store->lock);
    return count;
}

size_t shop_store_goals(struct store *store, struct pool *pool, grasp_str **out_fields)
{
    size_t count = 0, capacity = 0;
    *out_fields = NULL;
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *statement = prepare(store, "SELECT fields FROM goals ORDER BY position");
    while (statement && count < GOALS_MAX && sqlite3_step(statement) == SQLITE_ROW) {
        POOL_RESERVE(pool, *out_fields, count, capacity);
        (*out_fields)[count++] = column(statement, pool);
    }
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&store->lock);
    return count;
}
