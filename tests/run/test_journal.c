/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "run/journal.h"

static char dir[64], path[128];

static int setup(void **state)
{
    strcpy(dir, "/tmp/grasp-journal-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/journal.jsonl", dir);
    return 0;
}

static int teardown(void **state)
{
    return file_remove_tree(dir, NULL);
}

static struct journal *create(void)
{
    struct journal *j;
    struct err err;
    assert_int_equal(journal_create(path, &j, &err), 0);
    return j;
}

static struct journal *resume(void)
{
    struct journal *j;
    struct err err;
    assert_int_equal(journal_resume(path, &j, &err), 0);
    return j;
}

static char *contents(void)
{
    struct buf text = {0};
    struct err err;
    assert_int_equal(file_read(path, 1 << 24, &text, &err), 0);
    return buf_steal(&text);
}

static void test_lines_come_back(void **state)
{
    struct journal *j = create();
    struct str line;
    journal_append(j, STR("a/1"), STR("\"v\": 1"));
    journal_append(j, STR("quote\"d\n"), STR("\"v\": 2"));
    assert_false(journal_find(j, STR("a/1"), &line)); /* only what an earlier process left */
    journal_close(j);

    j = resume();
    assert_true(journal_find(j, STR("a/1"), &line));
    assert_true(str_is(line, "{\"k\": \"a/1\", \"v\": 1}"));
    assert_true(journal_find(j, STR("quote\"d\n"), &line));
    assert_false(journal_find(j, STR("a"), &line));
    journal_close(j);
}

static void test_last_line_of_a_place_counts(void **state)
{
    struct journal *j = create();
    struct str line;
    journal_append(j, STR("a"), STR("\"v\": 1"));
    journal_append(j, STR("a"), STR("\"v\": 2"));
    journal_close(j);
    j = resume();
    assert_true(journal_find(j, STR("a"), &line));
    assert_true(str_is(line, "{\"k\": \"a\", \"v\": 2}"));
    journal_close(j);
}

static void test_a_flush_hands_over(void **state)
{
    struct journal *j = create();
    CLEANUP_FREE char *before = contents();
    assert_true(journal_append(j, STR("a"), STR("\"v\": 1")));
    CLEANUP_FREE char *appended = contents();
    assert_string_equal(appended, before);
    assert_true(journal_flush(j));
    assert_true(journal_flush(j));
    CLEANUP_FREE char *flushed = contents();
    assert_string_equal(flushed + strlen(before), "{\"k\": \"a\", \"v\": 1}\n");
    journal_close(j);
}

/* Whatever the byte at which a process died, what was whole before it is found, and what is
 * appended afterwards is whole. */
static void test_torn_at_every_byte(void **state)
{
    struct journal *j = create();
    journal_append(j, STR("a"), STR("\"v\": 1"));
    journal_append(j, STR("b"), STR("\"v\": 2"));
    journal_close(j);
    CLEANUP_FREE char *whole = contents();
    size_t len = strlen(whole), header = (size_t)(strchr(whole, '\n') - whole) + 1;
    size_t first = header + strlen("{\"k\": \"a\", \"v\": 1}\n");
    for (size_t cut = 0; cut <= len; cut++) {
        struct str line;
        struct buf text = {0};
        buf_add(&text, whole, cut);
        assert_int_equal(file_write_atomic(path, buf_view(&text), NULL), 0);
        buf_free(&text);
        j = resume();
        assert_int_equal(journal_find(j, STR("a"), &line), cut >= first);
        assert_int_equal(journal_find(j, STR("b"), &line), cut == len);
        journal_append(j, STR("c"), STR("\"v\": 3"));
        journal_close(j);
        j = resume();
        assert_true(journal_find(j, STR("c"), &line));
        journal_close(j);
    }
}

static void test_damaged_lines_are_named(void **state)
{
    static const char *const damaged[] = {"xyz", "{\"k\": \"b", "{\"k\": \"\\",
                                          "{\"k\": \"b\", \"v\": }", "{\"k\": \"b\", \"v\": \"}"};
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        struct journal *j;
        struct err err;
        CLEANUP_BUF struct buf text = {0};
        buf_printf(&text,
                   "{\"schema\": \"grasp-host/journal\", \"v\": 1}\n{\"k\": \"a\", \"v\": 1}\n"
                   "%s\n{\"k\": \"c\", \"v\": 1}\n",
                   damaged[i]);
        assert_int_equal(file_write_atomic(path, buf_view(&text), NULL), 0);
        assert_int_equal(journal_resume(path, &j, &err), EXIT_CONFIG);
        assert_non_null(strstr(err.text, "journal.jsonl:3: "));
        CLEANUP_FREE char *after = contents();
        assert_string_equal(after, text.ptr);
    }
}

