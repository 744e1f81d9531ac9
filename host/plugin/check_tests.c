/* SPDX-License-Identifier: MIT */
/* The tests in their order, and what of each rule they see. */
#include <string.h>

#include "plugin/check_internal.h"

#define BOTH (FOR_TASK | FOR_METHOD)

const struct check_test check_tests[] = {
    {"load", "R3 R1 R2", "R2", "", FOR_FILE, false, test_load, "loads as a run loads it"},
    {"symbols", "R1", "R1", "load", FOR_FILE, false, test_symbols, "exports the entry alone"},
    {"scan", "R2", "R2", "load", FOR_FILE, false, test_scan,
     "same pointer each time and on any thread, constant tables, no output while loading"},
    {"extension", "R18 R2 R3", "R18", "", BOTH, false, test_extension,
     "answers foreign extension ids with NULL"},
    {"open", "R5 R3 R9 R16 R20", "R16", "", BOTH, false, test_open,
     "open, info, samples or knowledge, close, as a run does them"},
    {"life", "R6 R5 R7 R9 R10 R11 R12 R13 R16", "R16", "open", BOTH, false, test_life,
     "whole episodes or batches, inputs guarded and gone after each call"},
    {"closing", "R8", "R8", "life", BOTH, false, test_closing,
     "closing functions get NULL, and follow failed and unfinished calls"},
    {"refusals", "R9 R4", "R16", "closing", BOTH, false, test_refusals,
     "broken inputs: errors are explained, status codes are known ones"},
    {"rehearsal", "R15 R5 R16", "R16", "", BOTH, false, test_rehearsal,
     "the rehearsal passes foreign and hostile conversations on"},
    {"repeat", "R14", "R16", "life", BOTH, false, test_repeat,
     "the same inputs twice, on one instance and on another"},
    {"interleave", "R14", "R16", "repeat", BOTH, false, test_interleave,
     "episodes or knowledge side by side do not touch each other"},
    {"fresh", "R14", "R16", "repeat", BOTH, true, test_fresh,
     "two processes with other environment, folder, memory and time"},
    {"unknown", "R15", "R16", "repeat", BOTH, false, test_unknown,
     "members and kinds of a later version"},
    {"garbage", "R16", "R16", "refusals", BOTH, false, test_garbage,
     "drawn garbage and hostile replies: refused or of use, no crash"},
    {"threads", "R17", "R17", "repeat", BOTH, false, test_threads, "every call on another thread"},
    {"parallel", "R17", "R17", "interleave", BOTH, false, test_parallel,
     "shared calls on four threads at once"},
    {"growth", "R19", "R16", "life", BOTH, false, test_growth,
     "memory and descriptors over 128 rounds and 24 instances, or 32 and 8 slow ones"},
    {"large", "R20", "R16", "life", BOTH, false, test_large,
     "replies of 16 MiB, knowledge of 8: what comes out stays within the limits"},
    {"older_host", "R3", "R3", "repeat", BOTH, false, test_hosts,
     "a host of minor 0, whose tables end where that version's ended"},
    {"newer_host", "R3", "R3", "repeat", BOTH, false, test_hosts,
     "a host of a later minor, with longer tables and structs"},
    {0},
};

static const struct {
    const char *rule, *seen, *not_seen;
} rules[] = {
    {"R1", "the symbols that the file defines for others", ""},
    {"R2", "pointer, memory protection and output of the entry", "I/O that leaves no trace"},
    {"R3", "`size` of tables and of emitted structs; older and newer hosts",
     "padding: a matter of the compiler, -Wpadded"},
    {"R4", "status codes and 0/1 members have values that are in abi.h",
     "types: a matter of the headers"},
    {"R5",
     "all text and JSON that is emitted: UTF-8, syntax, the form that task.h and method.h give",
     "members that only people read"},
    {"R6", "inputs are read-only, end at a page's end, and are gone after the call",
     "host memory kept from scratch or JSON values, unless the output shows it"},
    {"R7", "emit functions are called where they have a place; free of what the host gave",
     "memory that is not touched again"},
    {"R8", "NULL, failed open, begin and load, unfinished episodes, no call",
     "closing twice: the host never does"},
    {"R9", "every negative status in every test has its text", ""},
    {"R10", "exceptions, panics, failed assertions: they end the process",
     "longjmp that stays unnoticed"},
    {"R11", "host functions with a call that has returned or is not one", ""},
    {"R12", "host functions on other threads; threads left after close", ""},
    {"R13", "locale, folder, umask, environment, signals, rounding, fork, output",
     "atexit, files written elsewhere"},
    {"R14", "repeated and interleaved work, a second instance, a second process",
     "inputs that no test gives"},
    {"R15", "unknown members of samples, rollouts and batches; unknown replies and conversations",
     ""},
    {"R16", "broken, drawn and hostile inputs everywhere; crash and hang in any test",
     "inputs not drawn"},
    {"R17", "a thread for each call; four threads at once", "races that did not happen"},
    {"R18", "nine foreign ids, and the known one with more behind it", ""},
    {"R19", "growth per round and per instance", "growth of less than 16 bytes a round; learn"},
    {"R20", "limits of every emit function, in every test", ""},
};

const struct check_test *check_test_find(struct str name)
{
    for (const struct check_test *t = check_tests; t->name; t++) {
        if (str_is(name, t->name))
            return t;
    }
    return NULL;
}

static bool watches(const struct check_test *test, const char *rule)
{
    for (struct str rest = str_of(test->rules); rest.len;) {
        if (str_is(str_cut(&rest, ' '), rule))
            return true;
    }
    return false;
}

static void list_tests(struct buf *out, struct json *json)
{
    buf_text(out, "Tests\n");
    struct json *list = json_new_array();
    for (const struct check_test *t = check_tests; t->name; t++) {
        struct json *row = json_new_object();
        const char *of = t->kinds == FOR_FILE ? "file" : "task, method";
        buf_printf(out, "  %-11s %-14s %s\n", t->name, of, t->what);
        json_set(row, "test", json_new_str(str_of(t->name)));
        json_set(row, "of", json_new_str(str_of(of)));
        json_set(row, "rules", json_new_str(str_of(t->rules)));
        json_set(row, "what", json_new_str(str_of(t->what)));
        json_push(list, row);
    }
    json_set(json, "tests", list);
}

void check_list(struct buf *out, struct json *json)
{
    struct json *list = json_new_array();
    buf_text(out, "Rules (abi.h), what is tested of them, and where\n");
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct json *row = json_new_object(), *tests = json_new_array();
        buf_printf(out, "  %-4s %s\n", rules[i].rule, rules[i].seen);
        if (rules[i].not_seen[0])
            buf_printf(out, "       not seen: %s\n", rules[i].not_seen);
        buf_text(out, "       tests:");
        for (const struct check_test *t = check_tests; t->name; t++) {
            if (!watches(t, rules[i].rule))
                continue;
            buf_printf(out, " %s", t->name);
            json_push(tests, json_new_str(str_of(t->name)));
        }
        buf_char(out, '\n');
        json_set(row, "rule", json_new_str(str_of(rules[i].rule)));
        json_set(row, "tested", json_new_str(str_of(rules[i].seen)));
        json_set(row, "not_seen", json_new_str(str_of(rules[i].not_seen)));
        json_set(row, "tests", tests);
        json_push(list, row);
    }
    json_set(json, "rules", list);
    list_tests(out, json);
}
