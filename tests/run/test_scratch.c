/* SPDX-License-Identifier: MIT */
/* Scratch folders, and what killed programs leave of theirs. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "plugin/scratch.h"

static char root[] = "/tmp/grasp-test-scratch-XXXXXX";

static void make_old(const char *path)
{
    const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void put_file(const char *folder)
{
    CLEANUP_FREE char *path = mem_printf("%s/data", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("left", file);
    fclose(file);
}

/* A program that makes a folder and tells its path; killed or not, it never removes it. */
static pid_t start_owner(char *out_path, size_t size)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct scratch scratch = {0};
        struct err err;
        if (scratch_make(root, &scratch, &err))
            _exit(1);
        put_file(scratch.path);
        make_old(scratch.path);
        if (write(pipes[1], scratch.path, strlen(scratch.path) + 1) < 0)
            _exit(1);
        pause();
        _exit(0);
    }
    close(pipes[1]);
    assert_true(read(pipes[0], out_path, size) > 0);
    close(pipes[0]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_leftovers(void **state)
{
    char dead[256], alive[256];
    struct scratch first = {0}, second = {0};
    struct err err;
    CLEANUP_FREE char *other = mem_printf("%s/somebody-elses", root);
    CLEANUP_FREE char *young = mem_printf("%s/grasp-scratch-young1", root);
    end(start_owner(dead, sizeof(dead)));
    pid_t owner = start_owner(alive, sizeof(alive));
    assert_int_equal(mkdir(other, 0700), 0);
    make_old(other);
    assert_int_equal(mkdir(young, 0700), 0);

    assert_int_equal(scratch_make(root, &first, &err), 0);
    assert_int_equal(scratch_make(root, &second, &err), 0);
    end(owner);
    assert_false(file_is_dir(dead));
    assert_true(file_is_dir(alive));
    assert_true(file_is_dir(other));
    assert_true(file_is_dir(young));

    assert_string_not_equal(first.path, second.path);
    put_file(first.path);
    CLEANUP_FREE char *path = mem_dup(first.path, strlen(first.path));
    scratch_remove(&first);
    scratch_remove(&first);
    scratch_remove(&second);
    assert_false(file_is_dir(path));
}

static void test_no_root(void **state)
{
    struct scratch scratch = {0};
    struct err err;
    assert_int_equal(scratch_make("/nonexistent/folder", &scratch, &err), EXIT_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/nonexistent/folder"));
    assert_null(scratch.path);
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leftovers),
        cmocka_unit_test(test_no_root),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
