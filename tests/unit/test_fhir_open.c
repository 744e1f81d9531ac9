/* SPDX-License-Identifier: MIT */
/* Opening FHIR data: files, folders, Bundles, what is damaged, and the index beside the data. */
#include "fhir_world.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_fhir_open.XXXXXX";

static char *path_of(const char *name)
{
    return file_join(folder, name);
}

static void write_file(const char *name, const char *text)
{
    struct err err = {0};
    CLEANUP_FREE char *path = path_of(name);
    if (file_write_atomic(path, str_of(text), &err))
        fail_msg("%s", err.text);
}

static void write_in(const char *sub, const char *name, const char *text)
{
    struct err err = {0};
    CLEANUP_FREE char *dir = path_of(sub);
    CLEANUP_FREE char *path = file_join(sub, name);
    assert_int_equal(file_make_dirs(dir, &err), 0);
    write_file(path, text);
}

/* The store must not open, and say so with these words. */
static void refuse(const char *name, const char *words)
{
    struct fhir_store *store;
    struct fhir_error error = {{0}};
    CLEANUP_FREE char *path = path_of(name);
    assert_int_equal(fhir_open(path, NULL, &store, &error), -1);
    if (!strstr(error.text, words))
        fail_msg("\"%s\" does not say \"%s\"", error.text, words);
}

static struct fhir_store *open_store(const char *name, int64_t cache_from)
{
    struct fhir_store *store = NULL;
    struct fhir_error error = {{0}};
    CLEANUP_FREE char *path = path_of(name);
    struct fhir_options options = {.cache_from = cache_from};
    if (fhir_open(path, &options, &store, &error))
        fail_msg("%s", error.text);
    return store;
}

static void opens_folders(void **state)
{
    write_in("ward", "b.ndjson",
             "{\"resourceType\":\"Patient\",\"id\":\"b1\"}\r\n\n"
             "  {\"resourceType\":\"Patient\",\"id\":\"b2\"}  ");
    write_in("ward", "a.json",
             "\xef\xbb\xbf{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":"
             "\"Patient\",\"id\":\"a1\"}},\n{\"resource\":{\"resourceType\":\"Patient\",\"id\":"
             "\"a2\"}}]}");
    write_in("ward", "c.json", "{\"resourceType\":\"Patient\",\n\"id\":\"c1\"}\n");
    write_in("ward", "d.jsonl", "");
    write_in("ward", "e.json", "[{\"resourceType\":\"Patient\",\"id\":\"e1\"}]");
    write_in("ward", "README.txt", "not data");
    struct fhir_world world = {.store = open_store("ward", 0)};
    world.view = fhir_view_new(world.store);
    assert_string_equal(fhir_world_find(&world, "Patient"), "a1 a2 b1 b2 c1 e1");
    assert_int_equal(fhir_count(world.store), 6);
    fhir_world_close(&world);
}

static void refuses_damage(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"{\"resourceType\":\"Patient\",\"id\":\"1\"}\n\n{\"resourceType\":\"Patient\",\"id\":"
         "\"2\"",
         "x.ndjson:3: not JSON: ends before its last bracket (column 35)"},
        {"{\"resourceType\":\"Patient\",\"id\":\"1\"}\n{\"resourceType\":\"Patient\",\"id\":\"2\","
         "}",
         "x.ndjson:2: not JSON: a member's name in double quotes is missing"},
        {"{\"id\":\"1\"}", "x.ndjson:1: a resource without resourceType"},
        {"{\"resourceType\":7,\"id\":\"1\"}", "x.ndjson:1: a resource without resourceType"},
        {"\n{\"resourceType\":\"Nope\",\"id\":\"1\"}",
         "x.ndjson:2: FHIR R4 has no resource type \"Nope\""},
        {"{\"resourceType\":\"Patient\"}", "x.ndjson:1: a resource without id"},
        {"{\"resourceType\":\"Patient\",\"id\":\"a b\"}", "x.ndjson:1: an id is 1 to 64"},
        {"{\"resourceType\":\"Patient\",\"id\":\"1\"}\n{\"resourceType\":\"Group\",\"id\":\"1\"}\n"
         "{\"resourceType\":\"Patient\",\"id\":\"1\"}",
         "x.ndjson:3: a second Patient/1; the first is in "},
        {"7", "x.ndjson:1: a resource is a JSON object; this is 7"},
        {"[7]", "a resource is a JSON object"},
        {"{\"resourceType\":\"Patient\",\"id\":\"\xff\"}", "x.ndjson:1: not JSON: not UTF-8"},
        {"{\"resourceType\":\"Bundle\",\"entry\":[{}]}", "an entry of the Bundle has no resource"},
        {"", "has no resources"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        write_file("x.ndjson", cases[i].text);
        refuse("x.ndjson", cases[i].words);
    }
    write_file("x.json", "{\"resourceType\":\"Bundle\",\n\"entry\":[\n{\"resource\":\n{]}");
    refuse("x.json", "x.json:4: not JSON");
    refuse("nowhere", "No such file");
    write_in("empty", "notes.txt", "");
    refuse("empty", "empty has no resources: a data folder holds *.ndjson or *.json");
}

