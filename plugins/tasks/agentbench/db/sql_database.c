/* SPDX-License-Identifier: MIT */
#include "sql_database.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/slice.h"
#include "disk.h"
#include "pyrow.h"
#include "statement.h"

/* What is kept of a response, of which the agent sees 800 characters. */
#define KEPT_MAX ((size_t)64 * 1024)
/* How much of it is read, so that an error in its middle is found; then it is cut off. */
#define READ_MAX ((size_t)32 << 20)
#define ROWS_MAX 1000000
/* A statement of ours. */
#define OWN_PATIENCE 5
/* The limit of time here is the server's, and some more: it is kept there first. */
#define WAIT_MORE(limit) (1 + (limit) / 10)
#define PIECE_MAX ((size_t)1 << 20)
/* A server that falls over meanwhile: how often a database is made anew, how often its place on the
 * server, and what lies between. */
#define MAKINGS 3
#define RESTORES 50
#define PAUSE_MS 100
/* The clock of an episode: 2025-01-01T00:00:00Z. */
#define CLOCK "1735689600"

#define ER_STATEMENT_TIMEOUT 1969 /* MariaDB */
#define ER_QUERY_TIMEOUT 3024     /* MySQL */

struct sql_database {
    struct database base;
    struct sql_server *server;
    struct place *place;
    struct connection *agent; /* NULL: to be opened again */
    unsigned long last_id;
    uint64_t seed;
    bool moved; /* the current database may be another one */
    bool full;  /* its files are larger than they may be */
};

struct response {
    struct sql_database *database;
    struct text rows;
    size_t count, bytes;
};

static int32_t unavailable(grasp_call *call, const char *what, const struct text *reason)
{
    return grasp_fail(call, GRASP_E_UNAVAILABLE, "the database server %s: %.*s", what,
                      (int)reason->len, reason->ptr ? reason->ptr : "");
}

/* Time and chance are the same whenever and wherever the episode runs. */
static enum query_end prepare(struct sql_database *self, struct text *error)
{
    struct text sql CLEANUP_TEXT = {0};
    bool mariadb = connection_is_mariadb(self->agent);
    unsigned limit = self->server->statement_timeout;
    text_put(&sql, "SET time_zone = '+00:00', timestamp = " CLOCK ", group_concat_max_len = 1024");
    text_format(&sql, ", rand_seed1 = %u, rand_seed2 = %u", (unsigned)(self->seed & 0x3fffffff),
                (unsigned)(self->seed >> 32 & 0x3fffffff));
    if (mariadb)
        text_format(&sql,
                    ", max_statement_time = %u, sql_mode = 'ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,"
                    "NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
                    limit);
    else
        text_format(&sql, ", max_execution_time = %u", limit * 1000);
    return connection_run(self->agent, text_view(&sql), NULL, NULL, NULL, error);
}

static void disconnect(struct sql_database *self)
{
    connection_close(self->agent);
    self->agent = NULL;
}

/* QUERY_ERROR: the server refuses, which after the episode's begin means that the agent has dropped
 * the database. */
static enum query_end connect(struct sql_database *self, struct text *error)
{
    struct address address = *self->server->address;
    const unsigned limit = self->server->statement_timeout;
    address.user = self->place->name;
    address.password = self->place->password;
    enum query_end end =
        connection_open(&address, self->place->name, limit + WAIT_MORE(limit), &self->agent, error);
    if (end != QUERY_OK)
        return end;
    /* Numbers that begin again are those of a server that has begun again. */
    if (connection_id(self->agent) < self->last_id) {
        text_put(error, "it was started again in the middle of the episode");
        end = QUERY_LOST;
    } else {
        self->last_id = connection_id(self->agent);
        end = prepare(self, error);
    }
    if (end != QUERY_OK)
        disconnect(self);
    self->moved = false;
    return end;
}

static bool is_here(void *arg, const struct value *values, size_t count)
{
    struct sql_database *self = arg;
    self->moved = !(count == 1 && grasp_equal(values[0].text, self->place->name));
    return true;
}

/* A connection whose current database is the episode's, as each statement finds it. */
static enum query_end ready(struct sql_database *self, struct text *error)
{
    if (self->agent && self->moved) {
        enum query_end end =
            connection_run(self->agent, SLICE("SELECT DATABASE()"), is_here, self, NULL, error);
        if (end != QUERY_OK)
            return end;
        if (self->moved)
            disconnect(self);
    }
    return self->agent ? QUERY_OK : connect(self, error);
}

static void end_statement(struct sql_database *self, const char *how)
{
    struct text sql CLEANUP_TEXT = {0}, error CLEANUP_TEXT = {0};
    unsigned code;
    text_format(&sql, "KILL %s %lu", how, connection_id(self->agent));
    admin_run(self->server->admin, OWN_PATIENCE, text_view(&sql), &code, &error);
}

