/* SPDX-License-Identifier: MIT */
/* Tests that are the same for tasks and methods, but for what a round of work is. */
#include <string.h>

#include "plugin/check_test.h"

#define TURNS 8
#define LIFE_HOSTILE 9

void test_open_failed(int code, const struct err *err)
{
    char rule[4];
    if (code == EXIT_PLUGIN)
        check_fail(check_rule_in(err->text, "R5", rule), "%s", err->text);
    else
        check_skip("open needs something: %s (--set gives options)", err->text);
}

/* An open instance with its samples, for one test. */
struct stage {
    struct drive drive;
    struct instance instance;
    struct texts samples; /* of a task */
};

static bool stage_open(struct check *check, struct stage *out)
{
    memset(out, 0, sizeof(*out));
    out->drive.check = check;
    bool ok = drive_open(&out->drive, world_config(check), &out->instance);
    if (ok && check->task)
        ok = world_samples(&out->drive, &out->instance, &out->samples);
    if (ok && check->task && !out->samples.count) {
        check_skip("the task has no samples");
        ok = false;
    } else if (!ok && !check_failed()) {
        check_fail(check->test->crash, "what went well before fails now: %s", out->drive.err.text);
    }
    return ok;
}

static void stage_close(struct stage *stage)
{
    drive_close(&stage->drive, &stage->instance);
    texts_clear(&stage->samples);
    drive_clear(&stage->drive);
}

static struct play play_of(const struct stage *stage, uint64_t number, enum style style)
{
    return (struct play){buf_view(&stage->samples.items[number % stage->samples.count]), number,
                         style, TURNS, NULL};
}

/* A round of work: an episode, or learning and using what was learned. */
static bool round_of(struct stage *stage, struct drive *drive, uint64_t number, enum style style)
{
    if (!drive->check->task)
        return method_play(drive, &stage->instance, style);
    struct play play = play_of(stage, number, style);
    return world_play(drive, &stage->instance, &play);
}

static size_t rounds_of(const struct check *check, const struct stage *stage)
{
    if (!check->task)
        return 2;
    return stage->samples.count < 8 ? stage->samples.count : 8;
}

void test_open(struct check *check)
{
    if (check->task)
        task_test_open(check);
    else
        method_test_open(check);
    check_doing(NULL);
}

void test_life(struct check *check)
{
    struct stage s;
    if (stage_open(check, &s)) {
        for (size_t i = 0; i < rounds_of(check, &s) && !check_failed(); i++) {
            if (!round_of(&s, &s.drive, i, STYLE_REHEARSED) && !check_failed())
                check_fail("R16", "an ordinary call is refused: %s", s.drive.err.text);
        }
        for (uint64_t i = 0; check->task && i < LIFE_HOSTILE && !check_failed(); i++)
            round_of(&s, &s.drive, i, STYLE_HOSTILE);
    }
    stage_close(&s);
}

void test_closing(struct check *check)
{
    struct stage s;
    if (stage_open(check, &s)) {
        if (check->task)
            task_test_closing(&s.drive, &s.instance, &s.samples);
        else
            method_test_closing(&s.drive, &s.instance);
    }
    stage_close(&s);
}

void test_refusals(struct check *check)
{
    struct stage s;
    uint32_t flags = check->task ? check->task->flags : check->method->flags;
    if (flags & ~GRASP_SERIAL)
        check_warn("the table has flags that this host does not know: 0x%x", flags);
    if (stage_open(check, &s)) {
        if (check->task)
            task_test_refusals(&s.drive, &s.instance, &s.samples);
        else
            method_test_refusals(&s.drive, &s.instance);
    }
    stage_close(&s);
}

void test_garbage(struct check *check)
{
    struct stage s;
    if (stage_open(check, &s)) {
        if (check->task)
            task_test_garbage(&s.drive, &s.instance, &s.samples);
        else
            method_test_garbage(&s.drive, &s.instance);
    }
    stage_close(&s);
}

void test_large(struct check *check)
{
    struct stage s;
    if (stage_open(check, &s)) {
        if (check->task)
            task_test_large(&s.drive, &s.instance, &s.samples);
        else
            method_test_large(&s.drive, &s.instance);
    }
    stage_close(&s);
}

void test_interleave(struct check *check)
{
    struct stage s;
    if (stage_open(check, &s)) {
        if (check->task)
            task_test_interleave(check, &s.drive, &s.instance, &s.samples);
        else
            method_test_interleave(&s.drive, &s.instance);
    }
    stage_close(&s);
}

void test_unknown(struct check *check)
{
    struct stage s;
    if (stage_open(check, &s)) {
        if (check->task)
            task_test_unknown(check, &s.drive, &s.instance, &s.samples);
        else
            method_test_unknown(&s.drive, &s.instance);
    }
    stage_close(&s);
}

static void compare(const struct drive *a, const struct drive *b, const char *rule,
                    const char *what)
{
    CLEANUP_BUF struct buf where = {0};
    if (drive_differs(&a->transcript, &b->transcript, &where) && !check_failed())
        check_fail(rule, "%s: %s", what, where.ptr);
}

/* Everything that comes out of an instance, as a transcript. */
static void whole(struct check *check, struct drive *out)
{
    struct stage s;
    if (stage_open(check, &s)) {
        for (size_t i = 0; i < rounds_of(check, &s); i++) {
            round_of(&s, &s.drive, i, STYLE_REHEARSED);
            if (check->task)
                round_of(&s, &s.drive, i, STYLE_HOSTILE);
        }
    }
    *out = (struct drive){.check = check, .transcript = s.drive.transcript};
    s.drive.transcript = (struct buf){0};
    stage_close(&s);
}

