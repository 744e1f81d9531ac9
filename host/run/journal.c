/* SPDX-License-Identifier: MIT */
#include "run/journal.h"

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
#include "base/map.h"
#include "base/mem.h"

#define JOURNAL_SCHEMA "{\"schema\": \"grasp-host/journal\""
#define JOURNAL_HEADER JOURNAL_SCHEMA ", \"v\": 1}\n"
#define SYNC_INTERVAL_MS 200
#define MAPPED_AT_ONCE (4u << 20)
#define PART_SIZE (64 << 10)
#define KEY_PREFIX "{\"k\": \""

struct line {
    struct str key; /* as written, with its escapes */
    struct str text;
    bool used; /* atomic: this process has asked for it */
};

struct journal {
    char *path;
    int fd;

    /* what an earlier process left; read-only */
    char *mapped;
    size_t mapped_size;
    struct map found; /* key as written -> struct line */
    struct line *lines;
    size_t inherited_size; /* of its complete lines */

    pthread_mutex_t mutex;
    pthread_cond_t changed; /* what is pending has been written */
    pthread_cond_t close;   /* wakes the syncer before its time */
    pthread_t syncer;
    bool syncer_runs;
    struct buf pending;
    struct buf writing_buf;
    bool writing;
    bool dirty;
    bool closing;
    int failed_errno;

    struct prefixes {
        char **items;
        size_t count, capacity;
    } forgotten, settled;
};

static bool write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static struct str skip(struct str text, size_t count)
{
    return (struct str){text.ptr + count, text.len - count};
}

static bool line_split(struct str text, struct line *out)
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

/* A mapped file that is gone through once need not stay in memory. */
static void release(const char *data, size_t from, size_t to)
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
        if (text.len && line_split(text, &line) &&
            (start >= trusted || json_check(text, NULL, NULL))) {
            MEM_RESERVE(lines, count, capacity);
            lines[count++] = line;
        } else if (text.len && number > 1 && !*out_damaged) {
            *out_damaged = number;
        }
        start = (size_t)(newline - data) + 1;
        *out_end = start;
        if (start - released > MAPPED_AT_ONCE) {
            release(data, released, start);
            released = start;
        }
    }
    *out_count = count;
    return lines;
}

static int map_file(struct journal *j, size_t trusted, size_t *out_end, size_t *out_count,
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
    until.tv_nsec += SYNC_INTERVAL_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (!j->closing && pthread_cond_timedwait(&j->close, &j->mutex, &until) == 0)
        continue;
}

/* Group commit for the disk: one thread syncs what the others have written. */
static void *syncer_main(void *arg)
{
    struct journal *j = arg;
    pthread_mutex_lock(&j->mutex);
    while (!j->closing) {
        sleep_until_due(j);
        if (!j->dirty)
            continue;
        j->dirty = false;
        pthread_mutex_unlock(&j->mutex);
        int failed = fdatasync(j->fd) != 0 ? errno : 0;
        pthread_mutex_lock(&j->mutex);
        if (failed && !j->failed_errno)
            j->failed_errno = failed;
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
    pthread_mutex_init(&j->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&j->changed, &attr);
    pthread_cond_init(&j->close, &attr);
    pthread_condattr_destroy(&attr);
    return j;
}

static int journal_begin(struct journal *j, struct err *err)
{
    if (pthread_create(&j->syncer, NULL, syncer_main, j) != 0)
        return err_set(err, EXIT_INTERNAL, "%s: cannot start a thread", j->path);
    j->syncer_runs = true;
    return 0;
}

static int open_fd(struct journal *j, int flags, struct err *err)
{
    j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0666);
    if (j->fd < 0)
        return err_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_INTERNAL,
                       "%s: cannot open the journal: %s", j->path, strerror(errno));
    return 0;
}

static int write_header(struct journal *j, struct err *err)
{
    if (!write_all(j->fd, JOURNAL_HEADER, sizeof(JOURNAL_HEADER) - 1))
        return err_set(err, EXIT_INTERNAL, "%s: cannot write: %s", j->path, strerror(errno));
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
    *out = j;
    return 0;
}

