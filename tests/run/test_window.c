/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run/window.h"

static struct message msg(const char *role, const char *content)
{
    return (struct message){.role = str_of(role), .content = str_of(content)};
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct task_window reference = {10, false, STR("[{{count}} left out]")};
static const struct task_window whole = {10, true, STR("[{{count}} left out]")};

static void test_segments(void **state)
{
    assert_int_equal(window_segments(STR("")), 0);
    assert_int_equal(window_segments(STR("sevenxx")), 1);
    assert_int_equal(window_segments(STR("eightxxx")), 2);
    assert_int_equal(window_segments(STR("a b\nc\td")), 5);
    assert_int_equal(window_segments(STR("\xff\xfe")), 2);
}

static void test_short_ones_stay(void **state)
{
    struct arena arena = {0};
    struct message in[] = {msg("system", "a b"), msg("user", "c d")};
    const struct task_window none = {0};
    size_t count;
    assert_ptr_equal(window_apply(in, 2, &whole, &arena, &count), in);
    assert_int_equal(count, 2);
    assert_ptr_equal(window_apply(in, 2, &none, &arena, &count), in);
    arena_clear(&arena);
}

static const struct message talk[] = {
    {.role = STR("system"), .content = STR("s s")}, {.role = STR("user"), .content = STR("u u")},
    {.role = STR("agent"), .content = STR("1 2")},  {.role = STR("tool"), .content = STR("3 4")},
    {.role = STR("agent"), .content = STR("5 6")},  {.role = STR("tool"), .content = STR("7 8")},
};

static void test_reference(void **state)
{
    struct arena arena = {0};
    size_t count;
    const struct message *out = window_apply(talk, COUNT(talk), &reference, &arena, &count);
    assert_int_equal(count, 4);
    assert_true(str_is(out[0].content, "s s\n\n[2 left out]"));
    assert_true(str_is(out[1].role, "tool"));
    assert_true(str_is(out[3].content, "7 8"));
    assert_true(str_is(talk[0].content, "s s"));
    arena_clear(&arena);
}

static void test_whole(void **state)
{
    struct arena arena = {0};
    size_t count;
    const struct message *out = window_apply(talk, COUNT(talk), &whole, &arena, &count);
    assert_int_equal(count, 4);
    assert_true(str_is(out[0].content, "s s\n\n[2 left out]"));
    assert_true(str_is(out[1].content, "u u"));
    assert_true(str_is(out[2].role, "agent"));
    assert_true(str_is(out[3].content, "7 8"));

    /* one more word, and the last call is too long: its result goes with it */
    struct message longer[COUNT(talk)];
    memcpy(longer, talk, sizeof(talk));
    longer[4].content = STR("5 6 and more and more");
    out = window_apply(longer, COUNT(talk), &whole, &arena, &count);
    assert_int_equal(count, 2);
    assert_true(str_is(out[0].content, "s s\n\n[4 left out]"));
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_short_ones_stay),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
