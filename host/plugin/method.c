/* SPDX-License-Identifier: MIT */
#include "plugin/method.h"

#include <string.h>

#include "plugin/call.h"
#include "plugin/internal.h"

struct method {
    const grasp_method *table;
    const char *plugin;
    void *self;
    struct owner owner;
    bool serial;
    pthread_mutex_t mutex;
    struct json *info_tree;
    struct method_info info;
};

struct knowledge {
    struct method *method;
    struct files *files;
    void *handle;
    uint32_t refs;
    char hash[65];
};

static void enter(struct method *method)
{
    if (method->serial)
        pthread_mutex_lock(&method->mutex);
}

static void leave(struct method *method)
{
    if (method->serial)
        pthread_mutex_unlock(&method->mutex);
}

static int keep_info(void *arg, struct str json, struct err *err)
{
    struct method *method = arg;
    if (method->info_tree)
        return err_set(err, EXIT_PLUGIN, "info emits one object");
    method->info_tree = json_parse(json, err);
    if (json_is(method->info_tree, JSON_OBJECT))
        return 0;
    return err_set(err, EXIT_PLUGIN, "info emits one JSON object");
}

static int read_order(struct method *method, struct err *err)
{
    static const char *const orders[] = {"run", "epoch", "seed"};
    struct str order = json_str(json_get(method->info_tree, "order"));
    for (int i = 0; i < 3; i++) {
        if (str_is(order, orders[i]))
            method->info.order = (enum method_order)i;
    }
    if (order.len && !str_is(order, orders[method->info.order]))
        return err_set(err, EXIT_PLUGIN,
                       "plugin %s: info: \"order\" is \"run\", \"epoch\" or \"seed\"",
                       method->plugin);
    return 0;
}

static int read_info(struct method *method, struct err *err)
{
    static const char *const units[] = {"none", "sample", "batch", "epoch"};
    struct str unit = json_str(json_get(method->info_tree, "unit"));
    struct str folder = json_str(json_get(method->info_tree, "folder"));
    int found = -1;
    for (int i = 0; i < 4; i++) {
        if (str_is(unit, units[i]))
            found = i;
    }
    if (found < 0)
        return err_set(err, EXIT_PLUGIN,
                       "plugin %s: info: \"unit\" is \"none\", \"sample\", \"batch\" or \"epoch\"",
                       method->plugin);
    method->info.unit = (enum method_unit)found;
    method->info.folder = folder.len ? folder.ptr : "knowledge";
    if (found && !method->table->learn)
        return err_set(err, EXIT_PLUGIN, "plugin %s: a method with a unit needs `learn`",
                       method->plugin);
    if (strpbrk(method->info.folder, "/.") || strlen(method->info.folder) > 64)
        return err_set(err, EXIT_PLUGIN, "plugin %s: info: \"folder\" is one plain name",
                       method->plugin);
    return read_order(method, err);
}

static int load_info(struct method *method, struct err *err)
{
    struct call call;
    call_init(&call, CALL_INFO, method->plugin, "info");
    call.on_json = keep_info;
    call.on_json_arg = method;
    int code = call_finish(&call, method->table->info(&call.base, method->self), err);
    if (!code && !method->info_tree)
        return err_set(err, EXIT_PLUGIN, "plugin %s: info emitted nothing", method->plugin);
    return code ? code : read_info(method, err);
}

int method_open(const struct plugin_entry *entry, const struct json *config, struct str task,
                struct method **out, struct err *err)
{
    struct method *method = mem_alloc(sizeof(*method));
    struct call call;
    CLEANUP_BUF struct buf text = {0};
    method->table = plugin_method_table(entry);
    method->plugin = entry->id;
    method->serial = method->table->flags & GRASP_SERIAL;
    pthread_mutex_init(&method->mutex, NULL);
    owner_init(&method->owner);
    json_write(&text, config, 0);
    call_init(&call, CALL_OPEN, method->plugin, "open");
    call.owner = &method->owner;
    int32_t status =
        method->table->open(&call.base, str_to(buf_view(&text)), str_to(task), &method->self);
    int code = call_finish(&call, status, err);
    if (!code)
        code = load_info(method, err);
    if (code) {
        method_close(method);
        return code;
    }
    *out = method;
    return 0;
}

void method_close(struct method *method)
{
    struct call call;
    if (!method)
        return;
    call_init(&call, CALL_CLOSE, method->plugin, "close");
    method->table->close(&call.base, method->self);
    call_finish(&call, 0, NULL);
    owner_clear(&method->owner);
    json_free(method->info_tree);
    pthread_mutex_destroy(&method->mutex);
    mem_free(method);
}

const struct method_info *method_info(const struct method *method)
{
    return &method->info;
}

/* The files for one call. */
static grasp_files view_open(const struct files *files)
{
    grasp_file *items = mem_array(files->count + 1, sizeof(*items));
    for (size_t i = 0; i < files->count; i++)
        items[i] = (grasp_file){str_to(files->items[i].name), str_to(files->items[i].text)};
    return (grasp_files){items, files->count};
}

static void view_close(grasp_files *view)
{
    mem_free((void *)(uintptr_t)view->items);
}

int knowledge_load(struct method *method, struct files *files, struct knowledge **out,
                   struct err *err)
{
    struct call call;
    grasp_files view = view_open(files);
    void *handle = NULL;
    call_init(&call, CALL_LOAD, method->plugin, "load");
    enter(method);
    int32_t status = method->table->load(&call.base, method->self, &view, &handle);
    leave(method);
    int code = call_finish(&call, status, err);
    view_close(&view);
    if (code) {
        files_destroy(files);
        return code;
    }
    struct knowledge *knowledge = mem_alloc(sizeof(*knowledge));
    *knowledge = (struct knowledge){.method = method, .files = files, .handle = handle, .refs = 1};
    files_hash(files, knowledge->hash);
    *out = knowledge;
    return 0;
}

