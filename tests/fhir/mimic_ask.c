/* SPDX-License-Identifier: MIT */
/* Generated patients, for scripts.
 *
 *   mimic_ask recipes [SLIP] < INPUTS
 *       INPUTS: a JSON string per line, an agent's input each. Prints its recipe as a line of JSON,
 *       or null.
 *   mimic_ask gather sane|lenient DATA < REQUESTS
 *       REQUESTS: "patient Type P" or "id Type X" per line. Prints status, count, milliseconds and
 *       the answer, with tabs between them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fhir/gather.h"
#include "common/fhir/json_scan.h"
#include "common/mimic/recipe.h"
#include "common/slice.h"
#include "common/text.h"
#include "measure.h"

static char *next_line(char **line, size_t *size)
{
    ssize_t len = getline(line, size, stdin);
    if (len <= 0)
        return NULL;
    (*line)[strcspn(*line, "\n")] = 0;
    return *line;
}

static void put_recipe(const struct mimic_recipe *recipe, struct text *out)
{
    static const char *const kinds[] = {"patient", "id", "code"};
    text_format(out, "{\"name\":\"%s\",\"patient\":", recipe->name);
    text_json(out, recipe->patient);
    text_put(out, ",\"steps\":[");
    for (uint32_t i = 0; i < recipe->count; i++) {
        const struct mimic_step *step = &recipe->steps[i];
        text_format(out, "%s{\"kind\":\"%s\",\"type\":", i ? "," : "", kinds[step->kind]);
        text_json(out, step->type);
        text_put(out, ",\"code\":");
        text_json(out, step->code);
        text_char(out, '}');
    }
    text_put(out, "]}");
}

static void recipes(const char *slip)
{
    char *line = NULL;
    size_t size = 0;
    while (next_line(&line, &size)) {
        CLEANUP_POOL struct pool pool = {0};
        CLEANUP_TEXT struct text out = {0};
        struct mimic_recipe recipe;
        grasp_str input = scan_string((grasp_str){line, strlen(line)}, &pool);
        if (mimic_recipe_for(input, slip, &pool, &recipe))
            put_recipe(&recipe, &out);
        else
            text_put(&out, "null");
        printf("%.*s\n", (int)out.len, out.ptr);
    }
    free(line);
}

static void gather_one(const struct fhir_store *store, enum fhir_gather_mode mode, char *line,
                       struct fhir_answer *answer)
{
    char *rest = line, *how = strsep(&rest, " "), *type = strsep(&rest, " ");
    struct fhir_text type_text = {type ? type : "", type ? strlen(type) : 0};
    struct fhir_text key = {rest ? rest : "", rest ? strlen(rest) : 0};
    double start = measure_now();
    if (strcmp(how, "patient") == 0)
        fhir_gather_patient(store, mode, type_text, key, 0, answer);
    else
        fhir_gather_id(store, mode, type_text, key, 0, answer);
    printf("%d\t%u\t%.3f\t%s\n", answer->status, answer->total, 1e3 * (measure_now() - start),
           answer->body);
}

static int gather(enum fhir_gather_mode mode, const char *data)
{
    struct fhir_store *store;
    struct fhir_error error;
    struct fhir_answer answer = {0};
    char *line = NULL;
    size_t size = 0;
    double start = measure_now();
    if (fhir_open(data, &(struct fhir_options){.as_stored = 1}, &store, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    double opened = 1e3 * (measure_now() - start);
    while (next_line(&line, &size))
        gather_one(store, mode, line, &answer);
    fprintf(stderr,
            "{\"resources\": %llu, \"index_cached\": %d, \"open_ms\": %.1f, \"rss_kib\": %ld, "
            "\"peak_kib\": %ld}\n",
            (unsigned long long)fhir_count(store), fhir_index_was_cached(store), opened,
            measure_kib("VmRSS:"), measure_kib("VmHWM:"));
    free(line);
    fhir_answer_free(&answer);
    fhir_close(store);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && argc <= 3 && strcmp(argv[1], "recipes") == 0) {
        recipes(argc == 3 ? argv[2] : NULL);
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "gather") == 0)
        return gather(strcmp(argv[2], "lenient") == 0 ? FHIR_GATHER_LENIENT : FHIR_GATHER_SANE,
                      argv[3]);
    fprintf(stderr, "usage: mimic_ask recipes [SLIP] | mimic_ask gather sane|lenient DATA\n");
    return 2;
}
