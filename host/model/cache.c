/* SPDX-License-Identifier: MIT */
#include "model/cache.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

#define APPLICATION 0x47525043 /* "GRPC": of our files */
#define VERSION 1
#define BUSY_MS 10000
#define OPEN_TRIES 200
#define OPEN_WAIT_US 20000

static const char schema[] =
    "CREATE TABLE replies (scope TEXT NOT NULL, request TEXT NOT NULL, run INTEGER NOT NULL,"
    " text BLOB NOT NULL, tool_calls BLOB NOT NULL, finish_reason BLOB NOT NULL,"
    " carry BLOB NOT NULL, prompt INTEGER NOT NULL, cached INTEGER NOT NULL, completion INTEGER "
    "NOT NULL,"
    " reasoning INTEGER NOT NULL, PRIMARY KEY (scope, request)) WITHOUT ROWID";
static const char find_text[] =
    "SELECT text, tool_calls, finish_reason, carry, prompt, cached, completion, reasoning"
    " FROM replies"
    " WHERE scope = ?1 AND request = ?2 AND run <> ?3";
static const char store_text[] =
    "INSERT OR IGNORE INTO replies VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

struct cache {
    pthread_mutex_t lock;
    char *path;
    char scope[HASH_HEX];
    int64_t run;
    sqlite3 *db;
    sqlite3_stmt *find, *store;
    bool failed;
};

static int64_t number(sqlite3 *db, const char *sql, int *failed)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = 0;
    *failed = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (!*failed) {
        int step = sqlite3_step(statement);
        if (step == SQLITE_ROW)
            value = sqlite3_column_int64(statement, 0);
        else
            *failed = step == SQLITE_DONE ? SQLITE_OK : step;
    }
    sqlite3_finalize(statement);
    return value;
}

