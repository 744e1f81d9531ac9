/* SPDX-License-Identifier: MIT */
#include "tags.h"

static const struct tag_words words[OS_TAG_COUNT] = {
    [OS_TAG_ANSWER_WITH_WORDS] = {"answer_with_words",
                                  "the right value was given inside a sentence or with a unit, "
                                  "not alone"},
    [OS_TAG_ANSWERED_WITHOUT_LOOKING] = {"answered_without_looking",
                                         "an answer was given before any command was run"},
    [OS_TAG_BAD_TOOL_CALL] = {"bad_tool_call",
                              "a tool was called that is not there, or with arguments that are "
                              "none"},
    [OS_TAG_COMMAND_AS_ANSWER] = {"command_as_answer",
                                  "a command line was given as the answer, not what it prints"},
    [OS_TAG_COUNT_TOO_HIGH] = {"count_too_high",
                               "the number was higher than the right one: something was counted "
                               "that does not belong, or twice"},
    [OS_TAG_COUNT_TOO_LOW] = {"count_too_low",
                              "the number was lower than the right one: something was left out, "
                              "subfolders or hidden files for instance"},
    [OS_TAG_CUT_OUTPUT_TRUSTED] = {"cut_output_trusted",
                                   "the output was cut, and the answer rests on what was seen of "
                                   "it"},
    [OS_TAG_FINISHED_UNDONE] = {"finished_undone",
                                "the task was called finished and no command had been run"},
    [OS_TAG_MACHINE_OVERLOADED] = {"machine_overloaded",
                                   "the commands took more memory or processes than there is"},
    [OS_TAG_NO_ANSWER_GIVEN] = {"no_answer_given",
                                "the task was called finished although an answer was asked for"},
    [OS_TAG_NO_TOOL_CALL] = {"no_tool_call", "turns had words only, and no tool was called"},
    [OS_TAG_ROUNDS_USED_UP] = {"rounds_used_up", "the rounds were over before an answer"},
    [OS_TAG_COMMAND_HUNG] = {"command_hung", "a command waited for input or never came to its end"},
    [OS_TAG_WRONG_STATE] = {"wrong_state",
                            "commands were run, but the machine is not in the state that was asked "
                            "for"},
    [OS_TAG_WRONG_TEXT] = {"wrong_text", "the text that was given is another one than the right"},
};

const struct tag_table os_tags = {words, OS_TAG_COUNT};
