/* SPDX-License-Identifier: MIT */
/*
 * "grasp.exec/1", offered by the host: commands in a sandbox (bubblewrap): no network, the
 * system's programs read-only, a private /tmp, one writable folder. Every process is gone when
 * its limit is reached, when the session is closed, when the episode ends and when the host
 * dies. All functions may block; a task that uses them says "blocking": true in its info.
 */
#ifndef GRASP_EXT_EXEC_H
#define GRASP_EXT_EXEC_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRASP_EXT_EXEC "grasp.exec/1"

/* argv: JSON array of strings, the program first. folder: absolute path that is seen as /work,
 * writable and the working folder; empty for none. env: JSON object of strings, added to PATH and
 * LANG=C.UTF-8. input: standard input. Limits of 0 mean: 10,000 ms, 256 MiB of memory per
 * process, 64 processes, 1 MiB of output (each stream). */
typedef struct grasp_exec_request {
    uint32_t size;
    uint32_t timeout_ms;
    grasp_str argv;
    grasp_str folder;
    grasp_str env;
    grasp_str input;
    uint64_t max_memory;
    uint64_t max_output;
    uint32_t max_processes;
    uint32_t reserved;
} grasp_exec_request;

/* status: exit status, or 128 + signal. The texts live until the call returns. */
typedef struct grasp_exec_result {
    uint32_t size;
    int32_t status;
    int32_t timed_out; /* 1 if the time limit ended it */
    int32_t truncated; /* 1 if output was cut */
    grasp_str out;
    grasp_str err;
} grasp_exec_result;

typedef struct grasp_exec_session grasp_exec_session;

typedef struct grasp_exec {
    uint32_t size;
    uint32_t reserved;

    /* Runs a command to its end. The caller sets result->size. GRASP_E_UNAVAILABLE, with a text
     * that names the package, when there is no sandbox. */
    int32_t (*run)(grasp_call *call, const grasp_exec_request *request, grasp_exec_result *result);

    /* Starts a program that stays, a shell say. Sessions opened in begin or step belong to the
     * episode, in open to the instance. */
    int32_t (*open)(grasp_call *call, const grasp_exec_request *request,
                    grasp_exec_session **out_session);

    /* Sends text to it, and waits until its output holds `until` (removed from the result) or
     * timeout_ms are over (timed_out) or it has ended (status is then set). */
    int32_t (*exchange)(grasp_call *call, grasp_exec_session *session, grasp_str input,
                        grasp_str until, uint32_t timeout_ms, grasp_exec_result *result);

    void (*close)(grasp_call *call, grasp_exec_session *session);
} grasp_exec;

#ifdef __cplusplus
}
#endif

#endif
