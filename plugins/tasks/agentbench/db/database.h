/* SPDX-License-Identifier: MIT */
/* Where the tables of an episode are, and how statements reach them. */
#pragma once

#include "common/text.h"
#include "entry.h"

enum sql_end {
    SQL_TEXT,    /* rows, or the server's own error, as the agent is to see it */
    SQL_TIMEOUT, /* over the limit of time */
    SQL_DRIVER,  /* the statement could not be sent; the text says why */
};

/* One episode's database, used by one thread at a time. */
struct database {
    const struct database_ops *ops;
};

/* A kind of place for databases. */
struct database_source {
    const struct database_source_ops *ops;
};

struct database_ops {
    /* Runs one statement and appends its response. GRASP_E_UNAVAILABLE, explained, when the server
     * is gone: that is never the agent's doing. */
    int32_t (*run)(grasp_call *call, struct database *self, grasp_str sql, struct text *out,
                   enum sql_end *out_end);
    void (*drop)(struct database *self);
};

struct database_source_ops {
    /* A new database with the entry's tables. GRASP_OK with *out NULL: the server is well and
     * refuses the tables; `reason` says why. seed: of what the server draws. */
    int32_t (*create)(grasp_call *call, struct database_source *self, const struct entry *entry,
                      uint64_t seed, struct text *reason, struct database **out);
    void (*close)(struct database_source *self);
};
