/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <locale.h>
#include <math.h>

#include "base/json.h"
#include "base/rng.h"

static struct json *parse(const char *text)
{
    struct err err = {0};
    struct json *value = json_parse(str_of(text), &err);
    if (!value)
        fail_msg("%s: %s", text, err.text);
    return value;
}

static void expect_written(const struct json *value, unsigned flags, const char *want)
{
    CLEANUP_BUF struct buf buf = {0};
    json_write(&buf, value, flags);
    assert_str(buf_view(&buf), want);
}

static void expect_rewritten(const char *text, unsigned flags, const char *want)
{
    CLEANUP_JSON struct json *value = parse(text);
    expect_written(value, flags, want);
}

static void accepts_what_is_json(void **state)
{
    static const char *const texts[] = {
        "null",
        " true\t",
        "\n-0\r",
        "0",
        "-1",
        "1.5e+3",
        "1E3",
        "0e-999",
        "\"\"",
        "[]",
        "{}",
        "[1,[2,[3]]]",
        "{\"\":{\"a\":[]},\"b\":{}}",
        "\"\\u0000\\/\\b\"",
        "\"\x7f\"",
        "\"\xF0\x9F\x98\x80\"",
        "[ ]",
        "{ }",
        "[[],{}]",
        "1e308",
        "\"\\ud800\"",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        const char *why = "";
        size_t at = 0;
        if (!json_check(str_of(texts[i]), &why, &at))
            fail_msg("%s: refused at %zu: %s", texts[i], at, why);
        json_free(parse(texts[i]));
    }
}

static void refuses_what_is_not(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } cases[] = {
        {"", 0},
        {" ", 1},
        {"nul", 0},
        {"NaN", 0},
        {"Infinity", 0},
        {"-Infinity", 1},
        {"'a'", 0},
        {"01", 0},
        {"-", 1},
        {"+1", 0},
        {".5", 0},
        {"1.", 2},
        {"1.e3", 2},
        {"1e", 2},
        {"1e+", 3},
        {"0x10", 1},
        {"1_000", 1},
        {"1e999", 0},
        {"[1,]", 3},
        {"[,1]", 1},
        {"[1 2]", 3},
        {"[1", 2},
        {"[", 1},
        {"]", 0},
        {"[1}", 2},
        {"{\"a\":1]", 6},
        {"{", 1},
        {"{\"a\"", 4},
        {"{\"a\":", 5},
        {"{\"a\":1,}", 7},
        {"{a:1}", 1},
        {"{\"a\" 1}", 5},
        {"{1:1}", 1},
        {"\"", 1},
        {"\"\\", 2},
        {"\"\\x\"", 2},
        {"\"\\u12g4\"", 5},
        {"\"\\u12", 5},
        {"\"\n\"", 1},
        {"\"\t\"", 1},
        {"1 2", 2},
        {"[1]]", 3},
        {"/**/1", 0},
        {"//x\n1", 0},
        {"\xEF\xBB\xBF"
         "1",
         0},
        {"\"\xFF\"", 1},
        {"\"\xC0\x80\"", 1},
        {"\"\xED\xA0\x80\"", 1},
        {"\"\xF4\x90\x80\x80\"", 1},
        {"\"\xE2\x82\"", 1},
        {"\"\xE2", 1},
        {"True", 0},
        {"truE", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *why = NULL;
        size_t at = 99;
        if (json_check(str_of(cases[i].text), &why, &at))
            fail_msg("'%s' was accepted", cases[i].text);
        if (at != cases[i].at || !why)
            fail_msg("'%s' was refused at %zu: %s", cases[i].text, at, why);
        assert_null(json_parse(str_of(cases[i].text), NULL));
    }
    assert_false(json_check((struct str){"1\0", 2}, NULL, NULL));
    assert_false(json_check((struct str){"\"\0\"", 3}, NULL, NULL));
    assert_false(json_check((struct str){NULL, 0}, NULL, NULL));
}

static void names_line_and_column(void **state)
{
    struct err err = {0};
    assert_null(json_parse(STR("{\"\xC3\xA9\": 1,\n  \"b\" 2}"), &err));
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_non_null(strstr(err.text, "line 2, column 7: ':' is missing"));
    assert_null(json_parse(STR("[\"\xC3\xA9\" 1]"), &err));
    assert_non_null(strstr(err.text, "line 1, column 6"));
}

