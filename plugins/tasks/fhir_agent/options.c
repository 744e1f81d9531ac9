/* SPDX-License-Identifier: MIT */
#include "options.h"

#define TEXT(name, text)                                                                           \
    "\"" name "\": {\"type\": \"string\", \"minLength\": 1, \"description\": \"" text "\"},"
#define LIST(name, otherwise, text)                                                                \
    "\"" name                                                                                      \
    "\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"default\": [\"" otherwise      \
    "\"], \"description\": \"" text "\"},"
#define NUMBER(name, least, most, otherwise, text)                                                 \
    "\"" name "\": {\"type\": \"integer\", \"minimum\": " #least ", \"maximum\": " #most           \
    ", \"default\": " #otherwise ", \"description\": \"" text "\"},"
#define REPAIR(name, text)                                                                         \
    "\"" name "\": {\"type\": \"boolean\", \"description\": \"repair: " text "\"},"

const char fhir_agent_options[] = "{\"type\": \"object\", \"properties\": {" TEXT(
    "data", "folder with questions_answers_sql_fhir.csv, or final_dataset/ with it, and the "
            "resources (*.ndjson.gz), there or in fhir/; without it, invented patients and "
            "questions") TEXT("csv", "the questions, if they are not in `data`")
    TEXT("fhir", "file or folder of FHIR resources, if they are not in `data`") TEXT(
        "fhir_base",
        "address of a FHIR server in place of resources, with FHIR_TOKEN as its bearer "
        "token; google: the cloud store that FHIR_PROJECT_ID, FHIR_LOCATION, "
        "FHIR_DATASET_ID and FHIR_STORE_ID name")
        TEXT("fhir_cache", "folder that keeps what a server has answered, for later runs") NUMBER(
            "seed", 0, 9007199254740991, 1,
            "other invented patients for another seed") NUMBER("patients", 1, 2000, 20,
                                                               "how many are invented")
            LIST("dev_splits", "train", "values of the column split that make dev") LIST(
                "val_splits", "valid", "the same for val") LIST("test_splits", "test",
                                                                "the same for id_test")
                NUMBER("dev_limit", 0, 1000000, 120, "the first so many questions; 0: all") NUMBER(
                    "val_limit", 0, 1000000, 80,
                    "the same for val") NUMBER("test_limit", 0, 1000000, 80, "the same for id_test")
                    NUMBER("max_turns", 1, 1000, 30,
                           "model calls an episode may make, in several turns")
                        NUMBER("timeout", 1, 3600, 30,
                               "seconds that a FHIR server may take for an answer")
                            NUMBER("code_timeout", 1, 3600, 60,
                                   "seconds that the agent's Python may run")
                                NUMBER(
                                    "code_memory", 64, 65536, 2048,
                                    "MiB of memory that it may use") "\"result_chars\": {\"type\": "
                                                                     "\"integer\", \"minimum\": 0, "
                                                                     "\"maximum\": 16000000, "
                                                                     "\"description\": "
                                                                     "\"characters of "
                                                                     "resources that the agent is "
                                                                     "shown at once, where it is "
                                                                     "shown "
                                                                     "any; 0: no limit. 200000, or "
                                                                     "0 "
                                                                     "under compat: reference\"},"
                                                                     "\"trace_chars\": {\"type\": "
                                                                     "\"integer\", \"minimum\": 0, "
                                                                     "\"maximum\": 16000000, "
                                                                     "\"description\": "
                                                                     "\"characters of "
                                                                     "a tool's result in the "
                                                                     "record "
                                                                     "and for a method's writer; "
                                                                     "0: "
                                                                     "all. 2000, or the "
                                                                     "reference's "
                                                                     "rule under compat: "
                                                                     "reference\"},"
                                                                     "\"search\": {\"type\": "
                                                                     "\"string\", \"enum\": "
                                                                     "[\"sane\", "
                                                                     "\"lenient\"], "
                                                                     "\"description\": "
                                                                     "\"what "
                                                                     "a server does with a "
                                                                     "parameter "
                                                                     "that it does not know. sane: "
                                                                     "id "
                                                                     "is _id, and patient is "
                                                                     "understood for Patient, "
                                                                     "Medication and Location; "
                                                                     "lenient: it is ignored, and "
                                                                     "all "
                                                                     "resources of "
                                                                     "the type match. sane, or "
                                                                     "lenient "
                                                                     "under compat: reference\"},"
                                                                     "\"compat\": {\"type\": "
                                                                     "\"string\", \"enum\": "
                                                                     "[\"default\", "
                                                                     "\"reference\"], "
                                                                     "\"default\": "
                                                                     "\"default\", "
                                                                     "\"description\": "
                                                                     "\"reference: behave as the "
                                                                     "reference does, its defects "
                                                                     "included: "
                                                                     "the repairs are then off "
                                                                     "unless "
                                                                     "given, else on\"}," REPAIR(
                                                                         "merge",
                                                                         "what is fetched again of "
                                                                         "a "
                                                                         "type joins what is "
                                                                         "there, by "
                                                                         "id") REPAIR("reminder",
                                                                                      "a turn with "
                                                                                      "neither a "
                                                                                      "tool "
                                                                                      "nor the "
                                                                                      "final "
                                                                                      "answer is "
                                                                                      "answered "
                                                                                      "with a "
                                                                                      "reminder")
                                                                         REPAIR(
                                                                             "tool_errors",
                                                                             "the agent is told "
                                                                             "what is wrong with a "
                                                                             "tool call; otherwise "
                                                                             "it ends the "
                                                                             "episode")
                                                                             REPAIR(
                                                                                 "judge_answers_"
                                                                                 "only",
                                                                                 "what is no "
                                                                                 "answer is "
                                                                                 "wrong without a "
                                                                                 "judge") TEXT("ver"
                                                                                               "dic"
                                                                                               "ts",
                                                                                               "eva"
                                                                                               "l_"
                                                                                               "cac"
                                                                                               "he."
                                                                                               "jso"
                                                                                               "n "
                                                                                               "of "
                                                                                               "a "
                                                                                               "run"
                                                                                               " of"
                                                                                               " th"
                                                                                               "e "
                                                                                               "ref"
                                                                                               "ere"
                                                                                               "nce"
                                                                                               ": "
                                                                                               "wha"
                                                                                               "t "
                                                                                               "it "
                                                                                               "say"
                                                                                               "s "
                                                                                               "is "
                                                                                               "rig"
                                                                                               "ht "
                                                                                               "is "
                                                                                               "not"
                                                                                               " "
                                                                                               "jud"
                                                                                               "ged"
                                                                                               " ag"
                                                                                               "ain"
                                                                                               "; "
                                                                                               "und"
                                                                                               "er "
                                                                                               "com"
                                                                                               "pat"
                                                                                               ": "
                                                                                               "ref"
                                                                                               "ere"
                                                                                               "nce"
                                                                                               " al"
                                                                                               "so "
                                                                                               "wha"
                                                                                               "t "
                                                                                               "it "
                                                                                               "say"
                                                                                               "s "
                                                                                               "is "
                                                                                               "wro"
                                                                                               "ng")
                                                                                 TEXT("judge_name",
                                                                                      "name of the "
                                                                                      "judge in "
                                                                                      "its keys, "
                                                                                      "as in "
                                                                                      "openai/"
                                                                                      "gpt-oss-"
                                                                                      "120b") "\"pr"
                                                                                              "ompt"
                                                                                              "s_"
                                                                                              "dir"
                                                                                              "\": "
                                                                                              "{\"t"
                                                                                              "ype"
                                                                                              "\": "
                                                                                              "\"st"
                                                                                              "ring"
                                                                                              "\", "
                                                                                              "\"mi"
                                                                                              "nLen"
                                                                                              "gth"
                                                                                              "\": "
                                                                                              "1, "
                                                                                              "\"de"
                                                                                              "scri"
                                                                                              "ptio"
                                                                                              "n\":"
                                                                                              " \"f"
                                                                                              "olde"
                                                                                              "r "
                                                                                              "with"
                                                                                              " tex"
                                                                                              "ts "
                                                                                              "that"
                                                                                              " rep"
                                                                                              "lace"
                                                                                              " the"
                                                                                              " bui"
                                                                                              "lt-"
                                                                                              "in "
                                                                                              "ones"
                                                                                              " of "
                                                                                              "the "
                                                                                              "same"
                                                                                              " nam"
                                                                                              "e\"}"
                                                                                              "}}";
