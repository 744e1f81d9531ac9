/* SPDX-License-Identifier: MIT */
/* A script of a problem: what a machine is made with, or what an answer is checked by. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/pool.h"
#include "common/text.h"

struct script {
    bool present; /* false: null in the data */
    grasp_str language;
    grasp_str code;
};

/* Where the files that scripts name are read from. GRASP_E_NOT_FOUND, unexplained, for none. */
struct script_files {
    int32_t (*read)(grasp_call *call, void *context, grasp_str name, struct pool *pool,
                    grasp_str *out);
    void *context;
};

/* place: for errors. */
int32_t script_read(grasp_call *call, struct pool *pool, const struct script_files *files,
                    const grasp_json_value *value, const char *place, struct script *out);

/* The command that runs it, as a JSON array; false for a language that there is none for. */
bool script_command(const struct script *script, const grasp_str *arguments, size_t count,
                    struct text *out);
