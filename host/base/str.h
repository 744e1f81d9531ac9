/* SPDX-License-Identifier: MIT */
/* A borrowed slice of text, and a growable buffer with a limit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

struct str str_of(const char *text); /* NULL is empty */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *text);
bool str_starts(struct str a, const char *prefix);
bool str_ends(struct str a, const char *suffix);
int str_cmp(struct str a, struct str b); /* bytes, as memcmp */
struct str str_trim(struct str a);       /* ASCII white space */
/* Takes the part before the separator, or all; after the last part rest->ptr is NULL. */
struct str str_cut(struct str *rest, char separator);
bool str_find(struct str a, struct str needle, size_t *out_at); /* out_at may be NULL */
bool str_valid_utf8(struct str a);
/* A whole decimal number, with sign; false if it is not one or does not fit. */
bool str_to_i64(struct str a, int64_t *out);
/* A decimal number with optional sign, point and exponent, independent of the locale; false if it
 * is not one (hexadecimal, inf, nan) or is too large. */
bool str_to_double(struct str a, double *out);

/* Grows up to `limit` bytes (0: 1 GiB). A write that would pass it is dropped whole and sets
 * `failed`; the contents are always NUL-terminated. A zeroed struct is valid. */
struct buf {
    char *ptr;
    size_t len;
    size_t capacity;
    size_t limit;
    bool failed;
};

/* buf_add where the room has to grow first, if it may. */
void buf_add_growing(struct buf *buf, const void *data, size_t len);
/* Here, so that a literal is copied where it is added. */
static inline void buf_add(struct buf *buf, const void *data, size_t len)
{
    if (len == 0 || len >= buf->capacity - buf->len) {
        buf_add_growing(buf, data, len);
        return;
    }
    memcpy(buf->ptr + buf->len, data, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}
static inline void buf_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}
static inline void buf_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}
void buf_str(struct buf *buf, struct str text);
void buf_i64(struct buf *buf, int64_t number); /* decimal; buf_printf takes ten times as long */
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *buf, const char *format, ...);
/* Where the next `len` bytes would go, of which buf_took says how many were written (the NUL is its
 * business). NULL, and no failure, when they could pass the limit. */
char *buf_room(struct buf *buf, size_t len);
void buf_took(struct buf *buf, size_t len);
struct str buf_view(const struct buf *buf);
char *buf_steal(struct buf *buf); /* owned by the caller; the buffer is empty afterwards */
void buf_reset(struct buf *buf);  /* empty, memory kept */
void buf_trim(struct buf *buf);   /* gives back what is not used */
void buf_free(struct buf *buf);
#define CLEANUP_BUF __attribute__((cleanup(buf_free)))

/* Text for a terminal or a log: control characters and invalid UTF-8 as \xNN. */
void buf_escaped(struct buf *buf, struct str text);