static bool take_row(void *arg, const struct value *values, size_t count)
{
    struct response *response = arg;
    if (response->rows.len < KEPT_MAX) {
        text_put(&response->rows, response->count ? ", " : "");
        pyrow_write(&response->rows, values, count);
    }
    for (size_t i = 0; i < count; i++)
        response->bytes += values[i].text.len + 1;
    if (++response->count < ROWS_MAX && response->bytes < READ_MAX)
        return true;
    end_statement(response->database, "QUERY");
    return false;
}

/* The driver of the reference commits after each statement, and rolls back after an error. */
static enum query_end settle(struct sql_database *self, bool good, struct text *error)
{
    if (!connection_in_transaction(self->agent))
        return QUERY_OK;
    return connection_run(self->agent, good ? SLICE("COMMIT") : SLICE("ROLLBACK"), NULL, NULL, NULL,
                          error);
}

static bool mentions(grasp_str sql, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= sql.len; i++)
        if (strncasecmp(sql.ptr + i, word, len) == 0)
            return true;
    return false;
}

static bool is_late(enum query_end end, const struct sql_database *self)
{
    unsigned code = end == QUERY_ERROR ? connection_errno(self->agent) : 0;
    return end == QUERY_LATE || code == ER_STATEMENT_TIMEOUT || code == ER_QUERY_TIMEOUT;
}

static void look_at_disk(void *arg)
{
    struct sql_database *self = arg;
    bool was = self->full;
    self->full = disk_used(self->server->folder, self->place->name) > self->server->disk_max;
    if (self->full && !was)
        end_statement(self, "QUERY");
}

/* What may still run when the disk is full: what frees some, and what only reads. */
static bool frees(grasp_str sql)
{
    static const char *const words[] = {"DROP", "TRUNCATE", "SELECT", "SHOW", "DESCRIBE", "DESC"};
    grasp_str text = slice_trim(sql);
    size_t len = 0;
    while (len < text.len && isalpha((unsigned char)text.ptr[len]))
        len++;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (len == strlen(words[i]) && strncasecmp(text.ptr, words[i], len) == 0)
            return true;
    return false;
}

static void say_full(struct text *out, const struct sql_database *self)
{
    text_reset(out);
    text_format(out, "1021 (HY000): Disk full: the tables take more than %llu MiB; drop some",
                (unsigned long long)(self->server->disk_max >> 20));
}

/* The response in `raw`, with the place's own name. */
static int32_t run_raw(grasp_call *call, struct sql_database *self, grasp_str sql, struct text *raw,
                       enum sql_end *out_end)
{
    struct text error CLEANUP_TEXT = {0};
    struct response response = {.database = self};
    bool rows;
    *out_end = SQL_TEXT;
    enum query_end end = connection_run(self->agent, sql, take_row, &response, &rows, &error);
    self->moved = mentions(sql, "use") || mentions(sql, "drop");
    if (end == QUERY_OK) {
        text_char(raw, '[');
        text_str(raw, text_view(&response.rows));
        text_char(raw, ']');
    } else {
        text_str(raw, text_view(&error));
    }
    text_free(&response.rows);
    if (is_late(end, self))
        *out_end = SQL_TIMEOUT;
    if (end == QUERY_LATE) {
        end_statement(self, "CONNECTION");
        disconnect(self);
        return GRASP_OK;
    }
    if (end == QUERY_LOST)
        return unavailable(call, "is gone", &error);
    if (response.count == ROWS_MAX || response.bytes >= READ_MAX)
        connection_run(self->agent, SLICE("DO 0"), NULL, NULL, NULL, NULL); /* takes a late kill */
    text_reset(&error);
    end = settle(self, end == QUERY_OK, &error);
    return end == QUERY_LOST || end == QUERY_LATE ? unavailable(call, "is gone", &error) : GRASP_OK;
}

/* A statement that passes the limit has run; the agent is told, and has to make room first. */
static int32_t run_within_disk(grasp_call *call, struct sql_database *self, grasp_str sql,
                               struct text *raw, enum sql_end *out_end)
{
    if (self->server->folder < 0)
        return run_raw(call, self, sql, raw, out_end);
    bool was = self->full;
    *out_end = SQL_TEXT;
    if (was && !frees(sql)) {
        say_full(raw, self);
        return GRASP_OK;
    }
    connection_watch(self->agent, look_at_disk, self);
    int32_t status = run_raw(call, self, sql, raw, out_end);
    if (self->agent)
        connection_watch(self->agent, NULL, NULL);
    self->full = disk_used(self->server->folder, self->place->name) > self->server->disk_max;
    if (!status && self->full && !was) {
        *out_end = SQL_TEXT;
        say_full(raw, self);
    }
    return status;
}

