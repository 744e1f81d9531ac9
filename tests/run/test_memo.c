/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/memo.h"

static void note(struct memo *memo, struct memo_batch *batch, const char *place, const char *hash,
                 const char *text)
{
    memo_note(memo, batch, str_of(place), hash, &(struct model_reply){.text = str_of(text)});
}

static void expect(struct memo *memo, const char *hash, uint64_t generation, const char *text)
{
    struct arena arena = {0};
    struct model_reply reply;
    bool found = memo_find(memo, hash, generation, &arena, &reply);
    assert_int_equal(found, text != NULL);
    if (found)
        assert_true(str_is(reply.text, text));
    arena_clear(&arena);
}

static void shows_what_was_waited_for_before(void **state)
{
    struct memo *memo = memo_create();
    struct memo_batch first = {0}, second = {0};
    uint64_t before = memo_generation(memo);
    note(memo, &first, "a/1/c0", "h1", "one");
    expect(memo, "h1", before, NULL);
    memo_publish(memo, &first);
    uint64_t between = memo_generation(memo);
    note(memo, &second, "b/1/c0", "h2", "two");
    memo_publish(memo, &second);
    expect(memo, "h1", before, NULL);
    expect(memo, "h1", between, "one");
    expect(memo, "h2", between, NULL);
    expect(memo, "h2", memo_generation(memo), "two");
    memo_destroy(memo);
}

static void does_not_depend_on_order(void **state)
{
    static const char *const orders[2][2] = {{"a/1/c0", "a/2/c0"}, {"a/2/c0", "a/1/c0"}};
    for (int i = 0; i < 2; i++) {
        struct memo *memo = memo_create();
        struct memo_batch batch = {0}, later = {0};
        note(memo, &batch, orders[i][0], "h", orders[i][0]);
        note(memo, &batch, orders[i][1], "h", orders[i][1]);
        memo_publish(memo, &batch);
        note(memo, &later, "a/0/c0", "h", "later");
        memo_publish(memo, &later);
        expect(memo, "h", memo_generation(memo), "a/1/c0");
        memo_destroy(memo);
    }
}

static void drops_what_was_not_waited_for(void **state)
{
    struct memo *memo = memo_create();
    struct memo_batch batch = {0};
    note(memo, &batch, "a/1/c0", "h", "one");
    memo_batch_clear(&batch);
    memo_publish(memo, &batch);
    expect(memo, "h", memo_generation(memo), NULL);
    memo_destroy(memo);
}

static void may_be_absent(void **state)
{
    struct memo_batch batch = {0};
    note(NULL, &batch, "a/1/c0", "h", "one");
    memo_publish(NULL, &batch);
    assert_int_equal(memo_generation(NULL), 0);
    expect(NULL, "h", 0, NULL);
    memo_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_what_was_waited_for_before),
        cmocka_unit_test(does_not_depend_on_order),
        cmocka_unit_test(drops_what_was_not_waited_for),
        cmocka_unit_test(may_be_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