static void refuses_depth(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "{\"resourceType\":\"Patient\",\"id\":\"1\",\"x\":");
    for (int i = 0; i < 100000; i++)
        buf_char(&text, '[');
    write_file("deep.ndjson", text.ptr);
    refuse("deep.ndjson", "nested too deeply");
}

static void reads_memory(void **state)
{
    static const char *const same[] = {
        "{\"resourceType\":\"Patient\",\"id\":\"1\"}\n{\"resourceType\":\"Patient\",\"id\":\"2\"}",
        "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\","
        "\"id\":"
        "\"1\"}},{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"2\"}}]}",
        " [ {\"resourceType\":\"Patient\",\"id\":\"1\"} "
        ",\n{\"resourceType\":\"Patient\",\"id\":\"2\"}"
        " ] ",
    };
    for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
        struct fhir_world world;
        fhir_world_open(&world, same[i]);
        assert_string_equal(fhir_world_find(&world, "Patient"), "1 2");
        fhir_world_close(&world);
    }
    struct fhir_world world;
    fhir_world_open(&world, "");
    assert_int_equal(fhir_count(world.store), 0);
    assert_string_equal(fhir_world_find(&world, "Patient?name=x&identifier=y&_id=z"), "");
    fhir_world_close(&world);
}

/* What is far into a long text is found as well, and a long resource is shown whole. */
static void holds_long_resources(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "{\"resourceType\":\"Patient\",\"text\":{\"div\":\"");
    for (int i = 0; i < 10000; i++)
        buf_text(&text, "<p>long</p>");
    buf_text(&text, "\"},\"id\":\"far\",\"name\":[{\"family\":\"B\"}]}\n"
                    "{\"resourceType\":\"Patient\",\"id\":\"near\"}\n");
    write_in("long", "w.ndjson", text.ptr);
    for (int i = 0; i < 2; i++) {
        struct fhir_world world = {.store = open_store("long", 1)};
        world.view = fhir_view_new(world.store);
        assert_string_equal(fhir_world_find(&world, "Patient?_id=far,near&_sort=-_id"), "near far");
        assert_string_equal(fhir_world_find(&world, "Patient?name=b"), "far");
        assert_true(world.answer.len > 110000);
        fhir_world_close(&world);
    }
}

/* A line of the ward "mixed": from a hundred bytes to more than are read at once. */
static void mixed_line(struct buf *out, int i)
{
    int filling = i == 20 ? 20000 : i * i * 37 % 7000 + (i % 5 == 0 ? 4000 : 0);
    buf_printf(out,
               "{\"resourceType\":\"Observation\",\"id\":\"o%d\",\"meta\":{\"versionId\":\"1\","
               "\"lastUpdated\":\"2024-01-01T00:00:00.000+00:00\"},\"effectiveDateTime\":"
               "\"2023-01-%02d\",\"note\":[{\"text\":\"",
               i, i * 11 % 28 + 1);
    for (int n = 0; n < filling; n++)
        buf_char(out, (char)('a' + (i + n) % 26));
    buf_text(out, "\"}]}");
}

/* The Bundle's entries are the lines of these observations, whole and in order. */
static void shows_lines(struct fhir_world *world, const char *url)
{
    const char *found = fhir_world_find(world, url);
    CLEANUP_FREE char *ids = mem_dup(found, strlen(found));
    const char *at = world->answer.body;
    int shown = 0;
    for (char *rest, *id = strtok_r(ids, " ", &rest); id; id = strtok_r(NULL, " ", &rest)) {
        CLEANUP_BUF struct buf want = {0};
        buf_text(&want, "\"resource\":");
        mixed_line(&want, atoi(id + 1));
        at = strstr(at, want.ptr);
        if (!at)
            fail_msg("%s: %s is not shown as it is", url, id);
        at += want.len;
        shown++;
    }
    assert_true(shown > 8);
}

/* Resources that lie close by are read together, in whatever order they are shown. */
static void shows_what_lies_close_by(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    for (int i = 0; i < 28; i++) {
        mixed_line(&text, i);
        buf_char(&text, '\n');
    }
    write_in("mixed", "w.ndjson", text.ptr);
    struct fhir_world world = {.store = open_store("mixed", 0)};
    world.view = fhir_view_new(world.store);
    shows_lines(&world, "Observation?_count=100");
    shows_lines(&world, "Observation?_count=100&_sort=date");
    shows_lines(&world, "Observation?_count=100&_sort=-_id");
    shows_lines(&world, "Observation?date=ge2023-01-15");
    shows_lines(&world, "Observation?_count=9&_offset=12");
    assert_int_equal(fhir_world_request(&world, "PUT", "Observation/o3",
                                        "{\"resourceType\":\"Observation\",\"id\":\"o3\"}"),
                     200);
    assert_int_equal(fhir_world_request(&world, "DELETE", "Observation/o5", ""), 200);
    shows_lines(&world, "Observation?date=ge2023-01-01&_sort=-date&_count=100");
    fhir_world_close(&world);
}

