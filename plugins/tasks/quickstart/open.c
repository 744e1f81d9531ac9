/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fhir_mock.h"
#include "patients_file.h"
#include "prompts.h"
#include "quickstart.h"

static const struct {
    const char *type;
    const char *prompt;
    int32_t window_hours;
} form_table[FORM_COUNT] = {
    {"question", "question.md", 24},
    {"request", "request.md", 24},
    {"review", "review.md", 48},
};

static const char *const split_names[SPLIT_COUNT] = {"dev", "val", "id_test", "test"};

/* The forms: two that take turns, and one of its own for the last split. Four samples in a row
 * have the same, so that the form says nothing about the readings. */
static uint32_t form_of(const struct quickstart *self, uint32_t number)
{
    const struct split *test = &self->splits[SPLIT_COUNT - 1];
    return number >= test->first ? 2 : number / 4 % 2;
}

struct sample_view quickstart_sample_at(const struct quickstart *self, uint32_t number)
{
    return (struct sample_view){number, &self->cohort.patients[self->order[number]],
                                &self->forms[form_of(self, number)]};
}

static uint32_t sample_count(const struct quickstart *self)
{
    const struct split *last = &self->splits[SPLIT_COUNT - 1];
    return last->first + last->count;
}

static int64_t option_int(const struct quickstart *self, const grasp_json_value *config,
                          const char *key)
{
    return self->json->as_int(self->json->get(config, grasp_cstr(key)), -1);
}

static int32_t read_sizes(grasp_call *call, struct quickstart *self, const grasp_json_value *config)
{
    uint32_t first = 0;
    for (int i = 0; i < SPLIT_COUNT; i++) {
        int64_t count = option_int(self, config, split_names[i]);
        if (count < 0 || count > 1000000)
            return grasp_fail(call, GRASP_E_INVALID,
                              "option '%s': give a number of samples from 0 to 1000000",
                              split_names[i]);
        self->splits[i] = (struct split){split_names[i], first, (uint32_t)count};
        first += (uint32_t)count;
    }
    int64_t max_turns = option_int(self, config, "max_turns");
    if (max_turns < 1 || max_turns > 1000)
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'max_turns': give a number from 1 to 1000");
    self->max_turns = (int32_t)max_turns;
    return GRASP_OK;
}

/* Samples with and without a reading in the window take turns; among the former those with one
 * and with several, among the latter two with old readings and one with none at all. */
static enum pattern pattern_of(uint32_t number)
{
    uint32_t pair = number / 2;
    if (number % 2 == 0)
        return pair % 2 ? PATTERN_SINGLE : PATTERN_SEVERAL;
    return pair % 3 == 2 ? PATTERN_NONE : PATTERN_STALE;
}

static int32_t invent_cohort(grasp_call *call, struct quickstart *self, uint64_t seed)
{
    uint32_t count = sample_count(self);
    for (uint32_t i = 0; i < count; i++) {
        self->order[i] = i;
        if (!cohort_invent(&self->cohort, seed, i, pattern_of(i),
                           self->forms[form_of(self, i)].window_hours * 60))
            return grasp_fail(call, GRASP_E_NOMEM, "no memory for %u patients", count);
    }
    return GRASP_OK;
}

/* Patients with and without a reading of the last day take turns, each kind in its order. */
static int32_t order_cohort(grasp_call *call, struct quickstart *self, const char *path)
{
    const struct cohort *cohort = &self->cohort;
    uint32_t next[2] = {0, 0}, count = sample_count(self);
    for (uint32_t i = 0; i < count; i++) {
        bool wanted = i % 2 == 0;
        uint32_t *at = &next[i % 2];
        while (*at < cohort->patient_count &&
               (cohort_latest(cohort, &cohort->patients[*at], 24 * 60) != NULL) != wanted)
            (*at)++;
        if (*at == cohort->patient_count)
            return grasp_fail(call, GRASP_E_INVALID,
                              "%s: too few patients %s a reading of the last 24 hours for %u "
                              "samples; lower the options dev, val, id_test and test",
                              path, wanted ? "with" : "without", count);
        self->order[i] = (*at)++;
    }
    return GRASP_OK;
}

