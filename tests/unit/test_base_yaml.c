/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <math.h>

#include "base/rng.h"
#include "base/yaml.h"

static struct json *parse(const char *text)
{
    struct err err = {0};
    struct json *value = yaml_parse(str_of(text), "t.yaml", NULL, &err);
    if (!value)
        fail_msg("%s: %s", text, err.text);
    return value;
}

static void expect_json(const struct json *value, const char *want)
{
    CLEANUP_BUF struct buf buf = {0};
    json_write(&buf, value, 0);
    assert_str(buf_view(&buf), want);
}

static void expect_read(const char *yaml, const char *json)
{
    CLEANUP_JSON struct json *value = parse(yaml);
    expect_json(value, json);
}

static void resolves_scalars_as_pyyaml(void **state)
{
    static const char *const cases[][2] = {
        {"yes", "true"},
        {"Yes", "true"},
        {"yEs", "\"yEs\""},
        {"off", "false"},
        {"ON", "true"},
        {"y", "\"y\""},
        {"~", "null"},
        {"Null", "null"},
        {"nULL", "\"nULL\""},
        {"", "null"},
        {"12", "12"},
        {"+12", "12"},
        {"-12", "-12"},
        {"1_000", "1000"},
        {"0o17", "\"0o17\""},
        {"017", "15"},
        {"018", "\"018\""},
        {"0x1F", "31"},
        {"-0x1f", "-31"},
        {"0b101", "5"},
        {"0b", "\"0b\""},
        {"0x_", "\"0x_\""},
        {"1:30", "90"},
        {"-1:30", "-90"},
        {"1:60", "\"1:60\""},
        {"190:20:30", "685230"},
        {"190:20:30.15", "685230.15"},
        {"0:30", "\"0:30\""},
        {"1e3", "\"1e3\""},
        {"1.0e3", "\"1.0e3\""},
        {"1.0e+3", "1000.0"},
        {"1.e-3", "0.001"},
        {".5", "0.5"},
        {"-.5", "\"-.5\""},
        {"1.", "1.0"},
        {"1.5_0", "1.5"},
        {".", "\".\""},
        {"._5", "\"._5\""},
        {".inf", "Infinity"},
        {"-.INF", "-Infinity"},
        {".NaN", "NaN"},
        {"-.nan", "\"-.nan\""},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775808", "9.223372036854776e+18"},
        {"0xffffffffffffffff", "1.8446744073709552e+19"},
        {"2023-11-13", "\"2023-11-13\""},
        {"'12'", "\"12\""},
        {"\"yes\"", "\"yes\""},
        {"!!str 12", "\"12\""},
        {"!!int '12'", "12"},
        {"!!float 1", "1.0"},
        {"!!null x", "null"},
        {"! 12", "12"},
        {"=", "\"=\""},
        {"a b  # c", "\"a b\""},
        {"a#b", "\"a#b\""},
        {"\xC3\xA9", "\"\xC3\xA9\""},
        {"0", "0"},
        {"-0", "0"},
        {"00", "0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        expect_read(cases[i][0], cases[i][1]);
}

static void reads_structures(void **state)
{
    expect_read(
        "a: 1\nb:\n- x\n- y: z\n  w: [1, {p: q}]\nc: {}\n",
        "{\"a\": 1, \"b\": [\"x\", {\"y\": \"z\", \"w\": [1, {\"p\": \"q\"}]}], \"c\": {}}");
    expect_read("k: |\n  l1\n   l2\n\nn: >-\n  f1\n  f2\n\n  f3\n",
                "{\"k\": \"l1\\n l2\\n\", \"n\": \"f1 f2\\nf3\"}");
    expect_read("d: \"a\\x41\\u2011\\t\\\n   b\"\ns: 'it''s\n\n  two'\n",
                "{\"d\": \"aA\xE2\x80\x91\\tb\", \"s\": \"it's\\ntwo\"}");
    expect_read("1: a\ntrue: b\n~: c\n1.5: d\n'': e\n",
                "{\"1\": \"a\", \"true\": \"b\", \"null\": \"c\", \"1.5\": \"d\", \"\": \"e\"}");
    expect_read("# nothing\n", "null");
    expect_read("---\na: b\n...\n", "{\"a\": \"b\"}");
    expect_read("\xEF\xBB\xBF"
                "a: 1\r\nb: 2\r\n",
                "{\"a\": 1, \"b\": 2}");
    expect_read("\"\\0x\": \"\\0\"", "{\"\\u0000x\": \"\\u0000\"}");
}

static void expands_anchors_and_merges(void **state)
{
    expect_read("a: &x {p: 1, q: [2]}\nb: *x\n",
                "{\"a\": {\"p\": 1, \"q\": [2]}, \"b\": {\"p\": 1, \"q\": [2]}}");
    expect_read("- &x {p: 1, q: 2}\n- {q: 3, <<: *x, r: 4}\n",
                "[{\"p\": 1, \"q\": 2}, {\"p\": 1, \"q\": 3, \"r\": 4}]");
    expect_read("- &x {p: 1}\n- &y {p: 2, q: 2}\n- {<<: [*x, *y]}\n",
                "[{\"p\": 1}, {\"p\": 2, \"q\": 2}, {\"p\": 1, \"q\": 2}]");
    expect_read("&k key: *k\n", "{\"key\": \"key\"}");
    expect_read("'<<': 1\n", "{\"<<\": 1}");
}

static void expect_fault(const char *text, const char *fault)
{
    struct err err = {0};
    struct yaml_lines *lines = NULL;
    struct json *value = yaml_parse(str_of(text), "t.yaml", &lines, &err);
    if (value)
        fail_msg("'%s' was accepted", text);
    assert_null(lines);
    assert_int_equal(err.code, EXIT_CONFIG);
    if (!strstr(err.text, fault))
        fail_msg("'%s': %s, not %s", text, err.text, fault);
}

static void refuses_with_the_line(void **state)
{
    expect_fault("a: 1\nb: 2\na: 3\n", "t.yaml:3: 'a' is given twice");
    expect_fault("1: a\n'1': b\n", "t.yaml:2: '1' is given twice");
    expect_fault("a: *x\n", "t.yaml:1: no value is named &x");
    expect_fault("a: &x [*x]\n", "no value is named &x");
    expect_fault("- &x 1\n- &x 2\n", "two values are named &x");
    expect_fault("a: !mine b\n", "t.yaml:1: the tag !mine");
    expect_fault("a: !!int x\n", "the tag tag:yaml.org,2002:int");
    expect_fault("a: !!python/object:x {}\n", "the tag");
    expect_fault("a: !!seq {}\n", "the tag");
    expect_fault("? [a]\n: b\n", "a name in a mapping must be a text");
    expect_fault("a: 1\nb: [1\n", "t.yaml:3: invalid YAML");
    expect_fault("a: b: c\n", "t.yaml:1: invalid YAML");
    expect_fault("a: 1\n---\nb: 2\n", "a second document");
    expect_fault("a: 1\n\tb: 2\n", "t.yaml:2: invalid YAML");
    expect_fault("<<: 1\n", "'<<' needs a mapping");
    expect_fault("<<: [1]\n", "'<<' needs a mapping");
    expect_fault("a: 1\nb: \xFF\n", "t.yaml:2: invalid YAML");
    expect_fault("a: \x01\n", "invalid YAML");
    expect_fault("\"\\ud800\"", "invalid YAML");
    expect_fault("\xFF\xFE"
                 "a\0",
                 "invalid YAML");
    expect_fault("name: dashes4\n----\nx", "invalid YAML");
}

static void bounds_hostile_input(void **state)
{
    expect_fault("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                 "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
                 "more than 10000 values");
    char deep[600] = {0};
    memset(deep, '[', 300);
    expect_fault(deep, "nested deeper than 100 levels");
    memset(deep, 0, sizeof(deep));
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    json_free(parse(deep));
    CLEANUP_BUF struct buf chain = {0};
    buf_text(&chain, "- &a0 [[[[[[[[[[x]]]]]]]]]]\n");
    for (int i = 1; i < 20; i++)
        buf_printf(&chain, "- &a%d [[[[[[[[[[*a%d]]]]]]]]]]\n", i, i - 1);
    expect_fault(chain.ptr, "nested deeper than 100 levels");
}

static void knows_lines(void **state)
{
    struct yaml_lines *lines = NULL;
    CLEANUP_JSON struct json *v = yaml_parse(
        STR("# c\na: 1\nb:\n  c: 2\n  d:\n  - x\n  - e: 3\nf: &f {g: 1}\n"), "t", &lines, NULL);
    assert_non_null(v);
    assert_int_equal(yaml_line(lines, "a"), 2);
    assert_int_equal(yaml_line(lines, "b"), 3);
    assert_int_equal(yaml_line(lines, "b.c"), 4);
    assert_int_equal(yaml_line(lines, "b.d.1"), 7);
    assert_int_equal(yaml_line(lines, "b.d.1.e"), 7);
    assert_int_equal(yaml_line(lines, "b.nothing.here"), 3);
    assert_int_equal(yaml_line(lines, "f.g"), 8);
    assert_int_equal(yaml_line(lines, "nothing"), 2);
    assert_int_equal(yaml_line(NULL, "a"), 0);
    yaml_lines_free(lines);
    yaml_lines_free(NULL);
}

static void expect_written(const char *json, const char *want)
{
    CLEANUP_JSON struct json *value = json_parse(str_of(json), NULL);
    assert_non_null(value);
    CLEANUP_BUF struct buf buf = {0};
    yaml_write(&buf, value);
    assert_str(buf_view(&buf), want);
    CLEANUP_JSON struct json *back = parse(buf.ptr);
    assert_true(json_equal(back, value));
}

static void writes_block_style(void **state)
{
    expect_written(
        "{\"tags\":[\"a\",\"24 hours\"],\"name\":\"nn\",\"version\":1,\"p\":{\"e\":1.0}}",
        "name: nn\np:\n  e: 1.0\ntags:\n- a\n- 24 hours\nversion: 1\n");
    expect_written("{\"a\":[],\"b\":{},\"c\":null,\"d\":true,\"e\":1e-5,\"f\":1e16,\"g\":-2.5}",
                   "a: []\nb: {}\nc: null\nd: true\ne: 1.0e-05\nf: 1.0e+16\ng: -2.5\n");
    expect_written("[[1,[2]],{\"a\":[{\"b\":1,\"c\":{\"d\":2}}]}]",
                   "- - 1\n  - - 2\n- a:\n  - b: 1\n    c:\n      d: 2\n");
    expect_written("\"x\"", "x\n");
    expect_written("[]", "[]\n");
    expect_written("{\"s\":[\"yes\",\"12\",\"\",\"a: b\",\"a #b\",\"- x\",\"2023-11-13\",\"it's\","
                   "\"q\\\"\",\"l1\\nl2\",\"1e3\",\"a:\",\" a\",\"a:b\",\"\\u0000\\u0085\",\"~\"]}",
                   "s:\n- \"yes\"\n- \"12\"\n- \"\"\n- \"a: b\"\n- \"a #b\"\n- \"- x\"\n"
                   "- \"2023-11-13\"\n- it's\n- q\"\n- \"l1\\nl2\"\n- \"1e3\"\n- \"a:\"\n- \" a\"\n"
                   "- a:b\n- \"\\x00\\x85\"\n- \"~\"\n");
}

static void writes_long_names(void **state)
{
    CLEANUP_BUF struct buf json = {0};
    buf_text(&json, "[{\"");
    for (int i = 0; i < 300; i++)
        buf_text(&json, "long ");
    buf_text(&json, "\":{\"a\":[1]},\"b\":2}]");
    CLEANUP_JSON struct json *value = json_parse(buf_view(&json), NULL);
    CLEANUP_BUF struct buf text = {0};
    yaml_write(&text, value);
    CLEANUP_JSON struct json *back = parse(text.ptr);
    assert_true(json_equal(back, value));
}

static struct json *random_text(struct rng *rng)
{
    static const char *const pieces[] = {
        "a",
        "b",
        ":",
        " ",
        "#",
        "-",
        "'",
        "\"",
        "\\",
        "\n",
        "\t",
        "\x07",
        "\x7f",
        "\xC2\x85",
        "\xC3\xA9",
        "\xE2\x80\xA8",
        "\xEF\xBB\xBF",
        "\xF0\x9F\x98\x80",
        "\xEF\xBF\xBF",
        ",",
        "[",
        "{",
        "?",
        "!",
        "&",
        "*",
        "%",
        "@",
        "`",
        ".",
        "0",
        "~",
        "<<",
        "...",
        "---",
        "=",
        "null",
        "yes",
        "1.5",
        "0x1",
        "1:30",
        "2001-01-01",
    };
    CLEANUP_BUF struct buf text = {0};
    for (uint64_t n = rng_below(rng, 6); n > 0; n--)
        buf_text(&text, pieces[rng_below(rng, sizeof(pieces) / sizeof(*pieces))]);
    return json_new_str(buf_view(&text));
}

static struct json *random_value(struct rng *rng, int depth)
{
    uint64_t kind = rng_below(rng, depth < 5 ? 10 : 6);
    if (kind == 0)
        return NULL;
    if (kind == 1)
        return json_new_bool(rng_below(rng, 2));
    if (kind == 2)
        return json_new_int((int64_t)rng_bits(rng, 64) >> rng_below(rng, 60));
    if (kind == 3)
        return json_new_double(ldexp(rng_random(rng), (int)rng_below(rng, 200) - 100));
    if (kind < 6)
        return random_text(rng);
    struct json *value = kind < 8 ? json_new_array() : json_new_object();
    for (uint64_t n = rng_below(rng, 4); n > 0; n--) {
        CLEANUP_JSON struct json *key = random_text(rng);
        if (kind < 8)
            json_push(value, random_value(rng, depth + 1));
        else
            json_set_str(value, json_str(key), random_value(rng, depth + 1));
    }
    return value;
}

static void reads_back_what_it_writes(void **state)
{
    struct rng rng;
    rng_seed_text(&rng, STR("yaml"));
    for (int i = 0; i < 5000; i++) {
        CLEANUP_JSON struct json *value = random_value(&rng, 0);
        CLEANUP_BUF struct buf text = {0};
        yaml_write(&text, value);
        CLEANUP_JSON struct json *back = parse(text.ptr);
        if (!json_equal(back, value))
            fail_msg("not the same after:\n%s", text.ptr);
    }
}

static void survives_damaged_texts(void **state)
{
    static const char seed[] = "a: &x {b: [1, 'y'], \"c\\x41\": ~}\nd:\n- *x\n- |\n  t\n- <<: *x\n"
                               "  e: >-\n   f\n   g\n? h\n: !!str 2\n";
    static const char bytes[] = " \n-:#{}[],&*!|>'\"%@`?\t\\xa0~=<\xC3\xA9\xFF\x00";
    struct rng rng;
    int accepted = 0;
    rng_seed_text(&rng, STR("damage"));
    for (int i = 0; i < 20000; i++) {
        char text[sizeof(seed)];
        memcpy(text, seed, sizeof(seed));
        for (uint64_t n = 1 + rng_below(&rng, 4); n > 0; n--)
            text[rng_below(&rng, sizeof(seed) - 1)] = bytes[rng_below(&rng, sizeof(bytes) - 1)];
        struct yaml_lines *lines = NULL;
        struct err err = {0};
        CLEANUP_JSON struct json *value =
            yaml_parse((struct str){text, sizeof(seed) - 1}, "t", &lines, &err);
        assert_true(value ? !err.code && lines : err.code == EXIT_CONFIG && !lines);
        yaml_lines_free(lines);
        if (!value)
            continue;
        accepted++;
        CLEANUP_BUF struct buf out = {0};
        yaml_write(&out, value);
        CLEANUP_JSON struct json *back = parse(out.ptr);
        assert_true(json_equal(back, value));
    }
    assert_in_range(accepted, 1000, 19000);
}

/* The front matter of a skill file: between "---\n" and the first "\n---\n". */
static struct json *read_front_matter(struct str text)
{
    size_t end = 0;
    struct str rest = {text.ptr + 4, text.len - 4};
    if (!str_starts(text, "---\n") || !str_find(rest, STR("\n---\n"), &end))
        return json_new_object();
    return yaml_parse((struct str){rest.ptr, end}, "skill", NULL, NULL);
}

static void compare_skill(const struct json *c)
{
    struct str text = json_str(json_get(c, "file_text"));
    CLEANUP_JSON struct json *meta = read_front_matter(text);
    if (json_is(json_get(c, "parsed"), JSON_NULL)) {
        assert_null(meta);
        return;
    }
    assert_non_null(meta);
    for (struct json_iter it = json_members(meta); json_next(&it);) {
        if (json_is(it.value, JSON_NULL))
            continue;
        if (!json_equal(it.value, json_get_str(json_get(c, "parsed"), it.key)))
            fail_msg("%.*s of\n%.*s", (int)it.key.len, it.key.ptr, (int)text.len, text.ptr);
    }
}

static void reads_recorded_skills(void **state)
{
    CLEANUP_FREE char *path = shared_file("golden/grasp_golden.json");
    CLEANUP_BUF struct buf text = {0};
    assert_int_equal(file_read(path, 0, &text, NULL), 0);
    CLEANUP_JSON struct json *golden = json_parse(buf_view(&text), NULL);
    static const char *const sections[] = {"sections.skill_file_parse.cases",
                                           "sections.skill_file_write_then_parse.cases"};
    for (size_t i = 0; i < 2; i++) {
        const struct json *cases = json_path(golden, sections[i]);
        assert_true(json_count(cases) > 0);
        for (size_t k = 0; k < json_count(cases); k++)
            compare_skill(json_at(cases, k));
    }
    const struct json *overrides = json_path(golden, "sections.overrides.cases");
    assert_true(json_count(overrides) > 0);
    for (size_t i = 0; i < json_count(overrides); i++) {
        const struct json *c = json_at(overrides, i);
        for (size_t k = 0; k < json_count(json_get(c, "overrides")); k++) {
            struct str value = json_str(json_at(json_get(c, "overrides"), k));
            struct str name = str_cut(&value, '=');
            CLEANUP_FREE char *key = mem_dup(name.ptr, name.len);
            CLEANUP_JSON struct json *read = yaml_parse(value, "--set", NULL, NULL);
            assert_true(read && json_equal(read, json_path(json_get(c, "out"), key)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_scalars_as_pyyaml), cmocka_unit_test(reads_structures),
        cmocka_unit_test(expands_anchors_and_merges), cmocka_unit_test(refuses_with_the_line),
        cmocka_unit_test(bounds_hostile_input),       cmocka_unit_test(knows_lines),
        cmocka_unit_test(writes_block_style),         cmocka_unit_test(writes_long_names),
        cmocka_unit_test(reads_back_what_it_writes),  cmocka_unit_test(survives_damaged_texts),
        cmocka_unit_test(reads_recorded_skills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
