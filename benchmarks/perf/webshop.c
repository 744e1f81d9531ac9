/* SPDX-License-Identifier: MIT */
/*
 * How long an imported catalogue takes to open and to search: webshop FOLDER, where FOLDER holds
 * products.idx and products.db. Queries are names of products. Prints milliseconds, and what is
 * resident after 100 sessions side by side.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugin/mock_host.h"
#include "tasks/agentbench/webshop/session.h"

#define QUERIES 400
#define HITS 200
#define SESSIONS 100

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static long resident(void)
{
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof(line), status))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return kib / 1024;
}

static void search_all(const struct catalog *catalog)
{
    static double times[QUERIES];
    size_t found = 0;
    for (uint32_t i = 0; i < QUERIES; i++) {
        struct pool pool CLEANUP_POOL = {0};
        struct product product;
        struct index_hit *hits;
        size_t count;
        uint32_t row = (uint32_t)((uint64_t)i * catalog->product_count / QUERIES);
        if (!catalog_product(catalog, row, &pool, &product))
            continue;
        double start = now();
        if (!shop_index_search(catalog->index, product.name, HITS, &pool, &hits, &count))
            continue;
        for (size_t k = 0; k < count; k++)
            found += catalog_product(catalog, hits[k].document, &pool, &product);
        times[i] = now() - start;
    }
    qsort(times, QUERIES, sizeof(*times), by_size);
    printf("search and fetch of up to %d products: median %.1f ms, 95 %% %.1f ms, %zu products\n",
           HITS, times[QUERIES / 2], times[QUERIES * 95 / 100], found);
}

static void visit(const struct catalog *catalog)
{
    static struct session sessions[SESSIONS];
    struct shop shop = {.catalog = catalog};
    for (size_t i = 0; i < SESSIONS; i++) {
        struct text action CLEANUP_TEXT = {0};
        const struct goal *goal = &catalog->goals[i % catalog->goal_count];
        shop_session_start(&sessions[i], &shop, goal, i);
        text_format(&action, "search[%.*s]", (int)goal->name.len, goal->name.ptr);
        shop_session_act(&sessions[i], text_view(&action));
    }
    printf("resident with %d sessions: %ld MB\n", SESSIONS, resident());
    for (size_t i = 0; i < SESSIONS; i++)
        shop_session_end(&sessions[i]);
}

int main(int argc, char **argv)
{
    char path[4096];
    struct catalog catalog = {0};
    struct mock_host *host = mock_host_create();
    if (argc != 2)
        return 2;
    snprintf(path, sizeof(path), "%s/products.db", argv[1]);
    double start = now();
    catalog.store = shop_store_open(mock_call(host), path, false);
    snprintf(path, sizeof(path), "%s/products.idx", argv[1]);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const char *why = "";
    double index = now();
    struct text_index *alone = shop_index_open(fd, &why);
    printf("opening the index: %.1f ms\n", now() - index);
    shop_index_close(alone);
    if (!catalog.store || catalog_load(mock_call(host), fd, &catalog)) {
        fprintf(stderr, "%s: no imported catalogue\n", argv[1]);
        return 1;
    }
    printf("opening all of it: %.1f ms, %u products, %zu goals\n", now() - start,
           catalog.product_count, catalog.goal_count);
    visit(&catalog);
    search_all(&catalog);
    printf("resident at the end: %ld MB\n", resident());
    catalog_close(&catalog);
    close(fd);
    mock_host_destroy(host);
    return 0;
}
