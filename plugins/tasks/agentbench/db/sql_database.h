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
    int folder;                 /* of the server (disk.h); -1: somebody else's */
    uint64_t disk_max;          /* bytes of a database there */
};

/* As create of database_source_ops. */
int32_t sql_database_create(grasp_call *call, struct sql_server *server, const struct entry *entry,
                            uint64_t seed, struct text *reason, struct database **out);
