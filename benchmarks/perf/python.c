/* SPDX-License-Identifier: MIT */
/*
 * What calls of the code tool of fhir_agent take: python [CALLS [OBSERVATIONS]]. 64 episodes take
 * turns with code that imports pandas and makes a table of the episode's resources. Prints seconds
 * by the clock and of processor time, the machine's, without what others used before.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "common/embedded.h"
#include "io/python.h"

#define EPISODES 64

extern const struct embedded_file fhir_agent_program[];

struct episode {
    pthread_t thread;
    struct python *python;
    long calls, observations;
    struct buf first; /* what the first call gave */
    double longest;
    long cpu_ms;
    long wrong; /* calls that gave anything else, or nothing */
};

static const char source[] =
    "import pandas as pd\n"
    "from dateutil import parser\n"
    "table = pd.DataFrame([{'time': parser.parse(r['effectiveDateTime']),\n"
    "                       'value': r['valueQuantity']['value']}\n"
    "                      for r in retrieved_resources['Observation'][:200]])\n"
    "print(table.describe())\n"
    "answer = float(table.sort_values('time').value.iloc[-1])\n";

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put_resources(struct buf *out, long count)
{
    buf_text(out, "{\"Observation\": [");
    for (long i = 0; i < count; i++) {
        buf_printf(out, "%s{\"resourceType\": \"Observation\", \"id\": \"%08lx\", ", i ? ", " : "",
                   i);
        buf_printf(out, "\"effectiveDateTime\": \"2150-%02ld-%02ldT%02ld:00:00-05:00\", ",
                   i / 500 % 12 + 1, i / 24 % 28 + 1, i % 24);
        buf_printf(out, "\"valueQuantity\": {\"value\": %ld.5, \"unit\": \"mg/dL\"}, ", i % 300);
        buf_text(out, "\"extension\": [");
        for (int k = 0; k < 5; k++) /* to the length that such resources have */
            buf_printf(out,
                       "%s{\"url\": \"http://example.org/fhir/StructureDefinition/%d\", "
                       "\"valueString\": \"as it was charted, %ld\"}",
                       k ? ", " : "", k, i);
        buf_text(out, "]}");
    }
    buf_text(out, "]}");
}

static void *play(void *arg)
{
    struct episode *episode = arg;
    CLEANUP_BUF struct buf resources = {0};
    struct python_data *data;
    struct err err;
    put_resources(&resources, episode->observations);
    if (python_hold(episode->python, buf_view(&resources), &data, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    for (long i = 0; i < episode->calls; i++) {
        struct python_result result;
        const struct python_run run = {.source = str_of(source), .data = data};
        double start = now();
        if (python_run(episode->python, &run, &result, &err)) {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
        double took = now() - start;
        episode->longest = took > episode->longest ? took : episode->longest;
        episode->cpu_ms += result.cpu_ms;
        if (i == 0)
            buf_str(&episode->first, buf_view(&result.text));
        episode->wrong += result.end != PYTHON_DONE || !strstr(result.text.ptr, "'answer': ") ||
                          !str_eq(buf_view(&result.text), buf_view(&episode->first));
        buf_free(&result.text);
    }
    python_release(data);
    return NULL;
}

/* Of all processors, without idle time. */
static double machine_cpu(void)
{
    unsigned long long user, nice, system;
    FILE *stat = fopen("/proc/stat", "r");
    int got = stat ? fscanf(stat, "cpu %llu %llu %llu", &user, &nice, &system) : 0;
    if (stat)
        fclose(stat);
    return got == 3 ? (double)(user + nice + system) / 100 : 0;
}

static int measure(struct python *python, long calls, long observations)
{
    static struct episode episodes[EPISODES];
    double longest = 0, cpu = machine_cpu(), start = now();
    long wrong = 0, cpu_ms = 0;
    for (long i = 0; i < EPISODES; i++) {
        episodes[i] = (struct episode){.python = python,
                                       .calls = calls / EPISODES + (i < calls % EPISODES),
                                       .observations = observations};
        pthread_create(&episodes[i].thread, NULL, play, &episodes[i]);
    }
    for (long i = 0; i < EPISODES; i++) {
        pthread_join(episodes[i].thread, NULL);
        longest = episodes[i].longest > longest ? episodes[i].longest : longest;
        wrong += episodes[i].wrong;
        cpu_ms += episodes[i].cpu_ms;
        if (i == 0)
            printf("%.*s\n", 300, episodes[i].first.ptr ? episodes[i].first.ptr : "");
        buf_free(&episodes[i].first);
    }
    printf("%ld calls of %d episodes, %ld observations each: %.2f s by the clock, the machine used "
           "%.2f s of CPU, the runs %.2f s; the longest wait %.2f s; %ld wrong\n",
           calls, EPISODES, observations, now() - start, machine_cpu() - cpu, (double)cpu_ms / 1e3,
           longest, wrong);
    return wrong != 0;
}

int main(int argc, char **argv)
{
    struct python *python;
    struct err err;
    const struct python_setup setup = {.program = str_of(fhir_agent_program[0].text)};
    double start = now();
    if (python_open(&setup, &python, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("start: %.2f s\n", now() - start);
    int status = measure(python, argc > 1 ? strtol(argv[1], NULL, 10) : 500,
                         argc > 2 ? strtol(argv[2], NULL, 10) : 400);
    start = now();
    python_close(python);
    printf("end: %.2f s\n", now() - start);
    return status;
}
