/* SPDX-License-Identifier: MIT */
/*
 * "grasp.rehearsal/1", offered by tasks and methods: a deterministic stand-in for a model, so
 * that everything runs offline. It sees what a model would see and nothing else.
 *
 * A task plays its own environment competently but with characteristic flaws, each named by one
 * of its failure tags. Guidance that mentions a tag switches that flaw off; guidance that says
 * "always <tag>" makes the flaw happen wherever it can. A method answers its own writer prompts
 * from the tags it reads in them, with useful, useless and harmful proposals, so that a gate has
 * something to refuse.
 */
#ifndef GRASP_EXT_REHEARSAL_H
#define GRASP_EXT_REHEARSAL_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRASP_EXT_REHEARSAL "grasp.rehearsal/1"

/* messages: the conversation with its guidance. tools: JSON array or empty. temperature and
 * seed: of the request; replies at temperature 0 do not depend on the seed. */
typedef struct grasp_rehearsal_request {
    uint32_t size;
    uint32_t reserved;
    const grasp_message *const *messages;
    uint64_t count;
    grasp_str tools;
    double temperature;
    uint64_t seed;
} grasp_rehearsal_request;

typedef struct grasp_rehearsal {
    uint32_t size;
    uint32_t reserved;

    /* Emits one message, the model's reply, or returns GRASP_E_UNSUPPORTED without fail() for a
     * conversation that is not its own. Needs no open instance. [scan, with a call] */
    int32_t (*reply)(grasp_call *call, const grasp_rehearsal_request *request);
} grasp_rehearsal;

#ifdef __cplusplus
}
#endif

#endif
