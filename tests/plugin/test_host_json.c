/* SPDX-License-Identifier: MIT */
/* grasp.json/1 as the host gives it: walks over members. */
#include "plugin/call.h" /* first: cmocka makes a macro of `fail` */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MANY 300000

static const grasp_json *const json = &extension_json;

static struct call call;

static int begin(void **state)
{
    call_init(&call, CALL_GRADE, "walker", "grade");
    return 0;
}

static int finish(void **state)
{
    struct err err;
    return call_finish(&call, GRASP_OK, &err);
}

static grasp_json_value *parse(const char *text)
{
    grasp_json_value *value = json->parse((grasp_call *)&call, str_to(str_of(text)), NULL);
    assert_non_null(value);
    return value;
}

static void expect(const grasp_json_value *object, uint64_t index, const char *key, int64_t number)
{
    grasp_str name = {0};
    const grasp_json_value *value = json->member(object, index, &name);
    assert_int_equal(name.len, strlen(key));
    assert_memory_equal(name.ptr, key, name.len);
    assert_int_equal(json->as_int(value, -1), number);
}

static void members_in_any_order(void **state)
{
    const grasp_json_value *object = parse("{\"a\": 1, \"b\": 2, \"c\": 3}");
    expect(object, 1, "b", 2);
    expect(object, 1, "b", 2);
    expect(object, 0, "a", 1);
    expect(object, 2, "c", 3);
    expect(object, 2, "c", 3);
    expect(object, 0, "a", 1);
    assert_null(json->member(object, 3, NULL));
    assert_null(json->member(object, UINT64_MAX, NULL));
    assert_null(json->member(NULL, 0, NULL));
    assert_null(json->member(parse("[1]"), 0, NULL));
    assert_null(json->member(parse("{}"), 0, NULL));
}

/* More walks at once than the host remembers, each broken off in the middle. */
static void walks_side_by_side(void **state)
{
    grasp_json_value *objects[20];
    for (size_t i = 0; i < 20; i++)
        objects[i] = parse("{\"a\": 1, \"b\": 2, \"c\": 3}");
    for (uint64_t index = 0; index < 2; index++) {
        for (size_t i = 0; i < 20; i++)
            expect(objects[i], index, index ? "b" : "a", (int64_t)index + 1);
    }
}

/* Enough members that the table is made anew, and one that is replaced while it is walked over. */
static void members_that_are_set_amid_a_walk(void **state)
{
    grasp_call *base = (grasp_call *)&call;
    grasp_json_value *object = parse("{\"first\": 0, \"inner\": {\"x\": 1, \"y\": 2}}");
    const grasp_json_value *inner = json->member(object, 1, NULL);
    expect(inner, 0, "x", 1);
    json->set(base, object, str_to(STR("inner")), parse("{\"z\": 5, \"w\": 6}"));
    expect(json->member(object, 1, NULL), 0, "z", 5);
    for (int i = 0; i < 100; i++) {
        char key[16];
        expect(object, 0, "first", 0);
        snprintf(key, sizeof(key), "k%d", i);
        json->set(base, object, str_to(str_of(key)), json->new_int(base, i));
        expect(object, (uint64_t)i + 2, key, i);
    }
}

/* What a call has left behind is not found by the next one, though its memory may be. */
static void walks_end_with_the_call(void **state)
{
    for (int i = 0; i < 50; i++) {
        char text[64];
        struct err err;
        snprintf(text, sizeof(text), "{\"a%d\": %d, \"b%d\": 7}", i, i, i);
        const grasp_json_value *object = parse(text);
        snprintf(text, sizeof(text), "a%d", i);
        expect(object, 0, text, i);
        assert_int_equal(call_finish(&call, GRASP_OK, &err), 0);
        call_init(&call, CALL_GRADE, "walker", "grade");
    }
}

/* Would take hours if each member were looked for from the first one. */
static void large_objects_one_in_another(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "{");
    for (int i = 0; i < MANY; i++)
        buf_printf(&text, "%s\"%d\": {\"a\": %d, \"b\": 0}", i ? ", " : "", i, i);
    buf_text(&text, "}");
    const grasp_json_value *object = parse(text.ptr);
    for (uint64_t i = 0; i < MANY; i++) {
        const grasp_json_value *inner = json->member(object, i, NULL);
        expect(inner, 0, "a", (int64_t)i);
        expect(inner, 1, "b", 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_in_any_order, begin, finish),
        cmocka_unit_test_setup_teardown(walks_side_by_side, begin, finish),
        cmocka_unit_test_setup_teardown(members_that_are_set_amid_a_walk, begin, finish),
        cmocka_unit_test_setup_teardown(walks_end_with_the_call, begin, finish),
        cmocka_unit_test_setup_teardown(large_objects_one_in_another, begin, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
