/* SPDX-License-Identifier: MIT */
/*
 * A method turns experience into knowledge. The host owns the loop: it runs the samples, grades
 * them, validates, keeps the best checkpoint, resumes and reports, the same way for every method.
 *
 *   open -> info -> load(files) -> knowledge
 *     augment(knowledge, turn)                    for every model call, many at once
 *     learn(lab, knowledge, batch) ... epoch_end  one at a time, emits the next knowledge
 *   unload(knowledge) ... close
 *
 * Knowledge is a set of named text files. It never changes once made: learn emits a whole new
 * set, and the host stores, hashes, compares and ships it. A run is resumed by running it again
 * with the recorded replies, so a method may keep what it likes in memory between calls, as long
 * as it follows from what it was given.
 */
#ifndef GRASP_METHOD_H
#define GRASP_METHOD_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model call that is about to be made. number: 0 for the first call of the episode. sample: the
 * task's JSON object. messages: the conversation so far, without guidance. */
typedef struct grasp_turn {
    uint32_t size;
    uint32_t number;
    grasp_str sample;
    const grasp_message *const *messages;
    uint64_t count;
} grasp_turn;

/* Rollouts to run with some knowledge. samples: JSON array of sample ids of the split dev.
 * repeats: rollouts of each, at least 1. */
typedef struct grasp_trial {
    uint32_t size;
    uint32_t repeats;
    grasp_files knowledge;
    grasp_str samples;
} grasp_trial;

typedef struct grasp_rng grasp_rng;

/*
 * What learn and epoch_end work with. All functions are called on the thread of that call; those
 * that wait return GRASP_E_CANCELLED when the run is stopped, and the method returns it at once.
 * What they give out lives until learn or epoch_end returns.
 */
typedef struct grasp_lab {
    uint32_t size;
    uint32_t reserved;

    /* Sends model calls side by side and waits for all. requests: JSON array of objects
     *   {"messages": [{"role", "content"}], "role": "writer" | "judge",
     *    "temperature": number, "max_tokens": integer, "json_schema": object,
     *    "tools": array as in a task's info, "tool_choice": as there}
     * of which all but "messages" may be missing; messages may have "tool_calls" and
     * "tool_call_id". *out_replies: JSON array in the same order,
     *   {"text": string, "finish_reason": string, "error": null or string},
     * with "tool_calls" where the model called tools.
     * A call that failed for good has "error" set and an empty text. */
    int32_t (*complete)(grasp_call *call, grasp_str requests, grasp_str *out_replies);

    /* Runs all trials side by side and waits for all. *out_rollouts: JSON array with an array per
     * trial, of rollouts sample by sample, and repeat by repeat within a sample:
     *   {"sample_id", "repeat", "available": bool, "correct": bool, "score": number,
     *    "failure_tags": [...], "status", "answer", "raw", "agent_actions": [...],
     *    "history": [...], "used": [ids of the guidance], "error": null or string,
     *    "source": "fresh", "replayed" or "cached", "nudged": bool}.
     * A rollout that is not available says nothing about the knowledge. source: fresh if at least
     * one of the agent's replies was made for this rollout; replayed if all are those of earlier
     * identical calls of the run, so that it only repeats what is known; cached if some are another
     * run's and this process took them from there. nudged: see start_draws. */
    int32_t (*rollouts)(grasp_call *call, const grasp_trial *const *trials, uint64_t count,
                        grasp_str *out_rollouts);

    /* The same without waiting: start gives a ticket, wait the result, drop gives a ticket up and
     * cancels what has not begun. Decisions depend only on results that were waited for. */
    int32_t (*start_complete)(grasp_call *call, grasp_str requests, uint64_t *out_ticket);
    int32_t (*start_rollouts)(grasp_call *call, const grasp_trial *trial, uint64_t *out_ticket);
    int32_t (*wait)(grasp_call *call, uint64_t ticket, grasp_str *out);
    int32_t (*drop)(grasp_call *call, uint64_t ticket);

    /* For the record: appends a JSON value to the array in the file `name` of the epoch's folder
     * (note), or replaces that file's text (record). The host writes them when the epoch ends. */
    int32_t (*note)(grasp_call *call, grasp_str name, grasp_str json);
    int32_t (*record)(grasp_call *call, grasp_str name, grasp_str text);

    /* A generator seeded with the text "<seed of the run>:<label>", bit for bit CPython's
     * random.Random (spec/grasp.md 20); rng.h draws from it. Ends with the call. */
    int32_t (*rng)(grasp_call *call, grasp_str label, grasp_rng **out_rng);

    /* The next 32 bits of it. */
    uint32_t (*rng_next)(grasp_rng *rng);

    /* Says that the call will probably emit these files, so that the host may begin what comes
     * after it meanwhile. What the call emits is what counts: it need not be this, but whatever
     * was begun in vain is paid for. Of several in a call the first counts. */
    int32_t (*expect)(grasp_call *call, const grasp_files *files);

    /* As start_rollouts, for outcomes that are evidence beside earlier ones of the same samples
     * and knowledge. Repeats are numbered from `draw` (1 to 1000000000) on; an episode's seed
     * follows from sample and number, so that two trials of one draw meet the same environment. No
     * earlier reply serves for them. An agent at temperature 0 would only repeat itself: the
     * guidance of its calls then ends with the line `marker` (at most 1000 bytes, empty: none),
     * the rollouts say "nudged": true, and replies to just the same words do serve. */
    int32_t (*start_draws)(grasp_call *call, const grasp_trial *trial, uint32_t draw,
                           grasp_str marker, uint64_t *out_ticket);
} grasp_lab;

