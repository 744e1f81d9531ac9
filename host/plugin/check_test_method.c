/* SPDX-License-Identifier: MIT */
/* Tests of methods. */
#include <string.h>

#include "plugin/check_test.h"

#define DRAWN 36

void method_test_open(struct check *check)
{
    struct method *method;
    struct knowledge *knowledge;
    struct arena arena = {0};
    struct guidance guidance;
    struct str described;
    struct err err = {0};
    char rule[4];
    size_t count;
    const struct message *talk = world_talk(&count);
    struct sample sample = {
        .id = "made_up_0", .type = "look_up", .json = world_sample(0), .description = ""};
    check_doing("open");
    int code = method_open(check->entry, check->config, str_of(method_task_info()), &method, &err);
    if (code) {
        test_open_failed(code, &err);
        return;
    }
    check_doing("load");
    code = knowledge_load(method, files_create(), &knowledge, &err);
    if (code) {
        check_fail(check_rule_in(err.text, "R16", rule), "an empty set of knowledge is refused: %s",
                   err.text);
    } else {
        check_doing("augment");
        code = method_augment(knowledge, 0, &sample, talk, count, &arena, &guidance, &err);
        check_doing("describe");
        if (!code)
            code = method_describe(knowledge, &arena, &described, &err);
        if (code)
            check_fail(check_rule_in(err.text, "R16", rule), "%s", err.text);
        check_doing("unload");
        knowledge_unref(knowledge);
    }
    check_doing("close");
    method_close(method);
    arena_clear(&arena);
}

bool method_use(struct drive *drive, struct instance *instance, const void *knowledge)
{
    size_t count;
    const struct message *talk = world_talk(&count);
    bool ok = true;
    for (uint32_t i = 0; ok && i < WORLD_SAMPLES; i++)
        ok = drive_augment(drive, instance, knowledge, world_sample(i), i % 2, talk,
                           i % 2 ? count : 2);
    return ok && drive_describe(drive, instance, knowledge);
}

bool method_play(struct drive *drive, struct instance *instance, enum style style)
{
    struct files *files;
    void *knowledge;
    if (!world_learn(drive, instance, style, false, &files, &knowledge))
        return false;
    bool ok = method_use(drive, instance, knowledge);
    struct err err = drive->err;
    drive_unload(drive, instance, knowledge);
    drive->err = err;
    files_destroy(files);
    return ok;
}

void method_test_interleave(struct drive *drive, struct instance *instance)
{
    struct files *files, *none = files_create();
    void *learned, *empty;
    struct drive alone = {.check = drive->check}, mixed = {.check = drive->check};
    CLEANUP_BUF struct buf where = {0};
    size_t count;
    const struct message *talk = world_talk(&count);
    if (!world_learn(drive, instance, STYLE_REHEARSED, false, &files, &learned)) {
        files_destroy(none);
        return;
    }
    if (drive_load(drive, instance, none, &empty)) {
        for (uint32_t i = 0; i < WORLD_SAMPLES; i++)
            drive_augment(&alone, instance, learned, world_sample(i), 0, talk, 2);
        for (uint32_t i = 0; i < WORLD_SAMPLES; i++) {
            drive_augment(drive, instance, empty, world_sample(i + 1), 1, talk, count);
            drive_augment(&mixed, instance, learned, world_sample(i), 0, talk, 2);
        }
        drive_unload(drive, instance, empty);
        if (drive_differs(&alone.transcript, &mixed.transcript, &where) && !check_failed())
            check_fail("R14", "augment depends on what was asked of other knowledge: %s",
                       where.ptr);
    }
    drive_unload(drive, instance, learned);
    files_destroy(files);
    files_destroy(none);
    drive_clear(&alone);
    drive_clear(&mixed);
}

void method_test_unknown(struct drive *drive, struct instance *instance)
{
    struct files *files;
    void *knowledge;
    size_t count;
    const struct message *talk = world_talk(&count);
    if (!world_learn(drive, instance, STYLE_REHEARSED, true, &files, &knowledge)) {
        if (!check_failed())
            check_fail("R15", "unknown members in the batch make learn fail: %s", drive->err.text);
        return;
    }
    if (!drive_augment(drive, instance, knowledge,
                       STR("{\"id\": \"made_up_0\", \"later_member\": {\"a\": [1, null]}}"), 0,
                       talk, count) &&
        !check_failed())
        check_fail("R15", "augment refuses a sample with an unknown member: %s", drive->err.text);
    drive_unload(drive, instance, knowledge);
    files_destroy(files);
}

