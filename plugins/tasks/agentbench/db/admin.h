/* SPDX-License-Identifier: MIT */
/* Statements of the administrator, from any thread. */
#pragma once

#include "connection.h"

struct admin;

/* The address must live as long. NULL without memory. */
struct admin *admin_create(const struct address *address);
/* Runs one statement on a connection that is free, or a new one; a server that does not answer is
 * waited for, for patience_s. error: "ERRNO (SQLSTATE): message". */
enum query_end admin_run(struct admin *admin, unsigned patience_s, grasp_str sql,
                         unsigned *out_errno, struct text *error);
void admin_destroy(struct admin *admin); /* NULL is fine */
