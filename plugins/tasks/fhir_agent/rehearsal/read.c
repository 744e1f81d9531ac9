/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <math.h>
#include <stdlib.h>

#include "../answer.h"
#include "common/slice.h"

#define MIXTURE_DEPTH 4 /* of what is in a drug */

struct reading {
    const struct chart *chart;
    const struct mimic_recipe *recipe;
    struct strings *out;
};

static grasp_str given(const struct reading *r, const char *name)
{
    for (uint32_t i = 0; i < r->recipe->given_count; i++)
        if (grasp_equal(r->recipe->given[i].name, name))
            return r->recipe->given[i].value;
    return SLICE("");
}

static void say(struct reading *r, grasp_str text)
{
    if (text.len)
        strings_add(r->chart->pool, r->out, pool_dup(r->chart->pool, text));
}

static void say_number(struct reading *r, double number)
{
    say(r, pool_format(r->chart->pool, "%.12g", number));
}

/* As Python's str() writes it. */
static void say_time(struct reading *r, grasp_str time)
{
    if (time.len >= 19)
        say(r, pool_format(r->chart->pool, "%.10s %.8s", time.ptr, time.ptr + 11));
}

static double value_of(const struct reading *r, const grasp_json_value *row)
{
    const grasp_json_value *quantity = chart_get(r->chart, row, "valueQuantity");
    return r->chart->json->as_double(chart_get(r->chart, quantity, "value"), 0);
}

static void say_values(struct reading *r, struct rows rows)
{
    for (size_t i = 0; i < rows.count; i++)
        say_number(r, value_of(r, rows.items[i]));
}

/* Is it what is looked for? */
typedef bool is_wanted(const struct reading *r, const grasp_json_value *row, const void *with);

static struct rows keep(const struct reading *r, struct rows rows, is_wanted *wanted,
                        const void *with)
{
    struct rows kept = {0};
    for (size_t i = 0; i < rows.count; i++)
        if (wanted(r, rows.items[i], with))
            rows_add(r->chart, &kept, rows.items[i]);
    return kept;
}

static bool is_kind(const struct reading *r, const grasp_json_value *row, const void *kind)
{
    const grasp_json_value *list = chart_get(r->chart, row, "identifier");
    for (uint64_t i = 0; i < r->chart->json->count(list); i++)
        if (slice_ends(chart_text(r->chart, r->chart->json->at(list, i), "system"), kind))
            return true;
    return false;
}

static bool is_called(const struct reading *r, const grasp_json_value *row, const void *slot)
{
    return chart_same(chart_name(r->chart, row, "code"), given(r, slot));
}

static bool is_in_year(const struct reading *r, const grasp_json_value *row, const void *key)
{
    return slice_eq(slice_cut(chart_text(r->chart, row, key), 0, 4), given(r, "year"));
}

static bool is_on_day(const struct reading *r, const grasp_json_value *row, const void *key)
{
    return slice_eq(slice_cut(chart_text(r->chart, row, key), 0, 10), given(r, "date"));
}

/* Which of these does the reference lead to? */
struct among {
    const char *key;
    struct rows rows;
};

static bool is_among(const struct reading *r, const grasp_json_value *row, const void *with)
{
    const struct among *among = with;
    grasp_str id = chart_target(r->chart, row, among->key);
    for (size_t i = 0; i < among->rows.count; i++)
        if (id.len && slice_eq(chart_text(r->chart, among->rows.items[i], "id"), id))
            return true;
    return false;
}

static struct rows keep_among(const struct reading *r, struct rows rows, const char *key,
                              struct rows targets)
{
    const struct among among = {key, targets};
    return keep(r, rows, is_among, &among);
}

static struct rows encounters(const struct reading *r, const char *kind)
{
    struct rows rows = keep(r, chart_all(r->chart, "Encounter"), is_kind, kind);
    chart_sort(r->chart, rows, "period", "start");
    return rows;
}

static struct rows hospital_stays(const struct reading *r)
{
    return encounters(r, "/encounter-hosp");
}

static struct rows icu_stays(const struct reading *r)
{
    return encounters(r, "/encounter-icu");
}

static struct rows observations(const struct reading *r, const char *slot)
{
    struct rows rows = keep(r, chart_all(r->chart, "Observation"), is_called, slot);
    chart_sort(r->chart, rows, "effectiveDateTime", NULL);
    return rows;
}

static struct rows laboratory(const struct reading *r)
{
    return observations(r, "lab_name");
}

static struct rows labs_of_year(const struct reading *r)
{
    return keep(r, laboratory(r), is_in_year, "effectiveDateTime");
}

