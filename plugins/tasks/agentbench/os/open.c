/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/stat.h>

#include "../setup.h"
#include "common/slice.h"
#include "os.h"

static int32_t load_texts(grasp_call *call, struct os *self, grasp_str folder)
{
#define TEXT(name, ...) PROMPT(name, struct os_texts, __VA_ARGS__)
    const struct prompt_file files[] = {
        TEXT(self->text_protocol ? "os_system_text.md" : "os_system.md", system),
        TEXT("os_task.md", task, "description"),
        TEXT("os_no_tool_call.md", no_tool_call),
        TEXT("os_no_action.md", no_action),
        TEXT("os_invalid_function.md", invalid_function),
        TEXT("os_output.md", output, "output"),
        TEXT("os_output_empty.md", output_empty),
        TEXT("os_truncated.md", truncated),
        TEXT("os_undecodable.md", undecodable),
        TEXT("os_writer_guidance.md", writer_guidance),
        TEXT("os_tools.json", tools),
        TEXT("history_omitted.md", omitted, "count"),
        PROMPT_END,
    };
#undef TEXT
    return setup_texts(call, &self->pool, folder, files, &self->texts);
}

static int64_t int_option(const struct os *self, const grasp_json_value *config, const char *key,
                          int64_t otherwise)
{
    return self->json->as_int(self->json->get(config, grasp_cstr(key)), otherwise);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static grasp_str list_of(struct pool *pool, grasp_str first, grasp_str second)
{
    struct text out CLEANUP_TEXT = {0};
    text_char(&out, '[');
    text_json(&out, first);
    if (second.len) {
        text_put(&out, ", ");
        text_json(&out, second);
    }
    text_char(&out, ']');
    return pool_dup(pool, text_view(&out));
}

/* DIR as tools/os_root.sh makes it, with root/ and npm/, or any folder that is a root itself. */
static int32_t find_layers(grasp_call *call, struct os *self, grasp_str given)
{
    grasp_str root = pool_format(&self->pool, "%s/root", given.ptr);
    grasp_str npm = pool_format(&self->pool, "%s/npm", given.ptr);
    if (is_folder(pool_format(&self->pool, "%s/bin", given.ptr).ptr))
        root = given;
    else if (!is_folder(pool_format(&self->pool, "%s/bin", root.ptr).ptr))
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'root': %s is no root of a system, and has none below it; "
                          "tools/os_root.sh DIR builds one",
                          given.ptr);
    self->machine.layers = list_of(&self->pool, root, SLICE(""));
    if (is_folder(npm.ptr))
        self->npm_layers = list_of(&self->pool, root, npm);
    return GRASP_OK;
}

/* A container's root is an image, and what that lacks nobody knows; or it is the folder `root`. */
static int32_t read_engine(grasp_call *call, struct os *self, const grasp_json_value *config)
{
    grasp_str engine = member_copy(self->json, &self->pool, config, "engine");
    bool podman = grasp_equal(engine, "podman");
    self->image = member_copy(self->json, &self->pool, config, "image");
    if (!engine.len || grasp_equal(engine, "native")) {
        if (self->image.len)
            return grasp_fail(call, GRASP_E_INVALID,
                              "option 'image' is for the engines docker and podman; say which with "
                              "option 'engine'");
        return GRASP_OK;
    }
    self->machine.engine = engine;
    if (self->machine.layers.len && (!podman || self->image.len))
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'root' is for the engines native and podman, and for those "
                          "without an image");
    self->plain = false;
    self->npm_layers = SLICE("");
    return GRASP_OK;
}

static int32_t read_machine(grasp_call *call, struct os *self, const grasp_json_value *config)
{
    grasp_str root = member_copy(self->json, &self->pool, config, "root");
    self->machine = (grasp_machine_request){
        .size = sizeof(self->machine),
        .max_memory = (uint64_t)int_option(self, config, "memory_mb", 1024) << 20,
        .max_disk = (uint64_t)int_option(self, config, "disk_mb", 512) << 20,
        .max_processes = (uint32_t)int_option(self, config, "processes", 256),
    };
    self->command_ms = 1000 * (uint32_t)int_option(self, config, "command_timeout", 30);
    self->plain = !root.len;
    int32_t status = root.len ? find_layers(call, self, root) : GRASP_OK;
    return status ? status : read_engine(call, self, config);
}

/* One machine, so that what is missing is found before any model is paid. */
static int32_t try_machine(grasp_call *call, struct os *self)
{
    static const char argv[] = "[\"bash\", \"-c\", \"for name in python3 ps find awk grep; do"
                               " command -v $name >/dev/null || echo $name; done\"]";
    grasp_machine_command command = {.size = sizeof(command), .argv = grasp_cstr(argv)};
    grasp_machine_result result = {.size = sizeof(result)};
    grasp_machine *machine = NULL;
    grasp_machine_request request = self->machine;
    os_machine_image(self, &self->pool, SLICE("default"), &request);
    int32_t status = self->machines->open(call, &request, &machine);
    if (status)
        return status;
    status = self->machines->run(call, machine, &command, &result);
    grasp_str lacks = slice_trim(result.out);
    if (!status && (result.status || lacks.len))
        status =
            grasp_fail(call, GRASP_E_UNAVAILABLE, "the machine lacks what problems need: %.*s%.*s",
                       (int)lacks.len, lacks.ptr, (int)result.err.len, result.err.ptr);
    self->machines->close(call, machine);
    return status;
}

static int32_t load(grasp_call *call, struct os *self, const grasp_json_value *config)
{
    self->machines = call->host->extension(call, grasp_cstr(GRASP_EXT_MACHINE));
    if (!self->machines)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "this host does not offer %s",
                          GRASP_EXT_MACHINE);
    self->reference = grasp_equal(member_text(self->json, config, "compat"), "reference");
    self->text_protocol = grasp_equal(member_text(self->json, config, "protocol"), "text");
    self->max_turns = (int32_t)int_option(self, config, "max_turns", 8);
    int32_t status = load_texts(call, self, member_text(self->json, config, "prompts_dir"));
    if (!status)
        status =
            os_dataset_load(call, &self->set, member_copy(self->json, &self->pool, config, "data"),
                            self->reference);
    if (!status)
        status = read_machine(call, self, config);
    return status ? status : try_machine(call, self);
}

int32_t os_open(grasp_call *call, grasp_str config, void **out_self)
{
    const grasp_json_value *options = NULL;
    int32_t status = setup_options(call, config, &options);
    if (status)
        return status;
    struct os *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->json = grasp_json_of(call);
    status = load(call, self, options);
    if (status)
        os_close(call, self);
    else
        *out_self = self;
    return status;
}

void os_close(grasp_call *call, void *opaque)
{
    struct os *self = opaque;
    if (!self)
        return;
    os_dataset_free(&self->set);
    pool_free(&self->pool);
    free(self);
}
