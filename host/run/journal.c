/* SPDX-License-Identifier: MIT */
#include "run/journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define TICK_MS 100
#define WRITE_SIZE ((size_t)256 << 10)
#define KEPT_BACK ((size_t)768 << 10)

bool journal_line_split(struct str text, struct line *out)
{
    size_t at = sizeof(KEY_PREFIX) - 1;
    if (!str_starts(text, KEY_PREFIX) || text.ptr[text.len - 1] != '}')
        return false;
    size_t end = at;
    while (end < text.len && text.ptr[end] != '"')
        end += text.ptr[end] == '\\' ? 2 : 1;
    if (end >= text.len)
        return false;
    out->key = (struct str){text.ptr + at, end - at};
    out->text = text;
    return true;
}

void journal_release(const char *data, size_t from, size_t to)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    from = from / page * page;
    to = to / page * page;
    if (from < to)
        madvise((void *)(uintptr_t)(data + from), to - from, MADV_DONTNEED);
}

/* The lines of a journal after its first; count by *out_count, complete ones up to *out_end.
 * *out_damaged: the number of the first line that is none of ours, or 0. Those from `trusted` on
 * were written by this process. */
static struct line *lines_scan(const char *data, size_t size, size_t trusted, size_t *out_count,
                               size_t *out_end, size_t *out_damaged)
{
    struct line *lines = NULL;
    size_t count = 0, capacity = 0, start = 0, number = 0, released = 0;
    *out_end = *out_damaged = 0;
    while (start < size) {
        const char *newline = memchr(data + start, '\n', size - start);
        if (!newline)
            break;
        struct str text = {data + start, (size_t)(newline - data) - start};
        struct line line = {0};
        number++;
        if (text.len && journal_line_split(text, &line) &&
            (start >= trusted || json_check(text, NULL, NULL))) {
            MEM_RESERVE(lines, count, capacity);
            lines[count++] = line;
        } else if (text.len && number > 1 && !*out_damaged) {
            *out_damaged = number;
        }
        start = (size_t)(newline - data) + 1;
        *out_end = start;
        if (start - released > MAPPED_AT_ONCE) {
            journal_release(data, released, start);
            released = start;
        }
    }
    *out_count = count;
    return lines;
}

int journal_map(struct journal *j, size_t trusted, size_t *out_end, size_t *out_count,
                struct err *err)
{
    struct stat st;
    *out_end = *out_count = 0;
    if (fstat(j->fd, &st) != 0)
        return err_set(err, EXIT_INTERNAL, "%s: %s", j->path, strerror(errno));
    j->mapped_size = (size_t)st.st_size;
    if (j->mapped_size == 0)
        return 0;
    j->mapped = mmap(NULL, j->mapped_size, PROT_READ, MAP_PRIVATE, j->fd, 0);
    if (j->mapped == MAP_FAILED) {
        j->mapped = NULL;
        return err_set(err, EXIT_INTERNAL, "%s: cannot map: %s", j->path, strerror(errno));
    }
    size_t start = sizeof(JOURNAL_SCHEMA) - 1;
    if (memcmp(j->mapped, JOURNAL_SCHEMA, j->mapped_size < start ? j->mapped_size : start) != 0)
        return err_set(err, EXIT_CONFIG, "%s:1: not a journal of grasp-host", j->path);
    size_t damaged;
    j->lines = lines_scan(j->mapped, j->mapped_size, trusted, out_count, out_end, &damaged);
    if (damaged)
        return err_set(err, EXIT_CONFIG,
                       "%s:%zu: this line of the journal is damaged; delete the line and use "
                       "--resume: what it held is asked for again",
                       j->path, damaged);
    return 0;
}

/* With the mutex held. */
static void sleep_until_due(struct journal *j)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (!j->closing && pthread_cond_timedwait(&j->close, &j->mutex, &until) == 0)
        continue;
}

