/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "plugin/samples.h"

static void add(struct samples_builder *builder, const char *json)
{
    struct err err;
    assert_int_equal(samples_add(builder, str_of(json), &err), 0);
}

static void test_parts(void **state)
{
    struct samples_builder builder;
    struct samples samples;
    samples_begin(&builder, &samples);
    add(&builder,
        "{\"id\":\"a\",\"type\":\"t\",\"description\":\"x\\n\\u00e9\",\"answer\":[1, \"b\"]}");
    add(&builder, "{\"id\":\"b\",\"type\":\"t\"}");
    add(&builder, "{\"id\":\"c\"}");
    samples_end(&builder);
    assert_int_equal(samples.count, 3);
    const struct sample *a = &samples.items[0], *b = &samples.items[1], *c = &samples.items[2];
    assert_string_equal(a->id, "a");
    assert_string_equal(a->type, "t");
    assert_string_equal(a->description, "x\n\xc3\xa9");
    assert_true(str_is(a->answer, "[1, \"b\"]"));
    assert_true(a->answer.ptr > a->json.ptr && a->answer.ptr < a->json.ptr + a->json.len);
    assert_true(str_is(b->json, "{\"id\": \"b\", \"type\": \"t\"}"));
    assert_ptr_equal(a->type, b->type);
    assert_string_equal(b->description, "");
    assert_string_equal(c->type, "other");
    assert_true(str_is(c->answer, "null"));
    samples_clear(&samples);
    assert_int_equal(samples.count, 0);
}

static void test_what_is_no_sample(void **state)
{
    static const char *const wrong[] = {
        "[]", "{}", "{\"id\": \"\"}", "{\"id\": \"a\\n\"}", "{", "{\"id\": \"twice\"}"};
    struct samples_builder builder;
    struct samples samples;
    struct err err;
    samples_begin(&builder, &samples);
    add(&builder, "{\"id\": \"twice\"}");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(samples_add(&builder, str_of(wrong[i]), &err), EXIT_PLUGIN);
    samples_drop(&builder);
    assert_int_equal(samples.count, 0);
}

#define MANY 3000

static void check_many(bool mapped)
{
    struct samples_builder builder;
    struct samples samples;
    samples_begin(&builder, &samples);
    for (int i = 0; i < MANY; i++) {
        CLEANUP_FREE char *json =
            mem_printf("{\"id\": \"s%d\", \"answer\": %d, \"text\": \"%2000d\"}", i, i, i);
        add(&builder, json);
    }
    samples_end(&builder);
    assert_int_equal(samples.mapped, mapped);
    for (int i = 0; i < MANY; i++) {
        const struct sample *sample = &samples.items[i];
        CLEANUP_FREE char *number = mem_printf("%d", i);
        CLEANUP_JSON struct json *object = json_parse(sample->json, NULL);
        assert_string_equal(sample->id + 1, number);
        assert_true(str_is(sample->answer, number));
        assert_int_equal(json_int(json_get(object, "answer"), -1), i);
        assert_string_equal(sample->type, "other");
        if (i % 100 == 0)
            samples_let_go(&samples);
    }
    samples_clear(&samples);
}

/* What is in the file already comes back into memory. */
static void check_full_disk(void)
{
    struct rlimit before, little;
    void (*on_full)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = before;
    little.rlim_cur = 5 << 19;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    check_many(false);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, on_full);
}

/* A large split is in a file, if there can be one. */
static void test_many(void **state)
{
    CLEANUP_FREE char *before = getenv("TMPDIR") ? mem_printf("%s", getenv("TMPDIR")) : NULL;
    CLEANUP_FD int nameless = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    setenv("TMPDIR", "/tmp", 1);
    check_many(nameless >= 0); /* not every file system has such files */
    setenv("TMPDIR", "/no/such/folder", 1);
    check_many(false);
    setenv("TMPDIR", "/tmp", 1);
    check_full_disk();
    if (before)
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_what_is_no_sample),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
