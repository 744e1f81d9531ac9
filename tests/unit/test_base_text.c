/* SPDX-License-Identifier: MIT */
/* Strings, buffers, maps, arenas, error texts and the log. */
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"

static void trims_and_compares(void **state)
{
    assert_str(str_trim(STR(" \t\r\n\v\f a b \n")), "a b");
    assert_str(str_trim(STR("  ")), "");
    assert_true(str_eq(str_of(NULL), STR("")));
    assert_true(str_eq((struct str){NULL, 0}, STR("")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_starts(STR("abc"), "ab") && !str_starts(STR("a"), "ab"));
    assert_true(str_ends(STR("abc"), "bc") && !str_ends(STR("c"), "bc"));
    assert_true(str_starts((struct str){NULL, 0}, "") && str_ends((struct str){NULL, 0}, ""));
    assert_true(str_cmp(STR("a"), STR("b")) < 0 && str_cmp(STR("ab"), STR("a")) > 0);
    assert_true(str_cmp(STR("\x7f"), STR("\x80")) < 0);
    assert_int_equal(str_cmp(STR("a\0b"), STR("a\0b")), 0);
}

static void cuts(void **state)
{
    struct str rest = STR("a,,b,");
    assert_str(str_cut(&rest, ','), "a");
    assert_str(str_cut(&rest, ','), "");
    assert_str(str_cut(&rest, ','), "b");
    assert_non_null(rest.ptr);
    assert_str(str_cut(&rest, ','), "");
    assert_null(rest.ptr);
    assert_int_equal(str_cut(&rest, ',').len, 0);
}

static void finds(void **state)
{
    size_t at = 9;
    assert_true(str_find(STR("ab\0cd"), STR("\0c"), &at));
    assert_int_equal(at, 2);
    assert_false(str_find(STR("abc"), STR("abcd"), &at));
    assert_false(str_find(STR("abc"), STR("x"), NULL));
    assert_true(str_find(STR("abc"), STR(""), &at));
    assert_int_equal(at, 0);
}

static void checks_utf8(void **state)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\xC2\x80",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2x",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xE2\x82",
                                      "a\xFF"};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        assert_true(str_valid_utf8(str_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(str_valid_utf8(str_of(bad[i])));
    assert_true(str_valid_utf8((struct str){NULL, 0}));
}

static void reads_integers(void **state)
{
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      " 1",
                                      "1 ",
                                      "1a",
                                      "--1",
                                      "0x1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "1.0"};
    int64_t n = 5;
    assert_true(str_to_i64(STR("9223372036854775807"), &n) && n == INT64_MAX);
    assert_true(str_to_i64(STR("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(str_to_i64(STR("+007"), &n) && n == 7);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(str_to_i64(str_of(bad[i]), &n));
    assert_int_equal(n, 7);
}

static void reads_doubles(void **state)
{
    static const char *const bad[] = {"",      "-",  ".",  "e1",  "1e",    "1e+", "inf",  "nan",
                                      "0x1p3", "1 ", " 1", "1,5", "1e999", "--1", "1.5.2"};
    double x = 5;
    assert_true(str_to_double(STR("-1.25e2"), &x) && x == -125);
    assert_true(str_to_double(STR(".5"), &x) && x == 0.5);
    assert_true(str_to_double(STR("+1."), &x) && x == 1);
    assert_true(str_to_double(STR("1e-999"), &x) && x == 0);
    char zeros[400];
    memset(zeros, '0', sizeof(zeros));
    memcpy(zeros, "0.", 2);
    zeros[399] = '1';
    assert_true(str_to_double((struct str){zeros, sizeof(zeros)}, &x) && x == 0);
    x = 7;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(str_to_double(str_of(bad[i]), &x));
    assert_false(str_to_double((struct str){"1\0", 2}, &x));
    assert_true(x == 7);
}

static void buffers_stop_at_their_limit(void **state)
{
    CLEANUP_BUF struct buf buf = {.limit = 10};
    assert_str(buf_view(&buf), "");
    buf_text(&buf, "12345");
    buf_text(&buf, "678901");
    assert_true(buf.failed);
    assert_str(buf_view(&buf), "12345");
    buf_printf(&buf, "%s", "6789012345678");
    assert_str(buf_view(&buf), "12345");
    assert_int_equal(buf.ptr[5], 0);
    buf.failed = false;
    buf_printf(&buf, "%d", 67890);
    assert_false(buf.failed);
    assert_str(buf_view(&buf), "1234567890");
    buf_char(&buf, 'x');
    assert_true(buf.failed);
    buf_reset(&buf);
    assert_false(buf.failed);
    buf_char(&buf, 'y');
    assert_str(buf_view(&buf), "y");
}

static void buffers_grow_and_are_stolen(void **state)
{
    CLEANUP_BUF struct buf buf = {0};
    for (int i = 0; i < 10000; i++)
        buf_printf(&buf, "%d,", i);
    assert_int_equal(buf.len, 48890);
    assert_int_equal(strlen(buf.ptr), 48890);
    char *text = buf_steal(&buf);
    assert_true(str_starts(str_of(text), "0,1,2,"));
    mem_free(text);
    assert_int_equal(buf_view(&buf).len, 0);
    text = buf_steal(&buf);
    assert_string_equal(text, "");
    mem_free(text);
    buf_add(&buf, NULL, 0);
    assert_non_null(buf.ptr);
}

static void escapes_for_terminals(void **state)
{
    CLEANUP_BUF struct buf buf = {0};
    buf_escaped(&buf, STR("a\x1b[31m\n\xC3\xA9\xFF\xC2\x9B\x7f\\"));
    assert_str(buf_view(&buf), "a\\x1b[31m\\x0a\xC3\xA9\\xff\\xc2\\x9b\\x7f\\");
    buf_reset(&buf);
    buf_escaped(&buf, (struct str){"\0x\xE2\x82", 4});
    assert_str(buf_view(&buf), "\\x00x\\xe2\\x82");
}

static void maps_keep_order(void **state)
{
    struct map map = {0};
    int values[3000];
    assert_null(map_get(&map, STR("a")));
    assert_false(map_has(&map, STR("")));
    for (int i = 0; i < 3000; i++) {
        char key[16];
        int len = snprintf(key, sizeof(key), "k%d", i * 7919 % 3000);
        assert_null(map_set(&map, (struct str){key, (size_t)len}, &values[i]));
    }
    assert_int_equal(map.count, 3000);
    for (int i = 0; i < 3000; i++) {
        CLEANUP_FREE char *key = mem_printf("k%d", i * 7919 % 3000);
        assert_str(map.entries[i].key, key);
        assert_ptr_equal(map_get(&map, str_of(key)), &values[i]);
    }
    assert_ptr_equal(map_set(&map, STR("k0"), NULL), &values[0]);
    assert_true(map_has(&map, STR("k0")));
    assert_null(map_get(&map, STR("k0")));
    assert_int_equal(map.count, 3000);
    map_set(&map, STR("a\0b"), values);
    assert_false(map_has(&map, STR("a\0c")));
    assert_true(map_has(&map, STR("a\0b")));
    map_set(&map, (struct str){NULL, 0}, values);
    assert_true(map_has(&map, STR("")));
    map_clear(&map);
    assert_int_equal(map.count, 0);
    assert_null(map_get(&map, STR("k1")));
}

static void arenas_are_cheap_and_aligned(void **state)
{
    struct arena arena = {0};
    arena_alloc(&arena, 1);
    assert_true(arena.total <= 256);
    for (size_t i = 1; i < 2000; i++) {
        unsigned char *p = arena_alloc(&arena, i % 300);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < i % 300; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xAB, i % 300);
    }
    assert_true(arena.total < 700000);
    char *large = arena_alloc(&arena, 1 << 20);
    large[(1 << 20) - 1] = 1;
    size_t total = arena.total;
    assert_string_equal(arena_printf(&arena, "%s-%d", "x", 5), "x-5");
    assert_string_equal(arena_dup(&arena, "abcd", 2), "ab");
    assert_string_equal(arena_dup(&arena, NULL, 0), "");
    assert_int_equal(arena.total, total);
    assert_null(arena_try(&arena, UINT64_MAX));
    assert_null(arena_try(&arena, (UINT64_C(1) << 30) + 1));
    assert_non_null(arena_try(&arena, 0));
    arena_clear(&arena);
    assert_null(arena.chunks);
    arena_clear(&arena);
}

/* Memory that another arena has used is zeroed as new memory is. */
static void arenas_do_not_show_what_was(void **state)
{
    for (size_t size = 1; size < 20000; size += size / 3 + 1) {
        struct arena first = {0}, second = {0};
        memset(arena_alloc(&first, size), 0xee, size);
        arena_clear(&first);
        const unsigned char *p = arena_alloc(&second, size);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        assert_string_equal(arena_dup(&second, "end", 3), "end");
        arena_clear(&second);
    }
}

static void refuses_large_allocations(void **state)
{
    assert_null(mem_try((UINT64_C(1) << 30) + 1));
    assert_null(mem_try(UINT64_MAX));
    char *p = mem_try(100);
    assert_int_equal(p[99], 0);
    mem_free(p);
    p = mem_try(0);
    assert_non_null(p);
    mem_free(p);
}

static void errors_carry_text_and_code(void **state)
{
    struct err err = {0};
    assert_int_equal(err_set(&err, EXIT_CONFIG, "no key '%s'", "x"), EXIT_CONFIG);
    assert_int_equal(err_prefix(&err, "%s:%d", "file", 3), EXIT_CONFIG);
    assert_string_equal(err.text, "file:3: no key 'x'");
    assert_int_equal(err_set(&err, 0, "x"), EXIT_INTERNAL);
    assert_int_equal(err_set(NULL, EXIT_USAGE, "x"), EXIT_USAGE);
    assert_int_not_equal(err_prefix(NULL, "x"), 0);
    CLEANUP_BUF struct buf text = {0};
    for (int i = 0; i < 1000; i++)
        buf_text(&text, "\xE2\x82\xAC");
    err_set(&err, 1, "a%s", text.ptr);
    assert_int_equal(strlen(err.text), 1 + 3 * ((sizeof(err.text) - 2) / 3));
    assert_true(str_valid_utf8(str_of(err.text)));
    assert_int_equal(err_system(&err, ENOENT, "read", "a\nb"), EXIT_CONFIG);
    assert_string_equal(err.text, "cannot read a\\x0ab: No such file or directory");
    assert_int_equal(err_system(&err, EACCES, "read", "x"), EXIT_PERMISSION);
    assert_int_equal(err_system(&err, ENOSPC, "write", "x"), EXIT_INTERNAL);
}

static void hides_secrets(void **state)
{
    log_secret("tok-12345");
    log_secret("tok-12345-longer");
    log_secret("abc");
    log_secret("");
    log_secret(NULL);
    char text[] = "a tok-12345 b tok-12345-longer c abc tok-12345tok-12345";
    log_redact(text);
    assert_string_equal(text, "a *** b *** c abc ******");
    struct err err = {0};
    err_set(&err, 1, "key %s is wrong", "tok-12345");
    assert_string_equal(err.text, "key *** is wrong");
    err_prefix(&err, "with tok-12345");
    assert_string_equal(err.text, "with ***: key *** is wrong");
    /* A cut text must not end in half a secret. */
    char fill[sizeof(err.text)];
    memset(fill, 'x', sizeof(fill));
    fill[sizeof(fill) - 8] = '\0';
    err_set(&err, 1, "%stok-12345-longer", fill);
    assert_null(strstr(err.text, "tok"));
}

#define SECRETS_EACH 100

/* Makes secrets known while other threads do the same; its own are hidden from then on. */
static void *add_secrets(void *arg)
{
    for (int i = 0; i < SECRETS_EACH; i++) {
        char secret[32], text[64];
        snprintf(secret, sizeof(secret), "thread-%s-%05d", (const char *)arg, i);
        log_secret(secret);
        snprintf(text, sizeof(text), "with %s", secret);
        log_redact(text);
        if (strcmp(text, "with ***") != 0)
            return arg;
    }
    return NULL;
}

static void hides_secrets_of_all_threads(void **state)
{
    static char names[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[4];
    void *failed;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_secrets, names[i]), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    for (int i = 0; i < 4 * SECRETS_EACH; i++) {
        char text[32];
        snprintf(text, sizeof(text), "thread-%s-%05d", names[i / SECRETS_EACH], i % SECRETS_EACH);
        log_redact(text);
        assert_string_equal(text, "***");
    }
}

static void *log_lines(void *arg)
{
    for (int i = 0; i < 200; i++)
        log_line(LOG_WARNING, "thread %s says %d with tok-12345\nand more", (const char *)arg, i);
    return NULL;
}

static void writes_whole_log_lines(void **state)
{
    char path[] = "/tmp/grasp-log-XXXXXX";
    int fd = mkstemp(path), saved = dup(STDERR_FILENO);
    assert_true(fd >= 0 && saved >= 0);
    dup2(fd, STDERR_FILENO);
    static char names[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, log_lines, names[i]);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_line(LOG_DEBUG, "not shown");
    log_level_set(LOG_ERROR);
    log_line(LOG_WARNING, "not shown");
    log_level_set(LOG_INFO);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fd);
    CLEANUP_BUF struct buf text = {0};
    assert_int_equal(file_read(path, 0, &text, NULL), 0);
    unlink(path);
    struct str rest = buf_view(&text);
    int count = 0;
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        assert_true(str_starts(line, "warning: thread "));
        assert_true(str_ends(line, " with ***\\x0aand more"));
        count++;
    }
    assert_int_equal(count, 800);
}

static void clocks_run(void **state)
{
    uint64_t start = clock_monotonic_us();
    usleep(2000);
    uint64_t passed = clock_monotonic_us() - start;
    assert_true(passed >= 2000 && passed < 60000000);
    /* time() may be some milliseconds behind. */
    int64_t before = time(NULL), now = clock_wall_ms() / 1000;
    assert_true(before <= now && now <= time(NULL) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trims_and_compares),
        cmocka_unit_test(cuts),
        cmocka_unit_test(finds),
        cmocka_unit_test(checks_utf8),
        cmocka_unit_test(reads_integers),
        cmocka_unit_test(reads_doubles),
        cmocka_unit_test(buffers_stop_at_their_limit),
        cmocka_unit_test(buffers_grow_and_are_stolen),
        cmocka_unit_test(escapes_for_terminals),
        cmocka_unit_test(maps_keep_order),
        cmocka_unit_test(arenas_are_cheap_and_aligned),
        cmocka_unit_test(arenas_do_not_show_what_was),
        cmocka_unit_test(refuses_large_allocations),
        cmocka_unit_test(errors_carry_text_and_code),
        cmocka_unit_test(hides_secrets),
        cmocka_unit_test(hides_secrets_of_all_threads),
        cmocka_unit_test(writes_whole_log_lines),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
