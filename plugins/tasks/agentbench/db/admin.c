/* SPDX-License-Identifier: MIT */
#include "admin.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define STATEMENT_SECONDS 30
#define PAUSE_MS 50

struct idle {
    struct connection *connection;
    struct idle *next;
};

struct admin {
    const struct address *address;
    pthread_mutex_t mutex;
    struct idle *idle;
};

struct admin *admin_create(const struct address *address)
{
    struct admin *admin = calloc(1, sizeof(*admin));
    if (!admin)
        return NULL;
    admin->address = address;
    pthread_mutex_init(&admin->mutex, NULL);
    return admin;
}

static struct connection *take(struct admin *admin)
{
    struct connection *connection = NULL;
    pthread_mutex_lock(&admin->mutex);
    struct idle *first = admin->idle;
    if (first) {
        connection = first->connection;
        admin->idle = first->next;
    }
    pthread_mutex_unlock(&admin->mutex);
    free(first);
    return connection;
}

static void give(struct admin *admin, struct connection *connection)
{
    struct idle *idle = malloc(sizeof(*idle));
    if (!idle) {
        connection_close(connection);
        return;
    }
    pthread_mutex_lock(&admin->mutex);
    *idle = (struct idle){connection, admin->idle};
    admin->idle = idle;
    pthread_mutex_unlock(&admin->mutex);
}

/* On an idle connection, which may have died since, or else on a new one. */
static enum query_end try(struct admin *admin, grasp_str sql, unsigned *out_errno,
                          struct text *error)
{
    struct connection *connection;
    enum query_end end = QUERY_LOST;
    while ((connection = take(admin))) {
        text_reset(error);
        end = connection_run(connection, sql, NULL, NULL, NULL, error);
        *out_errno = connection_errno(connection);
        if (end == QUERY_OK || end == QUERY_ERROR) {
            give(admin, connection);
            return end;
        }
        connection_close(connection);
    }
    text_reset(error);
    end = connection_open(admin->address, NULL, STATEMENT_SECONDS, &connection, error);
    if (end != QUERY_OK)
        return QUERY_LOST;
    end = connection_run(connection, sql, NULL, NULL, NULL, error);
    *out_errno = connection_errno(connection);
    if (end == QUERY_OK || end == QUERY_ERROR)
        give(admin, connection);
    else
        connection_close(connection);
    return end;
}

enum query_end admin_run(struct admin *admin, unsigned patience_s, grasp_str sql,
                         unsigned *out_errno, struct text *error)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000 * 1000};
    enum query_end end;
    unsigned tries = patience_s * 1000 / PAUSE_MS;
    *out_errno = 0;
    while ((end = try(admin, sql, out_errno, error)) == QUERY_LOST && tries-- > 0)
        nanosleep(&pause, NULL);
    return end;
}

void admin_destroy(struct admin *admin)
{
    struct connection *connection;
    if (!admin)
        return;
    while ((connection = take(admin)))
        connection_close(connection);
    pthread_mutex_destroy(&admin->mutex);
    free(admin);
}