static int by_bytes(const void *a, const void *b)
{
    return slice_cmp(*(const grasp_str *)a, *(const grasp_str *)b);
}

/* Each name once, in alphabetical order. */
static void say_names(struct reading *r, struct rows rows)
{
    struct strings names = {0};
    for (size_t i = 0; i < rows.count; i++) {
        grasp_str name = chart_name(r->chart, rows.items[i], "code");
        if (!strings_have(&names, name))
            strings_add(r->chart->pool, &names, name);
    }
    if (names.count)
        qsort(names.items, names.count, sizeof(*names.items), by_bytes);
    for (size_t i = 0; i < names.count; i++)
        say(r, names.items[i]);
}

static void read_sex(struct reading *r)
{
    grasp_str sex =
        chart_text(r->chart, chart_find(r->chart, "Patient", r->recipe->patient), "gender");
    if (sex.len)
        say(r, pool_format(r->chart->pool, "%c", toupper((unsigned char)*sex.ptr)));
}

static void read_icu_count(struct reading *r)
{
    say_number(r, (double)icu_stays(r).count);
}

static void read_admissions_since(struct reading *r)
{
    struct rows rows = hospital_stays(r);
    grasp_str year = given(r, "year");
    size_t count = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const grasp_json_value *period = chart_get(r->chart, rows.items[i], "period");
        count += slice_cmp(slice_cut(chart_text(r->chart, period, "start"), 0, 4), year) >= 0;
    }
    say_number(r, (double)count);
}

static void read_icu_hours(struct reading *r)
{
    struct rows rows = rows_first(icu_stays(r));
    for (size_t i = 0; i < rows.count; i++) {
        int64_t hours = (chart_time(r->chart, rows.items[i], "period", "end") -
                         chart_time(r->chart, rows.items[i], "period", "start")) /
                        3600;
        say_number(r, (double)hours);
    }
}

static void read_unit_last(struct reading *r)
{
    struct rows stay = rows_last(hospital_stays(r)), units = {0};
    const grasp_json_value *list =
        stay.count ? chart_get(r->chart, stay.items[0], "location") : NULL;
    for (uint64_t i = 0; i < r->chart->json->count(list); i++)
        rows_add(r->chart, &units, r->chart->json->at(list, i));
    chart_sort(r->chart, units, "period", "start");
    units = rows_last(units);
    for (size_t i = 0; i < units.count; i++) {
        grasp_str id = chart_target(r->chart, units.items[i], "location");
        say(r, chart_text(r->chart, chart_find(r->chart, "Location", id), "name"));
    }
}

static void read_diagnosis_ever(struct reading *r)
{
    struct rows rows = keep(r, chart_all(r->chart, "Condition"), is_called, "diagnosis_name");
    say_number(r, keep_among(r, rows, "encounter", hospital_stays(r)).count > 0);
}

static void read_diagnosis_list(struct reading *r)
{
    say_names(r, keep_among(r, chart_all(r->chart, "Condition"), "encounter",
                            rows_last(hospital_stays(r))));
}

static void read_procedure_last(struct reading *r)
{
    struct rows rows = keep(r, chart_all(r->chart, "Procedure"), is_called, "procedure_name");
    chart_sort(r->chart, rows, "performedDateTime", NULL);
    rows = rows_last(rows);
    for (size_t i = 0; i < rows.count; i++)
        say_time(r, chart_text(r->chart, rows.items[i], "performedDateTime"));
}

static void read_lab_last(struct reading *r)
{
    say_values(r, rows_last(laboratory(r)));
}

static void read_lab_first_of_stay(struct reading *r)
{
    say_values(r,
               rows_first(keep_among(r, laboratory(r), "encounter", rows_last(hospital_stays(r)))));
}

static void read_lab_change(struct reading *r)
{
    struct rows rows = laboratory(r);
    if (rows.count)
        say_number(r, value_of(r, rows.items[rows.count - 1]) - value_of(r, rows.items[0]));
}

static void read_lab_peak(struct reading *r)
{
    struct rows rows = labs_of_year(r);
    double peak = -INFINITY;
    for (size_t i = 0; i < rows.count; i++)
        peak = fmax(peak, value_of(r, rows.items[i]));
    if (rows.count)
        say_number(r, peak);
}

static void read_lab_count(struct reading *r)
{
    say_number(r, (double)labs_of_year(r).count);
}

static void read_lab_days(struct reading *r)
{
    struct rows rows = rows_last(laboratory(r));
    int64_t now = 0;
    answer_time(r->recipe->now, &now);
    for (size_t i = 0; i < rows.count; i++) {
        int64_t days =
            (now - chart_time(r->chart, rows.items[i], "effectiveDateTime", NULL)) / 86400;
        say_number(r, (double)days);
    }
}

