/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <errmsg.h>
#include <mysql.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define CONNECT_SECONDS 5
#define LOOK_MS 100
#define COLUMNS_MAX 4096
#define CHARSET_BINARY 63
#define ER_ACCESS_DENIED 1045

struct connection {
    MYSQL *mysql;
    unsigned wait_s;
    unsigned last_errno;
    void (*look)(void *arg);
    void *look_arg;
};

static bool is_loss(unsigned code)
{
    return (code >= CR_MIN_ERROR && code <= CR_MAX_ERROR) || code == 1053 || code == 1927;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* since: when the waiting began. */
static enum query_end explain(struct connection *connection, double since, struct text *error)
{
    MYSQL *mysql = connection->mysql;
    unsigned code = mysql_errno(mysql);
    connection->last_errno = code;
    if (error)
        text_format(error, "%u (%s): %s", code, mysql_sqlstate(mysql), mysql_error(mysql));
    if (!is_loss(code))
        return QUERY_ERROR;
    return seconds() - since >= connection->wait_s ? QUERY_LATE : QUERY_LOST;
}

static void set_options(MYSQL *mysql, unsigned wait_s)
{
    const unsigned connect_s = CONNECT_SECONDS, off = 0;
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &wait_s);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &wait_s);
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
}

static pthread_once_t library = PTHREAD_ONCE_INIT;

static void start_library(void)
{
    mysql_library_init(0, NULL, NULL);
}

enum query_end connection_open(const struct address *address, const char *database, unsigned wait_s,
                               struct connection **out, struct text *reason)
{
    pthread_once(&library, start_library);
    struct connection *connection = calloc(1, sizeof(*connection));
    double since = seconds();
    if (!connection || !(connection->mysql = mysql_init(NULL))) {
        free(connection);
        text_put(reason, "no memory for a connection");
        return QUERY_LOST;
    }
    connection->wait_s = wait_s;
    set_options(connection->mysql, wait_s);
    if (mysql_real_connect(connection->mysql, address->host, address->user, address->password,
                           database, address->port, address->socket, 0)) {
        *out = connection;
        return QUERY_OK;
    }
    enum query_end end = explain(connection, since, reason);
    bool unknown = connection->last_errno == ER_ACCESS_DENIED;
    connection_close(connection);
    return end == QUERY_LATE || unknown ? QUERY_LOST : end;
}

static enum column_kind kind_of(const MYSQL_FIELD *field)
{
    switch ((int)field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return COLUMN_INTEGER;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return COLUMN_REAL;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
        return COLUMN_DECIMAL;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
        return COLUMN_DATE;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return COLUMN_DATETIME;
    case MYSQL_TYPE_TIME:
        return COLUMN_TIME;
    case MYSQL_TYPE_JSON:
        return COLUMN_TEXT;
    default:
        return field->charsetnr == CHARSET_BINARY ? COLUMN_BYTES : COLUMN_TEXT;
    }
}

static bool take_rows(MYSQL_RES *result, row_taker take, void *arg)
{
    unsigned count = mysql_num_fields(result);
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    struct value values[COLUMNS_MAX];
    bool on = take && count <= COLUMNS_MAX;
    MYSQL_ROW row;
    while (on && (row = mysql_fetch_row(result))) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < count; i++)
            values[i] = (struct value){kind_of(&fields[i]),
                                       row[i] == NULL,
                                       {row[i] ? row[i] : "", row[i] ? lengths[i] : 0}};
        on = take(arg, values, count);
    }
    return on || !take;
}

void connection_watch(struct connection *connection, void (*look)(void *arg), void *arg)
{
    connection->look = look;
    connection->look_arg = arg;
}

/* As mysql_real_query. */
static int send_and_wait(struct connection *connection, grasp_str sql, double since)
{
    MYSQL *mysql = connection->mysql;
    struct pollfd ready = {.events = POLLIN};
    if (!connection->look)
        return mysql_real_query(mysql, sql.ptr, sql.len);
    int status = mysql_send_query(mysql, sql.ptr, sql.len);
    ready.fd = (int)mysql_get_socket(mysql);
    while (!status && seconds() - since < connection->wait_s && poll(&ready, 1, LOOK_MS) == 0)
        connection->look(connection->look_arg);
    /* Nobody waits twice. */
    if (!status && seconds() - since >= connection->wait_s)
        shutdown(ready.fd, SHUT_RDWR);
    return status ? status : mysql_read_query_result(mysql);
}

enum query_end connection_run(struct connection *connection, grasp_str sql, row_taker take,
                              void *arg, bool *out_rows, struct text *error)
{
    MYSQL *mysql = connection->mysql;
    double since = seconds();
    connection->last_errno = 0;
    if (out_rows)
        *out_rows = false;
    if (send_and_wait(connection, sql, since))
        return explain(connection, since, error);
    MYSQL_RES *result = mysql_use_result(mysql);
    if (!result)
        return mysql_errno(mysql) ? explain(connection, since, error) : QUERY_OK;
    if (out_rows)
        *out_rows = true;
    bool failed = take_rows(result, take, arg) && mysql_errno(mysql);
    enum query_end end = failed ? explain(connection, since, error) : QUERY_OK;
    mysql_free_result(result);
    return end;
}

unsigned connection_errno(const struct connection *connection)
{
    return connection->last_errno;
}

bool connection_in_transaction(const struct connection *connection)
{
    unsigned status = 0;
    mariadb_get_infov(connection->mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    return status & SERVER_STATUS_IN_TRANS;
}

bool connection_is_mariadb(const struct connection *connection)
{
    const char *version = mysql_get_server_info(connection->mysql);
    return version && strstr(version, "MariaDB");
}

unsigned long connection_id(const struct connection *connection)
{
    return mysql_thread_id(connection->mysql);
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    mysql_close(connection->mysql);
    free(connection);
}

void connection_quote(struct text *out, grasp_str text)
{
    text_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\'' || c == '\\')
            text_char(out, '\\');
        if (c == 0)
            text_put(out, "\\0");
        else
            text_char(out, c);
    }
    text_char(out, '\'');
}
