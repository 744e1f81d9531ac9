/* SPDX-License-Identifier: MIT */
/*
 * The binary interface between grasp-host and its plugins: types, status codes, the call context
 * and the functions a plugin may call. Tasks are in task.h, methods in method.h, the entry point
 * in plugin.h.
 *
 * Rules. `grasp-host check` tests them by number.
 *
 *  R1   A plugin exports one symbol, grasp_plugin_v1, and nothing else.
 *  R2   That function is pure: no I/O, no host call, the same pointer each time. All tables it
 *       leads to are constant and live as long as the process.
 *  R3   Every table and struct that can grow starts with `uint32_t size`, set to its sizeof by
 *       whoever fills it. Members are only added at the end. There is no implicit padding.
 *  R4   Only fixed-width scalars, pointers and structs of them cross: no bool, enum, bitfield,
 *       long, va_list or FILE.
 *  R5   Text is UTF-8 as pointer and length. Text from the host is also NUL-terminated; text
 *       from a plugin need not be. A plugin's JSON is valid JSON in valid UTF-8, of the form
 *       that task.h and method.h give; sample ids are unique over all splits.
 *  R6   What is passed in is borrowed until the function returns.
 *  R7   What a plugin gives out goes through emit functions, which copy. Nothing that one side
 *       allocated is freed by the other.
 *  R8   Every handle is closed by the table that made it, once. Every closing function takes
 *       NULL and may follow any call on the handle, failed ones included.
 *  R9   A negative status is an error and has been explained with fail().
 *  R10  No exception, panic or longjmp leaves a plugin function.
 *  R11  Host functions are called with the call that is running, on its thread, before it
 *       returns.
 *  R12  Threads of a plugin's own never call the host and are joined before close returns.
 *  R13  A plugin leaves the process alone: no setlocale, chdir, umask, setenv, signal handlers,
 *       atexit or fork, and nothing on standard output or standard error.
 *  R14  Randomness comes from the seed that is given, time from now(). The same inputs give the
 *       same outputs.
 *  R15  Unknown members of JSON input are ignored. A reply of an unknown kind is taken as text or
 *       gives GRASP_E_UNSUPPORTED; so does a conversation that a rehearsal does not know.
 *  R16  No call crashes or hangs, whatever its input. What open, begin, grade and load cannot
 *       read they refuse with an error; what load accepts, augment and describe can work with.
 *  R17  Nothing depends on which thread makes a call.
 *  R18  extension() answers NULL for ids it does not know.
 *  R19  No call keeps more than it should: memory and descriptors of an episode are gone after
 *       end(), those of an instance after close().
 *  R20  Sizes stay within the limits given at each emit function.
 *
 * Thread roles, in brackets at each function:
 *  [scan]         any thread, no call context, no host function
 *  [shared X]     may run at the same time as other shared functions on the same X
 *  [exclusive X]  alone on X
 * A table with the flag GRASP_SERIAL is never called concurrently on one instance.
 */
#ifndef GRASP_ABI_H
#define GRASP_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRASP_ABI_MAJOR 1
#define GRASP_ABI_MINOR 0

#define GRASP_SERIAL 1u /* flag of a task or method: never two calls at once on an instance */

/* Does the table or struct at `ptr` reach as far as `member`? */
#define GRASP_HAS(ptr, member)                                                                     \
    ((ptr)->size >= offsetof(__typeof__(*(ptr)), member) + sizeof((ptr)->member))

typedef struct grasp_str {
    const char *ptr;
    uint64_t len;
} grasp_str;

/* Status codes. Every function that returns int32_t returns GRASP_OK or one of the errors. */
#define GRASP_OK 0
#define GRASP_E_FAILED (-1)      /* anything else; the text says what */
#define GRASP_E_NOMEM (-2)       /* memory for something sized by input */
#define GRASP_E_INVALID (-3)     /* bad argument, option, file or data */
#define GRASP_E_NOT_FOUND (-4)   /* no such split, sample, file */
#define GRASP_E_UNSUPPORTED (-5) /* not known to this side */
#define GRASP_E_UNAVAILABLE                                                                        \
    (-6)                       /* a server, program or file that is needed does not answer; the    \
                                  sample is reported as not available, never as wrong */
#define GRASP_E_CANCELLED (-7) /* the host asked to stop */
#define GRASP_E_TOO_LARGE (-8) /* over a limit of R20 */
#define GRASP_E_STATE (-9)     /* not allowed in this call */

#define GRASP_LOG_DEBUG 0
#define GRASP_LOG_INFO 1
#define GRASP_LOG_WARNING 2
#define GRASP_LOG_ERROR 3

typedef struct grasp_host grasp_host;

/* The running call. Made by the host, valid until the function it was given to returns. */
typedef struct grasp_call {
    const grasp_host *host;
} grasp_call;

/*
 * One message of a conversation.
 * role: "system", "user", "agent" (a model's turn), "tool", or another word of the task's own,
 * which is recorded and not sent. content: text, may be empty. tool_calls: JSON array of
 * {"id", "name", "arguments": {...}}, or empty. tool_call_id: for role "tool", the call that is
 * answered. name: optional.
 */
typedef struct grasp_message {
    uint32_t size;
    uint32_t flags;
    grasp_str role;
    grasp_str content;
    grasp_str tool_calls;
    grasp_str tool_call_id;
    grasp_str name;
} grasp_message;