/* With the mutex held, as in all that touches the spool. */
static void wait_until_written(struct journal *j)
{
    while (j->writing || j->handing_over)
        pthread_cond_wait(&j->changed, &j->mutex);
}

/* A failure keeps what is in the spool's file. */
static void fail(struct journal *j, int reason)
{
    if (reason && !j->failed_errno)
        __atomic_store_n(&j->failed_errno, reason, __ATOMIC_RELAXED);
}

static void note_order(struct journal *j, const struct spool_line *line)
{
    j->in_order =
        j->in_order && (!j->last_key.len || place_order(buf_view(&j->last_key), line->key) < 0);
    if (!j->in_order)
        return;
    buf_reset(&j->last_key);
    buf_str(&j->last_key, line->key);
}

/* Without the mutex; by one thread at a time. 0 or errno. */
static int write_lines(struct journal *j, const struct spool_line *lines, size_t count)
{
    struct buf *gathered = &j->gathered;
    buf_reset(gathered);
    for (size_t i = 0; i < count; i++) {
        note_order(j, &lines[i]);
        buf_str(gathered, lines[i].text);
        bool full = i + 1 == count || gathered->len + lines[i + 1].text.len > WRITE_SIZE;
        int failed = full ? fd_write_all(j->fd, buf_view(gathered)) : 0;
        if (failed)
            return failed;
        if (full)
            buf_reset(gathered);
    }
    return 0;
}

/* Lines of the tick before may stay, those of earlier ones not. */
static uint64_t oldest_kept(const struct journal *j)
{
    return j->tick ? j->tick - 1 : 0;
}

static bool has_old_lines(struct journal *j)
{
    const struct spool_area *area = spool_area(&j->spool);
    for (size_t i = 0; i < area->count; i++) {
        if (area->lines[i].tick < oldest_kept(j))
            return true;
    }
    return false;
}

/* Makes room in the spool. While the journal is in order, the last places are kept back: others
 * that belong in front of them may still come. */
static void write_spool(struct journal *j, bool all)
{
    size_t count;
    uint64_t generation = j->spool.generation;
    wait_until_written(j);
    if (j->failed_errno || j->finished || j->spool.generation != generation)
        return; /* another thread has made room */
    bool keeps = !all && j->in_order && j->spool.fd >= 0;
    const struct spool_area *area =
        spool_turn(&j->spool, j->in_order, keeps ? KEPT_BACK : 0, oldest_kept(j), &count);
    if (!area) {
        fail(j, errno);
        return;
    }
    j->writing = true;
    pthread_mutex_unlock(&j->mutex);
    int failed = write_lines(j, area->lines, count);
    pthread_mutex_lock(&j->mutex);
    fail(j, failed);
    j->dirty = true;
    j->writing = false;
    pthread_cond_broadcast(&j->changed);
}

/* Group commit for the disk: one thread syncs what the others have written. */
static void *syncer_main(void *arg)
{
    struct journal *j = arg;
    pthread_mutex_lock(&j->mutex);
    while (!j->closing) {
        sleep_until_due(j);
        j->tick++;
        if (has_old_lines(j))
            write_spool(j, false);
        if (!j->dirty)
            continue;
        j->dirty = false;
        pthread_mutex_unlock(&j->mutex);
        int failed = fdatasync(j->fd) != 0 ? errno : 0;
        pthread_mutex_lock(&j->mutex);
        fail(j, failed);
    }
    pthread_mutex_unlock(&j->mutex);
    return NULL;
}

static struct journal *journal_new(const char *path)
{
    struct journal *j = mem_alloc(sizeof(*j));
    pthread_condattr_t attr;
    j->path = mem_dup(path, strlen(path));
    j->fd = -1;
    j->spool.fd = -1;
    pthread_mutex_init(&j->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&j->changed, &attr);
    pthread_cond_init(&j->close, &attr);
    pthread_condattr_destroy(&attr);
    return j;
}

static char *spool_path(const struct journal *j)
{
    return mem_printf("%s.pending", j->path);
}

