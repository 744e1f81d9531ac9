/* SPDX-License-Identifier: MIT */
/* A private MariaDB: in the host's sandbox, its data in the instance's scratch folder, reached by a
 * socket in that folder and by nothing else. It ends with the host, however that ends; when it
 * falls over, it is started again. */
#pragma once

#include <grasp/grasp.h>

#include "connection.h"

struct mariadb;

/* Blocks until it answers. The address lives as long as the server. GRASP_E_UNAVAILABLE, with the
 * package to install, when there is no server program. */
int32_t mariadb_start(grasp_call *call, struct mariadb **out, struct address *out_address);
/* Its log's end, for an error; lives as long as the call. */
grasp_str mariadb_last_words(grasp_call *call, const struct mariadb *server);
void mariadb_stop(struct mariadb *server); /* NULL is fine; the host ends the process */
