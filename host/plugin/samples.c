/* SPDX-License-Identifier: MIT */
#include "plugin/samples.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

#define MAX_ID 256
#define KEPT_IN_MEMORY ((size_t)1 << 20)

/* Where they begin within all texts, which still move. */
struct sample_parts {
    size_t id, type, description, json, json_len, answer, answer_len;
};

static bool printable(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        if ((unsigned char)id.ptr[i] < 0x20 || id.ptr[i] == 0x7f)
            return false;
    }
    return id.len >= 1 && id.len <= MAX_ID;
}

/* With the NUL that every text ends in. */
static size_t keep(struct samples_builder *b, struct str text)
{
    size_t at = b->written + b->texts.len;
    buf_str(&b->texts, text);
    buf_add(&b->texts, "", 1);
    return at;
}

void samples_begin(struct samples_builder *builder, struct samples *out)
{
    memset(out, 0, sizeof(*out));
    *builder = (struct samples_builder){.out = out, .texts = {.limit = SIZE_MAX}, .fd = -1};
}

/* json: of the value. */
static size_t keep_json(struct samples_builder *b, struct str json, const struct json *value)
{
    size_t at = b->written + b->texts.len;
    if (json_is_written(json))
        buf_str(&b->texts, json);
    else
        json_write(&b->texts, value, 0);
    buf_add(&b->texts, "", 1);
    return at;
}

/* Of the texts that are not in the file yet. */
static const char *text_at(const struct samples_builder *b, size_t at)
{
    return b->texts.ptr + (at - b->written);
}

/* The value within the object's text: both are written the same way. */
static void find_answer(struct samples_builder *b, const struct json *object,
                        struct sample_parts *parts)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, json_get(object, "answer"), 0);
    const char *whole = text_at(b, parts->json);
    const char *at = memmem(whole, parts->json_len, text.ptr, text.len);
    parts->answer = at ? parts->json + (size_t)(at - whole) : keep(b, buf_view(&text));
    parts->answer_len = text.len;
}

static bool has_type(const struct samples_builder *b, struct str type)
{
    return b->out->count && b->type >= b->written && str_is(type, text_at(b, b->type));
}

static void keep_parts(struct samples_builder *b, struct str json, const struct json *object)
{
    struct str type = json_str(json_get(object, "type"));
    if (!type.len)
        type = STR("other");
    bool as_before = has_type(b, type);
    struct sample_parts parts = {.id = keep(b, json_str(json_get(object, "id")))};
    parts.type = b->type = as_before ? b->type : keep(b, type);
    parts.description = keep(b, json_str(json_get(object, "description")));
    parts.json = keep_json(b, json, object);
    parts.json_len = b->written + b->texts.len - parts.json - 1;
    find_answer(b, object, &parts);
    MEM_RESERVE(b->parts, b->out->count, b->capacity);
    b->parts[b->out->count++] = parts;
}

static int open_nameless(void)
{
    const char *tmp = getenv("TMPDIR");
    return open(tmp && *tmp ? tmp : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static char *map_written(const struct samples_builder *b)
{
    char *mapped = mmap(NULL, b->written, PROT_READ, MAP_SHARED, b->fd, 0);
    if (mapped == MAP_FAILED)
        mem_exhausted();
    return mapped;
}

static void close_file(struct samples_builder *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
}

/* The file cannot grow any more. */
static void take_back(struct samples_builder *b)
{
    b->no_file = true;
    if (b->written) {
        struct buf all = {.limit = SIZE_MAX};
        char *mapped = map_written(b);
        buf_add(&all, mapped, b->written);
        buf_str(&all, buf_view(&b->texts));
        if (all.failed)
            mem_exhausted();
        munmap(mapped, b->written);
        buf_free(&b->texts);
        b->texts = all;
        b->written = 0;
    }
    close_file(b);
}

/* Of a large split most texts wait for their turn, or have had it: they are read from a file
 * without a name, if there can be one. */
static void write_texts(struct samples_builder *b)
{
    if (b->fd < 0)
        b->fd = open_nameless();
    if (b->fd < 0 || fd_write_all(b->fd, buf_view(&b->texts))) {
        take_back(b);
        return;
    }
    b->written += b->texts.len;
    buf_reset(&b->texts);
}

/* Splits can be large: the text is kept, not the tree. */
int samples_add(struct samples_builder *builder, struct str json, struct err *err)
{
    size_t count = builder->out->count;
    CLEANUP_JSON struct json *object = json_parse(json, err);
    struct str id = json_str(json_get(object, "id"));
    if (!json_is(object, JSON_OBJECT) || !printable(id) || map_has(&builder->ids, id))
        return err_set(err, EXIT_PLUGIN, "sample %zu %s", count,
                       !json_is(object, JSON_OBJECT) ? "is not a JSON object"
                       : !printable(id)              ? "needs an \"id\" of 1 to 256 printable bytes"
                                                     : "has an \"id\" that occurred before");
    map_set(&builder->ids, id, builder);
    keep_parts(builder, json, object);
    if (builder->texts.failed)
        mem_exhausted();
    if (builder->texts.len > KEPT_IN_MEMORY && !builder->no_file)
        write_texts(builder);
    return 0;
}

static void builder_clear(struct samples_builder *builder)
{
    close_file(builder);
    buf_free(&builder->texts);
    mem_free(builder->parts);
    map_clear(&builder->ids);
}

void samples_end(struct samples_builder *builder)
{
    struct samples *out = builder->out;
    if (builder->written && builder->texts.len)
        write_texts(builder);
    out->mapped = builder->written > 0;
    out->size = builder->written + builder->texts.len;
    buf_trim(&builder->texts);
    out->texts = out->mapped ? map_written(builder) : out->size ? buf_steal(&builder->texts) : NULL;
    out->items = out->count ? mem_array(out->count, sizeof(*out->items)) : NULL;
    for (size_t i = 0; i < out->count; i++) {
        const struct sample_parts *p = &builder->parts[i];
        out->items[i] = (struct sample){
            .id = out->texts + p->id,
            .type = out->texts + p->type,
            .description = out->texts + p->description,
            .json = {out->texts + p->json, p->json_len},
            .answer = {out->texts + p->answer, p->answer_len},
        };
    }
    builder_clear(builder);
}

void samples_drop(struct samples_builder *builder)
{
    builder_clear(builder);
    *builder->out = (struct samples){0};
}

void samples_let_go(const struct samples *samples)
{
    if (samples->mapped)
        madvise(samples->texts, samples->size, MADV_DONTNEED);
}

void samples_clear(struct samples *samples)
{
    if (samples->mapped)
        munmap(samples->texts, samples->size);
    else
        mem_free(samples->texts);
    mem_free(samples->items);
    memset(samples, 0, sizeof(*samples));
}