static int journal_begin(struct journal *j, struct err *err)
{
    CLEANUP_FREE char *path = spool_path(j);
    spool_open(&j->spool, path);
    j->handed_at_once = spool_is_mapped(&j->spool);
    if (pthread_create(&j->syncer, NULL, syncer_main, j) != 0)
        return err_set(err, EXIT_INTERNAL, "%s: cannot start a thread", j->path);
    j->syncer_runs = true;
    return 0;
}

/* Whoever reads one waits until somebody writes to it. */
static int refuse_pipe(const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISFIFO(st.st_mode))
        return 0;
    return err_set(err, EXIT_CONFIG, "%s: is a pipe; a journal is a file", path);
}

static int open_fd(struct journal *j, int flags, struct err *err)
{
    CLEANUP_FREE char *pending = spool_path(j);
    int code = refuse_pipe(j->path, err);
    if (!code)
        code = refuse_pipe(pending, err);
    if (code)
        return code;
    j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0666);
    if (j->fd < 0)
        return err_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_INTERNAL,
                       "%s: cannot open the journal: %s", j->path, strerror(errno));
    return 0;
}

static int write_header(struct journal *j, struct err *err)
{
    int failed = fd_write_all(j->fd, STR(JOURNAL_HEADER));
    if (failed)
        return err_set(err, EXIT_INTERNAL, "%s: cannot write: %s", j->path, strerror(failed));
    return 0;
}

int journal_create(const char *path, struct journal **out, struct err *err)
{
    struct journal *j = journal_new(path);
    int code = open_fd(j, O_TRUNC, err);
    if (!code)
        code = write_header(j, err);
    if (!code)
        code = journal_begin(j, err);
    if (code) {
        journal_close(j);
        return code;
    }
    j->in_order = true;
    *out = j;
    return 0;
}

static void index_lines(struct journal *j, size_t count)
{
    for (size_t i = 0; i < count; i++)
        map_set(&j->found, j->lines[i].key, &j->lines[i]);
}

static void forget_lines(struct journal *j)
{
    map_clear(&j->found);
    mem_free(j->lines);
    j->lines = NULL;
    if (j->mapped)
        munmap(j->mapped, j->mapped_size);
    j->mapped = NULL;
}

struct recovery {
    struct journal *journal;
    struct map *latest; /* key -> struct buf *, of lines that were not in the journal */
    int failed;
};

/* Appends what the journal does not have as the last line of its place. */
static void recover_line(void *arg, struct str key, struct str text)
{
    struct recovery *r = arg;
    struct buf *latest = map_get(r->latest, key);
    const struct line *line = map_get(&r->journal->found, key);
    struct str known = latest ? buf_view(latest) : line ? line->text : (struct str){0};
    if (r->failed || str_eq(known, (struct str){text.ptr, text.len - 1}))
        return;
    if (!latest) {
        latest = mem_alloc(sizeof(*latest));
        map_set(r->latest, key, latest);
    }
    buf_reset(latest);
    buf_add(latest, text.ptr, text.len - 1);
    r->failed = fd_write_all(r->journal->fd, text);
}

static int unreadable(const char *path, int number, struct err *err)
{
    if (number != EPROTONOSUPPORT)
        return err_system(err, number, "read", path);
    return err_set(err, EXIT_CONFIG,
                   "%s: is of another version of this program; use --resume with that one, or "
                   "delete the file: what it held is asked for again",
                   path);
}

/* What a process that was killed had handed to the system, but not yet to the journal. *out_more:
 * it is there now. */
static int recover_spool(struct journal *j, bool *out_more, struct err *err)
{
    struct map latest = {0};
    struct recovery r = {.journal = j, .latest = &latest};
    CLEANUP_FREE char *path = spool_path(j);
    int code = spool_recover(path, recover_line, &r) ? 0 : unreadable(path, errno, err);
    if (!code && latest.count && !r.failed && fdatasync(j->fd) != 0)
        r.failed = errno;
    if (!code && r.failed)
        code = err_set(err, EXIT_INTERNAL, "%s: cannot write: %s", j->path, strerror(r.failed));
    *out_more = latest.count != 0;
    for (size_t i = 0; i < latest.count; i++) {
        buf_free(latest.entries[i].value);
        mem_free(latest.entries[i].value);
    }
    map_clear(&latest);
    return code;
}

