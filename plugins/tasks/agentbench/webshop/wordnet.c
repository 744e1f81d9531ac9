/* SPDX-License-Identifier: MIT */
#include "wordnet.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/slice.h"

#define WORD_MAX 64
#define FORMS 12 /* base forms of a word that are tried */

enum { NOUN, VERB, ADJECTIVE, ADVERB, NOUN_FORMS, VERB_FORMS, COUNTS, FILE_COUNT };

static const char *const names[FILE_COUNT] = {
    [NOUN] = "index.noun",   [VERB] = "index.verb",     [ADJECTIVE] = "index.adj",
    [ADVERB] = "index.adv",  [NOUN_FORMS] = "noun.exc", [VERB_FORMS] = "verb.exc",
    [COUNTS] = "cntlist.rev"};

struct wordnet {
    grasp_str files[FILE_COUNT];
};

static bool map_file(grasp_str folder, const char *name, grasp_str *out)
{
    char path[4096];
    struct stat st;
    if (snprintf(path, sizeof(path), "%.*s/%s", (int)folder.len, folder.ptr, name) >=
        (int)sizeof(path))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *map = fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0
                    ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
                    : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (map == MAP_FAILED)
        return false;
    *out = (grasp_str){map, (uint64_t)st.st_size};
    return true;
}

struct wordnet *wordnet_open(grasp_str folder, const char **out_missing)
{
    struct wordnet *wordnet = calloc(1, sizeof(*wordnet));
    for (int i = 0; wordnet && i < FILE_COUNT; i++) {
        if (map_file(folder, names[i], &wordnet->files[i]))
            continue;
        *out_missing = names[i];
        wordnet_close(wordnet);
        return NULL;
    }
    return wordnet;
}

void wordnet_close(struct wordnet *wordnet)
{
    if (!wordnet)
        return;
    for (int i = 0; i < FILE_COUNT; i++)
        if (wordnet->files[i].ptr)
            munmap((void *)(uintptr_t)wordnet->files[i].ptr, wordnet->files[i].len);
    free(wordnet);
}

static grasp_str line_at(grasp_str file, size_t at)
{
    const char *end = memchr(file.ptr + at, '\n', file.len - at);
    return slice_cut(file, at, end ? (size_t)(end - file.ptr) : file.len);
}

static size_t line_start(grasp_str file, size_t at)
{
    while (at && file.ptr[at - 1] != '\n')
        at--;
    return at;
}

/* Of a sorted file, where the first line lies that does not come before `key`. */
static size_t lower_bound(grasp_str file, grasp_str key)
{
    size_t low = 0, high = file.len;
    while (low < high) {
        size_t start = line_start(file, low + (high - low) / 2);
        grasp_str line = line_at(file, start);
        if (slice_cmp(line.len > key.len ? slice_cut(line, 0, key.len) : line, key) < 0) {
            low = start + line.len + 1;
            low = low < file.len ? low : file.len;
        } else {
            high = start;
        }
    }
    return low;
}

static bool starts(grasp_str line, grasp_str key)
{
    return line.len >= key.len && memcmp(line.ptr, key.ptr, key.len) == 0;
}

/* word and separator, which fit: callers cut long words. */
static grasp_str with(char *room, grasp_str word, char separator)
{
    memcpy(room, word.ptr, word.len);
    room[word.len] = separator;
    return (grasp_str){room, word.len + 1};
}

static bool has(const struct wordnet *wordnet, int file, grasp_str word)
{
    char room[WORD_MAX + 8];
    grasp_str key = with(room, word, ' '), in = wordnet->files[file];
    size_t at = lower_bound(in, key);
    return at < in.len && starts(line_at(in, at), key);
}

static uint64_t number_of(grasp_str text)
{
    uint64_t out = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        out = out * 10 + (uint64_t)(text.ptr[i] - '0');
    return out;
}

/* Adds the counts of "word%1:..": 1 noun, 2 verb, 3 and 5 adjective, 4 adverb. */
static uint64_t count_of(const struct wordnet *wordnet, grasp_str word, const char *kinds)
{
    char room[WORD_MAX + 8];
    grasp_str key = with(room, word, '%'), in = wordnet->files[COUNTS];
    uint64_t sum = 0;
    for (size_t at = lower_bound(in, key); at < in.len;) {
        grasp_str line = line_at(in, at);
        if (!starts(line, key))
            break;
        const char *last = memrchr(line.ptr, ' ', line.len);
        if (line.len > key.len && strchr(kinds, line.ptr[key.len]) && last)
            sum += number_of(slice_from(line, (size_t)(last - line.ptr) + 1));
        at += line.len + 1;
    }
    return sum;
}

