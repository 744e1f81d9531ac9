/* SPDX-License-Identifier: MIT */
/* Tasks given NULL, garbage and too much. */
#include <string.h>

#include "plugin/check_test.h"

#define TURNS 8
#define DRAWN 36

static const char *const broken[] = {
    "",
    "{",
    "null",
    "[]",
    "{}",
    "\"x\"",
    "{\"id\": 7}",
    "{\"id\": \"no_such_sample\"}",
    "{\"id\": {\"id\": []}}",
    "{\"status\": null, \"answer\": 3, \"raw\": [], \"history\": \"x\"}",
    "[{\"text\": null}, 1, {}]"};
#define BROKEN (sizeof(broken) / sizeof(broken[0]))

static void begin_and_end(struct drive *drive, struct instance *instance, struct str sample,
                          const struct play *play)
{
    struct episode ep;
    if (drive_begin(drive, instance, sample, 1, &ep) && !ep.sink.done && play)
        world_turn(drive, instance, &ep, play);
    drive_end(drive, instance, &ep);
}

static void grade_once(struct drive *drive, struct instance *instance, struct str sample,
                       struct str rollout, struct str judge)
{
    struct verdict verdict;
    CLEANUP_BUF struct buf requests = {0};
    drive_grade(drive, instance, sample, rollout, judge, &verdict, &requests);
}

static void open_and_close(struct drive *drive, struct str config)
{
    struct instance other;
    drive_open(drive, config, &other);
    drive_close(drive, &other);
}

void task_test_closing(struct drive *drive, struct instance *instance, const struct texts *samples)
{
    const grasp_task *task = drive->check->task;
    struct episode ep;
    struct instance none = {.open = true, .mutex = PTHREAD_MUTEX_INITIALIZER};
    owner_init(&none.owner);
    drive_close(drive, &none);
    check_doing("close");
    task->close(NULL, NULL);
    check_doing("end");
    task->end(NULL, instance->self, NULL);
    check_doing(NULL);
    memset(&ep, 0, sizeof(ep));
    owner_init(&ep.owner);
    drive_end(drive, instance, &ep);
    for (size_t i = 0; i < BROKEN; i++) {
        begin_and_end(drive, instance, str_of(broken[i]), NULL);
        open_and_close(drive, str_of(broken[i]));
    }
    for (size_t i = 0; i < samples->count && i < 4; i++) {
        struct play play = {buf_view(&samples->items[i]), i, STYLE_HOSTILE, TURNS, NULL};
        begin_and_end(drive, instance, play.sample, i % 2 ? &play : NULL);
        if (drive_begin(drive, instance, play.sample, 1, &ep)) {
            check_doing("end");
            task->end(NULL, instance->self, ep.handle);
            check_doing(NULL);
            ep.handle = NULL;
        }
        drive_end(drive, instance, &ep);
    }
}

void task_test_refusals(struct drive *drive, struct instance *instance, const struct texts *samples)
{
    struct str sample = samples->count ? buf_view(&samples->items[0]) : STR("{}");
    struct texts none;
    for (size_t i = 0; i < BROKEN; i++) {
        struct str text = str_of(broken[i]);
        open_and_close(drive, text);
        begin_and_end(drive, instance, text, NULL);
        grade_once(drive, instance, text,
                   STR("{\"status\": \"completed\", \"answer\": \"\", "
                       "\"raw\": null, \"history\": [], "
                       "\"agent_actions\": []}"),
                   STR("[]"));
        grade_once(drive, instance, sample, text, STR("[]"));
    }
    bool ok = drive_samples(drive, instance, STR("no_such_split"), &none);
    texts_clear(&none);
    if (ok || (drive->status != GRASP_E_NOT_FOUND && !check_failed()))
        check_warn("samples returned %d for a split that there is not; task.h asks for "
                   "GRASP_E_NOT_FOUND",
                   drive->status);
}

void task_test_garbage(struct drive *drive, struct instance *instance, const struct texts *samples)
{
    struct str sample = samples->count ? buf_view(&samples->items[0]) : STR("{}");
    CLEANUP_BUF struct buf noise = {0};
    size_t failed = 0;
    world_noise(drive->check, "noise", (size_t)1 << 20, &noise);
    for (uint64_t i = 0; i <= DRAWN; i++) {
        CLEANUP_BUF struct buf drawn = {0};
        world_hostile(drive->check, "garbage", i, &drawn);
        struct str text = i < DRAWN ? buf_view(&drawn) : buf_view(&noise);
        struct str own =
            i % 2 || !samples->count ? sample : buf_view(&samples->items[i % samples->count]);
        struct play play = {own, i, STYLE_HOSTILE, TURNS, NULL};
        begin_and_end(drive, instance, text, NULL);
        grade_once(drive, instance, sample, text, STR("[]"));
        if (i < 9)
            open_and_close(drive, text);
        if (!world_play(drive, instance, &play) && !failed++ && !check_failed())
            check_warn("a hostile reply of the model made a call fail, and would stop a run: %s",
                       drive->err.text);
    }
}

void task_test_large(struct drive *drive, struct instance *instance, const struct texts *samples)
{
    size_t size = (size_t)16 << 20;
    for (size_t i = 0; i < 3 && samples->count; i++) {
        struct episode ep;
        struct verdict verdict;
        CLEANUP_BUF struct buf text = {0}, rollout = {0}, requests = {0};
        struct str sample = buf_view(&samples->items[i % samples->count]);
        buf_text(&text, i == 0 ? "" : i == 1 ? "ANSWER " : "FINISH([");
        CLEANUP_FREE char *fill = mem_alloc(size - text.len);
        memset(fill, i == 2 ? '[' : 'A', size - text.len);
        buf_add(&text, fill, size - text.len);
        if (!drive_begin(drive, instance, sample, 1, &ep))
            check_warn("begin failed: %s", drive->err.text);
        else if (!ep.sink.done)
            drive_step(drive, instance, &ep, GRASP_REPLY_TEXT, buf_view(&text), STR(""));
        drive_rollout(&ep, &rollout);
        drive_end(drive, instance, &ep);
        drive_grade(drive, instance, sample, buf_view(&rollout), STR("[]"), &verdict, &requests);
    }
}