static void bounds_depth(void **state)
{
    char text[2 * JSON_MAX_DEPTH + 2];
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    CLEANUP_JSON struct json *deep = json_parse((struct str){text, 2 * JSON_MAX_DEPTH}, NULL);
    assert_non_null(deep);
    CLEANUP_JSON struct json *copy = json_copy(deep);
    assert_true(json_equal(deep, copy));
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    assert_null(json_parse((struct str){text, 2 * JSON_MAX_DEPTH + 2}, NULL));
}

static void alternates_containers(void **state)
{
    /* Every level must close as it opened. */
    assert_true(json_check(STR("[{\"a\":[{\"b\":[[{}]]}]}]"), NULL, NULL));
    assert_false(json_check(STR("[{\"a\":[{\"b\":[[{}]}]]}]"), NULL, NULL));
    assert_false(json_check(STR("[{\"a\":[]},\"b\":1]"), NULL, NULL));
    assert_false(json_check(STR("{\"a\":[],1}"), NULL, NULL));
}

static void reads_numbers(void **state)
{
    CLEANUP_JSON struct json *v = parse("[9223372036854775807, -9223372036854775808,"
                                        " 9223372036854775808, 1e2, 1.5, -0.0, true,"
                                        " 123456789012345678901234567890, 1e18, 1e19]");
    assert_true(json_int(json_at(v, 0), 0) == INT64_MAX);
    assert_true(json_int(json_at(v, 1), 0) == INT64_MIN);
    assert_int_equal(json_kind(json_at(v, 2)), JSON_DOUBLE);
    assert_true(json_double(json_at(v, 2), 0) == 0x1p63);
    assert_int_equal(json_int(json_at(v, 2), 7), 7);
    assert_int_equal(json_int(json_at(v, 3), 0), 100);
    assert_int_equal(json_int(json_at(v, 4), 7), 7);
    assert_true(signbit(json_double(json_at(v, 5), 1)));
    assert_int_equal(json_int(json_at(v, 6), 7), 7);
    assert_true(json_double(json_at(v, 7), 0) == 123456789012345678901234567890.0);
    assert_true(json_int(json_at(v, 8), 0) == INT64_C(1000000000000000000));
    assert_int_equal(json_int(json_at(v, 9), 7), 7);
}

static void reads_escapes(void **state)
{
    CLEANUP_JSON struct json *v =
        parse("[\"a\\u0000b\", \"\\ud83d\\ude00\", \"\\ud83dx\", \"\\ude00\\ud83d\","
              " \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\", \"\\ud83d\\u0041\", \"\\uD83D\\n\"]");
    struct str nul = json_str(json_at(v, 0));
    assert_int_equal(nul.len, 3);
    assert_memory_equal(nul.ptr, "a\0b", 4);
    assert_str(json_str(json_at(v, 1)), "\xF0\x9F\x98\x80");
    assert_str(json_str(json_at(v, 2)), "\xEF\xBF\xBDx");
    assert_str(json_str(json_at(v, 3)), "\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_str(json_str(json_at(v, 4)), "\"\\/\b\f\n\r\t\xC3\xA9");
    assert_str(json_str(json_at(v, 5)), "\xEF\xBF\xBD"
                                        "A");
    assert_str(json_str(json_at(v, 6)), "\xEF\xBF\xBD\n");
}

static void keeps_order_and_last_duplicate(void **state)
{
    CLEANUP_JSON struct json *v = parse("{\"z\":1,\"a\":2,\"z\":3,\"m\":{\"b\":1}}");
    expect_written(v, 0, "{\"z\": 3, \"a\": 2, \"m\": {\"b\": 1}}");
    expect_written(v, JSON_SORTED | JSON_COMPACT, "{\"a\":2,\"m\":{\"b\":1},\"z\":3}");
    json_remove(v, "a");
    json_set(v, "a", json_new_bool(true));
    expect_written(v, JSON_COMPACT, "{\"z\":3,\"m\":{\"b\":1},\"a\":true}");
}

