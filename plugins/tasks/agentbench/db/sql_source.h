/* SPDX-License-Identifier: MIT */
/* Databases on a MySQL or MariaDB server: a private one, or one at an address. */
#pragma once

#include "database.h"

struct sql_options {
    grasp_str server;           /* address; empty for a private server */
    unsigned statement_timeout; /* seconds */
    unsigned disk_mb;           /* MiB of a database on a private server */
};

/* GRASP_E_UNAVAILABLE with a text that names the package when there is no server program. */
int32_t sql_source_open(grasp_call *call, const struct sql_options *options,
                        struct database_source **out);