/* What an earlier process recorded and this one, with another past, never asks for. */
static void test_unused_lines_are_left_out_at_the_end(void **state)
{
    struct journal *j = create();
    struct str line;
    struct err err;
    journal_append(j, STR("used"), STR("\"v\": 1"));
    journal_append(j, STR("unused"), STR("\"v\": 2"));
    journal_append(j, STR("again"), STR("\"v\": 3"));
    journal_close(j);
    j = resume();
    assert_true(journal_find(j, STR("used"), &line));
    journal_append(j, STR("again"), STR("\"v\": 4"));
    assert_int_equal(journal_finish(j, &err), 0);
    journal_close(j);
    CLEANUP_FREE char *text = contents();
    assert_string_equal(text, "{\"schema\": \"grasp-host/journal\", \"v\": 1}\n"
                              "{\"k\": \"again\", \"v\": 4}\n{\"k\": \"used\", \"v\": 1}\n");
}

static void test_other_files_are_refused(void **state)
{
    struct journal *j;
    struct err err;
    assert_int_equal(file_write_atomic(path, STR("{\"schema\": \"something else\"}\n"), NULL), 0);
    assert_int_equal(journal_resume(path, &j, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, path));
}

static void test_finished_is_sorted_and_without_repeats(void **state)
{
    struct journal *j = create();
    struct err err;
    journal_append(j, STR("b"), STR("\"v\": 1"));
    journal_append(j, STR("t/dropped"), STR("\"v\": 9"));
    journal_append(j, STR("a"), STR("\"v\": 2"));
    journal_append(j, STR("b"), STR("\"v\": 3"));
    journal_forget(j, "t/");
    assert_int_equal(journal_finish(j, &err), 0);
    journal_close(j);
    CLEANUP_FREE char *text = contents();
    assert_string_equal(text, "{\"schema\": \"grasp-host/journal\", \"v\": 1}\n"
                              "{\"k\": \"a\", \"v\": 2}\n{\"k\": \"b\", \"v\": 3}\n");
}

/* What went ahead and was needed stands where it belongs; what was not needed stays apart. */
static void test_settled_places_lose_their_prefix(void **state)
{
    struct journal *j = create();
    struct err err;
    struct str line;
    journal_append(j, STR("ahead/1/dev/b"), STR("\"v\": 1"));
    journal_append(j, STR("ahead/2/dev/a"), STR("\"v\": 2"));
    journal_append(j, STR("dev/a"), STR("\"v\": 3"));
    journal_close(j);
    assert_int_equal(journal_resume(path, &j, &err), 0);
    assert_true(journal_find(j, STR("ahead/1/dev/b"), &line));
    assert_true(journal_find(j, STR("ahead/2/dev/a"), &line));
    assert_true(journal_find(j, STR("dev/a"), &line));
    journal_append(j, STR("ahead/1/dev/c\"/c0"), STR("\"v\": 4"));
    journal_settle(j, "ahead/1/");
    assert_int_equal(journal_finish(j, &err), 0);
    journal_close(j);
    CLEANUP_FREE char *text = contents();
    assert_string_equal(text, "{\"schema\": \"grasp-host/journal\", \"v\": 1}\n"
                              "{\"k\": \"ahead/2/dev/a\", \"v\": 2}\n"
                              "{\"k\": \"dev/a\", \"v\": 3}\n"
                              "{\"k\": \"dev/b\", \"v\": 1}\n"
                              "{\"k\": \"dev/c\\\"/c0\", \"v\": 4}\n");
}

#define WRITERS 4
#define LINES 2000

struct writer {
    struct journal *journal;
    int number;
};

static void *write_many(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < LINES; i++) {
        char place[32];
        snprintf(place, sizeof(place), "%d/%d", w->number, i);
        journal_append(w->journal, str_of(place), STR("\"v\": \"text\""));
        if (i % 3 == 0)
            assert_true(journal_flush(w->journal));
    }
    return NULL;
}

static void test_many_writers(void **state)
{
    struct journal *j = create();
    struct err err;
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){j, i};
        pthread_create(&threads[i], NULL, write_many, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(journal_sync(j, &err), 0);
    journal_close(j);
    j = resume();
    for (int i = 0; i < WRITERS * LINES; i++) {
        char place[32];
        struct str line;
        snprintf(place, sizeof(place), "%d/%d", i % WRITERS, i / WRITERS);
        assert_true(journal_find(j, str_of(place), &line));
    }
    journal_close(j);
}

static void test_full_disk(void **state)
{
    struct journal *j;
    struct err err;
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(symlink("/dev/full", path), 0);
    assert_int_not_equal(journal_create(path, &j, &err), 0);
    assert_non_null(strstr(err.text, "No space left"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_lines_come_back),
        T(test_last_line_of_a_place_counts),
        T(test_a_flush_hands_over),
        T(test_torn_at_every_byte),
        T(test_damaged_lines_are_named),
        T(test_unused_lines_are_left_out_at_the_end),
        T(test_other_files_are_refused),
        T(test_finished_is_sorted_and_without_repeats),
        T(test_settled_places_lose_their_prefix),
        T(test_many_writers),
        T(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