static int32_t make_cohort(grasp_call *call, struct quickstart *self,
                           const grasp_json_value *config)
{
    const char *twice;
    int32_t status;
    grasp_str path = self->json->as_string(self->json->get(config, grasp_cstr("patients_file")));
    self->order = calloc(sample_count(self) + 1, sizeof(*self->order));
    if (!self->order)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for %u samples", sample_count(self));
    if (path.len)
        status = patients_file_read(call, self->json, path.ptr, &self->cohort);
    else
        status = invent_cohort(call, self, (uint64_t)option_int(self, config, "seed"));
    if (status)
        return status;
    if (!cohort_index(&self->cohort, &twice))
        return twice ? grasp_fail(call, GRASP_E_INVALID, "%.*s: two patients have the MRN %s",
                                  (int)path.len, path.ptr, twice)
                     : grasp_fail(call, GRASP_E_NOMEM, "no memory for the index of patients");
    return path.len ? order_cohort(call, self, path.ptr) : GRASP_OK;
}

static int32_t compile(grasp_call *call, struct template *template, grasp_str source,
                       const char *const *names, const char *file)
{
    grasp_str unknown;
    if (template_compile(template, source, names, &unknown))
        return GRASP_OK;
    if (!unknown.len)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the prompt %s", file);
    return grasp_fail(call, GRASP_E_INVALID,
                      "prompt %s: the placeholder {{%.*s}} is not known here, or there are more "
                      "than %d",
                      file, (int)unknown.len, unknown.ptr, TEMPLATE_MAX_PARTS - 1);
}