struct ending {
    const char *cut, *put;
};

static size_t add_form(grasp_str *forms, size_t count, char rooms[][WORD_MAX + 8], grasp_str stem,
                       const char *put)
{
    size_t len = strlen(put);
    if (!stem.len || count == FORMS || stem.len + len > WORD_MAX)
        return count;
    memcpy(rooms[count], stem.ptr, stem.len);
    memcpy(rooms[count] + stem.len, put, len);
    forms[count] = (grasp_str){rooms[count], stem.len + len};
    return count + 1;
}

static size_t add_exceptions(const struct wordnet *wordnet, int file, grasp_str word,
                             grasp_str *forms, size_t count, char rooms[][WORD_MAX + 8])
{
    char room[WORD_MAX + 8];
    grasp_str key = with(room, word, ' '), in = wordnet->files[file];
    for (size_t at = lower_bound(in, key); at < in.len;) {
        grasp_str line = line_at(in, at),
                  rest = slice_from(line, key.len < line.len ? key.len : line.len);
        if (!starts(line, key))
            break;
        const char *blank = memchr(rest.ptr, ' ', rest.len);
        grasp_str first = blank ? slice_cut(rest, 0, (size_t)(blank - rest.ptr)) : rest;
        count = add_form(forms, count, rooms, first, "");
        at += line.len + 1;
    }
    return count;
}

/* The word itself and what it may be a form of. */
static size_t forms_of(const struct wordnet *wordnet, grasp_str word, int exceptions,
                       const struct ending *endings, grasp_str *forms, char rooms[][WORD_MAX + 8])
{
    size_t count = add_form(forms, 0, rooms, word, "");
    count = add_exceptions(wordnet, exceptions, word, forms, count, rooms);
    for (; endings->cut; endings++)
        if (slice_ends(word, endings->cut))
            count = add_form(forms, count, rooms,
                             slice_cut(word, 0, word.len - strlen(endings->cut)), endings->put);
    return count;
}

static void look_up_forms(const struct wordnet *wordnet, grasp_str word, int file, int exceptions,
                          const struct ending *endings, const char *kinds, bool *out_there,
                          uint64_t *out_count)
{
    grasp_str forms[FORMS];
    char rooms[FORMS][WORD_MAX + 8];
    size_t count = forms_of(wordnet, word, exceptions, endings, forms, rooms);
    for (size_t i = 0; i < count; i++) {
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated |= slice_eq(forms[i], forms[k]);
        if (repeated || !has(wordnet, file, forms[i]))
            continue;
        *out_there = true;
        *out_count += count_of(wordnet, forms[i], kinds);
    }
}

void wordnet_look_up(const struct wordnet *wordnet, grasp_str word, struct wordnet_facts *out)
{
    static const struct ending of_nouns[] = {{"s", ""},      {"ses", "s"},   {"xes", "x"},
                                             {"zes", "z"},   {"ches", "ch"}, {"shes", "sh"},
                                             {"men", "man"}, {"ies", "y"},   {NULL, NULL}};
    static const struct ending of_verbs[] = {{"s", ""},    {"ies", "y"}, {"es", "e"},
                                             {"es", ""},   {"ed", "e"},  {"ed", ""},
                                             {"ing", "e"}, {"ing", ""},  {NULL, NULL}};
    *out = (struct wordnet_facts){0};
    if (!word.len || word.len > WORD_MAX)
        return;
    look_up_forms(wordnet, word, NOUN, NOUN_FORMS, of_nouns, "1", &out->noun, &out->noun_count);
    look_up_forms(wordnet, word, VERB, VERB_FORMS, of_verbs, "2", &out->verb, &out->verb_count);
    out->adjective = has(wordnet, ADJECTIVE, word);
    out->adverb = has(wordnet, ADVERB, word);
    if (out->adjective)
        out->adjective_count = count_of(wordnet, word, "35");
    if (out->adverb)
        out->adverb_count = count_of(wordnet, word, "4");
}