static int32_t database_run(grasp_call *call, struct database *base, grasp_str sql,
                            struct text *out, enum sql_end *out_end)
{
    struct sql_database *self = (struct sql_database *)base;
    struct text own CLEANUP_TEXT = {0}, raw CLEANUP_TEXT = {0}, error CLEANUP_TEXT = {0};
    enum query_end end = ready(self, &error);
    if (end == QUERY_LOST || end == QUERY_LATE)
        return unavailable(call, "is gone", &error);
    if (end == QUERY_ERROR) {
        place_to_public(out, self->place, text_view(&error));
        *out_end = SQL_DRIVER;
        return GRASP_OK;
    }
    place_to_name(&own, self->place, sql);
    if (own.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a statement");
    int32_t status = run_within_disk(call, self, text_view(&own), &raw, out_end);
    place_to_public(out, self->place, text_view(&raw));
    return status;
}

static void database_drop(struct database *base)
{
    struct sql_database *self = (struct sql_database *)base;
    disconnect(self);
    place_give(&self->server->places, self->place);
    free(self);
}

static const struct database_ops ops = {.run = database_run, .drop = database_drop};

static enum query_end run_own(struct sql_database *self, struct text *sql, struct text *error)
{
    enum query_end end = connection_run(self->agent, text_view(sql), NULL, NULL, NULL, error);
    text_reset(sql);
    return end;
}

static enum query_end fill(struct sql_database *self, const struct table *table, struct text *error)
{
    struct text sql CLEANUP_TEXT = {0};
    enum query_end end = QUERY_OK;
    for (size_t row = 0; row < table->row_count && end == QUERY_OK; row++) {
        if (sql.len)
            text_char(&sql, ',');
        else
            statement_insert(&sql, table);
        for (size_t i = 0; i < table->column_count; i++) {
            text_char(&sql, i ? ',' : '(');
            connection_quote(&sql, table->cells[row * table->column_count + i]);
        }
        text_char(&sql, ')');
        if (sql.len >= PIECE_MAX || row + 1 == table->row_count)
            end = run_own(self, &sql, error);
    }
    return end;
}

static enum query_end build(struct sql_database *self, const struct entry *entry,
                            struct text *error)
{
    struct text sql CLEANUP_TEXT = {0};
    enum query_end end = QUERY_OK;
    for (size_t i = 0; i < entry->table_count && end == QUERY_OK; i++) {
        statement_create(&sql, &entry->tables[i]);
        end = run_own(self, &sql, error);
        if (end == QUERY_OK)
            end = fill(self, &entry->tables[i], error);
    }
    return end;
}

/* A server that has begun anew has forgotten the account or the database. One that is about to end
 * lets nobody in, yet does what it is told: the next one has to be told again. */
static enum query_end connect_first(struct sql_database *self, struct text *error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000 * 1000};
    enum query_end end = connect(self, error);
    for (int i = 0; i < RESTORES && (end == QUERY_LOST || end == QUERY_ERROR); i++) {
        if (i)
            nanosleep(&pause, NULL);
        if (place_restore(&self->server->places, self->place) != QUERY_OK)
            break;
        text_reset(error);
        end = connect(self, error);
    }
    return end;
}

/* *lost: the server was gone before the database was filled. */
static int32_t create_once(grasp_call *call, struct sql_server *server, const struct entry *entry,
                           uint64_t seed, struct text *reason, struct database **out, bool *lost)
{
    struct text error CLEANUP_TEXT = {0};
    struct sql_database *self = calloc(1, sizeof(*self));
    *lost = false;
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a database");
    *self = (struct sql_database){.base = {&ops}, .server = server, .seed = seed};
    if (place_take(&server->places, &self->place, &error) != QUERY_OK) {
        free(self);
        return unavailable(call, "does not make a database", &error);
    }
    enum query_end end = connect_first(self, &error);
    if (end != QUERY_OK) {
        database_drop(&self->base);
        return unavailable(call, "does not let the episode's account in", &error);
    }
    end = build(self, entry, &error);
    if (end == QUERY_OK) {
        *out = &self->base;
        return GRASP_OK;
    }
    if (end == QUERY_ERROR)
        place_to_public(reason, self->place, text_view(&error));
    *lost = end == QUERY_LOST;
    database_drop(&self->base);
    return end == QUERY_ERROR ? GRASP_OK : unavailable(call, "is gone", &error);
}

int32_t sql_database_create(grasp_call *call, struct sql_server *server, const struct entry *entry,
                            uint64_t seed, struct text *reason, struct database **out)
{
    int32_t status = GRASP_OK;
    bool lost = true;
    *out = NULL;
    for (int i = 0; i < MAKINGS && lost; i++)
        status = create_once(call, server, entry, seed, reason, out, &lost);
    return status;
}
