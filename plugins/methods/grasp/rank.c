/* SPDX-License-Identifier: MIT */
#include "rank.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/slice.h"
#include "common/tokens.h"
#include "lexicon.h"

#define SECTION_MARK "when to use"

/* A tag that some skill has, each once. */
struct rank_tag {
    grasp_str literal; /* lower case */
    uint32_t terms;
    uint32_t first; /* where its first term is in the literal */
};

struct posting {
    uint32_t from, to; /* in `entries` */
};

struct rank_word {
    struct posting skills; /* whose selector has the word */
    struct posting tags;   /* of which it is a term */
    struct posting starts; /* of which it is the first term */
};

struct rank_index {
    struct lexicon words;
    struct rank_word *word;
    struct rank_tag *tags;
    struct posting *tag_skills;
    uint32_t *bonus; /* of each skill: 1 without tags */
    uint32_t *entries;
    size_t tag_count, skill_count;
    bool wide; /* some tag is not all ASCII */
};

/* The length of the white space character there, or 0. */
static size_t blank_at(grasp_str text, size_t at)
{
    uint32_t code;
    size_t len = at < text.len ? utf8_at(text, at, &code) : 0;
    return len && utf8_is_space(code) ? len : 0;
}

static size_t skip_blanks(grasp_str text, size_t at)
{
    for (size_t len; (len = blank_at(text, at)); at += len)
        continue;
    return at;
}

static bool has_word(grasp_str text, size_t at, const char *word)
{
    size_t len = strlen(word);
    return at <= text.len && text.len - at >= len && strncasecmp(text.ptr + at, word, len) == 0;
}

/* The position after "## When to use", or 0. */
static size_t section_at(grasp_str text, size_t at)
{
    size_t from = at;
    while (at < text.len && text.ptr[at] == '#')
        at++;
    if (at - from < 2)
        return 0;
    at = skip_blanks(text, at);
    if (!has_word(text, at, SECTION_MARK))
        return 0;
    at += strlen(SECTION_MARK);
    if (has_word(text, at, " this skill"))
        at += strlen(" this skill");
    return skip_blanks(text, at);
}

static size_t section_end(grasp_str text, size_t from)
{
    for (size_t at = from; slice_find(text, SLICE("\n##"), at, &at); at++) {
        size_t end = at + 1;
        while (end < text.len && text.ptr[end] == '#')
            end++;
        if (blank_at(text, end))
            return at;
    }
    return text.len;
}

grasp_str rank_when_to_use(grasp_str content)
{
    for (size_t at = 0; slice_find(content, SLICE("##"), at, &at); at++) {
        size_t from = section_at(content, at);
        if (from)
            return slice_cut(content, from, section_end(content, from));
    }
    return SLICE("");
}

/* While the index is built: growing lists of numbers. */
struct list {
    uint32_t *items;
    size_t count, capacity;
};

struct word_lists {
    struct list skills, tags, starts;
};

struct building {
    struct pool *pool;
    struct rank_index *index;
    struct lexicon tag_names;
    struct word_lists *words;
    struct list *tag_skills;
    size_t tag_room, word_room, tag_skill_room;
    size_t entries;
};

static void push(struct building *b, struct list *list, uint32_t item)
{
    POOL_RESERVE(b->pool, list->items, list->count, list->capacity);
    list->items[list->count++] = item;
    b->entries++;
}

/* The lists of a word, until the next word is added. */
static struct word_lists *lists_of(struct building *b, grasp_str word)
{
    uint32_t id = lexicon_add(b->pool, &b->index->words, word);
    POOL_RESERVE(b->pool, b->words, id, b->word_room);
    return b->words + id;
}

static uint32_t first_term(grasp_str literal)
{
    grasp_str token;
    size_t at = 0;
    while (token_run(literal, &at, &token) && !token_counts(token))
        continue;
    return (uint32_t)(token.ptr - literal.ptr);
}

static uint32_t tag_of(struct building *b, grasp_str literal, const grasp_str *terms, size_t count)
{
    size_t known = b->tag_names.count;
    uint32_t id = lexicon_add(b->pool, &b->tag_names, literal);
    if (id != known)
        return id;
    POOL_RESERVE(b->pool, b->index->tags, id, b->tag_room);
    POOL_RESERVE(b->pool, b->tag_skills, id, b->tag_skill_room);
    b->index->tags[id] = (struct rank_tag){literal, (uint32_t)count, first_term(literal)};
    b->index->wide |= utf8_count(literal) < literal.len;
    for (size_t i = 0; i < count; i++) {
        struct word_lists *lists = lists_of(b, terms[i]);
        push(b, &lists->tags, id);
        if (i == 0)
            push(b, &lists->starts, id);
    }
    return id;
}

static void add_tags(struct building *b, const struct skill *skill, uint32_t number)
{
    /* The reference takes the letters of such a text for tags, and no letter counts as one. */
    size_t tag_count = skill->bare_tags ? 0 : skill->tag_count;
    for (size_t i = 0; i < tag_count; i++) {
        struct text lower CLEANUP_TEXT = {0};
        grasp_str *terms;
        size_t count = token_tag_terms(b->pool, skill->tags[i], &terms);
        if (count == 0)
            continue;
        text_lower(&lower, skill->tags[i]);
        grasp_str literal = pool_dup(b->pool, text_view(&lower));
        size_t tag = tag_of(b, literal, terms, count); /* may move tag_skills */
        push(b, &b->tag_skills[tag], number);
    }
}

