/* SPDX-License-Identifier: MIT */
#include "tags.h"

static const struct tag_words words[TAG_COUNT] = {
    [TAG_ANSWERED_WITHOUT_QUERY] = {"answered_without_query",
                                    "no search was sent before the answer"},
    [TAG_FINISH_NOT_JSON] = {"finish_not_json",
                             "the text in FINISH is not JSON, for instance a number with a unit"},
    [TAG_MISSING_NOT_REPORTED] = {"missing_not_reported",
                                  "no reading lies in the window, and 0, null, an empty list or "
                                  "another stand-in was given in place of -1"},
    [TAG_NO_FINISH] = {"no_finish", "the turns ran out before a FINISH"},
    [TAG_OLDER_VALUE_USED] = {"older_value_used",
                              "a reading of the window was reported that is not the newest one"},
    [TAG_PROTOCOL_INVALID] = {"protocol_invalid",
                              "a turn was not an action, for instance a sentence"},
    [TAG_READ_ONLY_TASK_USED_POST] = {"read_only_task_used_post",
                                      "a POST was sent although the task only asks"},
    [TAG_SENTINEL_OVERUSED] = {"sentinel_overused",
                               "-1 or nothing was reported although a reading lies in the window"},
    [TAG_STALE_VALUE_USED] = {"stale_value_used", "a reading older than the window was reported"},
    [TAG_WRONG_ANSWER_FORM] = {"wrong_answer_form",
                               "the answer is JSON, but not a list with one bare number"},
    [TAG_WRONG_VALUE] = {"wrong_value",
                         "the number reported is none of the patient's readings, for "
                         "instance one converted to another unit"},
};

const struct tag_table quickstart_tags = {words, TAG_COUNT};
