/* SPDX-License-Identifier: MIT */
/* FHIR data that was packed with gzip: alone, in a folder, in several members, damaged. */
#include "fhir_world.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

#include "common/fhir/unpack.h"

static const char two[] = "{\"resourceType\":\"Patient\",\"id\":\"1\"}\n"
                          "{\"resourceType\":\"Patient\",\"id\":\"2\"}\n";
static char folder[] = "/tmp/test_fhir_unpack.XXXXXX";

/* Appends a member of gzip's. */
static void pack(struct buf *out, const char *text, size_t len)
{
    char room[4096];
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (Bytef *)text;
    stream.avail_in = (uInt)len;
    stream.next_out = (Bytef *)room;
    stream.avail_out = sizeof(room);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    buf_add(out, room, sizeof(room) - stream.avail_out);
    deflateEnd(&stream);
}

static void write_bytes(const char *name, const struct buf *bytes)
{
    struct err err = {0};
    CLEANUP_FREE char *path = file_join(folder, name);
    if (file_write_atomic(path, (struct str){bytes->ptr, bytes->len}, &err))
        fail_msg("%s", err.text);
}

static void write_packed(const char *name, const char *text)
{
    CLEANUP_BUF struct buf bytes = {0};
    pack(&bytes, text, strlen(text));
    write_bytes(name, &bytes);
}

/* The ids of the patients in it, or why it does not open. */
static const char *opened_with(const char *name, int64_t cache_from)
{
    const struct fhir_options options = {.cache_from = cache_from};
    static struct fhir_world world;
    static struct fhir_error error;
    static char ids[64];
    CLEANUP_FREE char *path = file_join(folder, name);
    world = (struct fhir_world){0};
    if (fhir_open(path, &options, &world.store, &error)) {
        const char *at = strstr(error.text, name);
        return at ? at : error.text;
    }
    world.view = fhir_view_new(world.store);
    snprintf(ids, sizeof(ids), "%s", fhir_world_find(&world, "Patient"));
    fhir_world_close(&world);
    return ids;
}

static const char *opened(const char *name)
{
    return opened_with(name, 0);
}

static void opens_packed_files(void **state)
{
    CLEANUP_BUF struct buf members = {0};
    static const char third[] = "{\"resourceType\":\"Patient\",\"id\":\"3\"}";
    write_packed("w.ndjson.gz", two);
    write_packed("w.jsonl.gz", two);
    write_packed("w.json.gz", "[{\"resourceType\":\"Patient\",\n\"id\":\"1\"}]");
    assert_string_equal(opened("w.ndjson.gz"), "1 2");
    assert_string_equal(opened("w.jsonl.gz"), "1 2");
    assert_string_equal(opened("w.json.gz"), "1");
    pack(&members, two, strlen(two));
    pack(&members, "", 0);
    pack(&members, third, strlen(third));
    buf_add(&members, "\0\0\0\0", 4); /* fills a block */
    write_bytes("members.ndjson.gz", &members);
    assert_string_equal(opened("members.ndjson.gz"), "1 2 3");
}

static void opens_folders(void **state)
{
    struct err err = {0};
    CLEANUP_FREE char *ward = file_join(folder, "ward");
    assert_int_equal(file_make_dirs(ward, &err), 0);
    write_packed("ward/b.ndjson.gz", two);
    write_packed("ward/notes.gz", "not data");
    write_packed("ward/.hidden.ndjson.gz", "not data");
    CLEANUP_BUF struct buf plain = {0};
    buf_text(&plain, "{\"resourceType\":\"Patient\",\"id\":\"0\"}");
    write_bytes("ward/a.json", &plain);
    assert_string_equal(opened("ward"), "0 1 2");
}

