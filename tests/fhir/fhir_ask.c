/* SPDX-License-Identifier: MIT */
/* The store in process, for scripts: fhir_ask [--base URL] [--ids | --rate SECONDS] DATA < URLS
 *
 * Prints a line per URL: status, a tab and the answer's text, or with --ids the ids of a search's
 * entries on that page. With --rate it asks all URLs again and again and says how fast. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "common/fhir/fhir.h"
#include "measure.h"

struct urls {
    char **items;
    size_t count, capacity;
};

static void read_urls(struct urls *urls)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while ((len = getline(&line, &size, stdin)) > 0) {
        while (len && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        MEM_RESERVE(urls->items, urls->count, urls->capacity);
        urls->items[urls->count++] = mem_dup(line, (size_t)len);
    }
    free(line);
}

static struct fhir_text text_of(const char *text)
{
    return (struct fhir_text){text, strlen(text)};
}

static void print_ids(const struct fhir_answer *answer)
{
    struct err err = {0};
    CLEANUP_JSON struct json *bundle = json_parse((struct str){answer->body, answer->len}, &err);
    const struct json *entries = json_get(bundle, "entry");
    printf("%d\t", answer->status);
    for (size_t i = 0; i < json_count(entries); i++) {
        struct str id = json_str(json_path(json_at(entries, i), "resource.id"));
        printf("%s%.*s", i ? " " : "", (int)id.len, id.ptr);
    }
    putchar('\n');
}

static void ask_once(const struct fhir_view *view, const struct urls *urls, bool ids)
{
    struct fhir_answer answer = {0};
    for (size_t i = 0; i < urls->count; i++) {
        fhir_get(view, text_of(urls->items[i]), &answer);
        if (ids)
            print_ids(&answer);
        else
            printf("%d\t%s\n", answer.status, answer.body);
    }
    fhir_answer_free(&answer);
}

static double cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void measure(const struct fhir_view *view, const struct urls *urls, double seconds)
{
    struct fhir_answer answer = {0};
    size_t asked = 0, bytes = 0, found = 0;
    long most = 0;
    double start = measure_now(), busy = cpu(), spent = 0;
    while (spent < seconds && urls->count) {
        for (int i = 0; i < 1000; i++, asked++) {
            fhir_get(view, text_of(urls->items[asked % urls->count]), &answer);
            bytes += answer.len;
            found += answer.total;
        }
        long kib = measure_kib("VmRSS:");
        most = kib > most ? kib : most;
        spent = measure_now() - start;
    }
    busy = cpu() - busy;
    printf(
        "{\"searches\": %zu, \"seconds\": %.3f, \"cpu_seconds\": %.3f, \"per_cpu_second\": %.0f, "
        "\"matches\": %zu, \"bytes\": %zu, \"rss_kib\": %ld}\n",
        asked, spent, busy, (double)asked / busy, found, bytes, most);
    fhir_answer_free(&answer);
}

static int open_data(const char *path, const char *base, struct fhir_store **out, bool timed)
{
    struct fhir_error error;
    struct fhir_options options = {.base = base};
    double start = measure_now(), busy = cpu();
    if (fhir_open(path, &options, out, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return -1;
    }
    if (timed)
        printf("{\"open_seconds\": %.3f, \"open_cpu_seconds\": %.3f, \"cached\": %s, "
               "\"resources\": %llu, \"rss_kib\": %ld, "
               "\"peak_kib\": %ld}\n",
               measure_now() - start, cpu() - busy, fhir_index_was_cached(*out) ? "true" : "false",
               (unsigned long long)fhir_count(*out), measure_kib("VmRSS:"), measure_kib("VmHWM:"));
    return 0;
}

int main(int argc, char **argv)
{
    const char *base = NULL;
    double seconds = 0;
    bool ids = false;
    int at = 1;
    struct urls urls = {0};
    struct fhir_store *store;
    for (; at < argc - 1; at++) {
        if (strcmp(argv[at], "--base") == 0)
            base = argv[++at];
        else if (strcmp(argv[at], "--rate") == 0)
            seconds = strtod(argv[++at], NULL);
        else if (strcmp(argv[at], "--ids") == 0)
            ids = true;
    }
    if (at >= argc) {
        fprintf(stderr, "usage: fhir_ask [--base URL] [--ids | --rate SECONDS] DATA < URLS\n");
        return 2;
    }
    if (open_data(argv[at], base, &store, seconds > 0))
        return 1;
    struct fhir_view *view = fhir_view_new(store);
    read_urls(&urls);
    if (seconds > 0)
        measure(view, &urls, seconds);
    else
        ask_once(view, &urls, ids);
    for (size_t i = 0; i < urls.count; i++)
        mem_free(urls.items[i]);
    mem_free(urls.items);
    fhir_view_free(view);
    fhir_close(store);
    return 0;
}
