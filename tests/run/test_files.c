/* SPDX-License-Identifier: MIT */
/* Folders of knowledge hold the files that were written last, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "plugin/method.h"

static char root[] = "/tmp/grasp-test-files-XXXXXX";

static void write_names(const char *const *names)
{
    struct err err;
    struct files *files = files_create();
    for (; *names; names++)
        assert_int_equal(files_set(files, str_of(*names), STR("text"), &err), 0);
    assert_int_equal(files_write(files, root, &err), 0);
    files_destroy(files);
}

static bool is_there(const char *name)
{
    CLEANUP_FREE char *path = file_join(root, name);
    struct stat st;
    return stat(path, &st) == 0;
}

static void test_folders_without_files_go(void **state)
{
    write_names((const char *const[]){"a.md", "deep/er/b.md", "deep/er/c.md", "one/d.md", NULL});
    write_names((const char *const[]){"a.md", "deep/er/c.md", NULL});
    assert_true(is_there("deep/er/c.md"));
    assert_false(is_there("deep/er/b.md"));
    assert_false(is_there("one"));
    write_names((const char *const[]){NULL});
    assert_false(is_there("a.md"));
    assert_false(is_there("deep"));
    assert_true(is_there(""));
}

static int set_up(void **state)
{
    return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
    return file_remove_tree(root, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_folders_without_files_go)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