static void says_what_is_wrong(void **state)
{
    CLEANUP_BUF struct buf bytes = {0};
    write_packed("bad.ndjson.gz", "{\"resourceType\":\"Patient\",\"id\":\"1\"}\n\n{\"id\":\"2\"}");
    assert_string_equal(opened("bad.ndjson.gz"),
                        "bad.ndjson.gz:3: a resource without resourceType");
    write_packed("empty.ndjson.gz", "");
    assert_string_equal(opened("empty.ndjson.gz"), "empty.ndjson.gz has no resources");
    write_bytes("nothing.ndjson.gz", &bytes);
    assert_string_equal(opened("nothing.ndjson.gz"),
                        "nothing.ndjson.gz: damaged gzip data, 0 bytes into its text: it ends too "
                        "early; pack it again");
    pack(&bytes, two, strlen(two));
    buf_text(&bytes, "more");
    write_bytes("more.ndjson.gz", &bytes);
    assert_string_equal(opened("more.ndjson.gz"),
                        "more.ndjson.gz: damaged gzip data, 72 bytes into its text: incorrect "
                        "header check; pack it again");
}

static void needs_a_folder_to_unpack_into(void **state)
{
    write_packed("w.ndjson.gz", two);
    assert_int_equal(setenv("TMPDIR", "/nowhere", 1), 0);
    assert_string_equal(opened("w.ndjson.gz"),
                        "w.ndjson.gz into /nowhere: No such file or directory; TMPDIR may name "
                        "another folder");
    assert_int_equal(unsetenv("TMPDIR"), 0);
}

static void unlink_in(const char *name)
{
    CLEANUP_FREE char *path = file_join(folder, name);
    unlink(path);
}

/* All names in the folder "kept", with blanks between them. */
static const char *kept_names(void)
{
    static char all[512];
    char **names;
    size_t count;
    struct err err = {0};
    CLEANUP_FREE char *path = file_join(folder, "kept");
    assert_int_equal(file_list(path, false, 100, &names, &count, &err), 0);
    *all = 0;
    for (size_t i = 0; i < count; i++) {
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? " " : "", names[i]);
        mem_free(names[i]);
    }
    mem_free(names);
    return all;
}

/* Writes over a byte of the text that was kept; then its time is the old one again, or is not. */
static void change_kept(char byte, bool quietly)
{
    struct stat about;
    CLEANUP_FREE char *path = file_join(folder, "kept/.w.ndjson.gz.fhir-text");
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0 && fstat(fd, &about) == 0);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)(strchr(two, '1') - two)), 1);
    const struct timespec times[2] = {about.st_atim, about.st_mtim};
    const struct timespec others[2] = {{0}, {.tv_sec = 1000000000}};
    assert_int_equal(futimens(fd, quietly ? times : others), 0);
    close(fd);
}

static void keeps_what_it_unpacked(void **state)
{
    struct err err = {0};
    CLEANUP_FREE char *path = file_join(folder, "kept");
    assert_int_equal(file_make_dirs(path, &err), 0);
    write_packed("kept/w.ndjson.gz", two);
    assert_string_equal(opened_with("kept/w.ndjson.gz", -1), "1 2");
    assert_string_equal(opened_with("kept/w.ndjson.gz", 8 * (int64_t)sizeof(two)), "1 2");
    assert_string_equal(kept_names(), "w.ndjson.gz");
    assert_string_equal(opened_with("kept/w.ndjson.gz", 8 * (int64_t)strlen(two)), "1 2");
    assert_string_equal(kept_names(), ".w.ndjson.gz.fhir-text w.ndjson.gz");
    change_kept('7', true);
    assert_string_equal(opened_with("kept/w.ndjson.gz", 8), "7 2"); /* it is what is read */
    change_kept('7', false);
    unlink_in("kept/w.ndjson.gz.fhir-index");
    assert_string_equal(opened_with("kept", 8), "1 2");
    assert_string_equal(kept_names(), ".fhir-index .w.ndjson.gz.fhir-text w.ndjson.gz");
    write_packed("kept/w.ndjson.gz", strchr(two, '\n') + 1);
    assert_string_equal(opened_with("kept", 8), "2");
    assert_string_equal(opened_with("kept", 8), "2");
}