static const char *const broken[] = {
    "",
    "{",
    "null",
    "[]",
    "{}",
    "{\"epoch\": \"x\", \"rollouts\": {}}",
    "{\"epoch\": 0, \"update_cycle\": 0, \"last\": false, \"rollouts\": [1, null, {}]}",
    "{\"epoch\": 0, \"update_cycle\": 0, \"rollouts\": [{\"sample\": [], \"failure_tags\": 3}]}",
    "{\"epoch\": 0, \"update_cycle\": 0, \"rollouts\": [{\"history\": \"x\", \"sample_id\": 7}]}"};
#define BROKEN (sizeof(broken) / sizeof(broken[0]))

static const char *const names[] = {"nonsense.bin", "memory.json", "skill.md",
                                    "notes.md",     "index.json",  "folder/.hidden"};
#define NAMES (sizeof(names) / sizeof(names[0]))

static struct files *one_file(const char *name, struct str text)
{
    struct files *files = files_create();
    files_set(files, str_of(name), text, NULL);
    return files;
}

/* Refused, or of use: what load accepts must not fail later, when a run is under way. */
static void load_garbage(struct drive *drive, struct instance *instance, const struct files *files)
{
    void *knowledge;
    bool loaded = drive_load(drive, instance, files, &knowledge);
    if (loaded && !method_use(drive, instance, knowledge) && !check_failed())
        check_fail("R16",
                   "load accepts garbage (%s, %zu bytes) that makes a later call fail: %s; load "
                   "must refuse it, with the file's name",
                   files->items[0].name.ptr, files->items[0].text.len, drive->err.text);
    drive_unload(drive, instance, loaded ? knowledge : NULL);
}

static void learn_garbage(struct drive *drive, struct instance *instance, struct str text,
                          bool epoch_end)
{
    struct world_lab lab;
    void *knowledge;
    struct files *next = NULL, *files = files_create();
    world_lab_open(&lab, drive, STYLE_HOSTILE);
    if (drive_load(drive, instance, files, &knowledge)) {
        drive_learn(drive, instance, &lab.lab, files, knowledge, text, epoch_end, &next);
        drive_unload(drive, instance, knowledge);
    }
    files_destroy(next);
    files_destroy(files);
    world_lab_close(&lab);
}

static void open_and_close(struct drive *drive, struct str config)
{
    struct instance other;
    drive_open(drive, config, &other);
    drive_close(drive, &other);
}

void method_test_closing(struct drive *drive, struct instance *instance)
{
    const grasp_method *method = drive->check->method;
    struct instance none = {.open = true, .mutex = PTHREAD_MUTEX_INITIALIZER};
    struct files *empty = files_create();
    void *knowledge;
    owner_init(&none.owner);
    drive_close(drive, &none);
    check_doing("close");
    method->close(NULL, NULL);
    check_doing("unload");
    method->unload(NULL, instance->self, NULL);
    check_doing(NULL);
    drive_unload(drive, instance, NULL);
    for (size_t i = 0; i < BROKEN; i++) {
        struct files *files = one_file(names[i % NAMES], str_of(broken[i]));
        open_and_close(drive, str_of(broken[i]));
        drive_load(drive, instance, files, &knowledge);
        drive_unload(drive, instance, knowledge);
        files_destroy(files);
    }
    if (drive_load(drive, instance, empty, &knowledge)) {
        check_doing("unload");
        method->unload(NULL, instance->self, knowledge);
        check_doing(NULL);
    }
    files_destroy(empty);
}

void method_test_refusals(struct drive *drive, struct instance *instance)
{
    for (size_t i = 0; i < BROKEN; i++) {
        struct str text = str_of(broken[i]);
        void *knowledge;
        open_and_close(drive, text);
        learn_garbage(drive, instance, text, false);
        learn_garbage(drive, instance, text, true);
        for (size_t k = 0; k < NAMES; k++) {
            struct files *files = one_file(names[k], text);
            bool loaded = drive_load(drive, instance, files, &knowledge);
            drive_unload(drive, instance, loaded ? knowledge : NULL);
            files_destroy(files);
        }
    }
}

/* What the method itself wrote, with other contents. */
static void spoil(struct drive *drive, struct instance *instance, const struct files *learned,
                  struct str text)
{
    for (size_t i = 0; i < learned->count && i < 4; i++) {
        struct files *files = one_file(learned->items[i].name.ptr, text);
        load_garbage(drive, instance, files);
        files_destroy(files);
        size_t half = learned->items[i].text.len / 2;
        while (half && ((unsigned char)learned->items[i].text.ptr[half] & 0xc0) == 0x80)
            half--;
        files =
            one_file(learned->items[i].name.ptr, (struct str){learned->items[i].text.ptr, half});
        load_garbage(drive, instance, files);
        files_destroy(files);
    }
}

