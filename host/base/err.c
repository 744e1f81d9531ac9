/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define SECRET_MIN 4
#define MASK "***"

static struct {
    char **secrets; /* longest first, so that one inside another leaves nothing behind */
    size_t count, capacity;
    enum log_level least;
    const char *prefix;     /* atomic */
    pthread_rwlock_t known; /* secrets */
    pthread_mutex_t lock;   /* standard error, for a line */
} logging = {.least = LOG_INFO,
             .prefix = "",
             .known = PTHREAD_RWLOCK_INITIALIZER,
             .lock = PTHREAD_MUTEX_INITIALIZER};

void log_level_set(enum log_level least)
{
    logging.least = least;
}

void log_prefix_set(const char *prefix)
{
    __atomic_store_n(&logging.prefix, prefix, __ATOMIC_RELAXED);
}

static int by_length(const void *a, const void *b)
{
    size_t la = strlen(*(char *const *)a), lb = strlen(*(char *const *)b);
    return (la < lb) - (la > lb);
}

static bool is_known(const char *value)
{
    for (size_t i = 0; i < logging.count; i++) {
        if (strcmp(logging.secrets[i], value) == 0)
            return true;
    }
    return false;
}

void log_secret(const char *value)
{
    if (!value || strlen(value) < SECRET_MIN)
        return;
    pthread_rwlock_wrlock(&logging.known);
    if (!is_known(value)) {
        MEM_RESERVE(logging.secrets, logging.count, logging.capacity);
        logging.secrets[logging.count++] = mem_dup(value, strlen(value));
        qsort(logging.secrets, logging.count, sizeof(*logging.secrets), by_length);
    }
    pthread_rwlock_unlock(&logging.known);
}

void log_redact(char *text)
{
    pthread_rwlock_rdlock(&logging.known);
    for (size_t i = 0; i < logging.count; i++) {
        size_t len = strlen(logging.secrets[i]);
        char *at = text;
        while ((at = strstr(at, logging.secrets[i]))) {
            char *rest = at + len;
            for (const char *p = MASK; *p; p++)
                *at++ = *p;
            memmove(at, rest, strlen(rest) + 1);
        }
    }
    pthread_rwlock_unlock(&logging.known);
}

/* The formatted text without secrets; redacting comes before any cut, which could leave half a
 * secret that no longer matches. */
__attribute__((format(printf, 1, 0))) static char *format_redacted(const char *format, va_list args)
{
    char *text;
    if (vasprintf(&text, format, args) < 0)
        return mem_dup("out of memory", strlen("out of memory"));
    log_redact(text);
    return text;
}

static void set_text(struct err *err, const char *text)
{
    size_t len = strlen(text);
    if (len >= sizeof(err->text)) {
        len = sizeof(err->text) - 1;
        while (len && ((unsigned char)text[len] & 0xC0) == 0x80)
            len--;
    }
    memcpy(err->text, text, len);
    err->text[len] = '\0';
}

int err_set(struct err *err, int code, const char *format, ...)
{
    if (code == 0)
        code = EXIT_INTERNAL;
    if (!err)
        return code;
    va_list args;
    va_start(args, format);
    CLEANUP_FREE char *text = format_redacted(format, args);
    va_end(args);
    err->code = code;
    set_text(err, text);
    return code;
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (!err)
        return EXIT_INTERNAL;
    va_list args;
    va_start(args, format);
    CLEANUP_FREE char *context = format_redacted(format, args);
    va_end(args);
    CLEANUP_FREE char *text = mem_printf("%s: %s", context, err->text);
    set_text(err, text);
    return err->code ? err->code : EXIT_INTERNAL;
}

static int code_of(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
        return EXIT_PERMISSION;
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
    case EFBIG:
        return EXIT_CONFIG;
    default:
        return EXIT_INTERNAL;
    }
}

int err_system(struct err *err, int number, const char *what, const char *path)
{
    CLEANUP_BUF struct buf shown = {0};
    buf_escaped(&shown, str_of(path));
    return err_set(err, code_of(number), "cannot %s %s: %s", what, buf_view(&shown).ptr,
                   strerror(number));
}

static void write_whole(const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(STDERR_FILENO, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (level < logging.least)
        return;
    int saved = errno;
    va_list args;
    va_start(args, format);
    CLEANUP_FREE char *text = format_redacted(format, args);
    va_end(args);
    CLEANUP_BUF struct buf line = {0};
    buf_text(&line, __atomic_load_n(&logging.prefix, __ATOMIC_RELAXED));
    buf_text(&line, names[level]);
    buf_text(&line, ": ");
    buf_escaped(&line, str_of(text));
    buf_char(&line, '\n');
    pthread_mutex_lock(&logging.lock);
    write_whole(line.ptr, line.len);
    pthread_mutex_unlock(&logging.lock);
    errno = saved;
}
