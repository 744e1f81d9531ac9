/* SPDX-License-Identifier: MIT */
/* The end of a run: the journal in the order of its places. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "run/journal_internal.h"

#define PART_SIZE (64 << 10)

static struct str skip(struct str text, size_t count)
{
    return (struct str){text.ptr + count, text.len - count};
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
    int order = place_order(x->key, y->key);
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
            journal_release(now->mapped, 0, now->mapped_size);
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
    journal_line_split((struct str){text.ptr, text.len - 1}, &before);
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

/* All is in the journal, and a run that is complete leaves nothing else. */
static void drop_spool(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    spool_close(&j->spool, true);
    pthread_mutex_unlock(&j->mutex);
}

/* Is the file as it is what it shall be at the end? */
static bool is_finished(const struct journal *j)
{
    return j->in_order && !j->forgotten.count && !j->settled.count;
}

int journal_finish(struct journal *journal, struct err *err)
{
    struct journal now = {.path = journal->path, .fd = journal->fd};
    size_t end, count;
    journal_end(journal);
    int code = journal_sync(journal, err);
    if (!code)
        drop_spool(journal);
    if (code || is_finished(journal))
        return code;
    code = journal_map(&now, journal->inherited_size, &end, &count, err);
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
