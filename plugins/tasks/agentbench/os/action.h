/* SPDX-License-Identifier: MIT */
/* What a turn of the agent asks for, in both protocols. */
#pragma once

#include "../turn.h"
#include "common/pool.h"

enum act {
    ACT_NONE,   /* nothing that is known */
    ACT_BASH,   /* run `text`, if it is one */
    ACT_COMMIT, /* the answer is `value` */
    ACT_ERROR,  /* a tool without the argument it needs */
};

struct action {
    enum act act;
    bool has_text;
    grasp_str text;                /* of ACT_BASH; of an ACT_COMMIT of the text protocol */
    grasp_str json;                /* what was given, as JSON; "null" for nothing */
    const grasp_json_value *value; /* the same; NULL for null */
};

/* A tool and its arguments, of which the first counts, whatever its name. */
void action_of_tool(grasp_call *call, grasp_str name, const grasp_json_value *arguments,
                    struct action *out);

/* Think: ... Act: ... in a text; thought may be NULL. Lives in the pool. */
void action_of_text(grasp_call *call, struct pool *pool, grasp_str raw, grasp_str *thought,
                    struct action *out);