void method_test_garbage(struct drive *drive, struct instance *instance)
{
    CLEANUP_BUF struct buf noise = {0};
    struct files *learned;
    void *knowledge;
    bool known = world_learn(drive, instance, STYLE_REHEARSED, false, &learned, &knowledge);
    world_noise(drive->check, "noise", (size_t)1 << 20, &noise);
    for (uint64_t i = 0; i <= DRAWN; i++) {
        CLEANUP_BUF struct buf drawn = {0};
        world_hostile(drive->check, "garbage", i, &drawn);
        struct str text = i < DRAWN ? buf_view(&drawn) : buf_view(&noise);
        struct files *files = one_file(i < DRAWN ? names[i % NAMES] : names[0], text);
        load_garbage(drive, instance, files);
        if (known && (i < 9 || i == DRAWN))
            spoil(drive, instance, learned, text);
        files_destroy(files);
        if (i < 9) {
            open_and_close(drive, text);
            learn_garbage(drive, instance, text, i % 2);
        }
    }
    if (!method_play(drive, instance, STYLE_HOSTILE) && !check_failed())
        check_warn("a hostile reply of the writer made a call fail, and would stop a run: %s",
                   drive->err.text);
    if (known) {
        drive_unload(drive, instance, knowledge);
        files_destroy(learned);
    }
}

void method_test_large(struct drive *drive, struct instance *instance)
{
    struct files *files = files_create();
    size_t size = (size_t)8 << 20; /* so that guidance can hold it */
    void *knowledge;
    CLEANUP_FREE char *text = mem_alloc(size);
    memset(text, 'A', size);
    struct message message = {.role = STR("user"), .content = {text, size}};
    for (int i = 0; i < 5000; i++) {
        CLEANUP_FREE char *name = mem_printf("skill_%d.md", i);
        files_set(files, str_of(name), STR("stale_value_used"), NULL);
    }
    bool loaded = drive_load(drive, instance, files, &knowledge);
    if (loaded)
        drive_augment(drive, instance, knowledge, world_sample(0), 0, &message, 1);
    drive_unload(drive, instance, loaded ? knowledge : NULL);
    files_destroy(files);
    files = one_file("notes.md", (struct str){text, size});
    loaded = drive_load(drive, instance, files, &knowledge);
    if (loaded)
        drive_augment(drive, instance, knowledge, world_sample(0), 0, &message, 1);
    drive_unload(drive, instance, loaded ? knowledge : NULL);
    files_destroy(files);
}

struct hop {
    enum { HOP_OPEN, HOP_PLAY, HOP_LOAD, HOP_USE, HOP_UNLOAD, HOP_CLOSE } what;
    struct drive *drive;
    struct instance *instance;
    void *knowledge;
    bool ok;
};

static void *hop_run(void *arg)
{
    struct hop *h = arg;
    struct files *files = NULL;
    switch (h->what) {
    case HOP_OPEN:
        h->ok = drive_open(h->drive, world_config(h->drive->check), h->instance);
        break;
    case HOP_PLAY:
        h->ok = method_play(h->drive, h->instance, STYLE_REHEARSED);
        break;
    case HOP_LOAD:
        files = files_create();
        h->ok = drive_load(h->drive, h->instance, files, &h->knowledge);
        files_destroy(files);
        break;
    case HOP_USE:
        h->ok = method_use(h->drive, h->instance, h->knowledge);
        break;
    case HOP_UNLOAD:
        drive_unload(h->drive, h->instance, h->knowledge);
        break;
    case HOP_CLOSE:
        drive_close(h->drive, h->instance);
        break;
    }
    return NULL;
}

static bool hop(struct hop *h, int what, bool threads)
{
    pthread_t thread;
    h->what = what;
    h->ok = true;
    if (threads && pthread_create(&thread, NULL, hop_run, h) == 0)
        pthread_join(thread, NULL);
    else
        hop_run(h);
    return h->ok;
}

void method_threads(struct drive *drive, bool threads)
{
    struct instance instance;
    struct hop h = {.drive = drive, .instance = &instance};
    if (hop(&h, HOP_OPEN, threads) && hop(&h, HOP_PLAY, threads) && hop(&h, HOP_LOAD, threads)) {
        hop(&h, HOP_USE, threads);
        hop(&h, HOP_UNLOAD, threads);
    }
    hop(&h, HOP_CLOSE, threads);
}
