/* SPDX-License-Identifier: MIT */
/* grasp.machine/1 for tests of the task os: the program's own machines. */
#pragma once

#include "io/machine.h"
#include "mock_host.h"

/* Makes it what the host offers. */
void real_machines_serve(struct mock_host *host);
/* The machine that was opened last and is still open, or NULL. */
struct machine *real_machine(struct mock_host *host);