/* Reads what is there, a torn last line cut off and the spool's lines put behind. */
static int take_over(struct journal *j, struct err *err)
{
    size_t end, count;
    bool more = false;
    int code = journal_map(j, SIZE_MAX, &end, &count, err);
    if (!code && ftruncate(j->fd, (off_t)end) != 0)
        code =
            err_set(err, EXIT_INTERNAL, "%s: cannot cut a torn line: %s", j->path, strerror(errno));
    if (!code && end == 0)
        code = write_header(j, err);
    if (code)
        return code;
    index_lines(j, count);
    code = recover_spool(j, &more, err);
    if (!code && more) {
        forget_lines(j);
        code = journal_map(j, SIZE_MAX, &end, &count, err);
        if (!code)
            index_lines(j, count);
    }
    j->inherited_size = end;
    return code;
}

int journal_resume(const char *path, struct journal **out, struct err *err)
{
    struct journal *j = journal_new(path);
    int code = open_fd(j, 0, err);
    if (!code)
        code = take_over(j, err);
    if (!code)
        code = journal_begin(j, err);
    if (code) {
        journal_close(j);
        return code;
    }
    *out = j;
    return 0;
}

int journal_open(const char *path, struct journal **out, struct err *err)
{
    struct journal *j = journal_new(path);
    size_t end, count = 0;
    int code = refuse_pipe(path, err);
    if (!code)
        j->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (!code && j->fd < 0)
        code = err_system(err, errno, "read", path);
    if (!code)
        code = journal_map(j, SIZE_MAX, &end, &count, err);
    if (code) {
        journal_close(j);
        return code;
    }
    index_lines(j, count);
    *out = j;
    return 0;
}

bool journal_find(const struct journal *journal, struct str place, struct str *out_line)
{
    if (journal->found.count == 0)
        return false;
    CLEANUP_BUF struct buf key = {0};
    json_write_str(&key, place, 0);
    struct line *line = map_get(&journal->found, (struct str){key.ptr + 1, key.len - 2});
    if (!line)
        return false;
    __atomic_store_n(&line->used, true, __ATOMIC_RELAXED);
    *out_line = line->text;
    return true;
}

void journal_each(const struct journal *journal, void (*fn)(void *arg, struct str line), void *arg)
{
    for (size_t i = 0; i < journal->found.count; i++)
        fn(arg, ((const struct line *)journal->found.entries[i].value)->text);
}

/* With the mutex held at the end too: all that was added is in the journal. */
static void write_all_lines(struct journal *j)
{
    wait_until_written(j);
    while (spool_area(&j->spool)->count && !j->failed_errno) {
        write_spool(j, true);
        wait_until_written(j);
    }
}

/* A line that is larger than the spool. */
static void write_large(struct journal *j, struct str place, struct str members)
{
    CLEANUP_BUF struct buf text = {.limit = SIZE_MAX};
    write_all_lines(j);
    if (j->finished)
        return;
    buf_text(&text, "{\"k\": ");
    json_write_str(&text, place, 0);
    buf_text(&text, ", ");
    buf_str(&text, members);
    buf_text(&text, "}\n");
    if (text.failed)
        fail(j, ENOMEM);
    if (!j->failed_errno)
        fail(j, fd_write_all(j->fd, buf_view(&text)));
    j->in_order = false;
    j->dirty = true;
}

bool journal_append(struct journal *journal, struct str place, struct str members)
{
    pthread_mutex_lock(&journal->mutex);
    bool all = false, takes = spool_takes(place, members);
    if (!takes && !journal->finished)
        write_large(journal, place, members);
    while (!journal->failed_errno && !journal->finished && takes &&
           !spool_add(&journal->spool, place, members, journal->tick)) {
        write_spool(journal, all);
        all = true;
    }
    bool good = !journal->failed_errno;
    pthread_mutex_unlock(&journal->mutex);
    return good;
}

