/* SPDX-License-Identifier: MIT */
/* Mutated and hostile replies of a writer in whole steps of learning, whose knowledge must load
 * again and name no file but the method's own. */
#include "plugin/mock_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "common/slice.h"
#include "fuzz/fuzz.h"
#include "methods/evo_memory/evo.h"
#include "methods/expel/expel.h"
#include "methods/memory/memory.h"
#include "methods/skillx/skillx.h"

#define ROUNDS 20000
#define LEARN_ROUNDS 40
#define LENGTH 600
#define MIB ((size_t)1 << 20)

/* Whole answers of each kind, and pieces that parsers stumble over. */
static const char *const seeds[] = {
    "when asked for a value, take the newest one.",
    "```json\n[\"when asked A.\", \"when asked B.\"]\n```",
    "AGREE 1: Keep it.\nREMOVE 2: Drop it.\nEDIT 3: New text.\nADD 4: Fresh rule.",
    "**ADD #3:** Bold: check the units\n- EDIT 1:tight",
    "Sure:\n```json\n{\"episodic_summary\": \"s\", \"failure_analysis\": \"f\", "
    "\"action_guidelines\": [\"Check the units first\"], \"tags\": [\"mg\"], "
    "\"should_store_episode\": true, \"should_update_semantic\": true}\n```",
    "{\"updated_rules\": [\"[P0] Check the units first\"], \"edit_log\": {}}",
    "<plan>\n# step 1: find the patient; key APIs used: GET\n# step 2: api\n</plan>",
    "```json\n[{\"option\": \"add\", \"skill\": {\"name\": \"../../etc/passwd\", \"document\": "
    "\"d\", \"content\": \"c\", \"tools\": [\"GET\"]}}]\n```",
    "<skill>[{'name': 'A', 'document': \"d\", \"content\": None}]</skill>",
    "{\xe2\x80\x9cname\xe2\x80\x9d: \xe2\x80\x9e"
    "A\xe2\x80\x9c, \"x\": [1, 2",
    "Not good.",
};
static const char *const pieces[] = {
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\\",
    "```",
    "```json\n",
    "#",
    "api",
    ":",
    ", ",
    "\n",
    "\r\n",
    "\t",
    "<plan>",
    "</plan>",
    "NaN",
    "None",
    "ADD ",
    "EDIT 1",
    "- ",
    "when asked ",
    "[P0]",
    "</skill>",
    "<memory>",
    "\x01",
    "\xc2\x85",
    "\xe2\x80\xa8",
    "\xff",
    "\xed\xa0\x80",
    "\xf0\x9f\x98\x80",
    "\xc4\xb0",
    "999999999999999999999",
    "\\u0000",
    "\\ud800",
    "{{task}}",
    "<memory",
    "</think>",
    "null",
};

static size_t put(char *out, size_t len, const char *text, size_t room)
{
    size_t size = strlen(text);
    if (size > room - len)
        size = room - len;
    memcpy(out + len, text, size);
    return len + size;
}

/* A seed that was cut, doubled or had pieces put in; NUL among its bytes now and then. */
static size_t mutate(char *out, size_t room)
{
    const char *seed = seeds[chance(sizeof(seeds) / sizeof(*seeds))];
    size_t len = put(out, 0, seed + (chance(4) ? 0 : chance((uint32_t)strlen(seed))), room);
    for (uint32_t edits = chance(8); edits > 0; edits--) {
        size_t at = len ? chance((uint32_t)len) : 0;
        char rest[LENGTH];
        size_t tail = len - at;
        memcpy(rest, out + at, tail);
        size_t middle = put(out, at, pieces[chance(sizeof(pieces) / sizeof(*pieces))], room);
        size_t skip = chance(3) || !tail ? 0 : chance((uint32_t)tail);
        if (tail - skip > room - middle)
            tail = room - middle + skip;
        memcpy(out + middle, rest + skip, tail - skip);
        len = middle + tail - skip;
        if (len && chance(6) == 0)
            out[chance((uint32_t)len)] = (char)chance(256);
    }
    return len;
}

/* Texts that are large, or many. */
static char *large(int kind)
{
    static const char *const units[] = {
        "[",        "{\"a\":", "ADD 1: x.\n", "# call api\n", "```json\n[{", "when asked \"",
        "<skill>[", "\\\"",    "[P1] ",       "option "};
    const char *unit = units[kind % (int)(sizeof(units) / sizeof(*units))];
    size_t size = strlen(unit), count = kind == 2 ? 10000 : MIB / size;
    char *text = malloc(count * size + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, unit, size);
    text[count * size] = '\0';
    return text;
}

