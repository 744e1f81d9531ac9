/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static int make_folder(void **state)
{
    char *dir = mem_dup("/tmp/grasp-file-XXXXXX", strlen("/tmp/grasp-file-XXXXXX"));
    *state = dir;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_folder(void **state)
{
    struct err err = {0};
    int status = file_remove_tree(*state, &err);
    if (status || file_exists(*state))
        printf("%s\n", err.text);
    mem_free(*state);
    return status;
}

static void put(const char *dir, const char *name, const char *text)
{
    CLEANUP_FREE char *path = file_join(dir, name);
    CLEANUP_FREE char *parent = file_dir_name(path);
    assert_int_equal(file_make_dirs(parent, NULL), 0);
    assert_int_equal(file_write_atomic(path, str_of(text), NULL), 0);
}

static void expect_text(const char *dir, const char *name, const char *want)
{
    CLEANUP_FREE char *path = file_join(dir, name);
    CLEANUP_BUF struct buf text = {0};
    assert_int_equal(file_read(path, 0, &text, NULL), 0);
    assert_str(buf_view(&text), want);
}

static void expect_names(const char *dir, bool recursive, const char *want)
{
    char **names;
    size_t count;
    CLEANUP_BUF struct buf all = {0};
    assert_int_equal(file_list(dir, recursive, 100, &names, &count, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&all, "%s ", names[i]);
        mem_free(names[i]);
    }
    mem_free(names);
    assert_str(buf_view(&all), want);
}

static void writes_and_reads(void **state)
{
    const char *dir = *state;
    put(dir, "a.txt", "first");
    put(dir, "a.txt", "second");
    expect_text(dir, "a.txt", "second");
    CLEANUP_FREE char *path = file_join(dir, "b");
    char bytes[70000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 31);
    assert_int_equal(file_write_atomic(path, (struct str){bytes, sizeof(bytes)}, NULL), 0);
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "before:");
    assert_int_equal(file_read(path, sizeof(bytes), &text, NULL), 0);
    assert_int_equal(text.len, 7 + sizeof(bytes));
    assert_memory_equal(text.ptr + 7, bytes, sizeof(bytes));
    expect_names(dir, true, "a.txt b ");
    put(dir, "empty", "");
    expect_text(dir, "empty", "");
}

static void reads_within_limits(void **state)
{
    put(*state, "a", "12345");
    CLEANUP_FREE char *path = file_join(*state, "a");
    struct err err = {0};
    CLEANUP_BUF struct buf text = {0};
    assert_int_equal(file_read(path, 4, &text, &err), EXIT_CONFIG);
    assert_null(text.ptr);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(file_read(path, 5, &text, &err), 0);
    CLEANUP_BUF struct buf small = {.limit = 7};
    assert_int_equal(file_read(path, 5, &small, &err), 0);
    assert_int_equal(file_read(path, 5, &small, &err), EXIT_CONFIG);
    assert_str(buf_view(&small), "12345");
}

static void explains_failures(void **state)
{
    CLEANUP_FREE char *missing = file_join(*state, "no/file");
    struct err err = {0};
    CLEANUP_BUF struct buf text = {0};
    assert_int_equal(file_read(missing, 0, &text, &err), EXIT_CONFIG);
    assert_non_null(strstr(err.text, missing));
    assert_non_null(strstr(err.text, "No such file or directory"));
    assert_int_equal(file_read(*state, 0, &text, &err), EXIT_CONFIG);
    assert_int_equal(file_write_atomic(missing, STR("x"), &err), EXIT_CONFIG);
    assert_int_equal(file_write_atomic(*state, STR("x"), &err), EXIT_CONFIG);
    char **names = (char **)state;
    size_t count = 77;
    assert_int_equal(file_list(missing, false, 1, &names, &count, &err), EXIT_CONFIG);
    assert_int_equal(count, 77);
    put(*state, "a", "1");
    put(*state, "b", "2");
    assert_int_equal(file_list(*state, false, 1, &names, &count, &err), EXIT_CONFIG);
    assert_ptr_equal(names, state);
    CLEANUP_FREE char *below = file_join(*state, "a/b/c");
    assert_int_equal(file_make_dirs(below, &err), EXIT_CONFIG);
    CLEANUP_FREE char *file = file_join(*state, "a");
    assert_int_equal(file_make_dirs(file, &err), EXIT_CONFIG);
}

