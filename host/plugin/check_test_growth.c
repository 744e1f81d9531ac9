/* SPDX-License-Identifier: MIT */
/* Memory and descriptors, round after round. */
#include <string.h>

#include "plugin/check_test.h"

#define ROUNDS 32
#define BATCHES 4
#define INSTANCES 6

struct usage {
    size_t bytes, fds;
};

static struct usage usage_now(void)
{
    return (struct usage){.bytes = watch_bytes(), .fds = watch_fds()};
}

/* Transcripts would count as growth. */
static void forget(struct drive *drive)
{
    buf_free(&drive->transcript);
}

static void one_round(struct drive *drive, struct instance *instance, const struct texts *samples,
                      uint64_t number)
{
    if (samples->count) {
        struct play play = {buf_view(&samples->items[number % samples->count]), number % 8,
                            number % 4 == 3 ? STYLE_HOSTILE : STYLE_REHEARSED, 8, NULL};
        world_play(drive, instance, &play);
    } else {
        struct files *files = files_create();
        void *knowledge;
        if (drive_load(drive, instance, files, &knowledge)) {
            method_use(drive, instance, knowledge);
            drive_unload(drive, instance, knowledge);
        }
        files_destroy(files);
    }
    forget(drive);
}

/* Grew it in every batch, by at least `least`? */
static bool grows(const size_t *at, size_t least)
{
    for (size_t i = 1; i < BATCHES; i++) {
        if (at[i] < at[i - 1] + least)
            return false;
    }
    return true;
}

static void rounds(struct drive *drive, struct instance *instance, const struct texts *samples)
{
    size_t bytes[BATCHES], fds[BATCHES];
    const char *what = drive->check->task ? "episode" : "load and unload";
    for (size_t batch = 0; batch < BATCHES; batch++) {
        for (uint64_t i = 0; i < ROUNDS; i++)
            one_round(drive, instance, samples, i);
        struct usage usage = usage_now();
        bytes[batch] = usage.bytes;
        fds[batch] = usage.fds;
    }
    if (grows(bytes, ROUNDS * watch_least()))
        check_fail("R19", "every %s leaves about %zu bytes allocated", what,
                   (bytes[BATCHES - 1] - bytes[0]) / (ROUNDS * (BATCHES - 1)));
    if (grows(fds, ROUNDS))
        check_fail("R19", "every %s leaves a file descriptor open", what);
}

static void instance_once(struct check *check, struct drive *drive)
{
    struct instance instance;
    struct texts samples = {0};
    if (drive_open(drive, world_config(check), &instance)) {
        if (check->task && world_samples(drive, &instance, &samples) && samples.count)
            one_round(drive, &instance, &samples, 0);
        else if (!check->task)
            method_play(drive, &instance, STYLE_REHEARSED);
    }
    drive_close(drive, &instance);
    texts_clear(&samples);
    forget(drive);
}

static void instances(struct check *check, struct drive *drive)
{
    size_t bytes[BATCHES], fds[BATCHES];
    for (size_t batch = 0; batch < BATCHES; batch++) {
        for (int i = 0; i < INSTANCES; i++)
            instance_once(check, drive);
        struct usage usage = usage_now();
        bytes[batch] = usage.bytes;
        fds[batch] = usage.fds;
    }
    if (grows(bytes, INSTANCES * watch_least()))
        check_fail("R19", "every open and close leaves about %zu bytes allocated",
                   (bytes[BATCHES - 1] - bytes[0]) / (INSTANCES * (BATCHES - 1)));
    if (grows(fds, INSTANCES))
        check_fail("R19", "every open and close leaves a file descriptor open");
}

void test_growth(struct check *check)
{
    struct drive drive = {.check = check, .plain = true};
    struct instance instance;
    struct texts samples = {0};
    bool ok = drive_open(&drive, world_config(check), &instance);
    if (ok && check->task)
        ok = world_samples(&drive, &instance, &samples) && samples.count;
    if (ok)
        rounds(&drive, &instance, &samples);
    drive_close(&drive, &instance);
    texts_clear(&samples);
    forget(&drive);
    if (ok && !check_failed())
        instances(check, &drive);
    drive_clear(&drive);
}
