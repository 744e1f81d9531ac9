/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "run/journal.h"
#include "run/spool.h"

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

/* What would be left if the process were killed now. */
static void keep_copy(char copy[160])
{
    static const char *const names[] = {"journal.jsonl", "journal.jsonl.pending"};
    CLEANUP_FREE char *folder = file_join(dir, "copy");
    snprintf(copy, 160, "%s/%s", folder, names[0]);
    assert_int_equal(file_make_dirs(folder, NULL), 0);
    for (int i = 0; i < 2; i++) {
        CLEANUP_FREE char *from = file_join(dir, names[i]), *to = file_join(folder, names[i]);
        CLEANUP_BUF struct buf text = {0};
        assert_int_equal(file_read(from, 1 << 24, &text, NULL), 0);
        assert_int_equal(file_write_atomic(to, buf_view(&text), NULL), 0);
    }
}

static void check_a_flush_hands_over(void)
{
    char copy[160];
    struct journal *j = create(), *other;
    struct str line;
    struct err err;
    assert_true(journal_append(j, STR("a"), STR("\"v\": 1")));
    assert_true(journal_append(j, STR("b\"\n/1"), STR("\"v\": 2")));
    assert_true(journal_append(j, STR("a"), STR("\"v\": 3")));
    assert_true(journal_flush(j));
    keep_copy(copy);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(journal_resume(copy, &other, &err), 0);
        assert_true(journal_find(other, STR("a"), &line));
        assert_true(str_is(line, "{\"k\": \"a\", \"v\": 3}"));
        assert_true(journal_find(other, STR("b\"\n/1"), &line));
        journal_close(other);
    }
    journal_close(j);
    snprintf(copy, sizeof(copy), "%s.pending", path);
    assert_false(file_exists(copy));
}

static void test_a_flush_hands_over(void **state)
{
    check_a_flush_hands_over();
}

