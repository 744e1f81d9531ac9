/* SPDX-License-Identifier: MIT */
/* Methods, in the host's types; errors as in task.h. */
#pragma once

#include "base/rng.h"
#include "plugin/task.h"

/* A set of named texts, sorted by name; owns its memory. */
struct files {
    struct file_text {
        struct str name;
        struct str text;
    } * items;
    size_t count;
    struct arena arena;
};

struct files *files_create(void);
/* Adds or replaces; keeps the order. EXIT_CONFIG for a bad name. */
int files_set(struct files *files, struct str name, struct str text, struct err *err);
const struct file_text *files_get(const struct files *files, const char *name);
void files_hash(const struct files *files, char out_hex[65]);
int files_read(const char *dir, struct files **out, struct err *err); /* a folder, recursively */
/* Makes the folder hold exactly these files; each is written atomically, others removed last. */
int files_write(const struct files *files, const char *dir, struct err *err);
void files_destroy(struct files *files);

struct method;

struct method_info {
    enum method_unit { UNIT_NONE, UNIT_SAMPLE, UNIT_BATCH, UNIT_EPOCH } unit;
    const char *folder; /* "knowledge" by default */
    enum method_order { ORDER_RUN, ORDER_EPOCH, ORDER_SEED } order;
};

/* task: the task's info with "dev" added. */
int method_open(const struct plugin_entry *entry, const struct json *config, struct str task,
                struct method **out, struct err *err);
const struct method_info *method_info(const struct method *method);

/* Knowledge: files and the plugin's handle; counted references, from any thread. */
struct knowledge;
int knowledge_load(struct method *method, struct files *files, struct knowledge **out,
                   struct err *err); /* takes the files over, also on failure */
struct knowledge *knowledge_ref(struct knowledge *knowledge);
void knowledge_unref(struct knowledge *knowledge); /* NULL is fine */
const struct files *knowledge_files(const struct knowledge *knowledge);
const char *knowledge_hash(const struct knowledge *knowledge);
/* Was anything ever put in it? Without, augment is not called. */
bool knowledge_empty(const struct knowledge *knowledge);

struct guidance {
    enum placement placement;
    struct str text;      /* empty: nothing */
    struct str used;      /* JSON array or empty */
    struct str task_line; /* between the text and a message that it stands in front of */
};
int method_augment(const struct knowledge *knowledge, uint32_t number, const struct sample *sample,
                   const struct message *messages, size_t count, struct arena *arena,
                   struct guidance *out, struct err *err);
/* A JSON array in one line; "[]" if the method has no describe. */
int method_describe(const struct knowledge *knowledge, struct arena *arena, struct str *out,
                    struct err *err);

/* What learn may do; given by the layer above. Functions return 0 or fill err; texts they give
 * out live in the arena. EXIT_SIGINT when the run is being stopped. */
struct lab_trial {
    struct files *files; /* taken over */
    struct str samples;  /* JSON array of ids */
    uint32_t repeats;
    uint32_t draw;     /* number of the first repeat */
    struct str marker; /* line of guidance for an agent at temperature 0; empty: none */
};
struct lab {
    void *self;
    int (*start_complete)(void *self, struct str requests, uint64_t *out_ticket, struct err *err);
    int (*start_rollouts)(void *self, struct lab_trial *trial, uint64_t *out_ticket,
                          struct err *err);
    int (*wait)(void *self, uint64_t ticket, struct arena *arena, struct str *out, struct err *err);
    int (*drop)(void *self, uint64_t ticket, struct err *err);
    int (*note)(void *self, struct str name, struct str json, struct err *err);
    int (*record)(void *self, struct str name, struct str text, struct err *err);
    void (*rng)(void *self, struct str label, struct rng *out);
    int (*expect)(void *self, struct files *files, struct err *err); /* takes the files over */
};

/* *out_files: the next knowledge, NULL if the present one stays. */
int method_learn(struct method *method, const struct lab *lab, const struct knowledge *knowledge,
                 struct str batch, struct files **out_files, struct err *err);
int method_epoch_end(struct method *method, const struct lab *lab,
                     const struct knowledge *knowledge, struct str epoch, struct files **out_files,
                     struct err *err);
void method_close(struct method *method);
