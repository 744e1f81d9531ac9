/* SPDX-License-Identifier: MIT */
/* A growable text. A zeroed struct is an empty one. When it would grow past its limit, or memory
 * runs out, `failed` is set and everything after is dropped. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct text {
    char *ptr;
    size_t len;
    size_t capacity; /* never over the limit but for the NUL */
    size_t limit;    /* 0: 64 MiB */
    bool failed;
};

/* Room for so many more bytes and a NUL, or false: the text has failed. */
bool text_reserve(struct text *text, size_t more);
/* Here, so that a literal is copied where it is put. */
static inline void text_add(struct text *text, const char *data, size_t len)
{
    bool fits = !text->failed && len < text->capacity - text->len;
    if (len == 0 || (!fits && !text_reserve(text, len)))
        return;
    memcpy(text->ptr + text->len, data, len);
    text->len += len;
    text->ptr[text->len] = 0;
}
static inline void text_put(struct text *text, const char *data) /* NUL-terminated */
{
    text_add(text, data, strlen(data));
}
static inline void text_char(struct text *text, char c)
{
    text_add(text, &c, 1);
}
void text_str(struct text *text, grasp_str data);
void text_code(struct text *text, uint32_t code); /* a character */
__attribute__((format(printf, 2, 3))) void text_format(struct text *text, const char *format, ...);
grasp_str text_view(const struct text *text);
void text_reset(struct text *text); /* empty, memory kept */
void text_free(struct text *text);
#define CLEANUP_TEXT __attribute__((cleanup(text_free)))

/* The shortest decimal that reads back as the same number, as Python's repr. */
void text_double(struct text *text, double number);
/* A JSON string with its quotes, UTF-8 as it is. Also a double-quoted scalar of YAML, read as the
 * same text by PyYAML. Invalid bytes become U+FFFD. */
void text_json(struct text *text, grasp_str data);
/* In one line: runs of white space become one blank, none at the ends. */
void text_line(struct text *text, grasp_str data);
