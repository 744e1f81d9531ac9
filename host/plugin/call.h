/* SPDX-License-Identifier: MIT */
/* The context of one call into a plugin: what it may emit, where that goes, and how it failed. */
#pragma once

#include <grasp/grasp.h>
#include <pthread.h>

#include "plugin/method.h"
#include "plugin/plugin.h"
#include "plugin/scratch.h"

enum call_kind {
    CALL_OPEN,
    CALL_CLOSE,
    CALL_INFO,
    CALL_SAMPLES,
    CALL_BEGIN,
    CALL_STEP,
    CALL_END,
    CALL_GRADE,
    CALL_LOAD,
    CALL_AUGMENT,
    CALL_DESCRIBE,
    CALL_LEARN,
    CALL_REHEARSE,
};

/* Folders and sessions that belong to an episode or an instance. */
struct owner {
    pthread_mutex_t mutex;
    struct scratch folder;
    struct session_entry *sessions;
    struct machine_entry *machines;
    struct python_entry *pythons;
    struct python_data_entry *python_data;
};
void owner_init(struct owner *owner);
void owner_clear(struct owner *owner);

struct call {
    grasp_call base; /* first: what the plugin sees */
    enum call_kind kind;
    const char *plugin;   /* for texts */
    const char *function; /* for texts */
    struct arena scratch;
    struct owner *owner; /* NULL: none in this call */
    const volatile int *cancelled;

    /* Where emitted things go; NULL or unset where the call has no use for them. */
    struct arena *out;
    struct turn_sink *sink;
    int (*on_json)(void *arg, struct str json, struct err *err);
    void *on_json_arg;
    struct verdict *verdict;
    struct buf *requests;
    struct guidance *guidance;
    struct files **files;
    struct model_reply *reply;
    const struct lab *lab;
    uint64_t emitted; /* bytes of requests */
    bool done;        /* verdict, guidance or reply was emitted */

    struct json **roots; /* of grasp.json/1 */
    size_t root_count, root_capacity;

    bool has_err; /* the first fault the host saw, or the last reason the plugin gave */
    bool host_fault;
    struct err err;
};

void call_init(struct call *call, enum call_kind kind, const char *plugin, const char *function);
/* Ends the call: 0, or a code with the text in err. Frees what belonged to it. */
int call_finish(struct call *call, int32_t status, struct err *err);

/* Records a fault of the plugin that the host found; returns status. */
__attribute__((format(printf, 3, 4))) int32_t call_fault(struct call *call, int32_t status,
                                                         const char *format, ...);
/* A host function's failure inside a call, to be returned to the plugin. */
int32_t call_host_error(struct call *call, const struct err *err);

static inline struct str str_from(grasp_str text)
{
    return (struct str){text.len ? text.ptr : "", text.len};
}

static inline grasp_str str_to(struct str text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

/* The functions that plugins call. */
const grasp_host *call_host_table(void);

/* Host extensions by id. */
const void *extension_find(struct str id);
extern const grasp_lab lab_table;
extern const grasp_json extension_json;
/* Values that were walked over on this thread may be gone. */
void extension_json_forget(void);
extern const grasp_scratch extension_scratch;
extern const grasp_http extension_http;
extern const grasp_exec extension_exec;
extern const grasp_machines extension_machine;
extern const grasp_pythons extension_python;
const struct plugin_services *plugin_services(void);
/* A private folder of the owner, made at first use. */
int owner_folder(struct owner *owner, const char **out_path, struct err *err);