/* Where the file of pending lines cannot have its room for good, so that it is not mapped. */
static void check_unmapped(void (*check)(void))
{
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){3 << 20, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    check();
    signal(SIGXFSZ, handler);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void test_a_flush_hands_over_what_is_not_mapped(void **state)
{
    check_unmapped(check_a_flush_hands_over);
}

/* Where there can be no such file, lines are in the journal at once. */
static void test_a_flush_without_pending_file(void **state)
{
    char pending[160];
    snprintf(pending, sizeof(pending), "%s.pending", path);
    assert_int_equal(mkdir(pending, 0777), 0);
    struct journal *j = create();
    CLEANUP_FREE char *before = contents();
    journal_append(j, STR("a"), STR("\"v\": 1"));
    assert_true(journal_flush(j));
    CLEANUP_FREE char *flushed = contents();
    assert_string_equal(flushed + strlen(before), "{\"k\": \"a\", \"v\": 1}\n");
    journal_close(j);
}

/* Bytes of the pending lines that did not reach the disk hold whatever was there before. */
static void test_pending_lines_torn_at_every_byte(void **state)
{
    char copy[160];
    struct journal *j = create();
    struct str line;
    struct err err;
    journal_append(j, STR("a"), STR("\"v\": 1"));
    journal_append(j, STR("b"), STR("\"v\": 2"));
    journal_flush(j);
    keep_copy(copy);
    CLEANUP_FREE char *pending = mem_printf("%s.pending", copy);
    CLEANUP_BUF struct buf whole = {0};
    assert_int_equal(file_read(pending, 1 << 24, &whole, NULL), 0);
    size_t most = 16 + 2 * (16 + strlen("{\"k\": \"a\", \"v\": 1}\n"));
    bool found = false;
    for (size_t cut = 0; cut <= most; cut++) {
        CLEANUP_BUF struct buf torn = {0};
        buf_add(&torn, whole.ptr, whole.len);
        memset(torn.ptr + cut, '"', torn.len - cut);
        CLEANUP_FREE char *to = mem_printf("%s/torn%zu", dir, cut);
        CLEANUP_FREE char *to_pending = mem_printf("%s.pending", to);
        assert_int_equal(file_write_atomic(to_pending, buf_view(&torn), NULL), 0);
        assert_int_equal(journal_resume(to, &j, &err), 0);
        bool a = journal_find(j, STR("a"), &line), b = journal_find(j, STR("b"), &line);
        assert_true(a >= found); /* once it is whole it stays so */
        assert_int_equal(b, cut == most);
        found = a;
        journal_close(j);
    }
    assert_true(found);
}

static void test_other_pending_files_are_nothing(void **state)
{
    char copy[160];
    struct journal *j = create();
    struct err err;
    journal_append(j, STR("a"), STR("\"v\": 1"));
    journal_close(j);
    snprintf(copy, sizeof(copy), "%s.pending", path);
    assert_int_equal(file_write_atomic(copy, STR("something else, long enough for a head"), NULL),
                     0);
    assert_int_equal(journal_resume(path, &j, &err), 0);
    journal_close(j);
    assert_false(file_exists(copy));
}

static void test_pending_file_of_another_version(void **state)
{
    char copy[160];
    struct journal *j = create();
    struct err err;
    journal_close(j);
    snprintf(copy, sizeof(copy), "%s.pending", path);
    assert_int_equal(file_write_atomic(copy, STR("GHSPOOL2 and what that has"), NULL), 0);
    assert_int_equal(journal_resume(path, &j, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, "journal.jsonl.pending: is of another version"));
    assert_true(file_exists(copy));
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

static void test_pipes_are_refused(void **state)
{
    struct journal *j;
    struct err err;
    char pending[160];
    snprintf(pending, sizeof(pending), "%s.pending", path);
    journal_close(create());
    assert_int_equal(mkfifo(pending, 0600), 0);
    assert_int_equal(journal_resume(path, &j, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, pending));
    assert_int_equal(unlink(pending), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(journal_resume(path, &j, &err), EXIT_CONFIG);
    assert_int_equal(journal_open(path, &j, &err), EXIT_CONFIG);
    assert_int_equal(journal_create(path, &j, &err), EXIT_CONFIG);
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
    assert_true(journal_append(j, STR("late"), STR("\"v\": 4")));
    assert_true(journal_flush(j));
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

#define ROLLOUTS 3000
#define WIDTH 40

static uint64_t file_number(void)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_ino : 1;
}

static void add_text(struct journal *j, int rollout, const char *call, size_t len)
{
    CLEANUP_BUF struct buf members = {0};
    CLEANUP_FREE char *place = mem_printf("val/task1_%d%s", rollout, call);
    buf_printf(&members, "\"v\": \"%0*d\"", (int)len, rollout);
    journal_append(j, str_of(place), buf_view(&members));
}

/* Rollouts that end nearly in their order. */
static void add_rollouts(struct journal *j, int shift)
{
    for (int i = 0; i < ROLLOUTS; i += WIDTH) {
        for (int k = 0; k < WIDTH; k++) {
            int rollout = i + (k * 7 + shift) % WIDTH;
            add_text(j, rollout, "/c0", 100);
            add_text(j, rollout, "", 2000);
        }
    }
}

static void test_nearly_in_order_is_written_once(void **state)
{
    struct err err;
    struct journal *j;
    uint64_t before = 0;
    for (int i = 0; i < 50 && file_number() != before;
         i++) { /* if it takes too long, it is sorted */
        j = create();
        before = file_number();
        add_rollouts(j, 3);
        assert_int_equal(journal_finish(j, &err), 0);
        add_text(j, ROLLOUTS, "", 100);
        journal_close(j);
    }
    assert_int_equal(file_number(), before);
    CLEANUP_FREE char *text = contents();

    /* as if the last had come first: it is sorted in the end, and the same */
    j = create();
    add_text(j, ROLLOUTS - 1, "/c0", 100);
    for (int i = 0; i < 30; i++)
        add_text(j, ROLLOUTS - 1, "", 100000);
    add_rollouts(j, 11);
    journal_close(j);
    j = resume();
    for (int i = 0; i < ROLLOUTS; i++) {
        struct str line;
        CLEANUP_FREE char *call = mem_printf("val/task1_%d/c0", i);
        CLEANUP_FREE char *rollout = mem_printf("val/task1_%d", i);
        assert_true(journal_find(j, str_of(call), &line));
        assert_true(journal_find(j, str_of(rollout), &line));
    }
    assert_int_equal(journal_finish(j, &err), 0);
    journal_close(j);
    assert_int_not_equal(file_number(), before);
    CLEANUP_FREE char *sorted = contents();
    assert_string_equal(sorted, text);
}

static void test_lines_of_any_size(void **state)
{
    struct err err;
    struct journal *j = create();
    for (int i = 9; i > 0; i--)
        add_text(j, i, "", (size_t)i << 19);
    assert_int_equal(journal_finish(j, &err), 0);
    journal_close(j);
    j = resume();
    for (int i = 1; i < 10; i++) {
        struct str line;
        CLEANUP_FREE char *place = mem_printf("val/task1_%d", i);
        assert_true(journal_find(j, str_of(place), &line));
        assert_true(line.len > (size_t)i << 19);
    }
    journal_close(j);
}

static void test_order_of_places(void **state)
{
    static const char *const sorted[] = {"",
                                         "0",
                                         "00",
                                         "a",
                                         "a/c0",
                                         "a/c2",
                                         "a/c10",
                                         "a/j0",
                                         "a 1",
                                         "a-1",
                                         "a1",
                                         "a2",
                                         "a10",
                                         "a10/x",
                                         "a10-x",
                                         "a18446744073709551616",
                                         "a18446744073709551617",
                                         "b",
                                         "b01",
                                         "b1",
                                         "\xc3"};
    size_t count = sizeof(sorted) / sizeof(*sorted);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            int order = place_order(str_of(sorted[i]), str_of(sorted[k]));
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

#define WRITERS 4
#define LINES 2000

struct writer {
    struct journal *journal;
    int number;
    bool good;
};

static void *write_many(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < LINES; i++) {
        char place[32];
        snprintf(place, sizeof(place), "%d/%d", w->number, i);
        w->good = journal_append(w->journal, str_of(place), STR("\"v\": \"text\"")) && w->good;
        if (i % 3 == 0)
            w->good = journal_flush(w->journal) && w->good;
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
        writers[i] = (struct writer){j, i, true};
        pthread_create(&threads[i], NULL, write_many, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(writers[i].good);
    }
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

struct late {
    struct journal *journal;
    int number;
    bool over; /* atomic */
    bool good;
};

static void *write_late(void *arg)
{
    struct late *late = arg;
    for (int i = 0; !__atomic_load_n(&late->over, __ATOMIC_RELAXED); i++) {
        char place[32];
        /* However long the end takes, the files stay below the limit of check_unmapped. */
        snprintf(place, sizeof(place), "%d/%d", late->number, i);
        if (i >= LINES)
            usleep(100);
        else
            late->good =
                journal_append(late->journal, str_of(place), STR("\"v\": \"text\"")) && late->good;
        late->good = journal_flush(late->journal) && late->good;
    }
    return NULL;
}

/* The end comes while others still append: each line is in the journal whole or not at all. */
static void check_late_writers(void)
{
    for (int round = 0; round < 10; round++) {
        struct journal *j = create();
        struct err err;
        pthread_t threads[WRITERS];
        struct late late[WRITERS];
        for (int i = 0; i < WRITERS; i++) {
            late[i] = (struct late){j, i, false, true};
            pthread_create(&threads[i], NULL, write_late, &late[i]);
        }
        usleep(2000);
        assert_int_equal(journal_finish(j, &err), 0);
        CLEANUP_FREE char *before = contents();
        for (int i = 0; i < WRITERS; i++) {
            __atomic_store_n(&late[i].over, true, __ATOMIC_RELAXED);
            pthread_join(threads[i], NULL);
            assert_true(late[i].good);
        }
        journal_close(j);
        CLEANUP_FREE char *after = contents();
        assert_string_equal(before, after);
        assert_int_equal(after[strlen(after) - 1], '\n');
        journal_close(resume());
    }
}

static void test_late_writers(void **state)
{
    check_late_writers();
}

static void test_late_writers_of_what_is_not_mapped(void **state)
{
    check_unmapped(check_late_writers);
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
        T(test_a_flush_hands_over_what_is_not_mapped),
        T(test_a_flush_without_pending_file),
        T(test_pending_lines_torn_at_every_byte),
        T(test_other_pending_files_are_nothing),
        T(test_pending_file_of_another_version),
        T(test_torn_at_every_byte),
        T(test_damaged_lines_are_named),
        T(test_unused_lines_are_left_out_at_the_end),
        T(test_other_files_are_refused),
        T(test_pipes_are_refused),
        T(test_finished_is_sorted_and_without_repeats),
        T(test_settled_places_lose_their_prefix),
        T(test_nearly_in_order_is_written_once),
        T(test_lines_of_any_size),
        T(test_order_of_places),
        T(test_many_writers),
        T(test_late_writers),
        T(test_late_writers_of_what_is_not_mapped),
        T(test_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
