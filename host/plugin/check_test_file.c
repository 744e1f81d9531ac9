/* SPDX-License-Identifier: MIT */
/* Tests of the file and of its tables. */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "plugin/check_world.h"

/* Loading has been done; what is left to say is what there is. */
void test_load(struct check *check)
{
    for (size_t i = 0; i < plugin_entry_count(check->plugin); i++) {
        const struct plugin_entry *entry = plugin_entry(check->plugin, i);
        struct json *row = json_new_array();
        json_push(row, json_new_str(entry->kind == PLUGIN_TASK ? STR("task") : STR("method")));
        json_push(row, json_new_str(str_of(entry->id)));
        check_report("entry", row);
    }
}

void test_symbols(struct check *check)
{
    CLEANUP_BUF struct buf others = {0};
    struct err err;
    if (elf_exports(check->path, "grasp_plugin_v1", &others, &err))
        check_fail("R1", "%s", err.text);
    else if (others.len)
        check_fail(
            "R1",
            "exports %s besides grasp_plugin_v1; link with -fvisibility=hidden and the SDK's "
            "version script",
            others.ptr);
}

struct scan {
    const grasp_plugin *(*entry)(void);
    const grasp_plugin *got;
};

static void *call_entry(void *arg)
{
    struct scan *scan = arg;
    scan->got = scan->entry();
    return NULL;
}

/* Is the memory at an address mapped without the right to write? */
static bool read_only(const void *address)
{
    CLEANUP_BUF struct buf maps = {0};
    uintptr_t at = (uintptr_t)address;
    if (file_read("/proc/self/maps", 0, &maps, NULL))
        return true;
    for (struct str rest = buf_view(&maps); rest.len;) {
        uint64_t from, to;
        char flags[8];
        CLEANUP_FREE char *line = NULL;
        struct str row = str_cut(&rest, '\n');
        line = mem_dup(row.ptr, row.len);
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, flags) == 3 && at >= from &&
            at < to)
            return flags[1] != 'w';
    }
    return false;
}

static void constant(const void *table, const char *what)
{
    if (table && !read_only(table))
        check_fail("R2", "%s lies in memory that can be written; declare it `static const`", what);
}

void test_scan(struct check *check)
{
    struct scan scan = {0};
    pthread_t thread;
    void *object = dlopen(check->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *symbol = object ? dlsym(object, "grasp_plugin_v1") : NULL;
    if (!symbol) {
        check_fail("R1", "grasp_plugin_v1 is not there");
        return;
    }
    memcpy(&scan.entry, &symbol, sizeof(symbol));
    check_doing("grasp_plugin_v1");
    const grasp_plugin *root = scan.entry(), *again = scan.entry();
    if (pthread_create(&thread, NULL, call_entry, &scan) == 0)
        pthread_join(thread, NULL);
    check_doing(NULL);
    if (root != again || root != scan.got)
        check_fail("R2", "grasp_plugin_v1 does not return the same pointer each time");
    constant(root, "the table of the plugin");
    constant(root->tasks, "the list of tasks");
    constant(root->methods, "the list of methods");
    for (uint64_t i = 0; i < root->task_count; i++)
        constant(root->tasks[i], "the table of a task");
    for (uint64_t i = 0; i < root->method_count; i++)
        constant(root->methods[i], "the table of a method");
}

static const void *ask(const struct check *check, struct str id)
{
    struct guard_block block;
    const void *(*extension)(grasp_str id) =
        check->task ? check->task->extension : check->method->extension;
    grasp_str given = {guard_copy(GUARD_INPUT, id.ptr, id.len, 1, &block), id.len};
    check_doing("extension");
    const void *out = extension(given);
    check_doing(NULL);
    guard_retire(&block);
    return out;
}

void test_extension(struct check *check)
{
    static const char *const foreign[] = {"",
                                          "nonsense",
                                          "grasp.rehearsal/1x",
                                          "grasp.rehearsal/",
                                          "grasp.rehearsal/99",
                                          "xgrasp.rehearsal/1",
                                          "GRASP.REHEARSAL/1",
                                          "grasp.json/1",
                                          "%s%n"};
    if (!(check->task ? check->task->extension : check->method->extension))
        return;
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (ask(check, str_of(foreign[i])))
            check_fail("R18", "extension(\"%s\") is not NULL", foreign[i]);
    }
    if (ask(check, (struct str){"grasp.rehearsal/1\0x", 19}))
        check_fail("R18", "extension() answers an id with more behind a NUL");
    const uint32_t *table = ask(check, STR(GRASP_EXT_REHEARSAL));
    if (table != ask(check, STR(GRASP_EXT_REHEARSAL)))
        check_fail("R2", "extension() gives another table each time");
    if (table && *table < 2 * sizeof(uint32_t) + sizeof(void *))
        check_fail("R3", "the table of %s has no valid `size`", GRASP_EXT_REHEARSAL);
    constant(table, "the table of " GRASP_EXT_REHEARSAL);
}

void test_rehearsal(struct check *check)
{
    static const struct message foreign[] = {
        {.role = {"system", 6}, .content = {"Be brief.", 9}},
        {.role = {"user", 4}, .content = {"Hello there.", 12}},
    };
    struct drive drive = {.check = check};
    struct arena arena = {0};
    struct model_reply reply;
    if (!check->rehearsal) {
        check_skip("offers no %s", GRASP_EXT_REHEARSAL);
        return;
    }
    if (drive_reply(&drive, foreign, 2, 1, &arena, &reply))
        check_warn("the rehearsal answers \"Hello there.\"; for a conversation that is not its own "
                   "it should return GRASP_E_UNSUPPORTED");
    else if (drive.status != GRASP_E_UNSUPPORTED && !check_failed())
        check_fail("R15",
                   "the rehearsal returned %d, not GRASP_E_UNSUPPORTED, for a conversation that is "
                   "not its own",
                   drive.status);
    for (uint64_t i = 0; i < 18; i++) {
        CLEANUP_BUF struct buf text = {0};
        world_hostile(check, "conversation", i, &text);
        struct message message = {.role = STR("user"), .content = buf_view(&text)};
        drive_reply(&drive, &message, 1, i, &arena, &reply);
    }
    arena_clear(&arena);
    drive_clear(&drive);
}