static void add_selector(struct building *b, const struct skill *skill, uint32_t number)
{
    struct text selector CLEANUP_TEXT = {0};
    grasp_str *words;
    for (size_t i = 0; i < skill->name.len; i++)
        text_char(&selector, skill->name.ptr[i] == '_' ? ' ' : skill->name.ptr[i]);
    text_char(&selector, '\n');
    text_str(&selector, skill->description);
    text_char(&selector, '\n');
    text_str(&selector, rank_when_to_use(skill->content));
    size_t count = token_set(b->pool, text_view(&selector), &words);
    for (size_t i = 0; i < count; i++)
        push(b, &lists_of(b, words[i])->skills, number);
}

static struct posting pack(struct rank_index *index, const struct list *list, uint32_t *at)
{
    size_t count = list ? list->count : 0;
    struct posting out = {*at, *at + (uint32_t)count};
    if (count)
        memcpy(index->entries + *at, list->items, count * sizeof(*list->items));
    *at = out.to;
    return out;
}

struct rank_index *rank_build(struct pool *pool, const struct skill *skills, size_t count)
{
    struct pool temporary CLEANUP_POOL = {0};
    struct rank_index *index = pool_alloc(pool, sizeof(*index));
    struct building b = {.pool = &temporary, .index = index};
    uint32_t at = 0;
    index->skill_count = count;
    index->bonus = pool_array(pool, count, sizeof(*index->bonus));
    for (size_t i = 0; i < count; i++) {
        index->bonus[i] = skills[i].tag_count == 0;
        add_tags(&b, &skills[i], (uint32_t)i);
        add_selector(&b, &skills[i], (uint32_t)i);
    }
    index->tag_count = b.tag_names.count;
    index->entries = pool_array(pool, b.entries, sizeof(*index->entries));
    index->tag_skills = pool_array(pool, index->tag_count, sizeof(*index->tag_skills));
    struct rank_word *words = pool_array(pool, index->words.count, sizeof(*words));
    struct rank_tag *tags = pool_array(pool, index->tag_count, sizeof(*tags));
    for (size_t i = 0; i < index->words.count; i++) {
        words[i].skills = pack(index, &b.words[i].skills, &at);
        words[i].tags = pack(index, &b.words[i].tags, &at);
        words[i].starts = pack(index, &b.words[i].starts, &at);
    }
    for (size_t i = 0; i < index->tag_count; i++) {
        tags[i] = index->tags[i];
        tags[i].literal = pool_dup(pool, tags[i].literal);
        index->tag_skills[i] = pack(index, &b.tag_skills[i], &at);
    }
    index->word = words;
    index->tags = tags;
    lexicon_settle(pool, &index->words);
    return index;
}

/* One query. */
struct query {
    const struct rank_index *index;
    uint64_t *seen;    /* words, a bit each */
    uint32_t *hits;    /* terms found, per tag */
    uint32_t *touched; /* tags with hits */
    uint8_t *bounded;  /* per tag: the literal was found */
    uint32_t *scores;
    uint32_t of_all; /* words that every selector has */
    size_t touched_count;
};

/* Is there a boundary between the characters before and at `at`, as \b sees it? */
static bool is_boundary(grasp_str text, size_t at)
{
    uint32_t before = '\n', after = '\n';
    size_t from = at;
    if (at > 0) {
        do
            from--;
        while (from > 0 && ((unsigned char)text.ptr[from] & 0xc0) == 0x80);
        utf8_at(text, from, &before);
    }
    if (at < text.len)
        utf8_at(text, at, &after);
    return utf8_is_word(before) != utf8_is_word(after);
}

static bool has_literal(grasp_str text, size_t at, grasp_str literal)
{
    for (size_t i = 0; i < literal.len; i++) {
        char c = text.ptr[at + i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != literal.ptr[i])
            return false;
    }
    return is_boundary(text, at) && is_boundary(text, at + literal.len);
}

/* Does a tag stand here as it is written? Its first term was met at `at`. */
static void meet_tag(struct query *q, uint32_t id, grasp_str text, size_t at)
{
    const struct rank_tag *tag = &q->index->tags[id];
    if (q->bounded[id] || at < tag->first || text.len - (at - tag->first) < tag->literal.len)
        return;
    q->bounded[id] = has_literal(text, at - tag->first, tag->literal);
}

static void meet_word(struct query *q, uint32_t id, grasp_str text, size_t at)
{
    const struct rank_word *word = &q->index->word[id];
    for (uint32_t i = word->starts.from; i < word->starts.to; i++)
        meet_tag(q, q->index->entries[i], text, at);
    if (q->seen[id >> 6] >> (id & 63) & 1)
        return;
    q->seen[id >> 6] |= (uint64_t)1 << (id & 63);
    bool of_all = word->skills.to - word->skills.from == q->index->skill_count;
    q->of_all += of_all;
    for (uint32_t i = word->skills.from; i < word->skills.to && !of_all; i++)
        q->scores[q->index->entries[i]]++;
    for (uint32_t i = word->tags.from; i < word->tags.to; i++) {
        uint32_t tag = q->index->entries[i];
        if (q->hits[tag]++ == 0)
            q->touched[q->touched_count++] = tag;
    }
}

