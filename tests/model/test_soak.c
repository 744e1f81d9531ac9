/* SPDX-License-Identifier: MIT */
/* Twenty-four hours of calls to a server that is seldom well, in a simulated time: all the waits of
 * retries, limits and timers are taken, and nothing grows. */
#include <dirent.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "io/server.h"
#include "rig.h"
#include "simulated_clock.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif
#define HOURS 24
#define HOUR_US (UINT64_C(3600) * 1000000)
#define CALLS 24

#define PRESET                                                                                     \
    "{\"client\": \"chat\", \"base_url\": \"http://127.0.0.1:%u/v1\", \"model\": \"tiny\", "       \
    "\"timeout\": 1800, \"low_speed_timeout\": 600, \"max_retries\": 6, \"max_in_flight\": 16}"

static const struct bad {
    int status;
    uint32_t retry_after;
    const char *body;
} bads[] = {
    {429, 45, "{\"error\": {\"message\": \"slow down\"}}"},
    {503, 0, "busy"},
    {500, 0, "oops"},
    {429, 0, "{\"error\": {\"message\": \"Please try again in 20 seconds\"}}"},
    {200, 0, "{\"choices\": []}"},
    {529, 3600, ""},
    {200, 0, "{\"error\": {\"message\": \"overloaded\"}}"},
    {400, 0, "{\"error\": {\"code\": \"context_length_exceeded\"}}"},
};

static uint64_t served; /* atomic */

static void handle(void *arg, const struct server_request *request,
                   struct server_response *response)
{
    uint64_t number = __atomic_fetch_add(&served, 1, __ATOMIC_RELAXED);
    const struct bad *bad = &bads[number / 2 % (sizeof(bads) / sizeof(*bads))];
    response->content_type = "application/json";
    response->status = number % 2 ? bad->status : 200;
    response->retry_after = number % 2 ? bad->retry_after : 0;
    buf_text(&response->body, number % 2 ? bad->body
                                         : "{\"choices\": [{\"message\": {\"content\": \"hi\"}, "
                                           "\"finish_reason\": \"stop\"}]}");
}

struct usage {
    size_t files, heap, resident;
};

static struct usage measure(void)
{
    struct usage out = {.heap = mallinfo2().uordblks};
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        out.files++;
    closedir(dir);
    FILE *f = fopen("/proc/self/statm", "r");
    size_t total, pages;
    if (fscanf(f, "%zu %zu", &total, &pages) == 2)
        out.resident = pages * (size_t)sysconf(_SC_PAGESIZE);
    fclose(f);
    return out;
}

/* A thread keeps some of the memory that it has let go. Replies are made by workers and let go by
 * this thread: were its store not full from the beginning, it would look like a leak. */
static void fill_store(void)
{
    static struct arena arenas[16384];
    for (size_t i = 0; i < sizeof(arenas) / sizeof(*arenas); i++)
        arena_alloc(&arenas[i], 1);
    for (size_t i = 0; i < sizeof(arenas) / sizeof(*arenas); i++)
        arena_clear(&arenas[i]);
}

/* A wave of calls, some with a deadline. */
static size_t play(struct rig *rig)
{
    static struct rig_call calls[CALLS];
    size_t answered = 0;
    for (size_t i = 0; i < CALLS; i++) {
        rig->deadline_us = i % 4 ? 0 : clock_monotonic_us() + 120 * 1000000;
        rig_send(rig, &calls[i], "hello");
    }
    for (size_t i = 0; i < CALLS; i++) {
        const struct model_reply *reply = rig_wait(&calls[i]);
        answered += reply->kind == MODEL_TEXT;
        rig_call_clear(&calls[i]);
    }
    return answered;
}

static void grows_nowhere(void **state)
{
    static uint64_t clock_us;
    struct err err = {0};
    struct server *server;
    struct rig rig;
    struct usage early = {0};
    size_t waves = 0, answered = 0;
    simulated_clock_follow(&clock_us);
    if (server_start(&(struct server_options){.threads = 2, .handle = handle}, &server, &err))
        fail_msg("%s", err.text);
    rig_open(&rig, PRESET, server_port(server));
    fill_store();
    while (simulated_clock_offset() < HOURS * HOUR_US) {
        answered += play(&rig);
        waves++;
        if (!early.files && simulated_clock_offset() > 4 * HOUR_US)
            early = measure();
    }
    struct usage late = measure();
    printf("%zu waves, %zu of %zu answered, %llu requests; files %zu -> %zu, heap %zu -> %zu, "
           "resident %zu -> %zu\n",
           waves, answered, waves * CALLS, (unsigned long long)served, early.files, late.files,
           early.heap, late.heap, early.resident, late.resident);
    assert_true(waves >= 24);
    assert_true(answered > waves * CALLS / 2);
    assert_true(late.files <= early.files + CALLS); /* connections come and go */
    assert_true(late.heap <= early.heap + (256u << 10));
    /* The sanitizers keep what is freed for a while. */
    if (!SANITIZED)
        assert_true(late.resident <= early.resident + (16u << 20));
    rig_close(&rig);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(grows_nowhere)};
    log_level_set(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
