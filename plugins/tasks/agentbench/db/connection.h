/* SPDX-License-Identifier: MIT */
/* A connection to a MySQL or MariaDB server. The client library is included by connection.c only.
 * Used by one thread at a time. All functions block, none longer than its limit of time. */
#pragma once

#include <stdbool.h>

#include "common/text.h"

struct address {
    const char *socket; /* path; NULL for host and port */
    const char *host;
    unsigned port;
    const char *user, *password;
};

enum query_end {
    QUERY_OK,
    QUERY_ERROR, /* the server's own error */
    QUERY_LATE,  /* over the limit of time; the connection is of no use any more */
    QUERY_LOST,  /* no connection, or it broke */
};

enum column_kind {
    COLUMN_INTEGER,
    COLUMN_REAL,
    COLUMN_DECIMAL,
    COLUMN_TEXT,
    COLUMN_BYTES,
    COLUMN_DATE,
    COLUMN_DATETIME,
    COLUMN_TIME,
};

struct value {
    enum column_kind kind;
    bool null;
    grasp_str text;
};

/* Takes a row; false to stop. */
typedef bool (*row_taker)(void *arg, const struct value *values, size_t count);

struct connection;

/* database: NULL for none. wait_s: of one answer. Errors: QUERY_ERROR when the server refuses the
 * database, QUERY_LOST when there is no server or it does not know the account; `reason` says why.
 */
enum query_end connection_open(const struct address *address, const char *database, unsigned wait_s,
                               struct connection **out, struct text *reason);
/* One statement. take: NULL to drop the rows. *out_rows: whether it has a result set, may be NULL.
 * On QUERY_ERROR and QUERY_LOST `error` has "ERRNO (SQLSTATE): message". What comes after
 * a taker has stopped is read and dropped: it should have had the statement killed. */
enum query_end connection_run(struct connection *connection, grasp_str sql, row_taker take,
                              void *arg, bool *out_rows, struct text *error);
/* While a statement of the connection is waited for, calls `look` every 100 ms; NULL for none. */
void connection_watch(struct connection *connection, void (*look)(void *arg), void *arg);
/* Of the last error, 0 for none. */
unsigned connection_errno(const struct connection *connection);
/* Is a transaction open, after the last statement? */
bool connection_in_transaction(const struct connection *connection);
bool connection_is_mariadb(const struct connection *connection);
/* The server's number of the connection, for KILL. */
unsigned long connection_id(const struct connection *connection);
void connection_close(struct connection *connection); /* NULL is fine */
/* Appends 'text' as a literal. */
void connection_quote(struct text *out, grasp_str text);
