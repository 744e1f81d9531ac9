/* SPDX-License-Identifier: MIT */
/* The address of somebody else's server: mysql://user@host:port or
 * mysql://user@localhost/?socket=PATH. */
#pragma once

#include <grasp/grasp.h>

#include "common/pool.h"
#include "connection.h"

/* Texts live in the pool; the password comes from the environment. GRASP_E_INVALID for anything
 * else, a password in it included. */
int32_t server_address_read(grasp_call *call, struct pool *pool, grasp_str text,
                            struct address *out);