/* The form's texts with everything filled in that does not depend on the patient. */
static int32_t make_form(grasp_call *call, struct form *form, grasp_str question, grasp_str context,
                         grasp_str message)
{
    static const char *const holes[] = {"number", "mrn", "search_result", NULL};
    static const char sample[] = "{\"id\": \"task4_{{number}}\", \"type\": \"{{type}}\", "
                                 "\"description\": \"{{description}}\", \"eval_MRN\": "
                                 "\"{{mrn}}\", \"context\": \"{{context}}\", "
                                 "\"window_hours\": {{hours}}}";
    struct text description CLEANUP_TEXT = {0}, setting CLEANUP_TEXT = {0};
    struct text object CLEANUP_TEXT = {0}, first CLEANUP_TEXT = {0};
    grasp_str hours = grasp_format(call, "%d", form->window_hours);
    struct binding inner[] = {
        {"hours", hours}, {"now", grasp_cstr(CLOCK_NOW)}, {NULL, grasp_cstr("")}};
    template_expand(&description, question, inner, false);
    template_expand(&setting, context, inner, false);
    struct binding outer[] = {{"description", text_view(&description)},
                              {"context", text_view(&setting)},
                              {"hours", hours},
                              {"now", grasp_cstr(CLOCK_NOW)},
                              {"type", grasp_cstr(form->type)},
                              {"base_url", grasp_cstr(FHIR_BASE)},
                              {NULL, grasp_cstr("")}};
    template_expand(&object, grasp_cstr(sample), outer, true);
    template_expand(&first, message, outer, true);
    if (object.failed || first.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the prompts");
    int32_t status = compile(call, &form->sample, text_view(&object), holes, "of the sample");
    return status ? status
                  : compile(call, &form->message, text_view(&first), holes, "first_message.json");
}

static int32_t make_forms(grasp_call *call, struct quickstart *self, grasp_str folder)
{
    grasp_str message, context, question;
    int32_t status;
    if ((status = prompt_get(call, folder, "first_message.json", &message)) ||
        (status = prompt_get(call, folder, "context.md", &context)))
        return status;
    for (int i = 0; i < FORM_COUNT; i++) {
        struct form *form = &self->forms[i];
        form->type = form_table[i].type;
        form->window_hours = form_table[i].window_hours;
        if ((status = prompt_get(call, folder, form_table[i].prompt, &question)) ||
            (status = make_form(call, form, question, context, message)))
            return status;
    }
    return GRASP_OK;
}

static int32_t keep(grasp_call *call, grasp_str text, grasp_str *out)
{
    char *copy = malloc(text.len + 1);
    if (!copy)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the prompts");
    memcpy(copy, text.ptr, text.len);
    *out = (grasp_str){copy, text.len};
    return GRASP_OK;
}

static int32_t make_replies(grasp_call *call, struct quickstart *self, grasp_str folder)
{
    static const char *const body[] = {"body", NULL}, *const error[] = {"error", NULL};
    grasp_str text;
    int32_t status;
    if ((status = prompt_get(call, folder, "get_ok.md", &text)) ||
        (status = compile(call, &self->get_ok, text, body, "get_ok.md")) ||
        (status = prompt_get(call, folder, "get_error.md", &text)) ||
        (status = compile(call, &self->get_error, text, error, "get_error.md")) ||
        (status = prompt_get(call, folder, "post_accepted.md", &text)) ||
        (status = keep(call, text, &self->post_accepted)) ||
        (status = prompt_get(call, folder, "writer_guidance.md", &text)) ||
        (status = keep(call, text, &self->writer_guidance)))
        return status;
    return GRASP_OK;
}

/* A replaced first message must still be JSON, because methods read and change it as such. */
static int32_t check_messages(grasp_call *call, const struct quickstart *self)
{
    grasp_str error, values[] = {grasp_cstr("1"), grasp_cstr("S0000000"), grasp_cstr("")};
    for (int i = 0; i < FORM_COUNT; i++) {
        struct text message CLEANUP_TEXT = {0};
        template_fill(&message, &self->forms[i].message, values);
        if (!self->json->parse(call, text_view(&message), &error))
            return grasp_fail(call, GRASP_E_INVALID,
                              "prompt first_message.json, filled in, is not JSON: %.*s",
                              (int)error.len, error.ptr);
    }
    return GRASP_OK;
}

static int32_t set_up(grasp_call *call, struct quickstart *self, grasp_str config_text)
{
    grasp_str error;
    self->json = grasp_json_of(call);
    if (!self->json)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "this host does not offer %s", GRASP_EXT_JSON);
    const grasp_json_value *config = self->json->parse(call, config_text, &error);
    if (self->json->kind(config) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object");
    grasp_str folder = self->json->as_string(self->json->get(config, grasp_cstr("prompts_dir")));
    grasp_str query = self->json->as_string(self->json->get(config, grasp_cstr("query")));
    if (!grasp_equal(query, "search") && !grasp_equal(query, "preloaded"))
        return grasp_fail(call, GRASP_E_INVALID, "option 'query': give search or preloaded");
    self->preloaded = grasp_equal(query, "preloaded");
    int32_t status;
    if ((status = read_sizes(call, self, config)) || (status = make_forms(call, self, folder)) ||
        (status = make_replies(call, self, folder)) || (status = check_messages(call, self)))
        return status;
    return make_cohort(call, self, config);
}

int32_t quickstart_open(grasp_call *call, grasp_str config, void **out_self)
{
    struct quickstart *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    int32_t status = set_up(call, self, config);
    if (status)
        quickstart_close(call, self);
    else
        *out_self = self;
    return status;
}

void quickstart_close(grasp_call *call, void *opaque)
{
    struct quickstart *self = opaque;
    if (!self)
        return;
    for (int i = 0; i < FORM_COUNT; i++) {
        template_clear(&self->forms[i].sample);
        template_clear(&self->forms[i].message);
    }
    template_clear(&self->get_ok);
    template_clear(&self->get_error);
    free((char *)self->post_accepted.ptr);
    free((char *)self->writer_guidance.ptr);
    free(self->order);
    cohort_clear(&self->cohort);
    free(self);
}
