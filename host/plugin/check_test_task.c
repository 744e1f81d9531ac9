/* SPDX-License-Identifier: MIT */
/* Tests of tasks that have no counterpart for methods; check_test_both.c has the others. */
#include <string.h>

#include "base/map.h"
#include "plugin/check_test.h"
#include "plugin/check_world.h"

#define TURNS 8

/* As a run does it, through the same functions. */
static bool run_samples(struct task *task, struct map *ids)
{
    const struct json *splits = json_get(task_info(task)->json, "splits");
    for (size_t i = 0; i < json_count(splits); i++) {
        struct samples samples;
        struct err err;
        const char *split = json_str(json_at(splits, i)).ptr;
        char rule[4];
        check_doing("samples");
        if (task_samples(task, split, &samples, &err)) {
            check_fail(check_rule_in(err.text, "R5", rule), "%s", err.text);
            return false;
        }
        for (size_t k = 0; k < samples.count; k++) {
            const char *other = map_get(ids, str_of(samples.items[k].id));
            if (other && strcmp(other, split) != 0) {
                check_fail("R5", "the sample '%s' is in the splits %s and %s", samples.items[k].id,
                           other, split);
                break;
            }
            map_set(ids, str_of(samples.items[k].id), (void *)(uintptr_t)split);
        }
        samples_clear(&samples);
    }
    return true;
}

void task_test_open(struct check *check)
{
    struct task *task;
    struct map ids = {0};
    struct err err;
    check_doing("open");
    int code = task_open(check->entry, check->config, &task, &err);
    if (code) {
        test_open_failed(code, &err);
        return;
    }
    run_samples(task, &ids);
    map_clear(&ids);
    check_doing("close");
    task_close(task);
}

