/* SPDX-License-Identifier: MIT */
/*
 * A method's options from one list: a struct, the JSON Schema and the table to read them by.
 *
 *     #define OPTIONS(BOOL, REPAIR, INT, NUMBER)                                        \
 *         INT(top_k, 5, 1, 1000, "skills that are shown")                              \
 *         REPAIR(wrap_objects, "a single object counts as a list of one")
 *     struct options { OPTION_FIELDS(OPTIONS) };
 *     const char schema[] = OPTION_SCHEMA(OPTIONS);
 *     #define OPTIONS_OF struct options
 *     static const struct option table[] = OPTION_TABLE(OPTIONS);
 *
 * A repair is a switch that is off under `compat: reference` and on otherwise, unless it is given.
 */
#pragma once

#include <grasp/helpers.h>
#include <stdbool.h>

enum option_kind { OPTION_BOOL, OPTION_REPAIR, OPTION_INT, OPTION_NUMBER };

struct option {
    const char *name; /* NULL ends a table */
    enum option_kind kind;
    double otherwise;
    size_t at; /* in the struct */
};

/* What every method that learns from a writer has. */
struct common_options {
    bool reference; /* compat: reference */
    int64_t max_guidance_chars;
    double writer_temperature;
    int32_t placement;
    bool show_tags, show_answers; /* repairs */
    grasp_str prompts_dir;        /* borrowed until the call ends */
};

#define OPTION_FIELD_BOOL(name, otherwise, text) bool name;
#define OPTION_FIELD_REPAIR(name, text) bool name;
#define OPTION_FIELD_INT(name, otherwise, least, most, text) int64_t name;
#define OPTION_FIELD_NUMBER(name, otherwise, least, most, text) double name;
#define OPTION_FIELDS(LIST)                                                                        \
    LIST(OPTION_FIELD_BOOL, OPTION_FIELD_REPAIR, OPTION_FIELD_INT, OPTION_FIELD_NUMBER)

#define OPTION_TEXT_OF(name, type, text)                                                           \
    ", \"" #name "\": {\"type\": \"" type "\", \"description\": \"" text "\""
#define OPTION_TEXT_BOOL(name, otherwise, text)                                                    \
    OPTION_TEXT_OF(name, "boolean", text) ", \"default\": " #otherwise "}"
#define OPTION_TEXT_REPAIR(name, text) OPTION_TEXT_OF(name, "boolean", "repair: " text) "}"
#define OPTION_TEXT_INT(name, otherwise, least, most, text)                                        \
    OPTION_TEXT_OF(name, "integer", text)                                                          \
    ", \"default\": " #otherwise ", \"minimum\": " #least ", \"maximum\": " #most "}"
#define OPTION_TEXT_NUMBER(name, otherwise, least, most, text)                                     \
    OPTION_TEXT_OF(name, "number", text)                                                           \
    ", \"default\": " #otherwise ", \"minimum\": " #least ", \"maximum\": " #most "}"

#define OPTION_COMMON_TEXT                                                                         \
    "\"compat\": {\"type\": \"string\", \"enum\": [\"default\", \"reference\"], \"default\": "     \
    "\"default\", \"description\": \"reference: behave as the reference implementation, its "      \
    "defects included: the repairs are then off unless given, else on\"}, "                        \
    "\"placement\": {\"type\": \"string\", \"enum\": [\"task\", \"recent\", \"first\", "           \
    "\"system\", \"field\", \"opening\"], \"description\": \"where guidance stands in the "        \
    "conversation; task: where the task wants it, the default\"}, "                                \
    "\"max_guidance_chars\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 10000000, "      \
    "\"description\": \"characters of guidance in a call; the rest is cut by rank, and a line "    \
    "says so; 0: no limit. 12000, or 0 under compat: reference\"}, "                               \
    "\"writer_temperature\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 2, \"default\": " \
    "0.7, \"description\": \"temperature of the writer\"}, "                                       \
    "\"prompts_dir\": {\"type\": \"string\", \"description\": \"folder with files that replace "   \
    "those of prompts/ of the same name\"}, "                                                      \
    "\"show_tags\": {\"type\": \"boolean\", \"description\": \"repair: the writer sees the "       \
    "grader's failure tags and what they mean\"}, "                                                \
    "\"show_answers\": {\"type\": \"boolean\", \"description\": \"repair: the writer sees the "    \
    "expected answer, if the task gives it\"}"

/* more: further properties, each beginning with a comma. */
#define OPTION_SCHEMA_AND(LIST, more)                                                              \
    "{\"type\": \"object\", \"properties\": {" OPTION_COMMON_TEXT LIST(                            \
        OPTION_TEXT_BOOL, OPTION_TEXT_REPAIR, OPTION_TEXT_INT, OPTION_TEXT_NUMBER) more "}}"
#define OPTION_SCHEMA(LIST) OPTION_SCHEMA_AND(LIST, "")

/* OPTIONS_OF is to be defined as the type of the struct. */
#define OPTION_ROW_BOOL(name, otherwise, text)                                                     \
    {#name, OPTION_BOOL, otherwise, offsetof(OPTIONS_OF, name)},
#define OPTION_ROW_REPAIR(name, text) {#name, OPTION_REPAIR, 0, offsetof(OPTIONS_OF, name)},
#define OPTION_ROW_INT(name, otherwise, least, most, text)                                         \
    {#name, OPTION_INT, otherwise, offsetof(OPTIONS_OF, name)},
#define OPTION_ROW_NUMBER(name, otherwise, least, most, text)                                      \
    {#name, OPTION_NUMBER, otherwise, offsetof(OPTIONS_OF, name)},
#define OPTION_TABLE(LIST)                                                                         \
    {                                                                                              \
        LIST(OPTION_ROW_BOOL, OPTION_ROW_REPAIR, OPTION_ROW_INT, OPTION_ROW_NUMBER)                \
        {                                                                                          \
            NULL, OPTION_BOOL, 0, 0                                                                \
        }                                                                                          \
    }

/* Reads the options of both kinds. compat_placement: GRASP_PLACE_* of the reference. */
int32_t options_load(grasp_call *call, grasp_str config, int32_t compat_placement,
                     struct common_options *common, const struct option *table, void *own);
