/* SPDX-License-Identifier: MIT */
#include "code.h"

#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/embedded.h"

#define DEFAULT_TIMEOUT_S 60
#define DEFAULT_TEXT (256u << 10)
/* What program.py adds to the text where it cuts it. */
#define TEXT_MARGIN 256

extern const struct embedded_file fhir_agent_program[];

struct code {
    const grasp_pythons *pythons;
    grasp_python *python;
    uint32_t timeout_s;
};

static int32_t open_python(grasp_call *call, const struct code_options *options, struct code *code)
{
    uint64_t max_text = options->max_text ? options->max_text : DEFAULT_TEXT;
    const grasp_python_setup setup = {
        .size = sizeof(setup),
        .max_parallel = options->max_parallel,
        .max_memory = options->max_memory,
        .max_result = max_text + TEXT_MARGIN,
        .program = grasp_format(call, "LIMIT = %llu\n%s", (unsigned long long)max_text,
                                fhir_agent_program[0].text),
    };
    return code->pythons->open(call, &setup, &code->python);
}

int32_t code_open(grasp_call *call, const struct code_options *options, struct code **out)
{
    const grasp_pythons *pythons = call->host->extension(call, grasp_cstr(GRASP_EXT_PYTHON));
    if (!pythons || !GRASP_HAS(pythons, release))
        return grasp_fail(call, GRASP_E_UNSUPPORTED,
                          "this host runs no Python: a newer grasp-host is needed for agents that "
                          "write code");
    struct code *code = calloc(1, sizeof(*code));
    if (!code)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the code tool");
    code->pythons = pythons;
    code->timeout_s = options->timeout_s ? options->timeout_s : DEFAULT_TIMEOUT_S;
    int32_t status = open_python(call, options, code);
    if (status)
        code_close(code);
    else
        *out = code;
    return status;
}

void code_close(struct code *code)
{
    free(code);
}

int32_t code_hold(grasp_call *call, const struct code *code, grasp_str resources,
                  grasp_python_data **out)
{
    return code->pythons->hold(call, code->python, resources, out);
}

void code_release(grasp_call *call, const struct code *code, grasp_python_data *resources)
{
    if (resources)
        code->pythons->release(call, resources);
}

/* What happened to code that gave no result of its own, as the dict that it would be in. */
static void put_end(struct text *out, const grasp_python_result *result, uint32_t timeout_s)
{
    text_put(out, "{'error': 'Error executing code: ");
    switch (result->end) {
    case GRASP_PYTHON_LATE:
        text_format(out, "it did not end within %u s", timeout_s);
        break;
    case GRASP_PYTHON_LONG:
        text_put(out, "its result is too long to be shown");
        break;
    case GRASP_PYTHON_CROWDED:
        text_put(out, "it started too many threads");
        break;
    case GRASP_PYTHON_UNREAD:
        text_put(out, "retrieved_resources cannot be read, they may be too many");
        break;
    case GRASP_PYTHON_LEFT:
        if (result->status > 128)
            text_format(out, "the interpreter was ended by signal %d", result->status - 128);
        else
            text_format(out, "the interpreter was left with status %d", result->status);
        break;
    default:
        text_put(out, "what it wrote in place of its result cannot be read");
        break;
    }
    text_put(out, "'}");
}

int32_t code_run(grasp_call *call, const struct code *code, grasp_python_data *resources,
                 grasp_str source, int64_t timeout_s, struct text *out)
{
    grasp_python_result result = {.size = sizeof(result)};
    uint32_t seconds =
        timeout_s <= 0 || timeout_s > code->timeout_s ? code->timeout_s : (uint32_t)timeout_s;
    int32_t status =
        code->pythons->run(call, code->python, resources, source, seconds * 1000, &result);
    if (status)
        return status;
    if (result.end == GRASP_PYTHON_DONE)
        text_str(out, result.text);
    else
        put_end(out, &result, seconds);
    return out->failed ? grasp_fail(call, GRASP_E_NOMEM, "no memory for the result of code")
                       : GRASP_OK;
}
