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
#define KEPT_IN_MEMORY ((size_t)4 << 20)

/* Where they begin within the texts, which still move. */
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
static size_t keep(struct buf *texts, struct str text)
{
    size_t at = texts->len;
    buf_str(texts, text);
    buf_add(texts, "", 1);
    return at;
}

void samples_begin(struct samples_builder *builder, struct samples *out)
{
    memset(out, 0, sizeof(*out));
    *builder = (struct samples_builder){.out = out, .texts = {.limit = SIZE_MAX}};
}

/* json: of the value. */
static size_t keep_json(struct buf *texts, struct str json, const struct json *value)
{
    size_t at = texts->len;
    if (json_is_written(json))
        buf_str(texts, json);
    else
        json_write(texts, value, 0);
    buf_add(texts, "", 1);
    return at;
}

/* The value within the object's text: both are written the same way. */
static void find_answer(struct buf *texts, const struct json *object, struct sample_parts *parts)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, json_get(object, "answer"), 0);
    const char *whole = texts->ptr + parts->json;
    const char *at = memmem(whole, parts->json_len, text.ptr, text.len);
    parts->answer = at ? (size_t)(at - texts->ptr) : keep(texts, buf_view(&text));
    parts->answer_len = text.len;
}

static void keep_parts(struct samples_builder *b, struct str json, const struct json *object)
{
    struct buf *texts = &b->texts;
    struct str type = json_str(json_get(object, "type"));
    if (!type.len)
        type = STR("other");
    bool as_before = b->out->count && str_is(type, texts->ptr + b->type);
    struct sample_parts parts = {.id = keep(texts, json_str(json_get(object, "id")))};
    parts.type = b->type = as_before ? b->type : keep(texts, type);
    parts.description = keep(texts, json_str(json_get(object, "description")));
    parts.json = keep_json(texts, json, object);
    parts.json_len = texts->len - parts.json - 1;
    find_answer(texts, object, &parts);
    MEM_RESERVE(b->parts, b->out->count, b->capacity);
    b->parts[b->out->count++] = parts;
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
    return 0;
}

/* Of a large split most texts wait for their turn, or have had it: they are read from a file
 * without a name. NULL if there can be none. */
static char *map_texts(struct str texts)
{
    const char *tmp = getenv("TMPDIR");
    CLEANUP_FD int fd = open(tmp && *tmp ? tmp : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 || fd_write_all(fd, texts))
        return NULL;
    char *mapped = mmap(NULL, texts.len, PROT_READ, MAP_SHARED, fd, 0);
    return mapped == MAP_FAILED ? NULL : mapped;
}

static void builder_clear(struct samples_builder *builder)
{
    buf_free(&builder->texts);
    mem_free(builder->parts);
    map_clear(&builder->ids);
}

void samples_end(struct samples_builder *builder)
{
    struct samples *out = builder->out;
    char *mapped = NULL;
    out->size = builder->texts.len;
    if (out->size > KEPT_IN_MEMORY)
        mapped = map_texts(buf_view(&builder->texts));
    out->mapped = mapped != NULL;
    if (!mapped)
        buf_trim(&builder->texts);
    out->texts = mapped ? mapped : out->size ? buf_steal(&builder->texts) : NULL;
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