static void shows_as_stored(void **state)
{
    struct fhir_store *store;
    struct fhir_answer answer = {0};
    struct fhir_options options = {.as_stored = 1};
    assert_int_equal(fhir_open_text(FHIR_TEXT("{\"resourceType\":\"Patient\", \"id\":\"1\"}"), "x",
                                    &options, &store, NULL),
                     0);
    struct fhir_view *view = fhir_view_new(store);
    fhir_read(view, FHIR_TEXT("Patient"), FHIR_TEXT("1"), &answer);
    assert_string_equal(answer.body, "{\"resourceType\":\"Patient\", \"id\":\"1\"}");
    fhir_answer_free(&answer);
    fhir_view_free(view);
    fhir_close(store);
}

static bool was_cached(const char *name)
{
    struct fhir_world world = {.store = open_store(name, 1)};
    bool cached = fhir_index_was_cached(world.store);
    world.view = fhir_view_new(world.store);
    assert_string_equal(fhir_world_find(&world, "Patient?name=b"), "2");
    assert_string_equal(fhir_world_find(&world, "Observation?patient=2&code=K&date=ge2023-02"),
                        "o2");
    fhir_world_close(&world);
    return cached;
}

static void write_ward(const char *more)
{
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "{\"resourceType\":\"Patient\",\"id\":\"1\",\"name\":[{\"family\":\"A\"}]}\n"
                    "{\"resourceType\":\"Patient\",\"id\":\"2\",\"name\":[{\"family\":\"B\"}]}\n");
    for (int i = 1; i <= 2; i++)
        buf_printf(&text,
                   "{\"resourceType\":\"Observation\",\"id\":\"o%d\",\"code\":{\"coding\":[{"
                   "\"code\":\"K\"}]},\"subject\":{\"reference\":\"Patient/%d\"},"
                   "\"effectiveDateTime\":\"2023-0%d-01\"}\n",
                   i, i, i);
    buf_text(&text, more);
    write_in("cached", "w.ndjson", text.ptr);
}

/* Cuts the index, or changes one byte of it. */
static void damage_index(int64_t at)
{
    CLEANUP_FREE char *path = path_of("cached/.fhir-index");
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    if (at < 0) {
        assert_int_equal(ftruncate(fileno(file), -at), 0);
    } else {
        assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
        int c = fgetc(file);
        assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
        fputc(c ^ 0x10, file);
    }
    fclose(file);
}

static void keeps_the_index(void **state)
{
    write_ward("");
    assert_false(was_cached("cached"));
    assert_true(was_cached("cached"));
    write_ward("{\"resourceType\":\"Patient\",\"id\":\"3\"}\n");
    assert_false(was_cached("cached"));
    assert_true(was_cached("cached"));
    static const int64_t places[] = {0,   17,  25, 33,  41,   70,         75,
                                     200, 500, -3, -75, -300, -0x7fffffff};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        damage_index(places[i] == -0x7fffffff ? -1 : places[i]);
        assert_false(was_cached("cached"));
        assert_true(was_cached("cached"));
    }
    write_in("cached", "x.ndjson", "{\"resourceType\":\"Patient\",\"id\":\"4\"}\n");
    assert_false(was_cached("cached"));
}

static void keeps_no_index_of_little(void **state)
{
    CLEANUP_FREE char *index = path_of("ward/.fhir-index");
    fhir_close(open_store("ward", 0));
    assert_false(file_exists(index));
    fhir_close(open_store("ward", -1));
    assert_false(file_exists(index));
    fhir_close(open_store("ward", 1));
    assert_true(file_exists(index));
}

static void needs_no_room_for_the_index(void **state)
{
    struct err err = {0};
    CLEANUP_FREE char *index = path_of("cached/.fhir-index");
    assert_int_equal(unlink(index), 0);
    assert_int_equal(file_make_dirs(index, &err), 0);
    assert_false(was_cached("cached"));
    assert_false(was_cached("cached"));
    CLEANUP_FREE char *dir = path_of("cached");
    char **names;
    size_t count;
    assert_int_equal(file_list(dir, true, 10, &names, &count, &err), 0);
    assert_int_equal(count, 2); /* no temporary file is left */
    for (size_t i = 0; i < count; i++)
        mem_free(names[i]);
    mem_free(names);
}

static int make_folder(void **state)
{
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    struct err err = {0};
    return file_remove_tree(folder, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_folders),
        cmocka_unit_test(refuses_damage),
        cmocka_unit_test(refuses_depth),
        cmocka_unit_test(reads_memory),
        cmocka_unit_test(shows_as_stored),
        cmocka_unit_test(shows_what_lies_close_by),
        cmocka_unit_test(keeps_the_index),
        cmocka_unit_test(holds_long_resources),
        cmocka_unit_test(keeps_no_index_of_little),
        cmocka_unit_test(needs_no_room_for_the_index),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