static void read_vital_last(struct reading *r)
{
    say_values(r, rows_last(keep_among(r, observations(r, "vital_name"), "encounter",
                                       rows_first(icu_stays(r)))));
}

static bool is_above(const struct reading *r, const grasp_json_value *row, const void *with)
{
    return value_of(r, row) > *(const double *)with;
}

static void read_vital_above(struct reading *r)
{
    double threshold = strtod(given(r, "threshold").ptr, NULL);
    struct rows rows =
        keep_among(r, observations(r, "vital_name"), "encounter", rows_last(icu_stays(r)));
    say_number(r, (double)keep(r, rows, is_above, &threshold).count);
}

static void read_output_total(struct reading *r)
{
    struct rows rows = keep(r, observations(r, "output_name"), is_on_day, "effectiveDateTime");
    double total = 0;
    for (size_t i = 0; i < rows.count; i++)
        total += value_of(r, rows.items[i]);
    say_number(r, total);
}

static grasp_str start_of(const struct reading *r, const grasp_json_value *row)
{
    grasp_str time = chart_text(r->chart, row, "effectiveDateTime");
    return time.len ? time
                    : chart_text(r->chart, chart_get(r->chart, row, "effectivePeriod"), "start");
}

static void read_input_first(struct reading *r)
{
    struct rows rows =
        keep_among(r, chart_all(r->chart, "MedicationAdministration"), "context", icu_stays(r));
    grasp_str first = SLICE("");
    for (size_t i = 0; i < rows.count; i++) {
        grasp_str time = start_of(r, rows.items[i]);
        if (!chart_same(chart_name(r->chart, rows.items[i], "medicationCodeableConcept"),
                        given(r, "input_name")))
            continue;
        if (!first.len || slice_cmp(slice_cut(time, 0, 19), slice_cut(first, 0, 19)) < 0)
            first = time;
    }
    say_time(r, first);
}

/* The names of a Medication, or of what it is mixed of. */
static void add_names(const struct reading *r, grasp_str id, int depth, struct strings *names)
{
    const grasp_json *json = r->chart->json;
    const grasp_json_value *drug = chart_find(r->chart, "Medication", id);
    const grasp_json_value *list = chart_get(r->chart, drug, "identifier");
    for (uint64_t i = 0; i < json->count(list); i++)
        if (slice_ends(chart_text(r->chart, json->at(list, i), "system"), "/mimic-medication-name"))
            strings_add(r->chart->pool, names, chart_text(r->chart, json->at(list, i), "value"));
    list = chart_get(r->chart, drug, "ingredient");
    for (uint64_t i = 0; depth < MIXTURE_DEPTH && i < json->count(list); i++)
        add_names(r, chart_target(r->chart, json->at(list, i), "itemReference"), depth + 1, names);
}

static struct strings drugs_of(const struct reading *r, const grasp_json_value *request)
{
    struct strings names = {0};
    grasp_str name = chart_name(r->chart, request, "medicationCodeableConcept");
    if (name.len)
        strings_add(r->chart->pool, &names, name);
    else
        add_names(r, chart_target(r->chart, request, "medicationReference"), 0, &names);
    return names;
}

static bool is_of_drug(const struct reading *r, const grasp_json_value *row, const void *slot)
{
    struct strings names = drugs_of(r, row);
    for (size_t i = 0; i < names.count; i++)
        if (chart_same(names.items[i], given(r, slot)))
            return true;
    return false;
}

static bool is_by_route(const struct reading *r, const grasp_json_value *row, const void *slot)
{
    const grasp_json_value *list = chart_get(r->chart, row, "dosageInstruction");
    for (uint64_t i = 0; i < r->chart->json->count(list); i++)
        if (chart_same(chart_name(r->chart, r->chart->json->at(list, i), "route"), given(r, slot)))
            return true;
    return false;
}

static struct rows requests(const struct reading *r, is_wanted *wanted, const char *slot)
{
    struct rows rows = keep(r, chart_all(r->chart, "MedicationRequest"), wanted, slot);
    chart_sort(r->chart, rows, "authoredOn", NULL);
    return rows;
}

static void read_drug_ever(struct reading *r)
{
    struct rows rows = requests(r, is_of_drug, "drug_name");
    say_number(r, keep(r, rows, is_in_year, "authoredOn").count > 0);
}

static void read_drug_by_route(struct reading *r)
{
    struct rows rows = rows_last(requests(r, is_by_route, "drug_route"));
    struct strings names = {0};
    if (rows.count)
        names = drugs_of(r, rows.items[0]);
    for (size_t i = 0; i < names.count; i++)
        say(r, names.items[i]);
}

