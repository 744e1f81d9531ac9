/* SPDX-License-Identifier: MIT */
/* Whether an answer is right, as the problem's data wants it found out. */
#pragma once

#include "problem.h"

enum check_end {
    CHECK_DONE,
    CHECK_ERROR, /* the data cannot be checked by, or what a script printed is no text */
};

struct check_result {
    enum check_end end;
    bool right;
    bool has_expected;
    grasp_str expected; /* what the answer was compared with: of a match, or an example's output */
    const char *reason; /* of CHECK_ERROR */
};

/* answer: NULL for null. The result lives in the pool. */
void check_match(grasp_call *call, struct pool *pool, const struct match *match,
                 const grasp_json_value *answer, struct check_result *out);

/* Where scripts run: status and standard output of a command. Not 0: there is no machine. */
struct check_runner {
    int32_t (*run)(grasp_call *call, void *context, grasp_str argv, int32_t *out_status,
                   grasp_str *out_text);
    void *context;
};
int32_t check_scripts(grasp_call *call, struct pool *pool, const struct problem *problem,
                      const grasp_json_value *answer, const struct check_runner *runner,
                      struct check_result *out);
