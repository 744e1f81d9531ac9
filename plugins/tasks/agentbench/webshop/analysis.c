/* SPDX-License-Identifier: MIT */
#include "analysis.h"

#include <string.h>

#include "common/slice.h"
#include "porter.h"
#include "unicode.h"

#define TOKEN_MAX 255 /* characters */

struct analyser {
    term_sink sink;
    void *context;
    struct text word; /* reused */
};

static bool is_stop_word(grasp_str word)
{
    static const char *const words[] = {
        "a",   "an",    "and",  "are",   "as",    "at",   "be",   "but", "by",  "for",  "if",
        "in",  "into",  "is",   "it",    "no",    "not",  "of",   "on",  "or",  "such", "that",
        "the", "their", "then", "there", "these", "they", "this", "to",  "was", "will", "with"};
    for (size_t i = 0; word.len <= 5 && i < sizeof(words) / sizeof(*words); i++)
        if (word.len == strlen(words[i]) && memcmp(word.ptr, words[i], word.len) == 0)
            return true;
    return false;
}

static grasp_str without_possessive(grasp_str word)
{
    static const char *const apostrophes[] = {"'", "\u2019", "\uFF07"};
    if (word.len < 2 || (word.ptr[word.len - 1] | 0x20) != 's')
        return word;
    grasp_str rest = slice_cut(word, 0, word.len - 1);
    for (size_t i = 0; i < sizeof(apostrophes) / sizeof(*apostrophes); i++)
        if (slice_ends(rest, apostrophes[i]))
            return slice_cut(rest, 0, rest.len - strlen(apostrophes[i]));
    return word;
}

static void emit(struct analyser *a, grasp_str token)
{
    text_reset(&a->word);
    unicode_lower_simple(&a->word, without_possessive(token));
    grasp_str word = text_view(&a->word);
    if (!word.len || a->word.failed || is_stop_word(word))
        return;
    size_t len = porter_stem(a->word.ptr, a->word.len);
    a->sink(a->context, (grasp_str){a->word.ptr, len});
}

/* What is too long comes in pieces. */
static void emit_pieces(struct analyser *a, grasp_str token)
{
    while (token.len > TOKEN_MAX) {
        grasp_str piece = utf8_prefix(token, TOKEN_MAX);
        emit(a, piece);
        token = slice_from(token, piece.len);
    }
    if (token.len)
        emit(a, token);
}

/* Stays within a word between two letters. */
static bool joins_letters(uint32_t code)
{
    static const uint32_t list[] = {':',    '.',    '\'',   0xB7,   0x387,  0x5F4,  0x2018, 0x2019,
                                    0x2024, 0x2027, 0xFE13, 0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
        if (code == list[i])
            return true;
    return false;
}

/* Stays within a number between two digits. */
static bool joins_digits(uint32_t code)
{
    static const uint32_t list[] = {'.',    '\'',   ',',    ';',    0x37E,  0x589,  0x60C,  0x60D,
                                    0x66C,  0x7F8,  0x2018, 0x2019, 0x2024, 0x2044, 0xFE10, 0xFE14,
                                    0xFE50, 0xFE52, 0xFE54, 0xFF07, 0xFF0C, 0xFF0E, 0xFF1B};
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
        if (code == list[i])
            return true;
    return false;
}

/* The class of the next character that is no mark, at or after `at`. */
static enum unicode_class class_after(grasp_str text, size_t at)
{
    uint32_t code;
    while (at < text.len) {
        at += utf8_at(text, at, &code);
        enum unicode_class class = unicode_class(code);
        if (class != UNICODE_EXTEND)
            return class;
    }
    return UNICODE_OTHER;
}

struct run {
    size_t start;
    bool open, has_word;
    enum unicode_class last;
};

static void close_run(struct analyser *a, grasp_str text, struct run *run, size_t end)
{
    if (run->open && run->has_word)
        emit_pieces(a, slice_cut(text, run->start, end));
    *run = (struct run){0};
}

static bool is_joined(grasp_str text, const struct run *run, uint32_t code, size_t next)
{
    if (!run->open)
        return false;
    if (run->last == UNICODE_LETTER && joins_letters(code))
        return class_after(text, next) == UNICODE_LETTER;
    return run->last == UNICODE_DIGIT && joins_digits(code) &&
           class_after(text, next) == UNICODE_DIGIT;
}

static void take(struct analyser *a, grasp_str text, struct run *run, size_t at, size_t next,
                 uint32_t code)
{
    enum unicode_class class = unicode_class(code);
    switch (class) {
    case UNICODE_EXTEND:
        return;
    case UNICODE_IDEOGRAPH:
        close_run(a, text, run, at);
        *run = (struct run){at, true, true, class};
        return;
    case UNICODE_LETTER:
    case UNICODE_DIGIT:
    case UNICODE_JOIN:
        if (run->open && run->last == UNICODE_IDEOGRAPH)
            close_run(a, text, run, at);
        if (!run->open)
            *run = (struct run){at, true, false, class};
        run->has_word |= class != UNICODE_JOIN;
        run->last = class;
        return;
    case UNICODE_OTHER:
    default:
        if (!is_joined(text, run, code, next))
            close_run(a, text, run, at);
    }
}

void analyse(grasp_str text, term_sink sink, void *context)
{
    struct analyser a = {.sink = sink, .context = context};
    struct run run = {0};
    uint32_t code;
    for (size_t at = 0, next; at < text.len; at = next) {
        next = at + utf8_at(text, at, &code);
        take(&a, text, &run, at, next, code);
    }
    close_run(&a, text, &run, text.len);
    text_free(&a.word);
}
