/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include <string.h>

#include "ask.h"
#include "common/embedded.h"
#include "common/pyrepr.h"
#include "common/slice.h"

extern const struct embedded_file mimic_recipes[];

const struct mimic_slip mimic_slips[MIMIC_SLIPS] = {
    {"any_encounter",
     "Takes every Encounter for what was asked for, be it a hospital admission, an ICU "
     "stay or a visit to the emergency department."},
    {"any_time", "Leaves out the year or the day that the question names."},
    {"file_order", "Takes the first and the last in the order of the data, rather than in that of "
                   "time."},
    {"one_of_many", "Names one of several."},
    {"unresolved", "Gives the id that a reference holds instead of the name it leads to."},
    {"wrong_end", "Mistakes the first for the last."},
};

_Static_assert(MIMIC_GIVEN == ASK_SLOTS, "a recipe has all of a question's slots");

static grasp_str embedded(const char *name)
{
    for (const struct embedded_file *file = mimic_recipes; file->name; file++)
        if (strcmp(file->name, name) == 0)
            return (grasp_str){file->text, file->len};
    return (grasp_str){"", 0};
}

static bool is_number(grasp_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

/* Up to the next slot, the pattern stands in the question as it is; what lies between two such
 * pieces is the slot's. */
static bool match(const char *pattern, grasp_str question, struct mimic_given *out,
                  uint32_t *out_count)
{
    uint32_t count = 0;
    size_t at = 0, found = 0;
    for (;;) {
        grasp_str piece = {pattern, strcspn(pattern, "{")};
        pattern += piece.len;
        bool end = !*pattern;
        if (end && count && piece.len <= question.len - at)
            found = question.len - piece.len;
        if (!count ? question.len < piece.len : !end && !slice_find(question, piece, at, &found))
            return false;
        if (found < at || !slice_eq(slice_cut(question, found, found + piece.len), piece))
            return false;
        if (count)
            out[count - 1].value = slice_cut(question, at, found);
        at = found + piece.len;
        if (end)
            break;
        if (count == ASK_SLOTS)
            return false;
        out[count++].name = (grasp_str){pattern + 1, strcspn(pattern, "}") - 1};
        pattern = strchr(pattern, '}') + 1;
    }
    *out_count = count;
    for (uint32_t i = 0; i < count; i++)
        if (!out[i].value.len ||
            (slice_eq(out[i].name, SLICE("patient_id")) && !is_number(out[i].value)))
            return false;
    return true;
}

/* What stands between two texts. */
static grasp_str between(grasp_str text, grasp_str before, const char *stops)
{
    size_t at, end;
    if (!slice_find(text, before, 0, &at))
        return (grasp_str){"", 0};
    for (end = at += before.len; end < text.len && !strchr(stops, text.ptr[end]);)
        end++;
    return slice_cut(text, at, end);
}

static const struct mimic_template *find_template(grasp_str question, struct mimic_given *slots,
                                                  uint32_t *out_count)
{
    for (uint32_t i = 0; i < MIMIC_TEMPLATES; i++)
        if (match(mimic_templates[i].question, question, slots, out_count))
            return &mimic_templates[i];
    return NULL;
}

static void set(struct text *code, grasp_str name, grasp_str value)
{
    text_str(code, name);
    text_put(code, " = ");
    pyrepr_string(code, value);
    text_char(code, '\n');
}

struct making {
    struct pool *pool;
    const struct mimic_template *template;
    const struct mimic_given *slots;
    uint32_t slot_count;
    grasp_str now;
    const char *slip;
    struct mimic_recipe *out;
};

static struct mimic_step *add_step(struct making *m, enum mimic_step_kind kind)
{
    struct mimic_step *step = &m->out->steps[m->out->count++];
    *step = (struct mimic_step){.kind = kind, .type = {"", 0}, .code = {"", 0}};
    return step;
}

static void add_fetch(struct making *m, enum mimic_step_kind kind, const char *type)
{
    add_step(m, kind)->type = (grasp_str){type, strlen(type)};
}

static void add_given(struct making *m)
{
    m->out->given_count = m->slot_count;
    for (uint32_t i = 0; i < m->slot_count; i++)
        m->out->given[i] = (struct mimic_given){pool_dup(m->pool, m->slots[i].name),
                                                pool_dup(m->pool, m->slots[i].value)};
}

static void add_code(struct making *m, const char *suffix)
{
    CLEANUP_TEXT struct text code = {0};
    for (uint32_t i = 0; i < m->slot_count; i++)
        set(&code, m->slots[i].name, m->slots[i].value);
    if (m->now.len)
        set(&code, SLICE("current_time"), m->now);
    text_char(&code, '\n');
    text_str(&code, embedded("prelude.py"));
    text_char(&code, '\n');
    if (m->slip && *m->slip) {
        text_str(&code, embedded(pool_format(m->pool, "slip_%s.py", m->slip).ptr));
        text_char(&code, '\n');
    }
    text_str(&code, embedded(pool_format(m->pool, "%s%s", m->template->name, suffix).ptr));
    add_step(m, MIMIC_CODE)->code = pool_dup(m->pool, text_view(&code));
}

bool mimic_recipe_for(grasp_str input, const char *slip, struct pool *pool,
                      struct mimic_recipe *out)
{
    struct mimic_given slots[ASK_SLOTS];
    struct making m = {.pool = pool, .slots = slots, .slip = slip, .out = out};
    m.template = find_template(slice_trim(between(input, SLICE("Question: "), "\r\n")), slots,
                               &m.slot_count);
    grasp_str patient = between(input, SLICE("Patient FHIR ID is "), ". \r\n");
    if (!m.template || !patient.len)
        return false;
    m.now = between(input, SLICE("The current time is "), ".\r\n");
    *out = (struct mimic_recipe){
        .name = m.template->name, .patient = pool_dup(pool, patient), .now = pool_dup(pool, m.now)};
    add_given(&m);
    for (int i = 0; i < 3 && m.template->types[i]; i++)
        add_fetch(&m, MIMIC_BY_PATIENT, m.template->types[i]);
    if (m.template->by_id) {
        add_code(&m, ".find.py");
        add_fetch(&m, MIMIC_BY_ID, m.template->by_id);
    }
    add_code(&m, ".py");
    return true;
}
