/* SPDX-License-Identifier: MIT */
/* Host extensions by id, and what belongs to an episode or an instance: its scratch folder, its
 * sessions (ext_exec.c), its machines (ext_machine.c), interpreters and data (ext_python.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "plugin/call.h"
#include "plugin/ext_exec.h"
#include "plugin/google.h"

static struct plugin_services services;

void plugin_services_set(const struct plugin_services *given)
{
    services = *given;
}

void plugin_services_clear(void)
{
    google_close();
    services = (struct plugin_services){0};
}

const struct plugin_services *plugin_services(void)
{
    return &services;
}

const void *extension_find(struct str id)
{
    if (str_is(id, GRASP_EXT_JSON))
        return &extension_json;
    if (str_is(id, GRASP_EXT_SCRATCH))
        return &extension_scratch;
    if (str_is(id, GRASP_EXT_EXEC))
        return &extension_exec;
    if (str_is(id, GRASP_EXT_MACHINE))
        return &extension_machine;
    if (str_is(id, GRASP_EXT_PYTHON))
        return &extension_python;
    if (str_is(id, GRASP_EXT_HTTP) && services.http)
        return &extension_http;
    return NULL;
}

void owner_init(struct owner *owner)
{
    memset(owner, 0, sizeof(*owner));
    pthread_mutex_init(&owner->mutex, NULL);
}

void owner_clear(struct owner *owner)
{
    sessions_close(owner);
    machines_close(owner);
    pythons_close(owner);
    scratch_remove(&owner->folder);
    pthread_mutex_destroy(&owner->mutex);
}

int owner_folder(struct owner *owner, const char **out_path, struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    const char *root = services.scratch_root ? services.scratch_root : tmp && *tmp ? tmp : "/tmp";
    pthread_mutex_lock(&owner->mutex);
    int code = owner->folder.path ? 0 : scratch_make(root, &owner->folder, err);
    *out_path = owner->folder.path;
    pthread_mutex_unlock(&owner->mutex);
    return code;
}

static int32_t scratch_folder(grasp_call *base, grasp_str *out_path)
{
    struct call *call = (struct call *)base;
    const char *path;
    struct err err;
    if (!call->owner)
        return call_fault(call, GRASP_E_STATE,
                          "a scratch folder is to be had in open, begin and step");
    if (owner_folder(call->owner, &path, &err))
        return call_host_error(call, &err);
    *out_path = str_to(str_of(path));
    return GRASP_OK;
}

const grasp_scratch extension_scratch = {.size = sizeof(grasp_scratch), .folder = scratch_folder};