typedef struct grasp_method {
    uint32_t size;
    uint32_t flags;      /* GRASP_SERIAL */
    const char *id;      /* [a-z0-9_]{1,64}, unique in the plugin */
    const char *summary; /* one line for `grasp-host list` */
    const char *options; /* JSON Schema of the options, as in task.h */

    /* Opens the method. task: what the task's info emitted, with "dev", the array of its dev
     * samples, added. [exclusive self] */
    int32_t (*open)(grasp_call *call, grasp_str config, grasp_str task, void **out_self);

    /* Emits one JSON object:
     *   "unit"     "sample", "batch" or "epoch": after how much experience learn is called;
     *              "none" for a method that does not learn
     *   "folder"   folder of the run that holds learned/ and best/, default "knowledge"
     *   "order"    what the order of dev in an epoch is drawn from: "run" (default) the seed and
     *              the epoch; "epoch" the number of the epoch alone, "seed" that and 1,000,000
     *              times the seed, as recorded runs of the reference had it
     * [shared self] */
    int32_t (*info)(grasp_call *call, void *self);

    /* Reads knowledge from its files into a handle that does not change. An empty set is always
     * valid. Files are what learn emitted or what a user wrote: what cannot be read is refused
     * with the file's name and line. [shared self] */
    int32_t (*load)(grasp_call *call, void *self, const grasp_files *files, void **out_knowledge);
    void (*unload)(grasp_call *call, void *self, void *knowledge);

    /* Emits the guidance for a turn, or nothing. Pure. [shared knowledge] */
    int32_t (*augment)(grasp_call *call, void *self, const void *knowledge, const grasp_turn *turn);

    /* Emits a JSON array that describes the knowledge, for the log of each batch. May be NULL.
     * [shared knowledge] */
    int32_t (*describe)(grasp_call *call, void *self, const void *knowledge);

    /* Learns from a batch: emits the next knowledge, or nothing to keep the present one. files
     * and knowledge: the present one, as text and as loaded. batch: JSON object
     *   {"epoch": n, "update_cycle": n (number of the batch in its epoch), "last": bool,
     *    "rollouts": [...]}
     * with rollouts as the lab gives them and "sample", the task's object, added. After an error
     * the present knowledge stays and the run stops with the text. May be NULL.
     * [exclusive self] */
    int32_t (*learn)(grasp_call *call, void *self, const grasp_lab *lab, const grasp_files *files,
                     const void *knowledge, grasp_str batch);

    /* The epoch's last batch has been learned. epoch: JSON object {"epoch": n, "dev_score": s,
     * "n_correct": n, "n_total": n}. May emit knowledge. May be NULL. [exclusive self] */
    int32_t (*epoch_end)(grasp_call *call, void *self, const grasp_lab *lab,
                         const grasp_files *files, const void *knowledge, grasp_str epoch);

    void (*close)(grasp_call *call, void *self); /* `call` may be NULL. [exclusive self] */
    const void *(*extension)(grasp_str id);      /* as in task.h. [scan] */
} grasp_method;

#ifdef __cplusplus
}
#endif

#endif
