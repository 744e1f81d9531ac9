/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "base/nearest.h"

static const char *const options[] = {"temperature", "max_tokens", "model", "seed", "k", "epochs"};

static const char *guess(const char *word)
{
    return nearest(str_of(word), options, sizeof(options) / sizeof(*options));
}

static void finds_what_was_meant(void **state)
{
    assert_string_equal(guess("tempreature"), "temperature");
    assert_string_equal(guess("temperatur"), "temperature");
    assert_string_equal(guess("max-tokens"), "max_tokens");
    assert_string_equal(guess("modle"), "model");
    assert_string_equal(guess("sed"), "seed");
    assert_string_equal(guess("epoch"), "epochs");
    assert_string_equal(guess("seed"), "seed");
}

static void does_not_guess_wildly(void **state)
{
    assert_null(guess("xylophone"));
    assert_null(guess("abc"));
    assert_null(guess("x"));
    assert_null(guess(""));
    assert_null(nearest(STR("seed"), NULL, 0));
    char longest[200];
    memset(longest, 'a', sizeof(longest));
    assert_null(nearest((struct str){longest, sizeof(longest)}, options, 6));
    longest[199] = '\0';
    const char *const candidates[] = {longest, "seed"};
    assert_string_equal(nearest(STR("sede"), candidates, 2), "seed");
}

static void prefers_the_first_of_equals(void **state)
{
    const char *const same[] = {"cast", "cost"};
    assert_string_equal(nearest(STR("cust"), same, 2), "cast");
    /* Bytes over 127 and a word at the length limit. */
    char word[65] = {0};
    memset(word, 0xE9, 64);
    char other[65] = {0};
    memset(other, 0xE9, 63);
    const char *const one[] = {other};
    assert_ptr_equal(nearest((struct str){word, 64}, one, 1), other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_meant),
        cmocka_unit_test(does_not_guess_wildly),
        cmocka_unit_test(prefers_the_first_of_equals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