int journal_resume(const char *path, struct journal **out, struct err *err)
{
    struct journal *j = journal_new(path);
    size_t end, count;
    int code = open_fd(j, 0, err);
    if (!code)
        code = map_file(j, SIZE_MAX, &end, &count, err);
    if (!code && ftruncate(j->fd, (off_t)end) != 0)
        code =
            err_set(err, EXIT_INTERNAL, "%s: cannot cut a torn line: %s", j->path, strerror(errno));
    if (!code && end == 0)
        code = write_header(j, err);
    if (!code)
        code = journal_begin(j, err);
    if (code) {
        journal_close(j);
        return code;
    }
    j->inherited_size = end;
    for (size_t i = 0; i < count; i++)
        map_set(&j->found, j->lines[i].key, &j->lines[i]);
    *out = j;
    return 0;
}

int journal_open(const char *path, struct journal **out, struct err *err)
{
    struct journal *j = journal_new(path);
    size_t end, count = 0;
    int code = 0;
    j->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (j->fd < 0)
        code = err_system(err, errno, "read", path);
    if (!code)
        code = map_file(j, SIZE_MAX, &end, &count, err);
    if (code) {
        journal_close(j);
        return code;
    }
    for (size_t i = 0; i < count; i++)
        map_set(&j->found, j->lines[i].key, &j->lines[i]);
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

/* Called with the mutex held: writes until nothing is pending, unlocked while it does. */
static void write_pending(struct journal *j)
{
    if (!j->pending.len)
        return;
    j->writing = true;
    while (j->pending.len && !j->failed_errno) {
        struct buf batch = j->pending;
        j->pending = j->writing_buf;
        pthread_mutex_unlock(&j->mutex);
        int failed = write_all(j->fd, batch.ptr, batch.len) ? 0 : errno;
        buf_reset(&batch);
        pthread_mutex_lock(&j->mutex);
        j->writing_buf = batch;
        j->dirty = true;
        if (failed)
            j->failed_errno = failed;
    }
    j->writing = false;
    pthread_cond_broadcast(&j->changed);
}

bool journal_append(struct journal *journal, struct str place, struct str members)
{
    pthread_mutex_lock(&journal->mutex);
    bool good = !journal->failed_errno;
    if (good) {
        struct buf *pending = &journal->pending;
        buf_text(pending, "{\"k\": ");
        json_write_str(pending, place, 0);
        buf_text(pending, ", ");
        buf_str(pending, members);
        buf_text(pending, "}\n");
    }
    pthread_mutex_unlock(&journal->mutex);
    return good;
}

bool journal_flush(struct journal *journal)
{
    pthread_mutex_lock(&journal->mutex);
    if (!journal->writing)
        write_pending(journal);
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

/* The length of the one that the key begins with, or 0. */
static size_t prefixes_match(const struct prefixes *prefixes, struct str key)
{
    for (size_t i = 0; i < prefixes->count; i++) {
        if (str_starts(key, prefixes->items[i]))
            return strlen(prefixes->items[i]);
    }
    return 0;
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

int journal_sync(struct journal *journal, struct err *err)
{
    pthread_mutex_lock(&journal->mutex);
    while (journal->writing || (journal->pending.len && !journal->failed_errno)) {
        if (!journal->writing)
            write_pending(journal);
        else
            pthread_cond_wait(&journal->changed, &journal->mutex);
    }
    pthread_mutex_unlock(&journal->mutex);
    if (fdatasync(journal->fd) != 0) {
        pthread_mutex_lock(&journal->mutex);
        journal->failed_errno = errno;
        pthread_mutex_unlock(&journal->mutex);
    }
    return journal_error(journal, err);
}

/* A line of an earlier process that this one never asked for: that process had another past, with
 * a sample missing, say. */
static bool is_stale(const struct journal *j, const struct journal *now, const struct line *line)
{
    if ((size_t)(line->text.ptr - now->mapped) >= j->inherited_size)
        return false;
    const struct line *found = map_get(&j->found, line->key);
    return found && !__atomic_load_n(&found->used, __ATOMIC_RELAXED);
}

static int line_order(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = str_cmp(x->key, y->key);
    if (order)
        return order;
    return x->text.ptr < y->text.ptr ? -1 : 1; /* later ones last */
}

/* Sorting looks at keys all over the file, which then would stay in memory whole. */
static void keep_keys(struct journal *now, size_t count, struct arena *arena)
{
    for (size_t i = 0, seen = 0; i < count; i++) {
        struct str *key = &now->lines[i].key;
        key->ptr = arena_dup(arena, key->ptr, key->len);
        seen += now->lines[i].text.len;
        if (seen > MAPPED_AT_ONCE || i + 1 == count) {
            release(now->mapped, 0, now->mapped_size);
            seen = 0;
        }
    }
}

/* Leaves those that stay, under the places that they end up with. */
static size_t lines_keep(const struct journal *j, const struct journal *now, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct line line = now->lines[i];
        if (prefixes_match(&j->forgotten, line.key) || is_stale(j, now, &line))
            continue;
        line.key = skip(line.key, prefixes_match(&j->settled, line.key));
        now->lines[kept++] = line;
    }
    return kept;
}

/* With the place that it has now, and the line's end. text: as it was written. */
static void line_write(struct file_writer *out, const struct line *line, struct str text)
{
    struct line before;
    line_split((struct str){text.ptr, text.len - 1}, &before);
    file_writer_add(out, STR(KEY_PREFIX));
    file_writer_add(out, skip(text, sizeof(KEY_PREFIX) - 1 + before.key.len - line->key.len));
}

/* A part of the file. Lines in the order of their keys lie all over it: read one by one they cost
 * less than mapped pages that come and go. */
struct part {
    struct buf text;
    const char *from, *to; /* where it is mapped */
};

static bool part_has(const struct part *part, const struct line *line)
{
    return part->from && line->text.ptr >= part->from && line->text.ptr < part->to;
}

/* Reads the first line, and with it those after it that lie beside it: an episode was written right
 * after its last call, and comes before its calls here. */
static bool part_read(struct part *part, const struct journal *now, const struct line *lines,
                      size_t count)
{
    const char *from = lines->text.ptr, *to = from + lines->text.len + 1;
    for (size_t i = 1; i < count && to - from < PART_SIZE; i++) {
        const char *start = lines[i].text.ptr, *end = start + lines[i].text.len + 1;
        if (end == from)
            from = start;
        else if (start == to)
            to = end;
        else
            break;
    }
    size_t len = (size_t)(to - from), got = 0;
    buf_reset(&part->text);
    char *room = buf_room(&part->text, len);
    part->from = room ? from : NULL;
    part->to = room ? to : NULL;
    while (room && got < len) {
        ssize_t n = pread(now->fd, room + got, len - got, from - now->mapped + (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

/* What is too large to be read in one piece is taken from where it is mapped. */
static struct str part_line(const struct part *part, const struct line *line)
{
    const char *at = line->text.ptr;
    if (part_has(part, line))
        at = part->text.ptr + (at - part->from);
    return (struct str){at, line->text.len + 1};
}

static bool lines_write(const struct journal *j, const struct journal *now, struct file_writer *out,
                        size_t count)
{
    struct part part = {0};
    struct line *lines = now->lines;
    bool read = true;
    count = lines_keep(j, now, count);
    if (count)
        qsort(lines, count, sizeof(*lines), line_order);
    file_writer_add(out, STR(JOURNAL_HEADER));
    for (size_t i = 0; i < count && read; i++) {
        if (i + 1 < count && str_eq(lines[i].key, lines[i + 1].key))
            continue;
        if (!part_has(&part, &lines[i]))
            read = part_read(&part, now, &lines[i], count - i);
        if (read)
            line_write(out, &lines[i], part_line(&part, &lines[i]));
    }
    buf_free(&part.text);
    return read;
}

int journal_finish(struct journal *journal, struct err *err)
{
    struct journal now = {.path = journal->path, .fd = journal->fd};
    size_t end, count;
    int code = journal_sync(journal, err);
    if (code)
        return code;
    code = map_file(&now, journal->inherited_size, &end, &count, err);
    struct file_writer *out = NULL;
    struct arena keys = {0};
    if (!code)
        code = file_writer_open(journal->path, &out, err);
    if (!code) {
        keep_keys(&now, count, &keys);
        if (lines_write(journal, &now, out, count)) {
            code = file_writer_finish(out, err);
        } else {
            code = err_set(err, EXIT_INTERNAL, "%s: cannot read it again: %s", journal->path,
                           strerror(errno));
            file_writer_cancel(out);
        }
    }
    mem_free(now.lines);
    arena_clear(&keys);
    if (now.mapped)
        munmap(now.mapped, now.mapped_size);
    return code;
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
    buf_free(&journal->pending);
    buf_free(&journal->writing_buf);
    map_clear(&journal->found);
    mem_free(journal->lines);
    if (journal->mapped)
        munmap(journal->mapped, journal->mapped_size);
    if (journal->fd >= 0)
        close(journal->fd);
    pthread_cond_destroy(&journal->changed);
    pthread_cond_destroy(&journal->close);
    pthread_mutex_destroy(&journal->mutex);
    mem_free(journal->path);
    mem_free(journal);
}
