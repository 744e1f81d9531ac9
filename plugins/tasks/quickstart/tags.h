/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include "common/tag_table.h"

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

extern const struct tag_table quickstart_tags;
