/* SPDX-License-Identifier: MIT */
#include "data.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "answers.h"
#include "common/prompts.h"
#include "common/slice.h"
#include "server.h"

/* In percent of the demo's events: enough to have to choose among. */
#define INVENTED_DENSITY 2
#define CSV_MAX ((size_t)256 << 20)
#define CSV_NAME "questions_answers_sql_fhir.csv"

static bool is_there(const char *path, bool folder)
{
    struct stat info;
    return stat(path, &info) == 0 && (S_ISDIR(info.st_mode) != 0) == folder;
}

static grasp_str find_csv(struct pool *pool, const struct data_options *options)
{
    static const char *const places[] = {"", "final_dataset/"};
    if (options->csv.len || !options->data.len)
        return options->csv;
    for (int i = 0; i < 2; i++) {
        grasp_str path = pool_format(pool, "%s/%s%s", options->data.ptr, places[i], CSV_NAME);
        if (is_there(path.ptr, false))
            return path;
    }
    return SLICE("");
}

static grasp_str find_fhir(struct pool *pool, const struct data_options *options)
{
    if (options->fhir.len || options->fhir_base.len)
        return options->fhir;
    grasp_str below = pool_format(pool, "%s/fhir", options->data.ptr);
    return is_there(below.ptr, true) ? below : options->data;
}

static int32_t read_questions(grasp_call *call, struct pool *pool, grasp_str path,
                              struct split splits[SPLIT_COUNT])
{
    struct pool text_pool CLEANUP_POOL = {0};
    grasp_str text;
    int32_t status = prompt_read_file(call, &text_pool, path.ptr, CSV_MAX, &text);
    if (status == GRASP_E_NOT_FOUND)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: no such file; option 'csv' is to name the "
                          "benchmark's " CSV_NAME,
                          path.ptr);
    return status ? status : questions_read(call, pool, text, path.ptr, splits);
}

static int32_t open_resources(grasp_call *call, const char *path, struct source *source)
{
    static const struct fhir_options as_stored = {.as_stored = 1};
    struct fhir_error error;
    if (fhir_open(path, &as_stored, &source->store, &error))
        return grasp_fail(call, GRASP_E_INVALID, "%s", error.text);
    return GRASP_OK;
}

static int32_t invent(grasp_call *call, struct pool *pool, const struct data_options *options,
                      struct split splits[SPLIT_COUNT], struct source *source)
{
    const struct mimic_options mimic = {
        .seed = options->seed, .patients = options->patients, .density = INVENTED_DENSITY};
    char *csv;
    size_t len;
    source->invented = invented_new(&mimic);
    if (!source->invented || mimic_build_questions(&mimic, &csv, &len))
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the invented questions");
    int32_t status =
        questions_read(call, pool, (grasp_str){csv, len}, "the invented questions", splits);
    free(csv);
    return status;
}

static int32_t check_patient(grasp_call *call, const struct source *source,
                             const struct question *question)
{
    bool there;
    int32_t status = source_has_patient(call, source, question->patient, &there);
    if (status || there)
        return status;
    return grasp_fail(call, GRASP_E_INVALID,
                      "question %s: its patient %s is not in the resources; questions and "
                      "resources have to belong together",
                      question->id.ptr, question->patient.ptr);
}

/* Of a server only the first is asked for: that it answers, and has such patients. */
static int32_t check_patients(grasp_call *call, const struct source *source,
                              const struct split splits[SPLIT_COUNT])
{
    for (size_t i = 0; i < SPLIT_COUNT; i++) {
        for (size_t k = 0; k < splits[i].count; k++) {
            int32_t status = check_patient(call, source, &splits[i].questions[k]);
            if (status || source_is_server(source))
                return status;
        }
    }
    return GRASP_OK;
}

static int32_t open_server(grasp_call *call, struct pool *pool, const struct data_options *options,
                           struct source *source)
{
    int32_t status = server_open(call, source, options->fhir_base);
    if (status || !options->fhir_cache.len)
        return status;
    source->kept = answers_folder(pool, options->fhir_cache, source->base, source->lenient);
    if (source->kept.len)
        return GRASP_OK;
    return grasp_fail(call, GRASP_E_INVALID, "%s: cannot be made a folder (option 'fhir_cache')",
                      options->fhir_cache.ptr);
}

int32_t data_open(grasp_call *call, struct pool *pool, const struct data_options *options,
                  struct split splits[SPLIT_COUNT], struct source *source)
{
    bool own = options->data.len || options->csv.len;
    if (options->fhir.len && options->fhir_base.len)
        return grasp_fail(call, GRASP_E_INVALID,
                          "options 'fhir' and 'fhir_base': give one, resources for the store in "
                          "the box or the address of a server");
    if (!own && (options->fhir.len || options->fhir_base.len))
        return grasp_fail(call, GRASP_E_INVALID,
                          "option '%s' needs questions about these patients: option 'csv'",
                          options->fhir.len ? "fhir" : "fhir_base");
    if (!own)
        return invent(call, pool, options, splits, source);
    if (!options->data.len && !options->fhir.len && !options->fhir_base.len)
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'csv' needs the resources of its patients: option 'fhir'");
    grasp_str csv = find_csv(pool, options);
    if (!csv.len)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: there is no " CSV_NAME ", nor in final_dataset/ below; option 'csv' "
                          "may name it",
                          options->data.ptr);
    int32_t status = read_questions(call, pool, csv, splits);
    if (!status && options->fhir_base.len)
        status = open_server(call, pool, options, source);
    else if (!status)
        status = open_resources(call, find_fhir(pool, options).ptr, source);
    return status ? status : check_patients(call, source, splits);
}
