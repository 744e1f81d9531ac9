/* SPDX-License-Identifier: MIT */
#include "tags.h"

static const struct tag_words words[ALF_TAG_COUNT] = {
    [ALF_ACTION_NOT_LISTED] = {"action_not_listed",
                               "an action was given that is not among the available ones, and "
                               "nothing happened"},
    [ALF_CLOSED_RECEPTACLE_SKIPPED] = {"closed_receptacle_skipped",
                                       "the agent stood before a closed receptacle and left "
                                       "without opening it"},
    [ALF_CONTEXT_LIMIT] = {"context_limit", "the conversation became too long for the model"},
    [ALF_LAMP_NOT_USED] = {"lamp_not_used",
                           "the object was in the hand and the lamp was never turned on"},
    [ALF_LAMP_USED_EMPTY_HANDED] = {"lamp_used_empty_handed",
                                    "the lamp was turned on while the object was not in the hand"},
    [ALF_NO_TOOL_CALL] = {"no_tool_call", "a reply held no call of the tool"},
    [ALF_OBJECT_NEVER_FOUND] = {"object_never_found",
                                "the object that the task is about was never taken"},
    [ALF_OBJECT_NOT_TREATED] = {"object_not_treated",
                                "the object was put down in its place and had not been cleaned, "
                                "heated or cooled"},
    [ALF_OBJECT_PUT_ELSEWHERE] = {"object_put_elsewhere",
                                  "the object was put into another kind of receptacle than asked"},
    [ALF_PLACES_SEARCHED_AGAIN] = {"places_searched_again",
                                   "the same place was gone to three times or more"},
    [ALF_PROTOCOL_INVALID] = {"protocol_invalid",
                              "a call of the tool had no usable action in its arguments"},
    [ALF_SAME_ACTION_REPEATED] = {"same_action_repeated",
                                  "the same action three times in a row ended the episode"},
    [ALF_SECOND_OBJECT_FORGOTTEN] = {"second_object_forgotten",
                                     "one object was put down in its place and the second was not"},
    [ALF_TASK_ERROR] = {"task_error", "the environment gave up on the episode"},
    [ALF_TASK_LIMIT] = {"task_limit", "the turns ran out before the goal was reached"},
    [ALF_WRONG_OBJECT_TAKEN] = {"wrong_object_taken",
                                "an object of another kind was taken than the one asked for"},
    [ALF_WRONG_TREATMENT] = {"wrong_treatment",
                             "the object was treated in another way than asked, as heated where "
                             "it should be cooled"},
};

const struct tag_table alfworld_tags = {words, ALF_TAG_COUNT};
