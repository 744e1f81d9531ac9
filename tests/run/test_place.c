/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run/place.h"

static struct message msg(const char *role, const char *content)
{
    return (struct message){.role = str_of(role), .content = str_of(content)};
}

static struct guidance guide(enum placement placement, const char *text)
{
    return (struct guidance){.placement = placement, .text = str_of(text)};
}

#define CHECK(index, expected)                                                                     \
    assert_true(str_is(out[index].content, expected) ||                                            \
                (print_message("got: %s\n", out[index].content.ptr), false))

static void test_nothing_to_place(void **state)
{
    struct arena arena = {0};
    struct message in[] = {msg("user", "task")};
    struct guidance g = guide(PLACE_RECENT, "");
    size_t count;
    assert_ptr_equal(place_guidance(in, 1, &g, PLACE_RECENT, NULL, &arena, &count), in);
    assert_int_equal(count, 1);
    arena_clear(&arena);
}

static void test_recent(void **state)
{
    struct arena arena = {0};
    struct guidance g = guide(PLACE_RECENT, "GUIDE");
    size_t count;
    struct message first[] = {msg("system", "sys"), msg("user", "task")};
    const struct message *out = place_guidance(first, 2, &g, PLACE_FIRST, NULL, &arena, &count);
    CHECK(0, "sys");
    CHECK(1, "GUIDE\n\ntask");

    struct message later[] = {msg("user", "task"), msg("agent", "GET"), msg("user", "data")};
    out = place_guidance(later, 3, &g, PLACE_FIRST, NULL, &arena, &count);
    CHECK(0, "task");
    CHECK(2, "data\n\nGUIDE");
    assert_true(str_is(later[2].content, "data"));

    /* with tool results the last user message is the task, and no model turn precedes it */
    struct message tools[] = {msg("user", "task"), msg("agent", ""), msg("tool", "42")};
    out = place_guidance(tools, 3, &g, PLACE_FIRST, NULL, &arena, &count);
    CHECK(0, "GUIDE\n\ntask");

    struct message none[] = {msg("agent", "a"), msg("tool", "b")};
    out = place_guidance(none, 2, &g, PLACE_FIRST, NULL, &arena, &count);
    CHECK(0, "a\n\nGUIDE");
    arena_clear(&arena);
}

static void test_first(void **state)
{
    struct arena arena = {0};
    struct guidance g = guide(PLACE_TASK, "GUIDE \xc3\xa9");
    size_t count;
    struct message json[] = {
        msg("user", "{\"a\": 1, \"skills\": \"\", \"selected_skills\": [], \"b\": \"x\"}"),
        msg("agent", "GET")};
    const struct message *out = place_guidance(json, 2, &g, PLACE_FIRST, "skills", &arena, &count);
    CHECK(0, "{\n  \"a\": 1,\n  \"skills\": \"GUIDE \\u00e9\",\n  \"b\": \"x\"\n}");

    struct message text[] = {msg("user", "[1]")};
    out = place_guidance(text, 1, &g, PLACE_FIRST, "skills", &arena, &count);
    CHECK(0, "[1]\n\nGUIDE \xc3\xa9");
    arena_clear(&arena);
}

static void test_system(void **state)
{
    struct arena arena = {0};
    struct guidance g = guide(PLACE_SYSTEM, "GUIDE");
    size_t count;
    struct message with[] = {msg("system", "sys"), msg("user", "task")};
    const struct message *out = place_guidance(with, 2, &g, PLACE_TASK, NULL, &arena, &count);
    CHECK(0, "sys\n\nGUIDE");
    assert_int_equal(count, 2);

    struct message without[] = {msg("user", "task")};
    out = place_guidance(without, 1, &g, PLACE_TASK, NULL, &arena, &count);
    assert_int_equal(count, 2);
    assert_true(str_is(out[0].role, "system"));
    CHECK(0, "GUIDE");
    CHECK(1, "task");
    arena_clear(&arena);
}

static void test_field(void **state)
{
    struct arena arena = {0};
    struct guidance g = guide(PLACE_FIELD, "GUIDE");
    size_t count;
    g.task_line = STR("TASK:");
    struct message object[] = {msg("user", "{\"a\": 1, \"selected_skills\": 2}")};
    const struct message *out = place_guidance(object, 1, &g, PLACE_FIRST, NULL, &arena, &count);
    CHECK(0, "{\n  \"a\": 1,\n  \"selected_skills\": 2,\n  \"behavioral_skills\": \"GUIDE\"\n}");
    out = place_guidance(object, 1, &g, PLACE_FIRST, "here", &arena, &count);
    CHECK(0, "{\n  \"a\": 1,\n  \"selected_skills\": 2,\n  \"here\": \"GUIDE\"\n}");

    struct message text[] = {msg("user", "task")};
    out = place_guidance(text, 1, &g, PLACE_FIRST, "here", &arena, &count);
    CHECK(0, "GUIDE\n\nTASK:\ntask");

    struct message later[] = {msg("user", "{}"), msg("agent", "GET"), msg("user", "{\"b\": 1}")};
    out = place_guidance(later, 3, &g, PLACE_FIRST, NULL, &arena, &count);
    CHECK(0, "{}");
    CHECK(2, "{\"b\": 1}\n\nGUIDE");
    arena_clear(&arena);
}

static void test_opening(void **state)
{
    struct arena arena = {0};
    struct guidance g = guide(PLACE_OPENING, "GUIDE");
    size_t count;
    struct message two[] = {msg("tool", "x"), msg("user", "task"), msg("system", "sys")};
    const struct message *out = place_guidance(two, 3, &g, PLACE_FIRST, NULL, &arena, &count);
    CHECK(1, "GUIDE\n\ntask");
    CHECK(2, "sys");

    struct message later[] = {msg("user", "task"), msg("agent", "GET"), msg("user", "data")};
    assert_ptr_equal(place_guidance(later, 3, &g, PLACE_FIRST, NULL, &arena, &count), later);
    assert_int_equal(count, 3);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_place),
        cmocka_unit_test(test_field),
        cmocka_unit_test(test_opening),
        cmocka_unit_test(test_recent),
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_system),
        cmocka_unit_test(test_field),
        cmocka_unit_test(test_opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
