/* SPDX-License-Identifier: MIT */
#include "golden_common.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"

#define FILE_MAX (64u << 20)
#define SHOWN_MAX 600

int golden_open(struct golden *g, int argc, char **argv)
{
    *g = (struct golden){0};
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return EXIT_USAGE;
    }
    g->path = argv[1];
    if (!file_exists(g->path)) {
        printf("skipped: %s is not there\n0 passed, 0 failed, 1 skipped\n", g->path);
        return GOLDEN_SKIPPED;
    }
    struct err err = {0};
    CLEANUP_BUF struct buf text = {0};
    if (!file_read(g->path, FILE_MAX, &text, &err))
        g->root = json_parse(buf_view(&text), &err);
    if (g->root)
        return 0;
    printf("FAILED %s: %s\n0 passed, 1 failed, 0 skipped\n", g->path, err.text);
    return 1;
}

static void close_case(struct golden *g)
{
    if (!g->open)
        return;
    if (g->case_failed)
        g->failed++;
    else if (g->case_skipped)
        g->skipped++;
    else
        g->passed++;
    g->open = g->case_failed = g->case_skipped = false;
}

void golden_case(struct golden *g, const char *section)
{
    close_case(g);
    g->section = section;
    g->cases = NULL;
    g->index = 0;
    g->open = true;
}

void golden_section(struct golden *g, const char *path)
{
    const struct json *cases = json_path(g->root, path);
    map_set(&g->opened, str_of(path), g);
    golden_case(g, g->opened.entries[g->opened.count - 1].key.ptr);
    if (!json_count(cases) || !json_is(cases, JSON_ARRAY)) {
        golden_fail(g, "the file has no such cases");
        return;
    }
    g->cases = cases;
    g->open = false;
}

bool golden_was_opened(const struct golden *g, const char *name)
{
    CLEANUP_FREE char *path = mem_printf("sections.%s.cases", name);
    return map_has(&g->opened, str_of(path));
}

const struct json *golden_next(struct golden *g)
{
    if (g->open && g->cases)
        g->index++;
    close_case(g);
    if (!g->cases || g->index == json_count(g->cases))
        return NULL;
    g->open = true;
    return json_at(g->cases, g->index);
}

/* "sections.gate.cases[3] (two fixes): " */
static void print_place(struct golden *g, const char *verdict)
{
    static const char *const keys[] = {"id", "name", "title", "file_name"};
    printf("%s %s", verdict, g->section ? g->section : "");
    if (g->cases)
        printf("[%zu]", g->index);
    for (size_t i = 0; g->cases && i < sizeof(keys) / sizeof(*keys); i++) {
        struct str label = json_str(json_get(json_at(g->cases, g->index), keys[i]));
        if (label.len) {
            printf(" (%.*s)", (int)label.len, label.ptr);
            break;
        }
    }
    printf(": ");
}

void golden_fail(struct golden *g, const char *format, ...)
{
    va_list args;
    print_place(g, "FAILED");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    g->case_failed = true;
}

void golden_skip(struct golden *g, const char *format, ...)
{
    va_list args;
    print_place(g, "skipped");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    g->case_skipped = true;
}

bool golden_expect(struct golden *g, bool holds, const char *what)
{
    if (!holds)
        golden_fail(g, "%s", what);
    return holds;
}

bool golden_expect_int(struct golden *g, const char *what, int64_t got, int64_t want)
{
    if (got != want)
        golden_fail(g, "%s is %lld, not %lld", what, (long long)got, (long long)want);
    return got == want;
}

/* The two texts from a little before their first difference. */
static void fail_texts(struct golden *g, const char *what, struct str got, struct str want)
{
    size_t at = 0;
    while (at < got.len && at < want.len && got.ptr[at] == want.ptr[at])
        at++;
    size_t from = at > 60 ? at - 60 : 0;
    struct str a = {got.ptr + from, got.len - from}, b = {want.ptr + from, want.len - from};
    a.len = a.len > SHOWN_MAX ? SHOWN_MAX : a.len;
    b.len = b.len > SHOWN_MAX ? SHOWN_MAX : b.len;
    CLEANUP_BUF struct buf text = {0};
    buf_printf(&text, "%s differs at byte %zu\n  got:  ", what, at);
    buf_escaped(&text, a);
    buf_text(&text, "\n  want: ");
    buf_escaped(&text, b);
    golden_fail(g, "%s", buf_view(&text).ptr);
}

bool golden_expect_str(struct golden *g, const char *what, struct str got, struct str want)
{
    bool same = str_eq(got, want);
    if (!same)
        fail_texts(g, what, got, want);
    return same;
}

bool golden_expect_json(struct golden *g, const char *what, const struct json *got,
                        const struct json *want)
{
    if (json_equal(got, want))
        return true;
    CLEANUP_BUF struct buf a = {0};
    CLEANUP_BUF struct buf b = {0};
    json_write(&a, got, JSON_SORTED);
    json_write(&b, want, JSON_SORTED);
    fail_texts(g, what, buf_view(&a), buf_view(&b));
    return false;
}

int golden_finish(struct golden *g)
{
    close_case(g);
    json_free(g->root);
    g->root = NULL;
    map_clear(&g->opened);
    printf("%d passed, %d failed, %d skipped\n", g->passed, g->failed, g->skipped);
    return g->failed || !(g->passed + g->skipped);
}
