/* SPDX-License-Identifier: MIT */
/* "grasp.python/1" on the mock host: real interpreters, by host/io. */
#pragma once

#include "mock_host.h"

/* Offers it, and nothing else besides what the mock host has. */
void real_python_serve(struct mock_host *host);
/* The same for a test with extensions of its own: the table, by id, or NULL. */
const void *real_python_extension(grasp_str id);
/* Closes all that is open, data and interpreters; as the host does at the end of an instance. */
void real_python_close_all(void);
