/* SPDX-License-Identifier: MIT */
/* The verdict on a rollout: the reference's pipeline around the graders. */
#pragma once

#include "grade/grader.h"

struct judge {
    const struct sample *sample;
    grasp_str base; /* address of the server, with a slash at its end, NUL-terminated */
    bool reference;
    /* Told of each query a grader reads; NULL for no one. */
    void (*asked)(void *context, grasp_str query);
    void *context;
};

struct verdict {
    bool correct;
    uint64_t tags; /* of wrong ones */
};

/* rollout: as grade() gets it; its "raw" has what episode.c put there. */
struct verdict judge_rollout(grasp_call *call, const grasp_json *json, const struct judge *judge,
                             const grasp_json_value *rollout);
