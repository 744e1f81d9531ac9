/* SPDX-License-Identifier: MIT */
/* The method that learns nothing and says nothing: what a task gives without any help. */
#include <grasp/grasp.h>

/* What its handles point to; nobody looks inside. */
static const char nothing;

static int32_t none_open(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    *out_self = (void *)&nothing;
    return GRASP_OK;
}

static int32_t none_info(grasp_call *call, void *self)
{
    return call->host->emit_json(call, grasp_cstr("{\"unit\": \"none\"}"));
}

static int32_t none_load(grasp_call *call, void *self, const grasp_files *files,
                         void **out_knowledge)
{
    if (files->count)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%.*s: the method 'none' uses no knowledge; choose the method that "
                          "made these files, or leave the knowledge out",
                          (int)files->items[0].name.len, files->items[0].name.ptr);
    *out_knowledge = (void *)&nothing;
    return GRASP_OK;
}

static void none_unload(grasp_call *call, void *self, void *knowledge)
{
}

static int32_t none_augment(grasp_call *call, void *self, const void *knowledge,
                            const grasp_turn *turn)
{
    return GRASP_OK;
}

static void none_close(grasp_call *call, void *self)
{
}

static const void *none_extension(grasp_str id)
{
    return NULL;
}

static const grasp_method method = {
    .size = sizeof(method),
    .id = "none",
    .summary = "no method: the agent as it is",
    .open = none_open,
    .info = none_info,
    .load = none_load,
    .unload = none_unload,
    .augment = none_augment,
    .close = none_close,
    .extension = none_extension,
};

static const grasp_method *const methods[] = {&method};

static const grasp_plugin plugin = {
    .size = sizeof(plugin),
    .abi_minor = GRASP_ABI_MINOR,
    .name = "none",
    .version = "1.0.0",
    .license = "MIT",
    .methods = methods,
    .method_count = 1,
};

const grasp_plugin *grasp_plugin_v1(void)
{
    return &plugin;
}
