/* SPDX-License-Identifier: MIT */
/* The whole grid on one screen, or a plain line now and then. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "sweep/local_internal.h"
#include "sweep/process.h"

#define TERMINAL_US 500000u
#define PLAIN_US 10000000u

void screen_init(struct screen *screen, bool quiet)
{
    const char *term = getenv("TERM"), *ci = getenv("CI");
    *screen = (struct screen){.quiet = quiet, .shown_us = clock_monotonic_us()};
    screen->terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0) && !ci;
}

void screen_clear(struct screen *screen)
{
    if (screen->lines)
        fprintf(stderr, "\r\033[%zuA\033[J", screen->lines);
    screen->lines = 0;
}

void screen_line(struct screen *screen, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    log_redact(text);
    screen_clear(screen);
    fprintf(stderr, "%s\n", text);
}

struct counts {
    size_t all, done, failed, here, elsewhere, waiting;
};

static struct counts count(const struct local *l)
{
    struct counts c = {.here = l->running};
    for (size_t i = 0; i < l->sweep->count; i++) {
        const struct cell_state *state = &l->states[i];
        if (!l->selected[i])
            continue;
        c.all++;
        if (sweep_is_done(state))
            c.done++;
        else if (state->phase == CELL_RUNNING)
            c.elsewhere++;
        else if (!sweep_may_go_on(&l->sweep->cells[i], state))
            c.failed++;
        else
            c.waiting++;
    }
    c.elsewhere -= c.here < c.elsewhere ? c.here : c.elsewhere;
    return c;
}

static void write_counts(struct buf *out, const struct counts *c)
{
    buf_printf(out, "%zu of %zu cells done, %zu running", c->done, c->all, c->here);
    if (c->elsewhere)
        buf_printf(out, ", %zu elsewhere", c->elsewhere);
    if (c->failed)
        buf_printf(out, ", %zu failed", c->failed);
    buf_printf(out, ", %zu to go", c->waiting);
}

static void add_clipped(struct buf *out, const struct buf *line, size_t columns)
{
    buf_add(out, line->ptr, line->len < columns ? line->len : columns);
    buf_text(out, "\033[K\n");
}

/* A line for each cell that runs here, with the last line of its log. */
static void write_worker(struct buf *out, const struct local *l, const struct worker *w,
                         size_t columns)
{
    CLEANUP_FREE char *log = sweep_state_path(l->folder, w->cell, "log.txt");
    CLEANUP_BUF struct buf tail = {0}, line = {0};
    uint64_t seconds = (clock_monotonic_us() - w->begun_us) / 1000000;
    buf_printf(&line, "  %-32s %4llu s  ", l->sweep->cells[w->cell].name,
               (unsigned long long)seconds);
    sweep_log_tail(log, 1, &tail);
    buf_escaped(&line, buf_view(&tail));
    add_clipped(out, &line, columns);
}

static void show_on_terminal(struct local *l, const struct counts *c)
{
    struct winsize size = {.ws_col = 80, .ws_row = 24};
    CLEANUP_BUF struct buf out = {0}, head = {0};
    size_t lines = 1;
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    size_t columns = size.ws_col > 20 ? size.ws_col - 1u : 79;
    size_t most = size.ws_row > 4 ? size.ws_row - 2u : 20;
    if (l->screen.lines)
        buf_printf(&out, "\r\033[%zuA", l->screen.lines);
    write_counts(&head, c);
    add_clipped(&out, &head, columns);
    for (size_t i = 0; i < l->parallel && lines < most; i++) {
        if (!l->workers[i].pid)
            continue;
        write_worker(&out, l, &l->workers[i], columns);
        lines++;
    }
    buf_text(&out, "\033[J");
    fwrite(out.ptr, 1, out.len, stderr);
    l->screen.lines = lines;
}

void screen_show(struct local *l, bool now)
{
    struct screen *screen = &l->screen;
    uint64_t time = clock_monotonic_us();
    if (screen->quiet || (!(now && screen->terminal) &&
                          time - screen->shown_us < (screen->terminal ? TERMINAL_US : PLAIN_US)))
        return;
    struct counts c = count(l);
    screen->shown_us = time;
    if (screen->terminal) {
        show_on_terminal(l, &c);
        return;
    }
    CLEANUP_BUF struct buf line = {0};
    write_counts(&line, &c);
    screen_line(screen, "%s", line.ptr);
}