static int execute(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Ours, or still empty and then made ours; SQLITE_MISMATCH if it is another program's. */
static int claim(sqlite3 *db)
{
    int failed;
    int64_t owner = number(db, "PRAGMA application_id", &failed);
    int64_t version = failed ? 0 : number(db, "PRAGMA user_version", &failed);
    if (!failed && owner == APPLICATION)
        return version == VERSION ? SQLITE_OK : SQLITE_MISMATCH;
    int64_t tables = failed ? 0 : number(db, "SELECT count(*) FROM sqlite_master", &failed);
    if (failed)
        return failed;
    if (owner || tables)
        return SQLITE_MISMATCH;
    char set[96];
    sqlite3_snprintf(sizeof(set), set, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                     APPLICATION, VERSION);
    failed = execute(db, schema);
    return failed ? failed : execute(db, set);
}

static int claim_alone(sqlite3 *db)
{
    int failed = execute(db, "BEGIN IMMEDIATE");
    if (failed)
        return failed;
    failed = claim(db);
    if (!failed)
        return execute(db, "COMMIT");
    execute(db, "ROLLBACK");
    return failed;
}

static int prepare(struct cache *cache)
{
    int failed = sqlite3_busy_timeout(cache->db, BUSY_MS);
    if (!failed)
        failed = claim_alone(cache->db);
    if (!failed)
        failed = execute(cache->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    if (!failed)
        failed = sqlite3_prepare_v3(cache->db, find_text, -1, SQLITE_PREPARE_PERSISTENT,
                                    &cache->find, NULL);
    if (!failed)
        failed = sqlite3_prepare_v3(cache->db, store_text, -1, SQLITE_PREPARE_PERSISTENT,
                                    &cache->store, NULL);
    return failed;
}

/* Changing to WAL does not wait for other processes that do the same. */
static int open_database(struct cache *cache)
{
    int failed =
        sqlite3_open_v2(cache->path, &cache->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (failed)
        return failed;
    failed = prepare(cache);
    for (int i = 0; (failed & 0xff) == SQLITE_BUSY && i < OPEN_TRIES; i++) {
        usleep(OPEN_WAIT_US);
        failed = prepare(cache);
    }
    return failed;
}

static int cannot_open(const struct cache *cache, int failed, struct err *err)
{
    switch (failed & 0xff) {
    case SQLITE_MISMATCH:
        return err_set(err, EXIT_CONFIG,
                       "%s: is not a cache of this version; give --cache another folder",
                       cache->path);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
        return err_set(err, EXIT_CONFIG,
                       "%s: is damaged, or not a cache (%s); remove it, or give --cache another "
                       "folder",
                       cache->path, sqlite3_errmsg(cache->db));
    default:
        return err_set(err, EXIT_CONFIG, "%s: cannot open the cache: %s", cache->path,
                       cache->db ? sqlite3_errmsg(cache->db) : sqlite3_errstr(failed));
    }
}

int cache_open(const char *dir, struct str scope, struct cache **out, struct err *err)
{
    int code = file_make_dirs(dir, err);
    if (code)
        return err_prefix(err, "--cache");
    struct cache *cache = mem_alloc(sizeof(*cache));
    pthread_mutex_init(&cache->lock, NULL);
    cache->path = file_join(dir, "replies.sqlite");
    hash_sha256_hex(scope, cache->scope);
    int failed = open_database(cache);
    if (failed) {
        code = cannot_open(cache, failed, err);
        cache_close(cache);
        return code;
    }
    *out = cache;
    return 0;
}

void cache_close(struct cache *cache)
{
    if (!cache)
        return;
    sqlite3_finalize(cache->find);
    sqlite3_finalize(cache->store);
    sqlite3_close(cache->db);
    pthread_mutex_destroy(&cache->lock);
    mem_free(cache->path);
    mem_free(cache);
}

void cache_set_run(struct cache *cache, uint64_t run)
{
    cache->run = (int64_t)run;
}

/* With the lock held. */
static void give_up(struct cache *cache)
{
    log_line(LOG_WARNING, "%s: %s; the run goes on without the cache", cache->path,
             sqlite3_errmsg(cache->db));
    cache->failed = true;
}

static struct str column(sqlite3_stmt *statement, int index, struct arena *arena)
{
    const void *bytes = sqlite3_column_blob(statement, index);
    size_t len = (size_t)sqlite3_column_bytes(statement, index);
    return (struct str){arena_dup(arena, bytes ? bytes : "", len), len};
}

static int64_t count(sqlite3_stmt *statement, int index)
{
    int64_t value = sqlite3_column_int64(statement, index);
    return value > 0 && value < INT64_C(1) << 40 ? value : 0;
}

static void read_row(sqlite3_stmt *row, struct arena *arena, struct model_reply *out)
{
    *out = (struct model_reply){
        .kind = MODEL_TEXT,
        .text = column(row, 0, arena),
        .tool_calls = column(row, 1, arena),
        .finish_reason = column(row, 2, arena),
        .carry = column(row, 3, arena),
        .usage = {count(row, 4), count(row, 5), count(row, 6), count(row, 7)},
    };
}

/* A row that somebody has changed by hand is as good as none. */
static bool is_sound(const struct model_reply *reply)
{
    return str_valid_utf8(reply->text) && str_valid_utf8(reply->finish_reason) &&
           (!reply->tool_calls.len || json_check(reply->tool_calls, NULL, NULL)) &&
           (!reply->carry.len || json_check(reply->carry, NULL, NULL));
}

static void bind_key(struct cache *cache, sqlite3_stmt *statement, const char *fingerprint)
{
    sqlite3_bind_text(statement, 1, cache->scope, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, fingerprint, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 3, cache->run);
}

bool cache_find(struct cache *cache, const char *fingerprint, struct arena *arena,
                struct model_reply *out)
{
    bool found = false;
    pthread_mutex_lock(&cache->lock);
    if (!cache->failed) {
        bind_key(cache, cache->find, fingerprint);
        int step = sqlite3_step(cache->find);
        found = step == SQLITE_ROW;
        if (found)
            read_row(cache->find, arena, out);
        else if (step != SQLITE_DONE)
            give_up(cache);
        sqlite3_reset(cache->find);
    }
    pthread_mutex_unlock(&cache->lock);
    return found && is_sound(out);
}

static void bind_text(sqlite3_stmt *statement, int index, struct str text)
{
    sqlite3_bind_blob64(statement, index, text.len ? text.ptr : "", text.len, SQLITE_STATIC);
}

void cache_store(struct cache *cache, const char *fingerprint, const struct model_reply *reply)
{
    const struct model_usage *u = &reply->usage;
    const int64_t counts[] = {u->prompt_tokens, u->cached_tokens, u->completion_tokens,
                              u->reasoning_tokens};
    pthread_mutex_lock(&cache->lock);
    if (!cache->failed) {
        bind_key(cache, cache->store, fingerprint);
        bind_text(cache->store, 4, reply->text);
        bind_text(cache->store, 5, reply->tool_calls);
        bind_text(cache->store, 6, reply->finish_reason);
        bind_text(cache->store, 7, reply->carry);
        for (int i = 0; i < 4; i++)
            sqlite3_bind_int64(cache->store, 8 + i, counts[i]);
        if (sqlite3_step(cache->store) != SQLITE_DONE)
            give_up(cache);
        sqlite3_reset(cache->store);
    }
    pthread_mutex_unlock(&cache->lock);
}
