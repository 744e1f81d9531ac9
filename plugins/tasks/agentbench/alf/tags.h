/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/text.h"

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

#define ALF_TAG_BIT(tag) (1u << (tag))

const char *alf_tag_name(enum alf_tag tag);
const char *alf_tag_description(enum alf_tag tag);
/* The tag with this name, -1 if there is none. */
int alf_tag_find(grasp_str name);
/* A JSON array of the names. */
void alf_tags_write(struct text *out, uint32_t tags);