void task_test_interleave(struct check *check, struct drive *drive, struct instance *instance,
                          const struct texts *samples)
{
    enum { MOST = 6 };
    struct drive alone[MOST] = {0}, mixed[MOST] = {0};
    struct episode episodes[MOST];
    bool ok[MOST];
    size_t count = samples->count < MOST ? samples->count : MOST, open = count;
    struct play plays[MOST];
    for (size_t i = 0; i < count; i++) {
        alone[i].check = mixed[i].check = check;
        plays[i] = (struct play){buf_view(&samples->items[i]), i, STYLE_REHEARSED, TURNS, NULL};
        struct episode *ep = &episodes[i];
        ok[i] = drive_begin(&alone[i], instance, plays[i].sample, 1000 + i, ep);
        while (ok[i] && !ep->sink.done && ep->turns < TURNS)
            ok[i] = world_turn(&alone[i], instance, ep, &plays[i]);
        drive_end(&alone[i], instance, ep);
    }
    for (size_t i = 0; i < count; i++)
        ok[i] = drive_begin(&mixed[i], instance, plays[i].sample, 1000 + i, &episodes[i]);
    while (open) {
        open = 0;
        for (size_t i = 0; i < count; i++) {
            struct episode *ep = &episodes[i];
            if (!ok[i] || ep->sink.done || ep->turns >= TURNS)
                continue;
            ok[i] = world_turn(&mixed[i], instance, ep, &plays[i]);
            open++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUF struct buf where = {0};
        drive_end(&mixed[i], instance, &episodes[i]);
        if (drive_differs(&alone[i].transcript, &mixed[i].transcript, &where) && !check_failed())
            check_fail("R14", "an episode runs differently while others are open: %s", where.ptr);
        drive_clear(&alone[i]);
        drive_clear(&mixed[i]);
    }
}

/* With a member that nobody knows yet. */
static struct buf with_member(struct str object)
{
    CLEANUP_JSON struct json *tree = json_parse(object, NULL);
    struct buf out = {0};
    json_set(tree, "later_member", json_parse(STR("{\"a\": [1, null, \"x\"]}"), NULL));
    json_write(&out, tree, 0);
    return out;
}

static void unknown_sample(struct drive *drive, struct instance *instance, struct str sample)
{
    CLEANUP_BUF struct buf more = with_member(sample), rollout = {0}, more_rollout = {0};
    struct verdict verdict, other;
    struct play play = {sample, 1, STYLE_REHEARSED, TURNS, &rollout};
    if (!world_play(drive, instance, &play))
        return;
    more_rollout = with_member(buf_view(&rollout));
    bool ok = world_grade(drive, instance, sample, buf_view(&rollout), &verdict);
    play.sample = buf_view(&more);
    play.rollout = NULL;
    if (!world_play(drive, instance, &play))
        check_fail("R15", "a sample with an unknown member is refused: %s", drive->err.text);
    else if (!world_grade(drive, instance, buf_view(&more), buf_view(&more_rollout), &other))
        check_fail("R15", "grade refuses an unknown member: %s", drive->err.text);
    else if (ok && (verdict.correct != other.correct || verdict.score != other.score))
        check_fail("R15", "an unknown member of sample and rollout changes the verdict");
}

void task_test_unknown(struct check *check, struct drive *drive, struct instance *instance,
                       const struct texts *samples)
{
    struct episode ep;
    for (size_t i = 0; i < samples->count && i < 3; i++)
        unknown_sample(drive, instance, buf_view(&samples->items[i]));
    if (!samples->count || !drive_begin(drive, instance, buf_view(&samples->items[0]), 7, &ep))
        return;
    if (!ep.sink.done && !drive_step(drive, instance, &ep, 99, STR("hello"), STR("")) &&
        drive->status != GRASP_E_UNSUPPORTED && !check_failed())
        check_fail("R15",
                   "step returned %d for a reply of an unknown kind; it should take it as text, or "
                   "return GRASP_E_UNSUPPORTED",
                   drive->status);
    drive_end(drive, instance, &ep);
}

/* One thing of a task, on a thread of its own. */
struct hop {
    enum { HOP_OPEN, HOP_SAMPLES, HOP_BEGIN, HOP_TURN, HOP_END, HOP_GRADE, HOP_CLOSE } what;
    struct drive *drive;
    struct instance *instance;
    struct texts *samples;
    struct episode *episode;
    const struct play *play;
    struct buf *rollout;
    bool ok;
};

static void *hop_run(void *arg)
{
    struct hop *hop = arg;
    struct drive *drive = hop->drive;
    struct verdict verdict;
    switch (hop->what) {
    case HOP_OPEN:
        hop->ok = drive_open(drive, world_config(drive->check), hop->instance);
        break;
    case HOP_SAMPLES:
        hop->ok = world_samples(drive, hop->instance, hop->samples);
        break;
    case HOP_BEGIN:
        hop->ok = drive_begin(drive, hop->instance, hop->play->sample, 1000 + hop->play->number,
                              hop->episode);
        break;
    case HOP_TURN:
        hop->ok = world_turn(drive, hop->instance, hop->episode, hop->play);
        break;
    case HOP_END:
        drive_rollout(hop->episode, hop->rollout);
        drive_end(drive, hop->instance, hop->episode);
        break;
    case HOP_GRADE:
        hop->ok =
            world_grade(drive, hop->instance, hop->play->sample, buf_view(hop->rollout), &verdict);
        break;
    case HOP_CLOSE:
        drive_close(drive, hop->instance);
        break;
    }
    return NULL;
}

static bool hop(struct hop *hop, int what, bool threads)
{
    pthread_t thread;
    hop->what = what;
    hop->ok = true;
    if (threads && pthread_create(&thread, NULL, hop_run, hop) == 0)
        pthread_join(thread, NULL);
    else
        hop_run(hop);
    return hop->ok;
}

static void hop_episode(struct hop *h, bool threads)
{
    CLEANUP_BUF struct buf rollout = {0};
    struct episode ep;
    h->episode = &ep;
    h->rollout = &rollout;
    bool ok = hop(h, HOP_BEGIN, threads);
    while (ok && !ep.sink.done && ep.turns < TURNS)
        ok = hop(h, HOP_TURN, threads);
    hop(h, HOP_END, threads);
    if (ok)
        hop(h, HOP_GRADE, threads);
    h->episode = NULL;
    h->rollout = NULL;
}

void task_threads(struct drive *drive, bool threads)
{
    struct instance instance;
    struct texts samples = {0};
    struct hop h = {.drive = drive, .instance = &instance, .samples = &samples};
    if (hop(&h, HOP_OPEN, threads) && hop(&h, HOP_SAMPLES, threads)) {
        for (size_t i = 0; i < samples.count && i < 3; i++) {
            struct play play = {buf_view(&samples.items[i]), i, STYLE_REHEARSED, TURNS, NULL};
            h.play = &play;
            hop_episode(&h, threads);
        }
    }
    hop(&h, HOP_CLOSE, threads);
    texts_clear(&samples);
}