static void does_without_keeping(void **state)
{
    struct err err = {0};
    CLEANUP_BUF struct buf bytes = {0};
    CLEANUP_FREE char *path = file_join(folder, "kept/.w.ndjson.gz.fhir-text");
    assert_int_equal(file_remove_tree(path, &err), 0);
    unlink_in("kept/.fhir-index");
    assert_int_equal(file_make_dirs(path, &err), 0); /* nothing can take its name now */
    assert_string_equal(opened_with("kept", 8), "2");
    unlink_in("kept/.fhir-index");
    assert_string_equal(kept_names(), "w.ndjson.gz");
    assert_int_equal(file_remove_tree(path, &err), 0);
    pack(&bytes, two, strlen(two));
    bytes.ptr[bytes.len / 2] ^= 1;
    write_bytes("kept/w.ndjson.gz", &bytes);
    assert_non_null(strstr(opened_with("kept", 8), "kept/w.ndjson.gz: damaged gzip data"));
    assert_string_equal(kept_names(), "w.ndjson.gz");
}

static bool keep(void *arg, const char *piece, size_t len)
{
    buf_add(arg, piece, len);
    return true;
}

static bool refuse(void *arg, const char *piece, size_t len)
{
    return false;
}

static const char *unpacked(const struct buf *bytes, size_t len, uint64_t limit, struct buf *out)
{
    uint64_t counted = 0;
    const char *why = unpack((grasp_str){bytes->ptr, len}, limit, keep, out, &counted);
    assert_int_equal(counted, out->len);
    return why;
}

/* A text that was cut anywhere, or of which any bit is wrong, is never taken for another one. */
static void notices_all_damage(void **state)
{
    CLEANUP_BUF struct buf bytes = {0};
    pack(&bytes, two, strlen(two));
    for (size_t len = 0; len < bytes.len; len++) {
        CLEANUP_BUF struct buf out = {0};
        assert_string_equal(unpacked(&bytes, len, UNPACK_MAX, &out), "it ends too early");
    }
    for (size_t bit = 0; bit < bytes.len * 8; bit++) {
        CLEANUP_BUF struct buf out = {0};
        bytes.ptr[bit / 8] ^= (char)(1 << bit % 8);
        if (!unpacked(&bytes, bytes.len, UNPACK_MAX, &out))
            assert_string_equal(out.ptr, two); /* in the header is more than the text needs */
        bytes.ptr[bit / 8] ^= (char)(1 << bit % 8);
    }
}

static void keeps_to_its_limit(void **state)
{
    CLEANUP_BUF struct buf bytes = {0}, out = {0}, zeros = {0};
    uint64_t len = 0;
    pack(&bytes, two, strlen(two));
    assert_null(unpacked(&bytes, bytes.len, strlen(two), &out));
    buf_reset(&out);
    assert_string_equal(unpacked(&bytes, bytes.len, strlen(two) - 1, &out),
                        "its text is too large");
    assert_string_equal(unpack((grasp_str){bytes.ptr, bytes.len}, 1000, refuse, NULL, &len), "");
    for (int i = 0; i < 1000000; i++)
        buf_char(&zeros, 0);
    buf_reset(&bytes);
    pack(&bytes, zeros.ptr, zeros.len);
    pack(&bytes, zeros.ptr, zeros.len);
    buf_reset(&out);
    assert_string_equal(unpacked(&bytes, bytes.len, 1500000, &out), "its text is too large");
    assert_in_range(out.len, 1000000, 1500000);
}

static int make_folder(void **state)
{
    unsetenv("TMPDIR");
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
        cmocka_unit_test(opens_packed_files),     cmocka_unit_test(opens_folders),
        cmocka_unit_test(says_what_is_wrong),     cmocka_unit_test(needs_a_folder_to_unpack_into),
        cmocka_unit_test(keeps_what_it_unpacked), cmocka_unit_test(does_without_keeping),
        cmocka_unit_test(notices_all_damage),     cmocka_unit_test(keeps_to_its_limit),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
