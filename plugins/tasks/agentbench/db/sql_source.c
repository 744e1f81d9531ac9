/* SPDX-License-Identifier: MIT */
#include "sql_source.h"

#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/slice.h"
#include "mariadb.h"
#include "server_address.h"
#include "sql_database.h"

struct sql_source {
    struct database_source base;
    struct sql_server sql;
    struct mariadb *own; /* NULL: somebody else's */
    struct address address;
    struct pool pool;
};

static int32_t source_create(grasp_call *call, struct database_source *base,
                             const struct entry *entry, uint64_t seed, struct text *reason,
                             struct database **out)
{
    struct sql_source *self = (struct sql_source *)base;
    int32_t status = self->own ? mariadb_wake(call, self->own, &self->address) : GRASP_OK;
    if (status)
        return status;
    return sql_database_create(call, &self->sql, entry, seed, reason, out);
}

static void source_close(struct database_source *base)
{
    struct sql_source *self = (struct sql_source *)base;
    if (self->sql.admin)
        places_clear(&self->sql.places);
    admin_destroy(self->sql.admin);
    mariadb_stop(self->own);
    pool_free(&self->pool);
    free(self);
}

static const struct database_source_ops ops = {.create = source_create, .close = source_close};

/* Somebody else's server has to be there. */
static int32_t knock(grasp_call *call, struct sql_source *self)
{
    struct text reason CLEANUP_TEXT = {0};
    struct connection *connection;
    if (connection_open(&self->address, NULL, 10, &connection, &reason) != QUERY_OK)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "option 'server': no way in: %.*s",
                          (int)reason.len, reason.ptr);
    connection_close(connection);
    return GRASP_OK;
}

static int32_t reach(grasp_call *call, struct sql_source *self, const struct sql_options *options)
{
    if (!options->server.len)
        return mariadb_prepare(call, &self->own, &self->address);
    int32_t status = server_address_read(call, &self->pool, options->server, &self->address);
    return status ? status : knock(call, self);
}

int32_t sql_source_open(grasp_call *call, const struct sql_options *options,
                        struct database_source **out)
{
    struct sql_source *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for databases");
    self->base.ops = &ops;
    int32_t status = reach(call, self, options);
    if (!status && !(self->sql.admin = admin_create(&self->address)))
        status = grasp_fail(call, GRASP_E_NOMEM, "no memory for databases");
    if (status) {
        source_close(&self->base);
        return status;
    }
    self->sql.address = &self->address;
    self->sql.statement_timeout = options->statement_timeout;
    self->sql.folder = self->own ? mariadb_folder(self->own) : -1;
    self->sql.disk_max = (uint64_t)options->disk_mb << 20;
    places_init(&self->sql.places, self->sql.admin, self->own == NULL,
                self->address.socket != NULL);
    *out = &self->base;
    return GRASP_OK;
}
