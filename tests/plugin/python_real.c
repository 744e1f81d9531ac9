/* SPDX-License-Identifier: MIT */
#include "python_real.h"

#include <string.h>

#include "base/mem.h"
#include "io/python.h"

#define MAX_OPEN 8
#define MAX_HELD 256

static struct python *pythons[MAX_OPEN];
static struct python_data *held[MAX_HELD];

static int32_t refuse(grasp_call *call, const struct err *err)
{
    int32_t code = err->code == EXIT_UNAVAILABLE ? GRASP_E_UNAVAILABLE
                   : err->code == EXIT_PLUGIN    ? GRASP_E_INVALID
                   : err->code == EXIT_SIGINT    ? GRASP_E_CANCELLED
                                                 : GRASP_E_FAILED;
    return grasp_fail(call, code, "%s", err->text);
}

static struct str str_in(grasp_str text)
{
    return (struct str){text.ptr ? text.ptr : "", text.len};
}

static int32_t open_python(grasp_call *call, const grasp_python_setup *in, grasp_python **out)
{
    struct err err;
    struct python *python;
    size_t at = 0;
    const struct python_setup setup = {.program = str_in(in->program),
                                       .max_memory = in->max_memory,
                                       .max_files = in->max_files,
                                       .max_result = in->max_result,
                                       .max_parallel = in->max_parallel};
    while (at < MAX_OPEN && pythons[at])
        at++;
    if (at == MAX_OPEN)
        return grasp_fail(call, GRASP_E_STATE, "the test opens too many interpreters");
    if (python_open(&setup, &python, &err))
        return refuse(call, &err);
    pythons[at] = python;
    *out = (grasp_python *)python;
    return GRASP_OK;
}

static int32_t hold(grasp_call *call, grasp_python *python, grasp_str data, grasp_python_data **out)
{
    struct err err;
    struct python_data *got;
    size_t at = 0;
    while (at < MAX_HELD && held[at])
        at++;
    if (at == MAX_HELD)
        return grasp_fail(call, GRASP_E_STATE, "the test holds too much data");
    if (python_hold((struct python *)python, str_in(data), &got, &err))
        return refuse(call, &err);
    held[at] = got;
    *out = (grasp_python_data *)got;
    return GRASP_OK;
}

static int32_t run(grasp_call *call, grasp_python *python, grasp_python_data *data,
                   grasp_str source, uint32_t timeout_ms, grasp_python_result *out)
{
    struct err err;
    struct python_result result;
    const struct python_run wanted = {
        .source = str_in(source), .data = (struct python_data *)data, .timeout_ms = timeout_ms};
    if (python_run((struct python *)python, &wanted, &result, &err))
        return refuse(call, &err);
    char *copy = call->host->scratch(call, result.text.len + 1);
    if (result.text.len)
        memcpy(copy, result.text.ptr, result.text.len);
    *out = (grasp_python_result){.size = sizeof(*out),
                                 .end = (int32_t)result.end, /* the same numbers */
                                 .status = result.status,
                                 .cpu_ms = result.cpu_ms,
                                 .text = {copy, result.text.len}};
    buf_free(&result.text);
    return GRASP_OK;
}

static void release(grasp_call *call, grasp_python_data *data)
{
    for (size_t i = 0; data && i < MAX_HELD; i++) {
        if (held[i] == (struct python_data *)data)
            held[i] = NULL;
    }
    python_release((struct python_data *)data);
}

static const grasp_pythons table = {
    .size = sizeof(table), .open = open_python, .hold = hold, .run = run, .release = release};

const void *real_python_extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_PYTHON) ? &table : NULL;
}

static const void *extension(struct mock_host *host, grasp_str id)
{
    return real_python_extension(id);
}

void real_python_serve(struct mock_host *host)
{
    host->extension = extension;
}

void real_python_close_all(void)
{
    for (size_t i = 0; i < MAX_HELD; i++) {
        python_release(held[i]);
        held[i] = NULL;
    }
    for (size_t i = 0; i < MAX_OPEN; i++) {
        python_close(pythons[i]);
        pythons[i] = NULL;
    }
}
