/* SPDX-License-Identifier: MIT */
/* Commands in bubblewrap: no network, own pid, ipc, uts and user namespaces, the system's
 * programs read-only, private /tmp and /home, one writable folder as /work. */
#pragma once

#include "io/child.h"

struct sandbox_request {
    const char *const *argv; /* found in PATH inside the sandbox */
    const char *const *env;  /* added to PATH and LANG=C.UTF-8; may be NULL */
    const char *folder;      /* seen as /work; NULL for none */
    struct str input;
    uint32_t timeout_ms;
    size_t max_output;
    uint64_t max_memory;    /* bytes per process, 0: 256 MiB */
    uint32_t max_processes; /* 0: 64 */
};

/* EXIT_UNAVAILABLE with a text that names the package when there is no bubblewrap, or when the
 * kernel does not let it make namespaces. */
int sandbox_check(struct err *err);
int sandbox_run(const struct sandbox_request *request, struct child_result *out, struct err *err);
int sandbox_open(const struct sandbox_request *request, struct child **out, struct err *err);
