/* SPDX-License-Identifier: MIT */
/* The state of an entry's tables in one text. */
#pragma once

#include "database.h"

/* The hashes of all tables, sorted, joined by '_'. A statement that fails has its error in the
 * place of a hash, as in the reference. GRASP_E_UNAVAILABLE when the server is gone. */
int32_t tables_hash(grasp_call *call, struct database *database, const struct entry *entry,
                    struct pool *pool, grasp_str *out);
/* The hash in the response to statement_hash. */
grasp_str hash_of_response(grasp_str response);
