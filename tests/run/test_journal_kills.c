/* SPDX-License-Identifier: MIT */
/* kill -9 at random moments of a process that writes to its journal: whatever was acknowledged
 * before comes back, whichever way the pending lines are kept. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "run/journal.h"

#define WRITERS 4
#define KILLS 30
#define MOST_US 15000
#define ONCE 1500 /* the places before are in order, and there once */
#define SAME 3    /* of those after, so many lines in turn are of one */

static char dir[64], path[128];
static bool without_room;

/* Instead of libc's: the pending file of a file system that keeps no room is not mapped. */
int posix_fallocate(int fd, off_t from, off_t len)
{
    if (without_room)
        return EOPNOTSUPP;
    return fallocate(fd, 0, from, len) == 0 ? 0 : errno;
}

/* Shared with the process that is killed. */
static struct acknowledged {
    uint32_t lines[WRITERS]; /* atomic */
} * acknowledged;

struct writer {
    struct journal *journal;
    int number;
    uint32_t next;
};

static char *place_of(int writer, uint32_t line)
{
    return mem_printf("%u/w%d", line < ONCE ? line : ONCE + (line - ONCE) / SAME, writer);
}

static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (uint32_t i = w->next;; i++) {
        CLEANUP_FREE char *place = place_of(w->number, i);
        CLEANUP_FREE char *members =
            mem_printf("\"v\": %u, \"text\": \"%*s\"", i, (int)(i * 7919 % 3000), "");
        if (!journal_append(w->journal, str_of(place), str_of(members)) ||
            !journal_flush(w->journal))
            abort();
        __atomic_store_n(&acknowledged->lines[w->number], i + 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

static _Noreturn void write_until_killed(void)
{
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct journal *journal;
    struct err err;
    if (file_exists(path) ? journal_resume(path, &journal, &err)
                          : journal_create(path, &journal, &err))
        abort();
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){journal, i, acknowledged->lines[i]};
        pthread_create(&threads[i], NULL, write_on, &writers[i]);
    }
    for (;;)
        pause();
}

static void check_all_is_there(void)
{
    struct journal *journal;
    struct err err;
    assert_int_equal(journal_resume(path, &journal, &err), 0);
    for (int w = 0; w < WRITERS; w++) {
        uint32_t count = acknowledged->lines[w];
        for (uint32_t i = 0; i < count; i++) {
            CLEANUP_FREE char *place = place_of(w, i);
            struct str line, value;
            size_t at;
            int64_t last;
            assert_true(journal_find(journal, str_of(place), &line));
            assert_true(str_find(line, STR("\"v\": "), &at));
            value = (struct str){line.ptr + at + 5, line.len - at - 5};
            value = str_cut(&value, ',');
            assert_true(str_to_i64(value, &last));
            assert_true(last >= i); /* the line after it may be there and not acknowledged */
        }
    }
    journal_close(journal);
}

static void sleep_us(long time)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000 * time}, NULL);
}

/* Some come while the process reads what the one before it left. */
static void kill_once(unsigned *seed)
{
    uint32_t before = acknowledged->lines[0];
    bool early = rand_r(seed) % 3 == 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        write_until_killed();
    int status;
    while (!early && __atomic_load_n(&acknowledged->lines[0], __ATOMIC_SEQ_CST) == before) {
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
        sleep_us(100);
    }
    sleep_us(rand_r(seed) % MOST_US);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void check_kills(void)
{
    unsigned seed = 3;
    for (int i = 0; i < KILLS; i++) {
        if (i % 3 == 0) {
            unlink(path);
            memset(acknowledged, 0, sizeof(*acknowledged));
        }
        kill_once(&seed);
        if (i % 3)
            check_all_is_there();
    }
}

static void test_mapped(void **state)
{
    check_kills();
}

static void test_not_mapped(void **state)
{
    without_room = true;
    check_kills();
    without_room = false;
}

static void test_without_pending_file(void **state)
{
    CLEANUP_FREE char *pending = mem_printf("%s.pending", path);
    assert_int_equal(symlink("/no/such/folder/file", pending), 0);
    check_kills();
}

static int setup(void **state)
{
    strcpy(dir, "/tmp/grasp-kills-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/journal.jsonl", dir);
    acknowledged = mmap(NULL, sizeof(*acknowledged), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(acknowledged, MAP_FAILED);
    return 0;
}

static int teardown(void **state)
{
    munmap(acknowledged, sizeof(*acknowledged));
    return file_remove_tree(dir, NULL);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_mapped),
        T(test_not_mapped),
        T(test_without_pending_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
