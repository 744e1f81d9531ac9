/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include "common/tag_table.h"

/* In alphabetical order, which is the order in verdicts. */
enum alf_tag {
    ALF_ACTION_NOT_LISTED,
    ALF_CLOSED_RECEPTACLE_SKIPPED,
    ALF_CONTEXT_LIMIT,
    ALF_LAMP_NOT_USED,
    ALF_LAMP_USED_EMPTY_HANDED,
    ALF_NO_TOOL_CALL,
    ALF_OBJECT_NEVER_FOUND,
    ALF_OBJECT_NOT_TREATED,
    ALF_OBJECT_PUT_ELSEWHERE,
    ALF_PLACES_SEARCHED_AGAIN,
    ALF_PROTOCOL_INVALID,
    ALF_SAME_ACTION_REPEATED,
    ALF_SECOND_OBJECT_FORGOTTEN,
    ALF_TASK_ERROR,
    ALF_TASK_LIMIT,
    ALF_WRONG_OBJECT_TAKEN,
    ALF_WRONG_TREATMENT,
    ALF_TAG_COUNT,
};

extern const struct tag_table alfworld_tags;