struct knowledge *knowledge_ref(struct knowledge *knowledge)
{
    if (knowledge)
        __atomic_add_fetch(&knowledge->refs, 1, __ATOMIC_RELAXED);
    return knowledge;
}

void knowledge_unref(struct knowledge *knowledge)
{
    struct call call;
    if (!knowledge || __atomic_sub_fetch(&knowledge->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    struct method *method = knowledge->method;
    call_init(&call, CALL_CLOSE, method->plugin, "unload");
    enter(method);
    method->table->unload(&call.base, method->self, knowledge->handle);
    leave(method);
    call_finish(&call, 0, NULL);
    files_destroy(knowledge->files);
    mem_free(knowledge);
}

const struct files *knowledge_files(const struct knowledge *knowledge)
{
    return knowledge->files;
}

const char *knowledge_hash(const struct knowledge *knowledge)
{
    return knowledge->hash;
}

bool knowledge_empty(const struct knowledge *knowledge)
{
    return knowledge->handle == NULL;
}

static const grasp_message *const *view_messages(const struct message *messages, size_t count,
                                                 struct arena *arena)
{
    grasp_message *views = arena_alloc(arena, (count + 1) * sizeof(*views));
    const grasp_message **list = arena_alloc(arena, (count + 1) * sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        const struct message *m = &messages[i];
        views[i] = (grasp_message){
            .size = sizeof(grasp_message),
            .flags = m->flags,
            .role = str_to(m->role),
            .content = str_to(m->content),
            .tool_calls = str_to(m->tool_calls),
            .tool_call_id = str_to(m->tool_call_id),
            .name = str_to(m->name),
        };
        list[i] = &views[i];
    }
    return list;
}

int method_augment(const struct knowledge *knowledge, uint32_t number, const struct sample *sample,
                   const struct message *messages, size_t count, struct arena *arena,
                   struct guidance *out, struct err *err)
{
    struct method *method = knowledge->method;
    struct call call;
    memset(out, 0, sizeof(*out));
    call_init(&call, CALL_AUGMENT, method->plugin, "augment");
    call.out = arena;
    call.guidance = out;
    grasp_turn turn = {
        .size = sizeof(turn),
        .number = number,
        .sample = str_to(sample->json),
        .messages = view_messages(messages, count, arena),
        .count = count,
    };
    enter(method);
    int32_t status = method->table->augment(&call.base, method->self, knowledge->handle, &turn);
    leave(method);
    return call_finish(&call, status, err);
}

struct described {
    struct arena *arena;
    struct str text;
};

static int keep_description(void *arg, struct str json, struct err *err)
{
    struct described *out = arg;
    CLEANUP_JSON struct json *array = json_parse(json, err);
    CLEANUP_BUF struct buf line = {0};
    if (!json_is(array, JSON_ARRAY) || out->text.len)
        return err_set(err, EXIT_PLUGIN, "describe emits one JSON array");
    json_write(&line, array, 0);
    out->text = (struct str){arena_dup(out->arena, line.ptr, line.len), line.len};
    return 0;
}

int method_describe(const struct knowledge *knowledge, struct arena *arena, struct str *out,
                    struct err *err)
{
    struct method *method = knowledge->method;
    struct described described = {.arena = arena};
    struct call call;
    *out = STR("[]");
    if (!method->table->describe || knowledge_empty(knowledge))
        return 0;
    call_init(&call, CALL_DESCRIBE, method->plugin, "describe");
    call.on_json = keep_description;
    call.on_json_arg = &described;
    enter(method);
    int32_t status = method->table->describe(&call.base, method->self, knowledge->handle);
    leave(method);
    int code = call_finish(&call, status, err);
    if (!code && described.text.len)
        *out = described.text;
    return code;
}

typedef int32_t learn_fn(grasp_call *, void *, const grasp_lab *, const grasp_files *, const void *,
                         grasp_str);

static int call_learn(struct method *method, learn_fn *fn, const char *function,
                      const struct lab *lab, const struct knowledge *knowledge, struct str text,
                      struct files **out_files, struct err *err)
{
    struct call call;
    struct arena results = {0};
    struct files *next = NULL;
    if (!fn)
        return 0;
    grasp_files view = view_open(knowledge->files);
    call_init(&call, CALL_LEARN, method->plugin, function);
    call.owner = &method->owner;
    call.out = &results;
    call.files = &next;
    call.lab = lab;
    enter(method);
    int32_t status =
        fn(&call.base, method->self, &lab_table, &view, knowledge->handle, str_to(text));
    leave(method);
    int code = call_finish(&call, status, err);
    view_close(&view);
    arena_clear(&results);
    if (code) {
        files_destroy(next);
        return code;
    }
    *out_files = next;
    return 0;
}

int method_learn(struct method *method, const struct lab *lab, const struct knowledge *knowledge,
                 struct str batch, struct files **out_files, struct err *err)
{
    return call_learn(method, method->table->learn, "learn", lab, knowledge, batch, out_files, err);
}

int method_epoch_end(struct method *method, const struct lab *lab,
                     const struct knowledge *knowledge, struct str epoch, struct files **out_files,
                     struct err *err)
{
    return call_learn(method, method->table->epoch_end, "epoch_end", lab, knowledge, epoch,
                      out_files, err);
}
