/* SPDX-License-Identifier: MIT */
#include "run/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define TERMINAL_INTERVAL_MS 100
#define PLAIN_INTERVAL_MS 10000

void report_init(struct report *report, struct ledger *ledger, bool quiet)
{
    const char *term = getenv("TERM"), *ci = getenv("CI");
    *report = (struct report){.log_fd = -1, .quiet = quiet, .ledger = ledger};
    report->terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0) && !ci;
    report->started_us = clock_monotonic_us();
}

int report_open_log(struct report *report, const char *path, struct err *err)
{
    report->log_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (report->log_fd < 0)
        return err_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_INTERNAL, "%s: %s", path,
                       strerror(errno));
    return 0;
}

void report_close(struct report *report)
{
    if (report->log_fd >= 0)
        close(report->log_fd);
    report->log_fd = -1;
}

static void put(int fd, struct str text)
{
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* a full disk or a closed terminal does not end the run */
        text.ptr += n;
        text.len -= (size_t)n;
    }
}

void report_line(struct report *report, const char *format, ...)
{
    char text[2048];
    CLEANUP_BUF struct buf line = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    log_redact(text);
    buf_escaped(&line, str_of(text));
    buf_char(&line, '\n');
    if (report->log_fd >= 0)
        put(report->log_fd, buf_view(&line));
    if (report->terminal && !report->quiet)
        put(STDERR_FILENO, STR("\r\033[K"));
    if (!report->quiet)
        put(STDERR_FILENO, buf_view(&line));
}

static void show(struct report *report, const struct wave_progress *p, const char *what)
{
    double seconds = (double)(clock_monotonic_us() - report->started_us) / 1e6;
    double sent = (double)__atomic_load_n(&report->ledger->sent, __ATOMIC_RELAXED);
    CLEANUP_BUF struct buf line = {0};
    if (report->terminal)
        buf_text(&line, "\r\033[K");
    buf_printf(&line, "%s: %zu/%zu, %zu right", what, p->done, p->total, p->correct);
    if (p->missing)
        buf_printf(&line, ", %zu missing", p->missing);
    buf_printf(&line, ", %.0f calls, %.1f calls/s", sent, seconds > 0 ? sent / seconds : 0);
    if (!report->terminal)
        buf_char(&line, '\n');
    put(STDERR_FILENO, buf_view(&line));
}

void report_wait(struct report *report, struct wave *wave, const char *what)
{
    uint64_t interval = report->terminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    while (!wave_wait(wave, interval)) {
        struct wave_progress progress;
        wave_progress(wave, &progress);
        if (!report->quiet)
            show(report, &progress, what);
    }
    if (report->terminal && !report->quiet)
        put(STDERR_FILENO, STR("\r\033[K"));
}
