/* SPDX-License-Identifier: MIT */
/*
 * "grasp.machine/1", offered by the host: a whole small machine per episode. Where grasp.exec/1
 * runs a program under the system's own files, read-only, a machine has a root file system that can
 * be written to, root and other users, its own processes, host name and loopback, and no network.
 * Commands run in it one after the other, and one shell lives on between them. Nothing of it is
 * left when it is closed, when the episode ends and when the host dies. All functions may block;
 * a task that uses them says "blocking": true in its info.
 */
#ifndef GRASP_EXT_MACHINE_H
#define GRASP_EXT_MACHINE_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRASP_EXT_MACHINE "grasp.machine/1"

/* layers: JSON array of folders, the lowest first, read-only below what the machine writes; empty
 * for a small system from this one's own /usr. Limits of 0 mean: 256 processes of one user, 1 GiB
 * of memory of all together, 512 MiB of files.
 * engine: empty for a machine that the host makes itself; "docker" or "podman" for a container of
 * that engine, from `image`, or with podman from the one folder of layers. There max_disk is the
 * limit of one file, and memory beyond max_memory ends what takes it, not the machine. */
typedef struct grasp_machine_request {
    uint32_t size;
    uint32_t max_processes;
    grasp_str layers;
    uint64_t max_memory;
    uint64_t max_disk;
    grasp_str engine;
    grasp_str image;
} grasp_machine_request;

/* argv: JSON array of strings, the program first, found in PATH inside. It runs as root in /root
 * without input. Limits of 0 mean: 30,000 ms, 1 MiB of output (each stream). */
typedef struct grasp_machine_command {
    uint32_t size;
    uint32_t timeout_ms;
    grasp_str argv;
    uint64_t max_output;
} grasp_machine_command;

/* status: exit status, or 128 + signal. over_limit: the machine as a whole took too much memory or
 * too many processes and was ended; `err` says which, status is 137, and so it is for every later
 * command. The texts are bytes, not always UTF-8, and live until the call returns. */
typedef struct grasp_machine_result {
    uint32_t size;
    int32_t status;
    int32_t timed_out;  /* 1 if the time limit ended it */
    int32_t truncated;  /* 1 if output was cut */
    int32_t over_limit; /* 1 if there is no machine any more */
    int32_t reserved;
    grasp_str out;
    grasp_str err;
} grasp_machine_result;

typedef struct grasp_machine grasp_machine;

typedef struct grasp_machines {
    uint32_t size;
    uint32_t reserved;

    /* Makes a machine. Opened in begin or step it belongs to the episode, in open to the instance.
     * GRASP_E_UNAVAILABLE, with what is missing, when there can be none here. */
    int32_t (*open)(grasp_call *call, const grasp_machine_request *request,
                    grasp_machine **out_machine);

    /* Runs a command until its main process ends; what that leaves in the background lives on. The
     * caller sets result->size. GRASP_E_UNAVAILABLE when the machine has ended by no fault of what
     * runs in it. */
    int32_t (*run)(grasp_call *call, grasp_machine *machine, const grasp_machine_command *command,
                   grasp_machine_result *result);

    /* Types a text into the machine's login shell, started at first use, as if it was pasted, and
     * waits for the next prompt or timeout_ms (0: 30,000). out: what the terminal showed
     * meanwhile, as it came. Empty when the shell has been left. max_output: as above. */
    int32_t (*shell)(grasp_call *call, grasp_machine *machine, grasp_str text, uint32_t timeout_ms,
                     uint64_t max_output, grasp_machine_result *result);

    void (*close)(grasp_call *call, grasp_machine *machine);
} grasp_machines;

#ifdef __cplusplus
}
#endif

#endif