static bool has_dose(const struct reading *r, const grasp_json_value *row, const void *slot)
{
    return chart_get(r->chart, row, "dosageInstruction") && is_of_drug(r, row, slot);
}

static void read_drug_dose(struct reading *r)
{
    struct rows rows = rows_first(requests(r, has_dose, "drug_name"));
    const grasp_json *json = r->chart->json;
    const grasp_json_value *list =
        rows.count ? chart_get(r->chart, rows.items[0], "dosageInstruction") : NULL;
    for (uint64_t i = 0; i < json->count(list); i++) {
        const grasp_json_value *rate = chart_get(r->chart, json->at(list, i), "doseAndRate");
        const grasp_json_value *dose = chart_get(r->chart, json->at(rate, 0), "doseQuantity");
        say_number(r, json->as_double(chart_get(r->chart, dose, "value"), 0));
    }
}

static bool is_specimen(const struct reading *r, const grasp_json_value *row, const void *slot)
{
    return chart_same(chart_name(r->chart, row, "type"), given(r, slot));
}

/* What hasMember leads to. */
static struct rows members(const struct reading *r, struct rows rows)
{
    struct rows found = {0};
    const grasp_json *json = r->chart->json;
    for (size_t i = 0; i < rows.count; i++) {
        const grasp_json_value *list = chart_get(r->chart, rows.items[i], "hasMember");
        for (uint64_t k = 0; k < json->count(list); k++) {
            grasp_str reference = chart_text(r->chart, json->at(list, k), "reference");
            if (!grasp_starts(reference, "Observation/"))
                continue;
            const grasp_json_value *member =
                chart_find(r->chart, "Observation", slice_from(reference, strlen("Observation/")));
            if (member)
                rows_add(r->chart, &found, member);
        }
    }
    return found;
}

static void read_organism_last(struct reading *r)
{
    struct rows specimens = keep(r, chart_all(r->chart, "Specimen"), is_specimen, "spec_name");
    struct rows tests = keep_among(r, chart_all(r->chart, "Observation"), "specimen", specimens);
    chart_sort(r->chart, tests, "effectiveDateTime", NULL);
    say_names(r, members(r, rows_last(tests)));
}

static void read_susceptibility(struct reading *r)
{
    struct rows rows = members(r, observations(r, "organism_name"));
    rows = rows_first(keep(r, rows, is_called, "antibiotic_name"));
    for (size_t i = 0; i < rows.count; i++)
        say(r, chart_name(r->chart, rows.items[i], "valueCodeableConcept"));
}

static bool is_test(const struct reading *r, const grasp_json_value *row, const void *with)
{
    const grasp_json_value *coding =
        chart_get(r->chart, chart_get(r->chart, row, "code"), "coding");
    (void)with;
    return slice_ends(chart_text(r->chart, r->chart->json->at(coding, 0), "system"),
                      "/mimic-microbiology-test");
}

static grasp_str last_specimen(const struct reading *r)
{
    struct rows tests = keep(r, chart_all(r->chart, "Observation"), is_test, NULL);
    chart_sort(r->chart, tests, "effectiveDateTime", NULL);
    tests = rows_last(tests);
    return tests.count ? chart_target(r->chart, tests.items[0], "specimen") : SLICE("");
}

static void read_specimen_last(struct reading *r)
{
    say(r, chart_name(r->chart, chart_find(r->chart, "Specimen", last_specimen(r)), "type"));
}

#define ENCOUNTERS "Encounter?patient={patient}&_count=1000"
#define NAMED(type, slot) type "?patient={patient}&code:text={" slot "}&_count=1000"
#define VALUES(slot)                                                                               \
    NAMED("Observation", slot) "&_elements=code,encounter,effectiveDateTime,valueQuantity"
#define REQUESTS                                                                                   \
    "MedicationRequest?patient={patient}&_include=MedicationRequest:medication&"                   \
    "_include:iterate=Medication:ingredient&_count=1000"
#define LABS VALUES("lab_name")
#define TESTS "http%3A%2F%2Fmimic.mit.edu%2Ffhir%2Fmimic%2FCodeSystem%2Fmimic-microbiology-test%7C"