#define MASK_BYTES 8192 /* of text that are looked at in one go */

static void meet_piece(struct query *q, grasp_str text, size_t from, size_t to)
{
    uint64_t mask[MASK_BYTES / 64 + 2];
    grasp_str piece = slice_cut(text, from, to);
    size_t len;
    token_mask(piece, mask);
    for (size_t at = 0; token_next(mask, piece.len, &at, &len); at += len) {
        uint32_t id = lexicon_find(&q->index->words, text, from + at, len);
        if (id != LEXICON_NONE)
            meet_word(q, id, text, from + at);
    }
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static void meet_text(struct query *q, grasp_str text)
{
    for (size_t from = 0; from < text.len;) {
        size_t to = from + MASK_BYTES < text.len ? from + MASK_BYTES : text.len;
        while (to < text.len && to > from + MASK_BYTES / 2 && is_alnum(text.ptr[to - 1]))
            to--;
        meet_piece(q, text, from, to);
        from = to;
    }
}

static bool is_ascii(grasp_str text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

/* Two letters outside ASCII have a lower-case form that begins inside it. */
static bool has_odd_letters(grasp_str text)
{
    size_t at;
    return (memchr(text.ptr, 0xe2, text.len) && slice_find(text, SLICE("\xe2\x84\xaa"), 0, &at)) ||
           (memchr(text.ptr, 0xc4, text.len) && slice_find(text, SLICE("\xc4\xb0"), 0, &at));
}

static void score_tags(struct query *q)
{
    const struct rank_index *index = q->index;
    for (size_t i = 0; i < q->touched_count; i++) {
        uint32_t id = q->touched[i], score = q->hits[id];
        if (score >= index->tags[id].terms)
            score = q->bounded[id] ? 3 : 2;
        for (uint32_t k = index->tag_skills[id].from; k < index->tag_skills[id].to; k++)
            q->scores[index->entries[k]] += 10 * score;
    }
}

#define STACK_BYTES 8192

/* Splits zeroed memory into the parts of a query; with NULL it only measures. */
static size_t place(struct query *q, char *memory)
{
    size_t words = (q->index->words.count + 63) / 64 * sizeof(*q->seen);
    size_t tags = q->index->tag_count;
    if (memory) {
        q->seen = (uint64_t *)memory;
        q->hits = (uint32_t *)(memory + words);
        q->touched = q->hits + tags;
        q->bounded = (uint8_t *)(q->touched + tags);
    }
    return words + 2 * tags * sizeof(*q->hits) + tags;
}

void rank_scores(const struct rank_index *index, const grasp_str *texts, size_t count,
                 uint32_t *out_scores)
{
    struct query q = {.index = index, .scores = out_scores};
    uint64_t fixed[STACK_BYTES / sizeof(uint64_t)];
    size_t size = place(&q, NULL);
    char *memory = size <= sizeof(fixed) ? memset(fixed, 0, size) : calloc(1, size);
    if (!memory)
        abort();
    place(&q, memory);
    memcpy(out_scores, index->bonus, index->skill_count * sizeof(*out_scores));
    for (size_t i = 0; i < count; i++) {
        struct text lower CLEANUP_TEXT = {0};
        bool odd = index->wide ? !is_ascii(texts[i]) : has_odd_letters(texts[i]);
        if (odd)
            text_lower(&lower, texts[i]);
        meet_text(&q, odd ? text_view(&lower) : texts[i]);
    }
    score_tags(&q);
    for (size_t i = 0; i < index->skill_count && q.of_all; i++)
        out_scores[i] += q.of_all;
    if (memory != (char *)fixed)
        free(memory);
}

size_t rank_select(const struct rank_index *index, const grasp_str *texts, size_t count,
                   uint32_t out[RANK_TOP])
{
    uint32_t fixed[512], best[RANK_TOP];
    size_t chosen = 0;
    int64_t least = -1; /* of the best, when they are all there */
    uint32_t *scores =
        index->skill_count <= 512 ? fixed : malloc(index->skill_count * sizeof(*scores));
    if (!scores)
        abort();
    rank_scores(index, texts, count, scores);
    for (uint32_t i = 0; i < index->skill_count; i++) {
        if (scores[i] <= least)
            continue;
        size_t at = chosen;
        while (at > 0 && best[at - 1] < scores[i])
            at--;
        chosen += chosen < RANK_TOP;
        for (size_t k = chosen - 1; k > at; k--) {
            best[k] = best[k - 1];
            out[k] = out[k - 1];
        }
        best[at] = scores[i];
        out[at] = i;
        if (chosen == RANK_TOP)
            least = best[RANK_TOP - 1];
    }
    if (scores != fixed)
        free(scores);
    return chosen;
}