static void keeps_names_with_nul(void **state)
{
    CLEANUP_JSON struct json *v = parse("{\"a\\u0000b\":1,\"a\":2,\"a\\u0000b\":3,\"\\u0000\":4}");
    assert_int_equal(json_count(v), 3);
    expect_written(v, 0, "{\"a\\u0000b\": 3, \"a\": 2, \"\\u0000\": 4}");
    expect_written(v, JSON_SORTED, "{\"\\u0000\": 4, \"a\": 2, \"a\\u0000b\": 3}");
    assert_int_equal(json_int(json_get_str(v, (struct str){"a\0b", 3}), 0), 3);
    assert_int_equal(json_int(json_get(v, "a"), 0), 2);
    CLEANUP_JSON struct json *copy = json_copy(v);
    assert_true(json_equal(v, copy));
    json_set_str(copy, (struct str){"a\0b", 3}, NULL);
    assert_false(json_equal(v, copy));
    json_set(copy, "bad \xFF name", json_new_int(5));
    assert_int_equal(json_int(json_get(copy, "bad \xEF\xBF\xBD name"), 0), 5);
}

static void sorts_by_code_point(void **state)
{
    /* In UTF-16 the emoji would come before U+FF5E. */
    expect_rewritten("{\"\xF0\x9F\x98\x80\":1,\"\xEF\xBD\x9E\":2,\"Z\":3,\"a\":4,\"\":5}",
                     JSON_SORTED | JSON_ASCII,
                     "{\"\": 5, \"Z\": 3, \"a\": 4, \"\\uff5e\": 2, \"\\ud83d\\ude00\": 1}");
}

