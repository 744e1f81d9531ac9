/* SPDX-License-Identifier: MIT */
/* Prompt files: built into the plugin, each replaceable by a file of the same name in a folder. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/embedded.h"
#include "common/pool.h"

#define PROMPT_MAX ((size_t)1 << 20)

/* A prompt file and the grasp_str that it is read into. */
struct prompt_file {
    const char *name; /* NULL ends a list */
    /* Those that may be used, ended by NULL; NULL: the text is used as it is and may hold none. */
    const char *const *placeholders;
    size_t at; /* in the struct that the caller fills */
};

/* Rows of a list of prompt files: into a member of this type. */
#define PROMPT(name, type, member, ...)                                                            \
    {                                                                                              \
        name, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, offsetof(type, member)       \
    }
#define PROMPT_AS_IT_IS(name, type, member)                                                        \
    {                                                                                              \
        name, NULL, offsetof(type, member)                                                         \
    }
#define PROMPT_END                                                                                 \
    {                                                                                              \
        NULL, NULL, 0                                                                              \
    }

/* The file's text in the pool, without line ends at its end: from `folder` if it is there, else
 * from `built_in`. names: the placeholders that may be used, ended by NULL. An error is explained
 * with fail(). folder: empty for none. */
int32_t prompt_load(grasp_call *call, struct pool *pool, const struct embedded_file *built_in,
                    grasp_str folder, const char *name, const char *const *names,
                    grasp_str *out_text);

/* A whole file of at most `limit` bytes. GRASP_E_NOT_FOUND, without fail(), if there is none. */
int32_t prompt_read_file(grasp_call *call, struct pool *pool, const char *path, size_t limit,
                         grasp_str *out_text);
