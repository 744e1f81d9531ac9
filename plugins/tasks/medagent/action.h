/* SPDX-License-Identifier: MIT */
/* What a reply asks for. */
#pragma once

#include <grasp/ext/json.h>

#include "common/text.h"

enum action_kind {
    ACTION_INVALID,
    ACTION_GET,    /* argument: the address, without white space around it */
    ACTION_POST,   /* argument: the address; body: everything after the first line */
    ACTION_FINISH, /* argument: the text between the parentheses */
};

struct action {
    enum action_kind kind;
    grasp_str argument;
    grasp_str body;
};

/* Code fences and white space around the action are dropped. The action's texts are parts of the
 * reply or of `copy`, which the caller frees and whose `failed` tells that memory ran out. */
struct action action_read(grasp_str reply, struct text *copy);
