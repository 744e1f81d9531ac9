/* SPDX-License-Identifier: MIT */
#include "tags.h"

static const struct tag_words words[TAG_COUNT] = {
    [TAG_ANSWERED_WITHOUT_RETRIEVAL] = {"answered_without_retrieval",
                                        "the answer was given before any resource was fetched"},
    [TAG_CODE_ERROR_IGNORED] =
        {"code_error_ignored",
         "the last Python ended with an error, and an answer was given all the same"},
    [TAG_CODE_NOT_RUN] = {"code_not_run",
                          "resources were fetched, but no Python ever looked at them"},
    [TAG_CONTEXT_EXHAUSTED] = {"context_exhausted",
                               "the conversation became too long for the model"},
    [TAG_EXISTING_DATA_DENIED] = {"existing_data_denied",
                                  "the answer says that there is nothing, although there is"},
    [TAG_EXTRA_VALUES_GIVEN] = {"extra_values_given",
                                "the true values are in the answer, together with others"},
    [TAG_LIST_INCOMPLETE] = {"list_incomplete",
                             "some of several values are in the answer, others are missing"},
    [TAG_MISSING_DATA_INVENTED] = {"missing_data_invented",
                                   "a value was given although the chart has none"},
    [TAG_NO_FINAL_ANSWER] = {"no_final_answer",
                             "the turns ran out before a line with the final answer"},
    [TAG_REPLY_WITHHELD] = {"reply_withheld", "the endpoint's content filter withheld a reply"},
    [TAG_RESOURCE_TYPE_NOT_RETRIEVED] = {"resource_type_not_retrieved",
                                         "no resource was fetched of a type that the answer is in"},
    [TAG_RESOURCES_MISSED] = {"resources_missed",
                              "the right type was fetched, but not all resources that matter"},
    [TAG_TIME_ZONE_SHIFTED] =
        {"time_zone_shifted",
         "the time is off by whole hours: it was converted in place of read as it is written"},
    [TAG_TOOL_CALL_FAILED] = {"tool_call_failed",
                              "a tool was called with arguments that it does not take"},
    [TAG_UNKNOWN_TOOL_CALLED] =
        {"unknown_tool_called",
         "a tool was called that is not offered, or none where one had to be"},
    [TAG_WRONG_NUMBER] = {"wrong_number", "a number was given, and it is not the true one"},
    [TAG_WRONG_TEXT] = {"wrong_text", "the answer is none of the true words"},
    [TAG_WRONG_TIME] = {"wrong_time", "the date or time is not the true one"},
    [TAG_YES_NO_REVERSED] = {"yes_no_reversed", "yes was answered for no, or no for yes"},
};

const struct tag_table fhir_agent_tags = {words, TAG_COUNT};