static const struct {
    const char *name;
    void (*read)(struct reading *r);
    const char *searches[READ_SEARCHES];
} ways[] = {
    {"sex", read_sex, {"Patient/{patient}"}},
    {"icu_count", read_icu_count, {ENCOUNTERS}},
    {"admissions_since", read_admissions_since, {ENCOUNTERS}},
    {"icu_hours", read_icu_hours, {ENCOUNTERS}},
    {"unit_last", read_unit_last, {ENCOUNTERS "&_include=Encounter:location"}},
    {"diagnosis_ever", read_diagnosis_ever, {ENCOUNTERS, NAMED("Condition", "diagnosis_name")}},
    {"diagnosis_list",
     read_diagnosis_list,
     {ENCOUNTERS, "Condition?patient={patient}&_count=1000"}},
    {"procedure_last", read_procedure_last, {NAMED("Procedure", "procedure_name")}},
    {"lab_last", read_lab_last, {LABS}},
    {"lab_first_of_stay", read_lab_first_of_stay, {ENCOUNTERS, LABS}},
    {"lab_change", read_lab_change, {LABS}},
    {"lab_peak", read_lab_peak, {LABS}},
    {"lab_count", read_lab_count, {LABS}},
    {"lab_days", read_lab_days, {LABS}},
    {"vital_last", read_vital_last, {ENCOUNTERS, VALUES("vital_name")}},
    {"vital_above", read_vital_above, {ENCOUNTERS, VALUES("vital_name")}},
    {"output_total", read_output_total, {VALUES("output_name")}},
    {"input_first",
     read_input_first,
     {ENCOUNTERS, NAMED("MedicationAdministration", "input_name")}},
    {"drug_ever", read_drug_ever, {REQUESTS}},
    {"drug_by_route", read_drug_by_route, {REQUESTS}},
    {"drug_dose", read_drug_dose, {REQUESTS}},
    {"organism_last",
     read_organism_last,
     {"Specimen?patient={patient}&type:text={spec_name}&_count=1000",
      "Observation?patient={patient}&specimen.type:text={spec_name}&"
      "_include=Observation:has-member&_count=1000"}},
    {"susceptibility",
     read_susceptibility,
     {NAMED("Observation", "organism_name") "&_include=Observation:has-member"}},
    {"specimen_last",
     read_specimen_last,
     {"Observation?patient={patient}&code=" TESTS
      "&_include=Observation:specimen&_sort=-date&_count=1"}},
};
#define WAYS (sizeof(ways) / sizeof(*ways))

static size_t way_of(const struct mimic_recipe *recipe)
{
    size_t way = 0;
    while (way < WAYS && strcmp(ways[way].name, recipe->name) != 0)
        way++;
    return way;
}

bool read_answer(const struct chart *chart, const struct mimic_recipe *recipe, struct strings *out)
{
    struct reading reading = {chart, recipe, out};
    size_t way = way_of(recipe);
    if (way < WAYS)
        ways[way].read(&reading);
    return way < WAYS;
}

grasp_str read_link(const struct chart *chart, const struct mimic_recipe *recipe)
{
    const struct reading reading = {chart, recipe, NULL};
    if (strcmp(recipe->name, "specimen_last") == 0)
        return last_specimen(&reading);
    if (strcmp(recipe->name, "drug_by_route") != 0)
        return SLICE("");
    struct rows rows = rows_last(requests(&reading, is_by_route, "drug_route"));
    return rows.count ? chart_target(chart, rows.items[0], "medicationReference") : SLICE("");
}

/* A value of a search parameter: what would part it from others is escaped first. */
static void put_value(struct text *out, grasp_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c && strchr(",|$\\", c))
            text_put(out, "%5C");
        if (isalnum(c) || (c && strchr("-._~", c)))
            text_char(out, (char)c);
        else
            text_format(out, "%%%02X", c);
    }
}

static grasp_str fill(struct pool *pool, const struct mimic_recipe *recipe, const char *pattern)
{
    struct text out CLEANUP_TEXT = {0};
    const struct reading reading = {NULL, recipe, NULL};
    for (size_t len; *pattern; pattern += len) {
        len = strcspn(pattern, "{");
        text_add(&out, pattern, len);
        if (!pattern[len])
            break;
        const char *name = pattern + len + 1;
        char slot[32];
        size_t size = strcspn(name, "}");
        snprintf(slot, sizeof(slot), "%.*s", (int)size, name);
        put_value(&out, strcmp(slot, "patient") == 0 ? recipe->patient : given(&reading, slot));
        len += size + 2;
    }
    return pool_dup(pool, text_view(&out));
}

size_t read_searches(struct pool *pool, const struct mimic_recipe *recipe,
                     grasp_str out[READ_SEARCHES])
{
    size_t way = way_of(recipe), count = 0;
    while (way < WAYS && count < READ_SEARCHES && ways[way].searches[count]) {
        out[count] = fill(pool, recipe, ways[way].searches[count]);
        count++;
    }
    return count;
}
