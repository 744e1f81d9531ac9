/* SPDX-License-Identifier: MIT */
#include "tags.h"

static const struct tag_words words[DB_TAG_COUNT] = {
    [DB_AGGREGATION_TASK] = {"aggregation_task", "a question for a sum, a mean or an extreme"},
    [DB_ANSWER_IN_A_SENTENCE] = {"answer_in_a_sentence",
                                 "the value was committed with words or a unit around it"},
    [DB_ANSWERED_WITHOUT_QUERY] = {"answered_without_query",
                                   "an answer was committed before any SQL had run"},
    [DB_COMPARISON_TASK] = {"comparison_task", "a question that compares rows"},
    [DB_COUNTING_TASK] = {"counting_task", "a question for a number of rows"},
    [DB_LISTED_INSTEAD_OF_COUNTED] = {"listed_instead_of_counted",
                                      "the rows were committed where their number was asked for"},
    [DB_MISSING_FINAL_ANSWER] = {"missing_final_answer", "SQL ran, and no answer was committed"},
    [DB_MUTATION_NATURAL_LANGUAGE_ANSWER] = {"mutation_natural_language_answer",
                                             "a change ended with a sentence for an answer"},
    [DB_MUTATION_NO_SQL] = {"mutation_no_sql", "a change was called done and no SQL had run"},
    [DB_MUTATION_TASK] = {"mutation_task", "the task was to change the table"},
    [DB_MUTATION_UNVERIFIED] = {"mutation_unverified",
                                "the changed rows were not looked at before the end"},
    [DB_NO_VALID_ACTION] = {"no_valid_action", "no turn held an action"},
    [DB_NUMBERS_COMPARED_AS_TEXT] = {"numbers_compared_as_text",
                                     "numbers were sorted, compared or taken the extreme of "
                                     "without a CAST; all columns are TEXT, where '9' is above "
                                     "'10'"},
    [DB_OTHER_TASK] = {"other_task", "a question of no special kind"},
    [DB_PREMATURE_NOT_FOUND] = {"premature_not_found",
                                "the data was called missing although it is there"},
    [DB_PROTOCOL_INVALID] = {"protocol_invalid", "a turn was no action"},
    [DB_RANKING_TASK] = {"ranking_task", "a question for the first or last of an order"},
    [DB_ROWS_JOINED_IN_ONE_TEXT] = {"rows_joined_in_one_text",
                                    "several values were committed as one text"},
    [DB_SQL_ERROR_LEFT_UNSOLVED] = {"sql_error_left_unsolved",
                                    "the last statement had an error, as from a name with blanks "
                                    "that was not in backticks, and the episode went on without"},
    [DB_SQL_WRITTEN_AS_TEXT] = {"sql_written_as_text",
                                "statements were written in the reply and no tool was called"},
    [DB_TASK_ERROR] = {"task_error", "the environment gave up on the episode"},
    [DB_TASK_LIMIT] = {"task_limit", "the rounds ran out before an answer was committed"},
    [DB_WHERE_CLAUSE_OMITTED] = {"where_clause_omitted",
                                 "UPDATE or DELETE ran without WHERE and met every row"},
    [DB_WRONG_VALUE_WRITTEN] = {"wrong_value_written",
                                "the change ran, and the table is not as it should be"},
};

const struct tag_table dbbench_tags = {words, DB_TAG_COUNT};
