/* SPDX-License-Identifier: MIT */
/* grasp.machine/1 for tests of the task os: machines that answer from a list. */
#pragma once

#include "base/json.h"
#include "mock_host.h"

struct scripted_machines {
    const struct json *shell_returns; /* texts; "EXC:TimeoutError..." for one that hangs */
    const struct json *exec_returns;  /* [status, output, errors], a character is a byte */
    const struct json *open_error;    /* a text: no machine can be made */
    size_t shell_next, exec_next;
    bool shell_lost, exec_lost; /* the machine is gone: GRASP_E_UNAVAILABLE */
    bool over_limit;            /* the next text typed takes too much */
    size_t open;                /* machines that are open now */
    struct json *log;           /* ["open"], ["exec", argv], ["shell", text], ["close"] */
};

/* Makes it what the host offers; the task's own first machine is not logged. */
void scripted_machines_serve(struct scripted_machines *machines, struct mock_host *host);
/* Forgets what was logged. */
void scripted_machines_reset(struct scripted_machines *machines);
void scripted_machines_clear(struct scripted_machines *machines);
