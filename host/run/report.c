/* SPDX-License-Identifier: MIT */
#include "run/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

#define TERMINAL_INTERVAL_MS 100
#define PLAIN_INTERVAL_MS 10000
#define RATE_US 5000000u
#define BAR 20
#define ERASE "\r\033[K" /* the line that the cursor is on */

void report_init(struct report *report, struct ledger *ledger, bool quiet)
{
    const char *term = getenv("TERM"), *ci = getenv("CI");
    *report = (struct report){.log_fd = -1, .quiet = quiet, .ledger = ledger};
    report->terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0) && !ci;
    report->started_us = clock_monotonic_us();
    log_prefix_set(report->terminal && !quiet ? ERASE : "");
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
    log_prefix_set("");
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
        put(STDERR_FILENO, STR(ERASE));
    if (!report->quiet)
        put(STDERR_FILENO, buf_view(&line));
}

/* A line that wraps cannot be taken back. */
static void clip(struct buf *line)
{
    struct winsize size;
    const size_t escapes = sizeof(ERASE) - 1;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return;
    size_t most = escapes + size.ws_col - 1;
    if (line->len > most) {
        line->len = most;
        line->ptr[most] = '\0';
    }
}

/* Calls a second lately: since the mark, which moves on every few seconds. */
static double lately(struct report *report, int64_t sent, uint64_t now_us)
{
    if (!report->mark_us || now_us - report->mark_us > 2 * RATE_US) {
        report->mark_us = report->next_us ? report->next_us : report->started_us;
        report->mark_sent = report->next_sent;
    }
    if (now_us - report->next_us > RATE_US) {
        report->next_us = now_us;
        report->next_sent = sent;
    }
    double seconds = (double)(now_us - report->mark_us) / 1e6;
    return seconds > 0 ? (double)(sent - report->mark_sent) / seconds : 0;
}

static void write_left(struct buf *line, const struct wave_progress *p, uint64_t elapsed_us)
{
    if (!p->done || p->done >= p->total || elapsed_us < 1000000)
        return;
    double left = (double)elapsed_us / 1e6 / (double)p->done * (double)(p->total - p->done);
    int64_t s = (int64_t)left + 1;
    if (s >= 3600)
        buf_printf(line, ", %lld h %02lld min left", (long long)(s / 3600),
                   (long long)(s % 3600 / 60));
    else if (s >= 60)
        buf_printf(line, ", %lld min %02lld s left", (long long)(s / 60), (long long)(s % 60));
    else
        buf_printf(line, ", %lld s left", (long long)s);
}

static void write_bar(struct buf *line, const struct wave_progress *p)
{
    size_t full = p->total ? p->done * BAR / p->total : 0;
    buf_text(line, " [");
    for (size_t i = 0; i < BAR; i++)
        buf_char(line, i < full ? '#' : '.');
    buf_text(line, "]");
}

/* What is used, and what holds calls back. */
static void write_calls(struct buf *line, struct report *report, uint64_t now_us)
{
    int64_t sent = __atomic_load_n(&report->ledger->sent, __ATOMIC_RELAXED);
    buf_printf(line, ", %lld calls, %.1f calls/s", (long long)sent, lately(report, sent, now_us));
    if (ledger_is_priced(report->ledger))
        buf_printf(line, ", $%.2f", price_dollars(ledger_total_cost(report->ledger)));
    if (report->model) {
        struct model_state state;
        model_state(report->model, &state);
        if (state.hold != MODEL_HOLD_NONE)
            buf_printf(line, ", limit: %s", model_hold_name(state.hold));
    }
}

static void show(struct report *report, const struct wave_progress *p, const char *what,
                 uint64_t begun_us)
{
    uint64_t now = clock_monotonic_us();
    CLEANUP_BUF struct buf line = {0};
    if (report->terminal)
        buf_text(&line, ERASE);
    buf_text(&line, what);
    if (report->terminal)
        write_bar(&line, p);
    else
        buf_char(&line, ':');
    buf_printf(&line, " %zu/%zu, %zu right", p->done, p->total, p->correct);
    if (p->missing)
        buf_printf(&line, ", %zu missing", p->missing);
    write_calls(&line, report, now);
    write_left(&line, p, now - begun_us);
    if (!report->terminal)
        buf_char(&line, '\n');
    else
        clip(&line);
    put(STDERR_FILENO, buf_view(&line));
    report->shown_us = now;
}

/* Plain lines come every ten seconds, however short the waves are. */
static uint64_t until_shown_ms(const struct report *report)
{
    if (report->terminal)
        return TERMINAL_INTERVAL_MS;
    uint64_t last = report->shown_us ? report->shown_us : report->started_us;
    uint64_t since = (clock_monotonic_us() - last) / 1000;
    return since < PLAIN_INTERVAL_MS ? PLAIN_INTERVAL_MS - since : 1;
}

void report_wait(struct report *report, struct wave *wave, const char *what)
{
    uint64_t begun = clock_monotonic_us();
    while (!wave_wait(wave, until_shown_ms(report))) {
        struct wave_progress progress;
        wave_progress(wave, &progress);
        if (report->quiet)
            report->shown_us = clock_monotonic_us();
        else
            show(report, &progress, what, begun);
    }
    if (report->terminal && !report->quiet)
        put(STDERR_FILENO, STR(ERASE));
}
