/* SPDX-License-Identifier: MIT */
/* Failure tags: how an episode went wrong. */
#pragma once

#include "common/tag_table.h"

/* In alphabetical order, which is the order in verdicts. */
enum os_tag {
    OS_TAG_ANSWER_WITH_WORDS,
    OS_TAG_ANSWERED_WITHOUT_LOOKING,
    OS_TAG_BAD_TOOL_CALL,
    OS_TAG_COMMAND_AS_ANSWER,
    OS_TAG_COMMAND_HUNG,
    OS_TAG_COUNT_TOO_HIGH,
    OS_TAG_COUNT_TOO_LOW,
    OS_TAG_CUT_OUTPUT_TRUSTED,
    OS_TAG_FINISHED_UNDONE,
    OS_TAG_MACHINE_OVERLOADED,
    OS_TAG_NO_ANSWER_GIVEN,
    OS_TAG_NO_TOOL_CALL,
    OS_TAG_ROUNDS_USED_UP,
    OS_TAG_WRONG_STATE,
    OS_TAG_WRONG_TEXT,
    OS_TAG_COUNT,
};

extern const struct tag_table os_tags;
