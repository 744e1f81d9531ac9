/* SPDX-License-Identifier: MIT */
#include "run/memo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

struct memo_note {
    struct arena arena; /* of the texts, this struct's own too once it is published */
    struct str place, fingerprint;
    struct model_reply reply;
    uint64_t generation;
};

struct memo {
    pthread_mutex_t mutex;
    struct map replies; /* fingerprint -> struct memo_note * */
    uint64_t generation;
};

struct memo *memo_create(void)
{
    struct memo *memo = mem_alloc(sizeof(*memo));
    pthread_mutex_init(&memo->mutex, NULL);
    return memo;
}

void memo_destroy(struct memo *memo)
{
    if (!memo)
        return;
    for (size_t i = 0; i < memo->replies.count; i++) {
        struct memo_note *note = memo->replies.entries[i].value;
        arena_clear(&note->arena);
        mem_free(note);
    }
    map_clear(&memo->replies);
    pthread_mutex_destroy(&memo->mutex);
    mem_free(memo);
}

uint64_t memo_generation(const struct memo *memo)
{
    return memo ? memo->generation : 0;
}

static struct str keep(struct arena *arena, struct str text)
{
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

static struct model_reply keep_reply(struct arena *arena, const struct model_reply *reply)
{
    struct model_reply out = *reply;
    out.text = keep(arena, reply->text);
    out.tool_calls = keep(arena, reply->tool_calls);
    out.finish_reason = keep(arena, reply->finish_reason);
    out.carry = keep(arena, reply->carry);
    out.error = keep(arena, reply->error);
    return out;
}

bool memo_find(struct memo *memo, const char *fingerprint, uint64_t generation, struct arena *arena,
               struct model_reply *out)
{
    if (!memo)
        return false;
    /* Notes stay as they are until the end. */
    pthread_mutex_lock(&memo->mutex);
    const struct memo_note *note = map_get(&memo->replies, str_of(fingerprint));
    pthread_mutex_unlock(&memo->mutex);
    if (!note || note->generation > generation)
        return false;
    *out = keep_reply(arena, &note->reply);
    return true;
}

void memo_note(struct memo *memo, struct memo_batch *batch, struct str place,
               const char *fingerprint, const struct model_reply *reply)
{
    struct memo_note note = {0};
    if (!memo)
        return;
    note.place = keep(&note.arena, place);
    note.fingerprint = keep(&note.arena, str_of(fingerprint));
    note.reply = keep_reply(&note.arena, reply);
    pthread_mutex_lock(&memo->mutex);
    MEM_RESERVE(batch->notes, batch->count, batch->capacity);
    batch->notes[batch->count++] = note;
    pthread_mutex_unlock(&memo->mutex);
}

static int place_order(const void *a, const void *b)
{
    const struct memo_note *x = a, *y = b;
    return str_cmp(x->place, y->place);
}

void memo_publish(struct memo *memo, struct memo_batch *batch)
{
    if (!memo || !batch->count)
        return;
    qsort(batch->notes, batch->count, sizeof(*batch->notes), place_order);
    pthread_mutex_lock(&memo->mutex);
    memo->generation++;
    for (size_t i = 0; i < batch->count; i++) {
        if (map_has(&memo->replies, batch->notes[i].fingerprint)) {
            arena_clear(&batch->notes[i].arena);
            continue;
        }
        struct memo_note *note = mem_alloc(sizeof(*note));
        *note = batch->notes[i];
        note->generation = memo->generation;
        map_set(&memo->replies, note->fingerprint, note);
    }
    pthread_mutex_unlock(&memo->mutex);
    batch->count = 0;
    memo_batch_clear(batch);
}

void memo_batch_clear(struct memo_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        arena_clear(&batch->notes[i].arena);
    mem_free(batch->notes);
    *batch = (struct memo_batch){0};
}