/* Called with the mutex held: what is there now, unlocked while it is handed over. */
static void hand_over(struct journal *j)
{
    struct spool_area *area;
    size_t len;
    while (j->handing_over)
        pthread_cond_wait(&j->changed, &j->mutex);
    area = spool_area(&j->spool);
    len = area->text.len - area->handed;
    if (!len || j->failed_errno)
        return;
    j->handing_over = true;
    pthread_mutex_unlock(&j->mutex);
    int failed = spool_hand_over(&j->spool, area, len);
    pthread_mutex_lock(&j->mutex);
    fail(j, failed);
    area->handed += len;
    j->handing_over = false;
    pthread_cond_broadcast(&j->changed);
}

bool journal_flush(struct journal *journal)
{
    if (journal->handed_at_once)
        return !__atomic_load_n(&journal->failed_errno, __ATOMIC_RELAXED);
    pthread_mutex_lock(&journal->mutex);
    if (journal->spool.fd < 0 && !journal->finished)
        write_spool(journal, true);
    else if (!journal->finished)
        hand_over(journal);
    bool good = !journal->failed_errno;
    pthread_mutex_unlock(&journal->mutex);
    return good;
}

int journal_error(struct journal *journal, struct err *err)
{
    pthread_mutex_lock(&journal->mutex);
    int failed = journal->failed_errno;
    pthread_mutex_unlock(&journal->mutex);
    if (!failed)
        return 0;
    return err_set(err, EXIT_INTERNAL,
                   "%s: cannot write the journal: %s; what was written is kept: make room and "
                   "go on with --resume",
                   journal->path, strerror(failed));
}

static void prefixes_add(struct prefixes *prefixes, const char *prefix)
{
    MEM_RESERVE(prefixes->items, prefixes->count, prefixes->capacity);
    prefixes->items[prefixes->count++] = mem_dup(prefix, strlen(prefix));
}

static void prefixes_clear(struct prefixes *prefixes)
{
    for (size_t i = 0; i < prefixes->count; i++)
        mem_free(prefixes->items[i]);
    mem_free(prefixes->items);
}

void journal_forget(struct journal *journal, const char *prefix)
{
    prefixes_add(&journal->forgotten, prefix);
}

void journal_settle(struct journal *journal, const char *prefix)
{
    prefixes_add(&journal->settled, prefix);
}

void journal_end(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    write_all_lines(j);
    j->finished = true;
    pthread_mutex_unlock(&j->mutex);
}

int journal_sync(struct journal *journal, struct err *err)
{
    pthread_mutex_lock(&journal->mutex);
    write_all_lines(journal);
    pthread_mutex_unlock(&journal->mutex);
    if (fdatasync(journal->fd) != 0) {
        pthread_mutex_lock(&journal->mutex);
        fail(journal, errno);
        pthread_mutex_unlock(&journal->mutex);
    }
    return journal_error(journal, err);
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->syncer_runs) {
        journal_sync(journal, NULL);
        pthread_mutex_lock(&journal->mutex);
        journal->closing = true;
        pthread_cond_signal(&journal->close);
        pthread_mutex_unlock(&journal->mutex);
        pthread_join(journal->syncer, NULL);
    }
    prefixes_clear(&journal->forgotten);
    prefixes_clear(&journal->settled);
    buf_free(&journal->last_key);
    buf_free(&journal->gathered);
    spool_close(&journal->spool, !journal->failed_errno);
    forget_lines(journal);
    if (journal->fd >= 0)
        close(journal->fd);
    pthread_cond_destroy(&journal->changed);
    pthread_cond_destroy(&journal->close);
    pthread_mutex_destroy(&journal->mutex);
    mem_free(journal->path);
    mem_free(journal);
}
