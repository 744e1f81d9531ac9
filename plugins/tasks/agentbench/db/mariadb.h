/* SPDX-License-Identifier: MIT */
/* A private MariaDB: in the host's sandbox, its data in the instance's scratch folder, reached by a
 * socket in that folder and by nothing else. It ends with the host, however that ends; when it
 * falls over, it is started again. */
#pragma once

#include <grasp/grasp.h>

#include "connection.h"

struct mariadb;

/* Its folder and its sandbox; the server itself starts with the first episode that needs it. The
 * address lives as long as the server. GRASP_E_UNAVAILABLE, with the package to install, when there
 * is no server program. Called in open. */
int32_t mariadb_prepare(grasp_call *call, struct mariadb **out, struct address *out_address);
/* Starts it where that was not done, and blocks until it answers. Any thread. What could not be
 * started once is not tried again: GRASP_E_UNAVAILABLE, with its last words. */
int32_t mariadb_wake(grasp_call *call, struct mariadb *server, const struct address *address);
/* Its log's end, for an error; lives as long as the call. */
grasp_str mariadb_last_words(grasp_call *call, const struct mariadb *server);
/* Descriptor of its folder, as disk.h reads it. */
int mariadb_folder(const struct mariadb *server);
void mariadb_stop(struct mariadb *server); /* NULL is fine; the host ends the process */
