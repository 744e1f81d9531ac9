/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include "common/tag_table.h"

/* In alphabetical order, which is the order in verdicts. */
enum tag {
    TAG_ANSWERED_WITHOUT_RETRIEVAL,
    TAG_CODE_ERROR_IGNORED,
    TAG_CODE_NOT_RUN,
    TAG_CONTEXT_EXHAUSTED,
    TAG_EXISTING_DATA_DENIED,
    TAG_EXTRA_VALUES_GIVEN,
    TAG_LIST_INCOMPLETE,
    TAG_MISSING_DATA_INVENTED,
    TAG_NO_FINAL_ANSWER,
    TAG_REPLY_WITHHELD,
    TAG_RESOURCE_TYPE_NOT_RETRIEVED,
    TAG_RESOURCES_MISSED,
    TAG_TIME_ZONE_SHIFTED,
    TAG_TOOL_CALL_FAILED,
    TAG_UNKNOWN_TOOL_CALLED,
    TAG_WRONG_NUMBER,
    TAG_WRONG_TEXT,
    TAG_WRONG_TIME,
    TAG_YES_NO_REVERSED,
    TAG_COUNT,
};

extern const struct tag_table fhir_agent_tags;