static void indents_as_python(void **state)
{
    expect_rewritten("{\"a\":[1,{\"b\":[]}],\"c\":{}}", JSON_INDENT2,
                     "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}

static void writes_strings(void **state)
{
    CLEANUP_BUF struct buf buf = {0};
    json_write_str(&buf, (struct str){"\"\\/\b\f\n\r\t\x01\x7f\0\xC3\xA9", 13}, 0);
    assert_str(buf_view(&buf), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\\u0000\xC3\xA9\"");
    buf_reset(&buf);
    json_write_str(&buf, STR("\x7f\xC3\xA9\xF0\x9F\x98\x80\xFF"), JSON_ASCII);
    assert_str(buf_view(&buf), "\"\\u007f\\u00e9\\ud83d\\ude00\\ufffd\"");
    buf_reset(&buf);
    json_write_str(&buf, STR("a\xE2\x82z\xFF\xFE"), 0);
    assert_str(buf_view(&buf), "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/* One piece at a time, which leaves no room for the writer's short cuts. */
static void write_pieces(struct buf *out, const struct str *pieces, size_t count)
{
    buf_char(out, '"');
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUF struct buf one = {0};
        json_write_str(&one, pieces[i], 0);
        buf_add(out, one.ptr + 1, one.len - 2);
    }
    buf_char(out, '"');
}

static void writes_long_strings_as_their_pieces(void **state)
{
    static const char *const pool[] = {"a",
                                       "~",
                                       " ",
                                       "\"",
                                       "\\",
                                       "\n",
                                       "\x01",
                                       "\x7f",
                                       "\xFF",
                                       "\xC3\xA9",
                                       "\xF0\x9F\x98\x80",
                                       "abcdefgh",
                                       "0123456789abcdef"};
    uint32_t draw = 1;
    for (int round = 0; round < 3000; round++) {
        CLEANUP_BUF struct buf text = {0}, want = {0}, got = {0}, tight = {0}, small = {0};
        struct str pieces[300];
        size_t count = (size_t)round % (sizeof(pieces) / sizeof(*pieces));
        for (size_t i = 0; i < count; i++) {
            draw = draw * 1664525u + 1013904223u;
            pieces[i] = str_of(pool[(draw >> 16) % (sizeof(pool) / sizeof(*pool))]);
            buf_str(&text, pieces[i]);
        }
        write_pieces(&want, pieces, count);
        json_write_str(&got, buf_view(&text), 0);
        assert_str(buf_view(&got), want.ptr);
        tight.limit = want.len;
        json_write_str(&tight, buf_view(&text), 0);
        assert_false(tight.failed);
        assert_str(buf_view(&tight), want.ptr);
        small.limit = want.len - 1;
        json_write_str(&small, buf_view(&text), 0);
        assert_true(small.failed);
        assert_in_range(small.len, 0, small.limit);
    }
}

/* Written, and then with a few bytes of it replaced. */
static void knows_what_is_written(void **state)
{
    static const char *const texts[] = {
        "{\"a\": 1, \"b\": [1.5, -2, true, false, null, {}, []], \"c\": {\"a\": \"x\\n\\\"\", "
        "\"d\": 0.001}}",
        "[\"\xC3\xA9 long enough for a group of bytes\", 123456789012345, 0.0, -0.25, {\"k\": "
        "[[]]}]",
        "[{\"a\": {\"b\": {\"a\": 0}}, \"ab\": 1, \"b\": 2}, {\"a\": 10.5}, -12, \"\\\\\\t\", "
        "\"\x7f\"]",
        "true",
        "-5",
        "\"\"",
        "{}",
        "0.5",
    };
    static const char bytes[] = "{}[]\"\\:, \n0123456789.-eEtfnabu/";
    size_t valid = 0, written = 0;
    uint32_t draw = 1;
    for (int round = 0; round < 300000; round++) {
        CLEANUP_BUF struct buf text = {0}, again = {0};
        buf_text(&text, texts[round % (sizeof(texts) / sizeof(*texts))]);
        for (int change = round / 8 ? 1 + (int)(draw >> 8) % 3 : 0; change; change--) {
            draw = draw * 1664525u + 1013904223u;
            size_t at = (draw >> 8) % text.len;
            draw = draw * 1664525u + 1013904223u;
            text.ptr[at] = bytes[(draw >> 8) % (sizeof(bytes) - 1)];
        }
        CLEANUP_FREE char *exact = mem_dup(text.ptr, text.len);
        struct str json = {exact, text.len};
        if (!json_check(json, NULL, NULL))
            continue;
        valid++;
        if (!json_is_written(json)) {
            assert_true(round / 8);
            continue;
        }
        written++;
        CLEANUP_JSON struct json *value = json_parse(json, NULL);
        json_write(&again, value, 0);
        assert_str(buf_view(&again), exact);
    }
    assert_true(written > 30000 && written < valid - 3000);
}

static void leaves_the_rest_to_the_writer(void **state)
{
    static const char *const texts[] = {
        "{\"a\":1}",
        "[1,2]",
        "[1, 2 ]",
        " 1",
        "1 ",
        "[ ]",
        "{ }",
        "-0",
        "1.50",
        "1e5",
        "0.00001",
        "1234567890123456",
        "\"\\u0041\"",
        "\"\\/\"",
        "{\"a\": 1, \"a\": 2}",
        "{\"a\" : 1}",
        "{\"a\": {\"b\": 1, \"c\": 2, \"b\": 3}}",
        "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_true(json_check(str_of(texts[i]), NULL, NULL));
        assert_false(json_is_written(str_of(texts[i])));
    }
}

/* How many digits a number needs to be read back, tried one after the other. */
static int digits_needed(double number)
{
    char text[64];
    for (int count = 1;; count++) {
        snprintf(text, sizeof(text), "%.*e", count - 1, number);
        if (count == 17 || strtod(text, NULL) == number)
            return count;
    }
}

static void writes_decimals_with_the_fewest_digits(void **state)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
    uint64_t draw = 1;
    for (int round = 0; round < 200000; round++) {
        CLEANUP_BUF struct buf text = {0};
        draw = draw * 6364136223846793005u + 1442695040888963407u;
        double whole = (double)(draw >> (11 + draw % 50));
        double number = whole / powers[(draw >> 7) % 9] * (round % 5 ? 1 : 1.0000000000000002);
        if (number == 0)
            continue;
        json_write_double(&text, number);
        assert_true(strtod(text.ptr, NULL) == number);
        int digits = 0, zeros = 0;
        for (const char *p = text.ptr; *p && *p != 'e'; p++) {
            if (*p == '.' || (*p == '0' && !digits))
                continue;
            zeros = *p == '0' ? zeros + 1 : 0;
            digits++;
        }
        assert_int_equal(digits - zeros, digits_needed(number));
    }
}

static const struct {
    double number;
    const char *text;
} reprs[] = {
    {0.0, "0.0"},
    {-0.0, "-0.0"},
    {1.0, "1.0"},
    {0.1, "0.1"},
    {1e-4, "0.0001"},
    {1e-5, "1e-05"},
    {1.5e-5, "1.5e-05"},
    {123456789.0, "123456789.0"},
    {1e15, "1000000000000000.0"},
    {1e16, "1e+16"},
    {9007199254740993.0, "9007199254740992.0"},
    {1e22, "1e+22"},
    {1e100, "1e+100"},
    {5e-324, "5e-324"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {0.30000000000000004, "0.30000000000000004"},
    {2.0 / 3, "0.6666666666666666"},
    {100.25, "100.25"},
    {0x1p-44, "5.684341886080802e-14"},
    {123456789012345680.0, "1.2345678901234568e+17"},
    {9999999999999998.0, "9999999999999998.0"},
    {-1.5, "-1.5"},
    {INFINITY, "Infinity"},
    {-INFINITY, "-Infinity"},
    {0x1p-1074 * 3, "1.5e-323"},
};

static void expect_reprs(void)
{
    for (size_t i = 0; i < sizeof(reprs) / sizeof(*reprs); i++) {
        CLEANUP_BUF struct buf buf = {0};
        json_write_double(&buf, reprs[i].number);
        assert_str(buf_view(&buf), reprs[i].text);
    }
}

static void writes_doubles_as_python(void **state)
{
    expect_reprs();
    CLEANUP_BUF struct buf buf = {0};
    json_write_double(&buf, NAN);
    assert_str(buf_view(&buf), "NaN");
}

static void ignores_the_locale(void **state)
{
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) {
        printf("skipped: no locale with a decimal comma (package locales)\n");
        skip();
    }
    assert_string_equal(localeconv()->decimal_point, ",");
    CLEANUP_JSON struct json *v = parse("[1.5]");
    expect_reprs();
    assert_true(json_double(json_at(v, 0), 0) == 1.5);
    setlocale(LC_ALL, "C");
}

static void reads_back_random_doubles(void **state)
{
    struct rng rng;
    rng_seed_text(&rng, STR("doubles"));
    for (int i = 0; i < 20000; i++) {
        union {
            uint64_t bits;
            double number;
        } x = {.bits = rng_bits(&rng, 64)};
        if (!isfinite(x.number))
            continue;
        CLEANUP_BUF struct buf buf = {0};
        double back;
        json_write_double(&buf, x.number);
        assert_true(str_to_double(buf_view(&buf), &back));
        assert_true(back == x.number);
    }
}

static void null_reads_as_null(void **state)
{
    CLEANUP_JSON struct json *null = parse(" null ");
    assert_int_equal(json_kind(null), JSON_NULL);
    assert_int_equal(json_kind(NULL), JSON_NULL);
    assert_true(json_equal(null, NULL));
    assert_null(json_get(null, "a"));
    assert_null(json_at(NULL, 0));
    assert_int_equal(json_count(null), 0);
    assert_int_equal(json_str(NULL).len, 0);
    assert_int_equal(json_int(NULL, 4), 4);
    assert_false(json_next(&(struct json_iter){0}));
    expect_written(null, 0, "null");
    json_free(json_ref(null));
    json_free(NULL);
    CLEANUP_JSON struct json *object = json_new_object();
    json_set(object, "a", json_ref(null));
    json_set(object, "b", NULL);
    expect_written(object, 0, "{\"a\": null, \"b\": null}");
}

static void wrong_kinds_read_as_nothing(void **state)
{
    CLEANUP_JSON struct json *v = parse("{\"a\":[1,2],\"s\":\"x\"}");
    assert_null(json_at(v, 0));
    assert_null(json_get(json_get(v, "a"), "x"));
    assert_null(json_at(json_get(v, "a"), 2));
    assert_true(json_bool(json_get(v, "s"), true));
    json_set(json_get(v, "a"), "x", json_new_int(1));
    json_push(v, json_new_int(1));
    json_remove(json_get(v, "s"), "x");
    expect_written(v, JSON_COMPACT, "{\"a\":[1,2],\"s\":\"x\"}");
}

static void follows_paths(void **state)
{
    CLEANUP_JSON struct json *v = parse("{\"cycle\":{\"seed\":3,\"x\":{\"\":1}},\"a.b\":5}");
    assert_int_equal(json_int(json_path(v, "cycle.seed"), 0), 3);
    assert_int_equal(json_int(json_path(v, "cycle.x."), 0), 1);
    assert_null(json_path(v, "cycle.seed.more"));
    assert_null(json_path(v, "nothing.here"));
    assert_null(json_path(v, "a.b"));
}

static void compares(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"1", "1.0", true},
        {"1", "true", false},
        {"0", "false", false},
        {"0", "null", false},
        {"0", "0.5", false},
        {"1", "1.5", false},
        {"0.5", "0.5", true},
        {"\"1\"", "1", false},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
        {"[1,2]", "[2,1]", false},
        {"{\"a\":null}", "{}", false},
        {"{\"a\":null}", "{\"b\":null}", false},
        {"[]", "{}", false},
        {"[1]", "[1,1]", false},
        {"9223372036854775807", "9223372036854775808", false},
        {"9007199254740993", "9007199254740992.0", false},
        {"-0.0", "0", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        CLEANUP_JSON struct json *a = parse(cases[i].a);
        CLEANUP_JSON struct json *b = parse(cases[i].b);
        if (json_equal(a, b) != cases[i].equal || json_equal(b, a) != cases[i].equal)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
    }
}

static void copies_are_independent(void **state)
{
    CLEANUP_JSON struct json *v = parse("{\"a\":[1,\"x\",2.5,false,null,{}]}");
    CLEANUP_JSON struct json *copy = json_copy(v);
    assert_true(json_equal(v, copy));
    json_push(json_get(copy, "a"), json_new_str(STR("more")));
    expect_written(v, JSON_COMPACT, "{\"a\":[1,\"x\",2.5,false,null,{}]}");
    struct json *second = json_ref(copy);
    json_free(copy);
    copy = second;
    assert_int_equal(json_count(json_get(copy, "a")), 7);
}

/* Texts that are nearly JSON, changed at random places. What is accepted must survive a round
 * trip; what is not must be refused by both. */
static void survives_damaged_texts(void **state)
{
    static const char seed[] =
        "{\"a\\u00e9\":[1,-2.5e3,true,null,\"x\\n\xC3\xA9\"],\"b\":{\"c\":[]}}";
    static const char bytes[] = "{}[]\",:\\u0 \n1.eE+-tfn\xC3\xA9\xFF\xED\xA0";
    struct rng rng;
    int accepted = 0;
    rng_seed_text(&rng, STR("json"));
    for (int i = 0; i < 40000; i++) {
        size_t len = sizeof(seed) - 1;
        char *text = malloc(len); /* no NUL after it, so that reading over the end shows */
        memcpy(text, seed, len);
        for (uint64_t n = rng_below(&rng, 4); n > 0; n--)
            text[rng_below(&rng, len)] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
        struct str part = {text, (size_t)rng_below(&rng, 8) ? len : rng_below(&rng, len)};
        char *exact = malloc(part.len ? part.len : 1);
        memcpy(exact, text, part.len);
        part.ptr = exact;
        struct json *value = json_parse(part, NULL);
        assert_true(!!value == json_check(part, NULL, NULL));
        if (value) {
            accepted++;
            CLEANUP_BUF struct buf buf = {0};
            json_write(&buf, value, JSON_ASCII);
            CLEANUP_JSON struct json *back = json_parse(buf_view(&buf), NULL);
            assert_true(back && json_equal(back, value));
        }
        json_free(value);
        free(exact);
        free(text);
    }
    assert_in_range(accepted, 8000, 39000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_is_json),
        cmocka_unit_test(refuses_what_is_not),
        cmocka_unit_test(names_line_and_column),
        cmocka_unit_test(bounds_depth),
        cmocka_unit_test(alternates_containers),
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(reads_escapes),
        cmocka_unit_test(keeps_order_and_last_duplicate),
        cmocka_unit_test(keeps_names_with_nul),
        cmocka_unit_test(sorts_by_code_point),
        cmocka_unit_test(indents_as_python),
        cmocka_unit_test(writes_strings),
        cmocka_unit_test(writes_long_strings_as_their_pieces),
        cmocka_unit_test(knows_what_is_written),
        cmocka_unit_test(leaves_the_rest_to_the_writer),
        cmocka_unit_test(writes_decimals_with_the_fewest_digits),
        cmocka_unit_test(writes_doubles_as_python),
        cmocka_unit_test(ignores_the_locale),
        cmocka_unit_test(reads_back_random_doubles),
        cmocka_unit_test(null_reads_as_null),
        cmocka_unit_test(wrong_kinds_read_as_nothing),
        cmocka_unit_test(follows_paths),
        cmocka_unit_test(compares),
        cmocka_unit_test(copies_are_independent),
        cmocka_unit_test(survives_damaged_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
