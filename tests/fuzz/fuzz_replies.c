/* SPDX-License-Identifier: MIT */
/* What a writer answers the baselines: notes, operations, reflections, plans and skills. */
#include "fuzz.h"

#include <grasp/helpers.h>
#include <stdlib.h>
#include <string.h>

#include "common/lines.h"
#include "common/loose.h"
#include "common/overlap.h"
#include "common/reply.h"
#include "common/rule_text.h"
#include "common/slice.h"
#include "methods/evo_memory/evo.h"
#include "methods/expel/expel.h"
#include "methods/memory/memory.h"
#include "methods/skillx/skillx.h"
#include "plugin/mock_host.h"

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static void read_notes(grasp_call *call, struct pool *pool, grasp_str text)
{
    struct strings notes = {0};
    grasp_str note, why = {"", 0};
    size_t raw;
    if (note_read(call, pool, text, &note)) {
        REQUIRE(line_starts(note, "when asked"));
        REQUIRE(!memchr(note.ptr, '\n', note.len));
    }
    notes_read(call, pool, text, &notes, &raw, &why);
    REQUIRE(notes.count <= raw);
}

static void read_rules(grasp_call *call, struct pool *pool, grasp_str text, bool reference)
{
    const struct expel_options options = {.max_num_rules = 5,
                                          .strict_lines = !reference,
                                          .numbered_operations = !reference,
                                          .dedup_rules = !reference};
    struct operations operations = {0};
    struct rules rules = {0};
    grasp_str why = {"", 0};
    operations_read(pool, text, &options, &operations);
    for (size_t i = 0; i < operations.count; i++)
        REQUIRE(operations.items[i].text.len > 0 && slice_ends(operations.items[i].text, "."));
    rules_read(call, pool, text, &rules, &why);
    rules_apply(pool, &rules, &operations, false, &options);
    REQUIRE(rules.count <= 5);
}

static void read_objects(grasp_call *call, struct pool *pool, grasp_str text, bool reference)
{
    const grasp_json *json = grasp_json_of(call);
    struct reflection reflection;
    grasp_json_value *value = object_in_reply(call, text, !reference);
    REQUIRE(!value || json->kind(value) == GRASP_JSON_OBJECT);
    reflection_read(call, pool, value, &reflection);
    REQUIRE(reflection.guidelines.count <= 5 && reflection.tags.count <= 10);
    grasp_str rule = rule_text(pool, text);
    REQUIRE(rule_priority(rule) >= 0 && rule_priority(rule) <= 2);
    REQUIRE(utf8_count(text_truncate(pool, text, 100)) <= 100);
}

static void read_skills(grasp_call *call, struct pool *pool, grasp_str text, bool reference)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = list_in_reply(call, text, !reference);
    const grasp_json_value *merged = merged_in(call, text);
    struct library library = {0};
    struct record record;
    grasp_str plan, why = {"", 0};
    for (uint64_t i = 0; json->kind(list) == GRASP_JSON_ARRAY && i < json->count(list); i++)
        record_read(call, pool, json->at(list, i), &record);
    record_read(call, pool, merged, &record);
    if (plan_read(text, &plan))
        REQUIRE(plan.len > 0);
    plan_steps(pool, text);
    library_read(call, pool, text, &library, &why);
    grasp_str again = library_file(call, &library);
    REQUIRE(library_read(call, pool, again, &library, &why));
}

static void compare_words(struct pool *pool, grasp_str text)
{
    struct bag a = bag_make(pool, text), b = bag_make(pool, grasp_cstr("the answer"));
    double likeness = bag_cosine(&a, &b);
    REQUIRE(likeness >= 0 && likeness <= 1.0000001 && bag_jaccard(&a, &b) <= likeness + 1e-9);
}

/* Which parser reads an input, and how, is drawn from the input itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mock_host *host;
    struct pool pool CLEANUP_POOL = {0};
    const grasp_str text = {(const char *)data, size};
    uint64_t draw = slice_hash(text) >> 20;
    host = host ? host : mock_host_create();
    grasp_call *call = mock_call(host);
    if (draw % 4 == 0)
        read_notes(call, &pool, text);
    else if (draw % 4 == 1)
        read_rules(call, &pool, text, draw & 16);
    else if (draw % 4 == 2)
        read_objects(call, &pool, text, draw & 16);
    else
        read_skills(call, &pool, text, draw & 16);
    if (draw % 64 == 0)
        compare_words(&pool, text);
    return 0;
}