#define GRASP_MESSAGE_RECORD_ONLY 1u /* kept in the history, not sent to the model */
#define GRASP_MESSAGE_SEND_ONLY 2u   /* sent to the model, not kept in the history */

/* The end of an episode. status: "completed" or the task's own word for another end (the
 * field's: "agent invalid action", "task limit reached", "agent context limit", "task error").
 * answer: the final answer as text. raw: JSON object with what only the live environment knows;
 * grade sees it. */
typedef struct grasp_outcome {
    uint32_t size;
    uint32_t reserved;
    grasp_str status;
    grasp_str answer;
    grasp_str raw;
} grasp_outcome;

/* correct: 0 or 1. score: 0 to 1. tags: JSON array of failure tags (strings), empty for none;
 * only read for wrong samples. detail: JSON object for people, or empty. Its member "figures", an
 * object of numbers by name, is averaged over the samples that have them and reported beside the
 * score. */
typedef struct grasp_verdict {
    uint32_t size;
    int32_t correct;
    double score;
    grasp_str tags;
    grasp_str detail;
} grasp_verdict;

/* Where guidance goes. GRASP_PLACE_TASK leaves it to the task (task.h, info). */
#define GRASP_PLACE_TASK 0
#define GRASP_PLACE_RECENT                                                                         \
    1                        /* before the last user or system message on the first decision,      \
                                after it later on */
#define GRASP_PLACE_FIRST 2  /* at the end of the first message, or in the field the task names */
#define GRASP_PLACE_SYSTEM 3 /* at the end of the system message, made if there is none */
#define GRASP_PLACE_FIELD                                                                          \
    4 /* like RECENT, but on the first decision in a field of the message, if that is a JSON       \
         object: the one the task names, else "behavioral_skills" */
#define GRASP_PLACE_OPENING                                                                        \
    5 /* in the first user or system message, as FIELD does it, and only before the model's first  \
         turn */

/* text: what is added to the conversation, verbatim. used: JSON array of the ids of what the
 * text was made from (skill names, rule numbers). task_line: a line between the text and a
 * message that it stands in front of; empty for a blank line alone. */
typedef struct grasp_guidance {
    uint32_t size;
    int32_t placement;
    grasp_str text;
    grasp_str used;
    grasp_str task_line;
} grasp_guidance;

/* Named texts. Frozen: these two structs never grow. A name is a relative path of at most 255
 * bytes: parts of letters, digits, '_', '-', '.', joined by '/', no part "." or "..". */
typedef struct grasp_file {
    grasp_str name;
    grasp_str text;
} grasp_file;

typedef struct grasp_files {
    const grasp_file *items;
    uint64_t count;
} grasp_files;

/*
 * What a plugin may call. All functions: any plugin function that was given the call (R11).
 * The emit functions return GRASP_E_STATE in calls that have no use for them, GRASP_E_TOO_LARGE
 * over the limit, GRASP_E_INVALID for text that is not what it should be; the failure is
 * recorded as the plugin's and need not be passed to fail() again.
 */
struct grasp_host {
    uint32_t size;
    uint32_t abi_minor;

    /* A line for the run's log. level: GRASP_LOG_*. At most 64 KiB are kept. */
    void (*log)(grasp_call *call, int32_t level, grasp_str text);

    /* Attaches the reason to the running call and returns `code`, so that a function can end
     * with it. The text says what is wrong, where, and what to do. The last one counts. */
    int32_t (*fail)(grasp_call *call, int32_t code, grasp_str text);

    /* Zeroed memory, aligned for any type, that lives until the call returns. NULL when there
     * is none, or for more than 1 GiB. */
    void *(*scratch)(grasp_call *call, uint64_t size);

    /* Milliseconds since 1970-01-01 UTC. */
    int64_t (*now)(grasp_call *call);

    /* 1 when the host wants this call to end soon; it then returns GRASP_E_CANCELLED. */
    int32_t (*cancelled)(grasp_call *call);

    /* A host extension (ext/ *.h) by id, or NULL. The table lives as long as the process. */
    const void *(*extension)(grasp_call *call, grasp_str id);

    /* info: one object. samples: one object per sample. describe: one array. begin, step:
     * {"tools": [names]}, which of info's tools the model is offered from its next turn on. At
     * most 16 MiB each. */
    int32_t (*emit_json)(grasp_call *call, grasp_str json);

    /* begin, step, and reply of ext/rehearsal.h: the next message. At most 16 MiB. */
    int32_t (*emit_message)(grasp_call *call, const grasp_message *message);

    /* step: what the agent did, in one line of the task's own form. Without any, the reply's
     * text is the action. At most 1 MiB. */
    int32_t (*emit_action)(grasp_call *call, grasp_str action);

    /* begin, step: the episode is done. At most 16 MiB. */
    int32_t (*emit_outcome)(grasp_call *call, const grasp_outcome *outcome);

    /* grade: the verdict. At most 1 MiB. */
    int32_t (*emit_verdict)(grasp_call *call, const grasp_verdict *verdict);

    /* grade: a question for the judge model, JSON as in method.h, complete. At most 16 MiB. */
    int32_t (*emit_request)(grasp_call *call, grasp_str json);

    /* augment: the guidance for this turn. At most 16 MiB. */
    int32_t (*emit_guidance)(grasp_call *call, const grasp_guidance *guidance);

    /* learn, epoch_end: the whole of the next knowledge. At most 100,000 files, 64 MiB. */
    int32_t (*emit_files)(grasp_call *call, const grasp_files *files);
};

#ifdef __cplusplus
}
#endif

#endif