static void refuses_without_permission(void **state)
{
    put(*state, "a", "1");
    CLEANUP_FREE char *path = file_join(*state, "a");
    chmod(path, 0);
    chmod(*state, 0700);
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(65534), 0);
    struct err err = {0};
    CLEANUP_BUF struct buf text = {0};
    int reading = file_read(path, 0, &text, &err);
    int writing = root ? file_write_atomic(path, STR("x"), &err) : EXIT_PERMISSION;
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(reading, EXIT_PERMISSION);
    assert_int_equal(writing, EXIT_PERMISSION);
}

/* A write that fails half way leaves the old file and nothing else. */
static void leaves_nothing_when_the_disk_is_full(void **state)
{
    put(*state, "a", "old");
    CLEANUP_FREE char *path = file_join(*state, "a");
    CLEANUP_FREE char *text = mem_alloc(100000);
    struct rlimit old, small = {4096, RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    struct err err = {0};
    int status = file_write_atomic(path, (struct str){text, 100000}, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_not_equal(status, 0);
    assert_non_null(strstr(err.text, path));
    expect_text(*state, "a", "old");
    expect_names(*state, true, "a ");
}

/* What comes in pieces appears at the end, whole. */
static void writes_in_pieces(void **state)
{
    CLEANUP_FREE char *path = file_join(*state, "a");
    CLEANUP_BUF struct buf want = {0}, got = {0};
    struct file_writer *w;
    put(*state, "a", "old");
    assert_int_equal(file_writer_open(path, &w, NULL), 0);
    for (int i = 0; i < 40000; i++) {
        CLEANUP_FREE char *piece = mem_printf("%*d\n", i % 977 == 0 ? 200000 : 12, i);
        file_writer_add(w, str_of(piece));
        buf_text(&want, piece);
    }
    expect_text(*state, "a", "old");
    assert_int_equal(file_writer_finish(w, NULL), 0);
    assert_int_equal(file_read(path, 0, &got, NULL), 0);
    assert_true(str_eq(buf_view(&got), buf_view(&want)));
    expect_names(*state, true, "a ");
}

static void gives_up_writing(void **state)
{
    CLEANUP_FREE char *path = file_join(*state, "a");
    struct file_writer *w;
    assert_int_equal(file_writer_open(path, &w, NULL), 0);
    file_writer_add(w, STR("half"));
    file_writer_cancel(w);
    file_writer_cancel(NULL);
    expect_names(*state, true, "");
}

static void keeps_modes(void **state)
{
    struct stat st;
    mode_t mask = umask(027);
    put(*state, "new", "1");
    umask(mask);
    CLEANUP_FREE char *path = file_join(*state, "new");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    chmod(path, 0604);
    put(*state, "new", "2");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0604);
    /* A name as long as names may be still has room for its temporary one. */
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    put(*state, name, "long");
    expect_text(*state, name, "long");
}

static void lists_sorted(void **state)
{
    put(*state, "b.md", "");
    put(*state, "B.md", "");
    put(*state, ".history/z_v1.md", "");
    put(*state, "sub/deep/x", "");
    put(*state, "sub-a", "");
    CLEANUP_FREE char *link_path = file_join(*state, "link");
    CLEANUP_FREE char *loop = file_join(*state, "sub/loop");
    assert_int_equal(symlink("/etc/passwd", link_path), 0);
    assert_int_equal(symlink("..", loop), 0);
    expect_names(*state, false, "B.md b.md sub-a ");
    expect_names(*state, true, ".history/z_v1.md B.md b.md sub-a sub/deep/x ");
}

static void removes_trees_but_not_through_links(void **state)
{
    put(*state, "keep/file", "kept");
    put(*state, "gone/a/b/c", "x");
    put(*state, "gone/locked/d", "x");
    CLEANUP_FREE char *keep = file_join(*state, "keep");
    CLEANUP_FREE char *gone = file_join(*state, "gone");
    CLEANUP_FREE char *inner = file_join(gone, "link");
    CLEANUP_FREE char *outer = file_join(*state, "outer");
    CLEANUP_FREE char *locked = file_join(gone, "locked");
    assert_int_equal(symlink(keep, inner), 0);
    assert_int_equal(symlink(keep, outer), 0);
    chmod(locked, 0);
    struct err err = {0};
    if (file_remove_tree(gone, &err))
        fail_msg("%s", err.text);
    assert_false(file_exists(gone));
    assert_int_equal(file_remove_tree(outer, NULL), 0);
    expect_text(*state, "keep/file", "kept");
    assert_int_equal(file_remove_tree(gone, NULL), 0);
    assert_int_equal(file_remove_tree(keep, NULL), 0);
    assert_false(file_is_dir(keep));
}

/* Folders so deep that no path and no set of descriptors reaches their end. */
static void removes_deep_trees(void **state)
{
    CLEANUP_FREE char *top = file_join(*state, "deep");
    assert_int_equal(mkdir(top, 0700), 0);
    int fd = open(top, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(mkdirat(fd, "a-folder-name", 0700), 0);
        int next = openat(fd, "a-folder-name", O_RDONLY | O_DIRECTORY);
        assert_true(next >= 0);
        close(fd);
        fd = next;
    }
    close(fd);
    struct rlimit old, few;
    getrlimit(RLIMIT_NOFILE, &old);
    few = (struct rlimit){64, old.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    struct err err = {0};
    int status = file_remove_tree(top, &err);
    setrlimit(RLIMIT_NOFILE, &old);
    if (status)
        fail_msg("%s", err.text);
    assert_false(file_exists(top));
}

static void expect_taken(char *got, const char *want)
{
    assert_string_equal(got, want);
    mem_free(got);
}

static void joins_and_splits(void **state)
{
    expect_taken(file_join("a", "b"), "a/b");
    expect_taken(file_join("a/", "b"), "a/b");
    expect_taken(file_join("a", "/b"), "/b");
    expect_taken(file_join("", "b"), "b");
    expect_taken(file_join("/", "b"), "/b");
    expect_taken(file_dir_name("a/b"), "a");
    expect_taken(file_dir_name("a"), ".");
    expect_taken(file_dir_name("/a"), "/");
    expect_taken(file_dir_name("a//b/"), "a");
    expect_taken(file_dir_name("/"), "/");
    expect_taken(file_dir_name(""), ".");
    CLEANUP_FREE char *dirs = file_join(*state, "x//y/z/");
    assert_int_equal(file_make_dirs(dirs, NULL), 0);
    assert_int_equal(file_make_dirs(dirs, NULL), 0);
    assert_true(file_is_dir(dirs));
    assert_int_equal(file_sync_dir(dirs, NULL), 0);
    assert_int_not_equal(file_sync_dir("/no/such", NULL), 0);
}

static void judges_names(void **state)
{
    static const char *const good[] = {"a", "a.md", ".history/a_v1.md", "a/b/c", "...", "-x", "_"};
    static const char *const bad[] = {"",    "/a",  "a/",       "a//b", ".",   "..",  "a/../b",
                                      "./a", "a b", "\xC3\xA9", "a\\b", "a\n", "a/.", "a:b"};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        assert_true(file_name_ok(str_of(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_false(file_name_ok(str_of(bad[i])));
    assert_false(file_name_ok((struct str){"a\0", 2}));
    char name[257];
    memset(name, 'a', sizeof(name));
    assert_true(file_name_ok((struct str){name, 255}));
    assert_false(file_name_ok((struct str){name, 256}));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(writes_and_reads),
        IN_FOLDER(reads_within_limits),
        IN_FOLDER(explains_failures),
        IN_FOLDER(refuses_without_permission),
        IN_FOLDER(leaves_nothing_when_the_disk_is_full),
        IN_FOLDER(writes_in_pieces),
        IN_FOLDER(gives_up_writing),
        IN_FOLDER(keeps_modes),
        IN_FOLDER(lists_sorted),
        IN_FOLDER(removes_trees_but_not_through_links),
        IN_FOLDER(removes_deep_trees),
        IN_FOLDER(joins_and_splits),
        cmocka_unit_test(judges_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
