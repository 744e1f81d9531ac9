/* SPDX-License-Identifier: MIT */
/* Memory and descriptors, round after round. */
#include <string.h>

#include "base/clock.h"
#include "plugin/check_test.h"

#define BATCHES 4
/* In each batch. */
#define ROUNDS 32
#define INSTANCES 6
/* Of what takes longer than this, a few per batch are looked at first: one that leaves something
 * each time shows it in these too, and only then all are needed to tell it from chance. */
#define SLOW_US 20000
#define FEW_ROUNDS 8
#define FEW_INSTANCES 2
#define PAGE ((size_t)4096)

struct usage {
    size_t bytes[BATCHES], fds[BATCHES], mapped[BATCHES];
};

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

static size_t per_round(const size_t *at, size_t count)
{
    return (at[BATCHES - 1] - at[0]) / (count * (BATCHES - 1));
}

/* What is done again and again. */
struct work {
    struct check *check;
    struct drive *drive;
    struct instance *instance;
    const struct texts *samples;
    void (*once)(const struct work *work, uint64_t number);
    const char *what;
};

static void again(const struct work *work, size_t count, struct usage *out)
{
    for (size_t batch = 0; batch < BATCHES; batch++) {
        for (uint64_t i = 0; i < count; i++)
            work->once(work, i);
        out->bytes[batch] = watch_bytes();
        out->fds[batch] = watch_fds();
        out->mapped[batch] = watch_mapped();
    }
}

static void look_for_growth(const struct work *work, size_t few, size_t all)
{
    struct usage usage;
    uint64_t started = clock_monotonic_us();
    work->once(work, 0);
    if (clock_monotonic_us() - started > SLOW_US) {
        again(work, few, &usage);
        if (!grows(usage.bytes, few * watch_least()) && !grows(usage.fds, few) &&
            !grows(usage.mapped, few * PAGE))
            return;
    }
    again(work, all, &usage);
    if (grows(usage.bytes, all * watch_least()))
        check_fail("R19", "every %s leaves about %zu bytes allocated", work->what,
                   per_round(usage.bytes, all));
    if (grows(usage.mapped, all * PAGE))
        check_fail("R19", "every %s leaves about %zu bytes mapped", work->what,
                   per_round(usage.mapped, all));
    if (grows(usage.fds, all))
        check_fail("R19", "every %s leaves a file descriptor open", work->what);
}

static void round_once(const struct work *work, uint64_t number)
{
    one_round(work->drive, work->instance, work->samples, number);
}

static void instance_once(const struct work *work, uint64_t number)
{
    struct check *check = work->check;
    struct drive *drive = work->drive;
    struct instance instance;
    struct texts samples = {0};
    (void)number;
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

void test_growth(struct check *check)
{
    struct drive drive = {.check = check, .plain = true};
    struct instance instance;
    struct texts samples = {0};
    bool ok = drive_open(&drive, world_config(check), &instance);
    if (ok && check->task)
        ok = world_samples(&drive, &instance, &samples) && samples.count;
    struct work work = {
        .check = check,
        .drive = &drive,
        .instance = &instance,
        .samples = &samples,
        .once = round_once,
        .what = check->task ? "episode" : "load and unload",
    };
    if (ok)
        look_for_growth(&work, FEW_ROUNDS, ROUNDS);
    drive_close(&drive, &instance);
    texts_clear(&samples);
    forget(&drive);
    work.once = instance_once;
    work.what = "open and close";
    if (ok && !check_failed())
        look_for_growth(&work, FEW_INSTANCES, INSTANCES);
    drive_clear(&drive);
}