/* Each parser by itself: the fuzz target, without a fuzzer. */
static void parsers(void **state)
{
    for (int i = 0; i < ROUNDS; i++) {
        char buffer[LENGTH];
        size_t len = mutate(buffer, sizeof(buffer));
        char *exact = malloc(len ? len : 1); /* so that the first byte read too far is found */
        memcpy(exact, buffer, len);
        LLVMFuzzerTestOneInput((const uint8_t *)exact, len);
        free(exact);
    }
}

static char *reply(void *arg, size_t number, const char *prompt)
{
    const int *hugeness = arg;
    char buffer[LENGTH + 1];
    if (*hugeness && chance(20) == 0)
        return large((int)chance(10));
    size_t len = mutate(buffer, LENGTH), kept = 0;
    if (chance(15) == 0)
        return NULL;
    for (size_t i = 0; i < len; i++) { /* a host hands on valid text only */
        if (buffer[i] > 0)
            buffer[kept++] = buffer[i];
    }
    buffer[kept] = '\0';
    return strdup(buffer);
}

static const char batch[] =
    "{\"epoch\": 0, \"update_cycle\": 0, \"last\": true, \"rollouts\": ["
    "{\"sample_id\": \"a\", \"available\": true, \"correct\": false, \"status\": \"completed\", "
    "\"failure_tags\": [\"stale_value_used\"], \"agent_actions\": [\"GET\"], \"history\": "
    "[{\"role\": \"user\", \"content\": \"{{task}}\"}], \"sample\": {\"id\": \"a\", "
    "\"description\": \"find the value\"}}, "
    "{\"sample_id\": \"b\", \"available\": true, \"correct\": true, \"status\": \"completed\", "
    "\"agent_actions\": [\"GET\", \"FINISH\"], \"history\": [], \"sample\": {\"id\": \"b\", "
    "\"description\": \"find the newest value\"}}]}";

static bool is_own(struct mock_text name)
{
    static const char *const names[] = {"memory.json",   "expel_rules.json", "expel_store.json",
                                        "semantic.json", "episodic.jsonl",   "skillx_library.json"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (name.len == strlen(names[i]) && memcmp(name.ptr, names[i], name.len) == 0)
            return true;
    }
    return false;
}

/* Learns again and again from what came out before. */
static void learn_often(const grasp_method *method, const char *compat, int huge)
{
    struct mock_host *host = mock_host_create();
    struct mock_lab lab = {.reply = reply, .arg = &huge};
    char *config = mock_config(method->options, compat);
    grasp_file files[2] = {0};
    grasp_files knowledge = {files, 0};
    void *self = NULL;
    mock_lab_open(&lab);
    assert_int_equal(method->open(mock_call(host), grasp_cstr(config), grasp_cstr("{}"), &self), 0);
    for (int i = 0; i < LEARN_ROUNDS; i++) {
        void *loaded = NULL;
        assert_int_equal(method->load(mock_call(host), self, &knowledge, &loaded), 0);
        assert_int_equal(method->describe(mock_call(host), self, loaded), 0);
        grasp_call *call = mock_call(host);
        assert_int_equal(
            method->learn(call, self, &mock_lab_table, &knowledge, loaded, grasp_cstr(batch)), 0);
        method->unload(call, self, loaded);
        assert_true(host->file_names.count <= 2);
        for (size_t k = 0; k < host->file_names.count; k++) {
            assert_true(is_own(host->file_names.items[k]));
            free((char *)files[k].name.ptr);
            free((char *)files[k].text.ptr);
            struct mock_text name = host->file_names.items[k], text = host->file_texts.items[k];
            files[k].name = (grasp_str){strndup(name.ptr, name.len), name.len};
            char *copy = malloc(text.len + 1);
            memcpy(copy, text.ptr, text.len);
            copy[text.len] = '\0';
            files[k].text = (grasp_str){copy, text.len};
            knowledge.count = host->file_names.count;
        }
    }
    method->close(mock_call(host), self);
    for (size_t k = 0; k < 2; k++) {
        free((char *)files[k].name.ptr);
        free((char *)files[k].text.ptr);
    }
    free(config);
    mock_lab_close(&lab);
    mock_host_destroy(host);
}

static void learning(void **state)
{
    static const grasp_method *const methods[] = {&memory_table, &batch_memory_table, &expel_table,
                                                  &evo_memory_table, &skillx_table};
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        learn_often(methods[i], "{\"compat\": \"reference\"}", 0);
        learn_often(methods[i], NULL, 0);
        learn_often(methods[i], NULL, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsers),
        cmocka_unit_test(learning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
