/* SPDX-License-Identifier: MIT */
/* One episode's database on a server. */
#pragma once

#include "connection.h"
#include "database.h"
#include "place.h"

struct sql_server {
    struct places places;
    struct admin *admin;
    const struct address *address;
    unsigned statement_timeout; /* seconds */
};

/* As create of database_source_ops. */
int32_t sql_database_create(grasp_call *call, struct sql_server *server, const struct entry *entry,
                            uint64_t seed, struct text *reason, struct database **out);
