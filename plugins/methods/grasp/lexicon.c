/* SPDX-License-Identifier: MIT */
#include "lexicon.h"

#include <string.h>
#include <strings.h>

#include "common/slice.h"

#define HEAD 8
#define LOWER 0x2020202020202020u

/* len 0: free. */
struct lexicon_slot {
    uint64_t head; /* the first bytes, in lower case */
    uint32_t len;
    uint32_t number;
};

static uint64_t head_of(grasp_str text, size_t at, size_t len)
{
    uint64_t head = 0;
    if (len >= HEAD) {
        memcpy(&head, text.ptr + at, HEAD);
        return head | LOWER;
    }
    if (text.len - at >= HEAD) {
        memcpy(&head, text.ptr + at, HEAD);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        head &= ~(uint64_t)0 << (8 * (HEAD - len));
#else
        head &= ((uint64_t)1 << (8 * len)) - 1;
#endif
    } else {
        memcpy(&head, text.ptr + at, len);
    }
    return head | LOWER;
}

static size_t first_slot(const struct lexicon *lexicon, uint64_t head, size_t len)
{
    uint64_t hash = (head + len) * 0x9e3779b97f4a7c15u;
    return (size_t)(hash >> 32) & (lexicon->slot_count - 1);
}

static void rebuild(struct pool *pool, struct lexicon *lexicon, size_t slot_count)
{
    lexicon->slot_count = slot_count;
    lexicon->slots = pool_array(pool, slot_count, sizeof(*lexicon->slots));
    for (size_t i = 0; i < lexicon->count; i++) {
        grasp_str word = lexicon->words[i];
        uint64_t head = head_of(word, 0, word.len);
        size_t slot = first_slot(lexicon, head, word.len);
        while (lexicon->slots[slot].len)
            slot = (slot + 1) & (slot_count - 1);
        lexicon->slots[slot] = (struct lexicon_slot){head, (uint32_t)word.len, (uint32_t)i};
    }
}

/* The slot of the word, or the free one where it belongs. */
static struct lexicon_slot *slot_of(const struct lexicon *lexicon, grasp_str word)
{
    size_t slot = first_slot(lexicon, head_of(word, 0, word.len), word.len);
    for (; lexicon->slots[slot].len; slot = (slot + 1) & (lexicon->slot_count - 1)) {
        if (slice_eq(lexicon->words[lexicon->slots[slot].number], word))
            break;
    }
    return &lexicon->slots[slot];
}

uint32_t lexicon_exact(const struct lexicon *lexicon, grasp_str word)
{
    const struct lexicon_slot *slot = slot_of(lexicon, word);
    return slot->len ? slot->number : LEXICON_NONE;
}

uint32_t lexicon_add(struct pool *pool, struct lexicon *lexicon, grasp_str word)
{
    if (lexicon->count * 2 >= lexicon->slot_count)
        rebuild(pool, lexicon, lexicon->slot_count ? lexicon->slot_count * 2 : 64);
    struct lexicon_slot *slot = slot_of(lexicon, word);
    if (slot->len)
        return slot->number;
    uint32_t number = (uint32_t)lexicon->count;
    POOL_RESERVE(pool, lexicon->words, lexicon->count, lexicon->room);
    lexicon->words[lexicon->count++] = pool_dup(pool, word);
    *slot = (struct lexicon_slot){head_of(word, 0, word.len), (uint32_t)word.len, number};
    return number;
}

void lexicon_settle(struct pool *pool, struct lexicon *lexicon)
{
    grasp_str *words = pool_array(pool, lexicon->count, sizeof(*words));
    size_t slots = 64;
    for (size_t i = 0; i < lexicon->count; i++)
        words[i] = pool_dup(pool, lexicon->words[i]);
    lexicon->words = words;
    lexicon->room = lexicon->count;
    while (slots < lexicon->count * 4)
        slots *= 2;
    rebuild(pool, lexicon, slots);
}

uint32_t lexicon_find(const struct lexicon *lexicon, grasp_str text, size_t at, size_t len)
{
    uint64_t head = head_of(text, at, len);
    size_t slot = first_slot(lexicon, head, len);
    for (; lexicon->slots[slot].len; slot = (slot + 1) & (lexicon->slot_count - 1)) {
        const struct lexicon_slot *s = &lexicon->slots[slot];
        if (s->head != head || s->len != len)
            continue;
        if (len <= HEAD || strncasecmp(lexicon->words[s->number].ptr + HEAD, text.ptr + at + HEAD,
                                       len - HEAD) == 0)
            return s->number;
    }
    return LEXICON_NONE;
}
