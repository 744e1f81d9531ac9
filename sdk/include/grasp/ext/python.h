/* SPDX-License-Identifier: MIT */
/*
 * "grasp.python/1", offered by the host: Python that a model wrote, in the sandbox. One interpreter
 * per instance stays warm, with everything imported that the task's own program imports; each run
 * is a process forked from it, in namespaces of its own: no network, the system's programs
 * read-only, nothing else of the host, an empty /tmp, no further processes. A run costs
 * milliseconds; nothing that it does is seen by another one, and nothing of it is left when the
 * call returns, when the episode ends and when the host dies. All functions may block; a task that
 * uses them says "blocking": true in its info.
 */
#ifndef GRASP_EXT_PYTHON_H
#define GRASP_EXT_PYTHON_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRASP_EXT_PYTHON "grasp.python/1"

/* program: the task's own Python, trusted, executed once before any run. It defines
 * load(data: bytes), whose result is the value of data that is held, and
 * run(source: str, value) -> str, which executes a model's code and gives its result as text; value
 * is None without data. It may define SLOW, a tuple of names of modules: they are imported before a
 * run begins if its source names one of their packages, once for all such runs. Limits of 0 mean:
 * as many runs at once as there are processors, at least 2; 2 GiB of address space for a run; 64
 * MiB of files in /tmp; 1 MiB of result. */
typedef struct grasp_python_setup {
    uint32_t size;
    uint32_t max_parallel;
    grasp_str program;
    uint64_t max_memory;
    uint64_t max_files;
    uint64_t max_result;
} grasp_python_setup;

#define GRASP_PYTHON_DONE 0 /* text is what run() gave */
#define GRASP_PYTHON_LEFT                                                                          \
    1                          /* the interpreter ended before: status is its exit status, or 128  \
                                  plus the signal that ended it */
#define GRASP_PYTHON_LATE 2    /* ended by its limit of time */
#define GRASP_PYTHON_LONG 3    /* ended because its result was longer than max_result */
#define GRASP_PYTHON_GARBLED 4 /* what it wrote as its result is none, or not UTF-8 */
#define GRASP_PYTHON_CROWDED 5 /* ended because it had too many threads */
#define GRASP_PYTHON_UNREAD 6  /* load() could not read the data, text says why; too large, say */

/* end: GRASP_PYTHON_*. The text lives until the call returns. */
typedef struct grasp_python_result {
    uint32_t size;
    int32_t end;
    int32_t status;
    uint32_t cpu_ms; /* processor time that it took */
    grasp_str text;
} grasp_python_result;

typedef struct grasp_python grasp_python;
typedef struct grasp_python_data grasp_python_data;

typedef struct grasp_pythons {
    uint32_t size;
    uint32_t reserved;

    /* Starts the interpreter, executes the program and tries a run. In a task's open; it belongs to
     * the instance. GRASP_E_UNAVAILABLE, with what is missing, where there can be no sandbox or no
     * Python; GRASP_E_INVALID when the program fails. */
    int32_t (*open)(grasp_call *call, const grasp_python_setup *setup, grasp_python **out_python);

    /* Keeps data for any number of runs, read by load() once, not by each. In begin and step it
     * belongs to the episode, in open to the instance. */
    int32_t (*hold)(grasp_call *call, grasp_python *python, grasp_str data,
                    grasp_python_data **out_data);

    /* Runs a model's source. data: held by this instance or episode, or NULL. timeout_ms: of
     * processor time, rounded up to seconds, 0 for 30,000; by the clock it may take twice as long,
     * which does not count while it waits for its turn. The caller sets result->size.
     * GRASP_E_UNAVAILABLE when it could not be run by no fault of its own; GRASP_E_CANCELLED. */
    int32_t (*run)(grasp_call *call, grasp_python *python, grasp_python_data *data,
                   grasp_str source, uint32_t timeout_ms, grasp_python_result *result);

    void (*release)(grasp_call *call, grasp_python_data *data);
} grasp_pythons;

#ifdef __cplusplus
}
#endif

#endif