/* A piece of work twice on one instance. Methods may remember what they learned, so for them it is
 * the use of knowledge. */
static void repeat_round(struct stage *s, uint64_t number, enum style style)
{
    struct check *check = s->drive.check;
    struct drive one = {.check = check}, two = {.check = check};
    struct files *files;
    void *knowledge;
    if (check->task) {
        round_of(s, &one, number, style);
        round_of(s, &two, number, style);
    } else if (world_learn(&s->drive, &s->instance, style, false, &files, &knowledge)) {
        method_use(&one, &s->instance, knowledge);
        method_use(&two, &s->instance, knowledge);
        drive_unload(&s->drive, &s->instance, knowledge);
        files_destroy(files);
    }
    compare(&one, &two, "R14", "the same inputs gave another output the second time");
    drive_clear(&one);
    drive_clear(&two);
}

static void repeat_samples(struct stage *s)
{
    struct drive one = {.check = s->drive.check}, two = one;
    struct texts samples;
    world_samples(&one, &s->instance, &samples);
    texts_clear(&samples);
    world_samples(&two, &s->instance, &samples);
    texts_clear(&samples);
    compare(&one, &two, "R14", "info and samples are not the same the second time");
    drive_clear(&one);
    drive_clear(&two);
}

void test_repeat(struct check *check)
{
    struct stage s;
    struct drive one, two;
    if (stage_open(check, &s)) {
        if (check->task)
            repeat_samples(&s);
        for (size_t i = 0; i < rounds_of(check, &s) && !check_failed(); i++) {
            repeat_round(&s, i, STYLE_REHEARSED);
            repeat_round(&s, i, STYLE_HOSTILE);
        }
    }
    stage_close(&s);
    whole(check, &one);
    whole(check, &two);
    compare(&one, &two, "R14", "another instance gives another output");
    drive_clear(&one);
    drive_clear(&two);
}

void test_fresh(struct check *check)
{
    struct drive drive;
    whole(check, &drive);
    check_report("transcript", json_new_str(buf_view(&drive.transcript)));
    drive_clear(&drive);
}

void test_threads(struct check *check)
{
    struct drive one = {.check = check}, many = {.check = check};
    void (*life)(struct drive * drive, bool threads) = check->task ? task_threads : method_threads;
    life(&one, false);
    life(&many, true);
    compare(&one, &many, "R17", "another thread for each call gives another output");
    drive_clear(&one);
    drive_clear(&many);
}

struct worker {
    struct stage *stage;
    struct drive drive;
    const void *knowledge;
    uint64_t number;
    pthread_t thread;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (int i = 0; i < 3; i++) {
        if (w->drive.check->task)
            round_of(w->stage, &w->drive, w->number, STYLE_REHEARSED);
        else
            method_use(&w->drive, &w->stage->instance, w->knowledge);
    }
    return NULL;
}

static void in_parallel(struct stage *s, const void *knowledge)
{
    enum { WORKERS = 4 };
    struct worker alone[WORKERS], beside[WORKERS];
    for (uint64_t i = 0; i < WORKERS; i++) {
        alone[i] = (struct worker){s, {.check = s->drive.check}, knowledge, i, 0};
        beside[i] = alone[i];
        work(&alone[i]);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        if (pthread_create(&beside[i].thread, NULL, work, &beside[i]) != 0)
            mem_exhausted();
    }
    for (size_t i = 0; i < WORKERS; i++)
        pthread_join(beside[i].thread, NULL);
    for (size_t i = 0; i < WORKERS; i++) {
        compare(&alone[i].drive, &beside[i].drive, "R17",
                "calls on four threads at once give another output");
        drive_clear(&alone[i].drive);
        drive_clear(&beside[i].drive);
    }
}

void test_parallel(struct check *check)
{
    struct stage s;
    struct files *files;
    void *knowledge;
    if (!stage_open(check, &s)) {
        stage_close(&s);
        return;
    }
    if (check->task) {
        in_parallel(&s, NULL);
    } else if (world_learn(&s.drive, &s.instance, STYLE_REHEARSED, false, &files, &knowledge)) {
        in_parallel(&s, knowledge);
        drive_unload(&s.drive, &s.instance, knowledge);
        files_destroy(files);
    }
    stage_close(&s);
}

static void host_life(struct check *check, enum check_host host, struct drive *out)
{
    host_start(host);
    whole(check, out);
}

void test_hosts(struct check *check)
{
    struct drive now, other;
    bool older = strcmp(check->test->name, "older_host") == 0;
    /* It may know, and use, what a later host has; this one can only make it up. */
    if (!older && check->plugin->abi_minor > GRASP_ABI_MINOR) {
        check_skip("built for minor %u of the interface, this host has %u",
                   check->plugin->abi_minor, GRASP_ABI_MINOR);
        return;
    }
    host_life(check, HOST_THIS, &now);
    host_life(check, older ? HOST_OLDER : HOST_NEWER, &other);
    compare(&now, &other, "R3",
            older ? "a host of minor 0 gets another output"
                  : "a host of a later minor gets another output");
    drive_clear(&now);
    drive_clear(&other);
}
