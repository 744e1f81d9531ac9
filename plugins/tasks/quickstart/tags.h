/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include <grasp/abi.h>

#include "text.h"

/* In alphabetical order, which is the order in verdicts. */
enum tag {
    TAG_ANSWERED_WITHOUT_QUERY,
    TAG_FINISH_NOT_JSON,
    TAG_MISSING_NOT_REPORTED,
    TAG_NO_FINISH,
    TAG_OLDER_VALUE_USED,
    TAG_PROTOCOL_INVALID,
    TAG_READ_ONLY_TASK_USED_POST,
    TAG_SENTINEL_OVERUSED,
    TAG_STALE_VALUE_USED,
    TAG_WRONG_ANSWER_FORM,
    TAG_WRONG_VALUE,
    TAG_COUNT,
};

/* Sets of tags have the bit 1 << tag. */
#define TAG_BIT(tag) (1u << (tag))

const char *tag_name(enum tag tag);
const char *tag_description(enum tag tag);
/* The tag with this name, -1 if there is none. */
int tag_find(grasp_str name);
/* A JSON array of the names. */
void tags_write(struct text *out, uint32_t tags);
