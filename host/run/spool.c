/* SPDX-License-Identifier: MIT */
#include "run/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define AREA_SIZE ((size_t)2 << 20)
#define EXT4_MAGIC 0xef53
#define XFS_MAGIC 0x58465342
#define TMPFS_MAGIC 0x01021994
#define KEY_HEAD "{\"k\": \""

struct area_head {
    uint64_t magic, generation;
};

/* The sum covers the generation too: what is left of an earlier turn is not taken for a line. */
struct record {
    uint64_t sum, len;
};

static const uint64_t magic = 0x314c4f4f50534847; /* "GHSPOOL1" */

static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum ^= word;
    return (sum << 29 | sum >> 35) * 0x9e3779b97f4a7c15;
}

/* Tells what the system wrote from what it did not get to; no defence against anyone. */
static uint64_t checksum(struct str text)
{
    uint64_t a = 1, b = 2, c = 3, d = 4, words[4], len = text.len;
    for (; text.len >= sizeof(words); text.ptr += sizeof(words), text.len -= sizeof(words)) {
        memcpy(words, text.ptr, sizeof(words));
        a = mix(a, words[0]);
        b = mix(b, words[1]);
        c = mix(c, words[2]);
        d = mix(d, words[3]);
    }
    memset(words, 0, sizeof(words));
    memcpy(words, text.ptr, text.len);
    for (int i = 0; i < 4; i++)
        a = mix(a, words[i]);
    return mix(mix(mix(mix(a, b), c), d), len);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_end(struct str a, size_t at)
{
    while (at < a.len && is_digit(a.ptr[at]))
        at++;
    return at;
}

/* From digits that begin at i and end at a_end, b_end, by value; 0 also if only zeros in front
 * differ. */
static int number_order(struct str a, size_t a_end, struct str b, size_t b_end, size_t i)
{
    size_t x = i, y = i;
    while (x < a_end && a.ptr[x] == '0')
        x++;
    while (y < b_end && b.ptr[y] == '0')
        y++;
    if (a_end - x != b_end - y)
        return a_end - x < b_end - y ? -1 : 1;
    return memcmp(a.ptr + x, b.ptr + y, a_end - x);
}

static int rank(struct str a, size_t at)
{
    if (at >= a.len)
        return -2;
    return a.ptr[at] == '/' ? -1 : (unsigned char)a.ptr[at];
}

int place_order(struct str a, struct str b)
{
    size_t at = 0, end = a.len < b.len ? a.len : b.len;
    while (at + 8 <= end && memcmp(a.ptr + at, b.ptr + at, 8) == 0)
        at += 8;
    while (at < end && a.ptr[at] == b.ptr[at])
        at++;
    size_t number = at;
    while (number && is_digit(a.ptr[number - 1]))
        number--;
    size_t a_end = digits_end(a, number), b_end = digits_end(b, number);
    int order = 0;
    if (a_end > number && b_end > number)
        order = number_order(a, a_end, b, b_end, number);
    return order ? order : rank(a, at) - rank(b, at);
}

static bool read_area(int fd, unsigned number, struct buf *text)
{
    char *room = buf_room(text, AREA_SIZE);
    size_t got = 0;
    while (room && got < AREA_SIZE) {
        ssize_t n = pread(fd, room + got, AREA_SIZE - got, (off_t)(number * AREA_SIZE + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    buf_took(text, got);
    return true;
}

static struct area_head area_head(const struct buf *text)
{
    struct area_head head = {0};
    if (text->len >= sizeof(head))
        memcpy(&head, text->ptr, sizeof(head));
    return head.magic == magic ? head : (struct area_head){0};
}

/* The name's last byte is the version, a digit. */
static bool is_of_another_version(const struct buf *text)
{
    size_t name = sizeof(magic) - 1;
    return text->len >= sizeof(magic) && memcmp(text->ptr, &magic, name) == 0 &&
           is_digit(text->ptr[name]) && memcmp(text->ptr, &magic, sizeof(magic)) != 0;
}

static struct str key_of(struct str line)
{
    size_t start = sizeof(KEY_HEAD) - 1, end = start;
    while (end < line.len && line.ptr[end] != '"')
        end += line.ptr[end] == '\\' ? 2 : 1;
    return (struct str){line.ptr + start, (end < line.len ? end : line.len) - start};
}

static void recover_area(const struct buf *text, uint64_t generation,
                         void (*fn)(void *arg, struct str key, struct str text), void *arg)
{
    size_t at = sizeof(struct area_head);
    struct record record;
    while (text->len - at > sizeof(record)) {
        memcpy(&record, text->ptr + at, sizeof(record));
        at += sizeof(record);
        struct str line = {text->ptr + at, record.len};
        if (record.len < sizeof(KEY_HEAD) || record.len > text->len - at ||
            mix(checksum(line), generation) != record.sum)
            return;
        fn(arg, key_of(line), line);
        at += record.len;
    }
}

bool spool_recover(const char *path, void (*fn)(void *arg, struct str key, struct str text),
                   void *arg)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT;
    struct buf texts[2] = {{0}};
    bool good = read_area(fd, 0, &texts[0]) && read_area(fd, 1, &texts[1]);
    if (good && (is_of_another_version(&texts[0]) || is_of_another_version(&texts[1]))) {
        errno = EPROTONOSUPPORT;
        good = false;
    }
    unsigned first = area_head(&texts[0]).generation > area_head(&texts[1]).generation;
    for (unsigned i = 0; good && i < 2; i++) {
        const struct buf *text = &texts[first ^ i];
        if (area_head(text).generation)
            recover_area(text, area_head(text).generation, fn, arg);
    }
    int reason = errno;
    buf_free(&texts[0]);
    buf_free(&texts[1]);
    errno = reason;
    return good;
}

static void area_begin(struct spool *spool, struct spool_area *area)
{
    struct area_head head = {magic, ++spool->generation};
    buf_reset(&area->text);
    buf_add(&area->text, &head, sizeof(head));
    area->count = area->handed = 0;
}

/* A mapped page that finds no room when it is written to would end the process. These file systems
 * keep the room of a file for good. */
static char *map_areas(int fd)
{
    struct statfs fs;
    if (fstatfs(fd, &fs) != 0 ||
        (fs.f_type != EXT4_MAGIC && fs.f_type != XFS_MAGIC && fs.f_type != TMPFS_MAGIC) ||
        posix_fallocate(fd, 0, 2 * AREA_SIZE) != 0)
        return NULL;
    char *mapped = mmap(NULL, 2 * AREA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return mapped == MAP_FAILED ? NULL : mapped;
}

void spool_open(struct spool *spool, const char *path)
{
    *spool = (struct spool){.path = mem_dup(path, strlen(path))};
    spool->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (spool->fd < 0)
        log_line(LOG_DEBUG, "%s: %s; lines go to the journal one by one", path, strerror(errno));
    else
        spool->mapped = map_areas(spool->fd);
    for (int i = 0; i < 2 && spool->mapped; i++)
        spool->areas[i].text =
            (struct buf){.ptr = spool->mapped + i * AREA_SIZE, .capacity = AREA_SIZE};
    for (int i = 0; i < 2 && !spool->mapped; i++)
        buf_room(&spool->areas[i].text, AREA_SIZE); /* lines must not move */
    area_begin(spool, spool_area(spool));
}

void spool_close(struct spool *spool, bool remove)
{
    if (!spool->path)
        return;
    if (spool->fd >= 0) {
        close(spool->fd);
        if (remove)
            unlink(spool->path);
    }
    for (int i = 0; i < 2; i++) {
        if (!spool->mapped)
            buf_free(&spool->areas[i].text);
        mem_free(spool->areas[i].lines);
    }
    if (spool->mapped)
        munmap(spool->mapped, 2 * AREA_SIZE);
    mem_free(spool->path);
    *spool = (struct spool){.fd = -1};
}

static struct str begin_record(struct spool_area *area)
{
    buf_add(&area->text, &(struct record){0}, sizeof(struct record));
    return (struct str){area->text.ptr + area->text.len, 0};
}

/* line: its key and text are there, its sum too. */
static void end_record(struct spool_area *area, uint64_t generation, const struct spool_line *line)
{
    struct record record = {mix(line->sum, generation), line->text.len};
    size_t start = (size_t)(line->text.ptr - area->text.ptr) - sizeof(record);
    memcpy(area->text.ptr + start, &record, sizeof(record));
    MEM_RESERVE(area->lines, area->count, area->capacity);
    area->lines[area->count++] = *line;
}

/* At most, as long as no escape is longer than six bytes. */
static size_t record_size(struct str place, struct str members)
{
    return sizeof(struct record) + sizeof(KEY_HEAD) + 6 * place.len + sizeof("\", }\n") +
           members.len;
}

bool spool_takes(struct str place, struct str members)
{
    size_t room = AREA_SIZE - sizeof(struct area_head);
    return place.len < room / 8 && members.len < room && record_size(place, members) < room;
}

bool spool_add(struct spool *spool, struct str place, struct str members, uint64_t tick)
{
    struct spool_area *area = spool_area(spool);
    struct buf *text = &area->text;
    if (!spool_takes(place, members) || record_size(place, members) > AREA_SIZE - text->len)
        return false;
    struct spool_line line = {.text = begin_record(area), .tick = tick};
    buf_text(text, "{\"k\": ");
    json_write_str(text, place, 0);
    buf_text(text, ", ");
    buf_str(text, members);
    buf_text(text, "}\n");
    line.text.len = (size_t)(text->ptr + text->len - line.text.ptr);
    line.key = key_of(line.text);
    line.sum = checksum(line.text);
    end_record(area, spool->generation, &line);
    return true;
}

int spool_hand_over(const struct spool *spool, const struct spool_area *area, size_t len)
{
    const char *from = area->text.ptr + area->handed;
    off_t at = (off_t)((size_t)(area - spool->areas) * AREA_SIZE + area->handed);
    while (len && spool->fd >= 0 && !spool->mapped) {
        ssize_t n = pwrite(spool->fd, from, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        from += n;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

static int spool_line_order(const void *a, const void *b)
{
    const struct spool_line *x = a, *y = b;
    int order = place_order(x->key, y->key);
    if (order)
        return order;
    return x->text.ptr < y->text.ptr ? -1 : 1; /* as they were added */
}

/* The last of the sorted lines that take up at most so much, and are not older. */
static size_t lines_to_keep(const struct spool_area *area, size_t keep, uint64_t since)
{
    size_t count = 0;
    while (count < area->count) {
        const struct spool_line *line = &area->lines[area->count - 1 - count];
        size_t len = line->text.len + sizeof(struct record);
        if (len > keep || line->tick < since)
            break;
        keep -= len;
        count++;
    }
    return count;
}

const struct spool_area *spool_turn(struct spool *spool, bool sort, size_t keep, uint64_t since,
                                    size_t *out_count)
{
    struct spool_area *old = spool_area(spool), *area = &spool->areas[!spool->active];
    int failed = spool_hand_over(spool, old, old->text.len - old->handed);
    old->handed = old->text.len;
    if (sort && old->count)
        qsort(old->lines, old->count, sizeof(*old->lines), spool_line_order);
    *out_count = old->count - lines_to_keep(old, keep, since);
    area_begin(spool, area);
    for (size_t i = *out_count; i < old->count; i++) {
        struct spool_line line = old->lines[i];
        const char *before = line.text.ptr;
        line.text.ptr = begin_record(area).ptr;
        line.key.ptr = line.text.ptr + (line.key.ptr - before);
        buf_add(&area->text, before, line.text.len);
        end_record(area, spool->generation, &line);
    }
    spool->active = !spool->active;
    if (!failed)
        failed = spool_hand_over(spool, area, area->text.len);
    area->handed = area->text.len;
    errno = failed;
    return failed ? NULL : old;
}
