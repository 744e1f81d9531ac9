/* SPDX-License-Identifier: MIT */
/* A private MariaDB for a test, started as the plugin starts it, on the host's own services. */
#pragma once

#include "plugin/call.h"
#include "tasks/agentbench/db/sql_source.h"

struct mariadb_world {
    struct owner owner;
    struct database_source *source;
    char why[2048]; /* there is none */
};

/* False: it cannot be had here, and `why` says what is missing. */
bool mariadb_world_open(struct mariadb_world *world, unsigned statement_timeout, unsigned disk_mb);
void mariadb_world_close(struct mariadb_world *world);
