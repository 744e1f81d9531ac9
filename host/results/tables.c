/* SPDX-License-Identifier: MIT */
#include "results/tables.h"

#include <math.h>
#include <string.h>

#include "stats/sample.h"

const char *const table_ids[] = {"1", "2", "3", "4", "5", "sensitivity", "cross-writer", NULL};

#define OSS "gpt-oss-120b"
#define GEMINI "gemini-3.1-flash-lite"
#define GPT54 "gpt-5.4-low"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const models[] = {OSS, "deepseek-v4-flash", GEMINI, "gpt-4.1", GPT54};
static const char *const benchmarks[] = {"MedAgentBench", "MedAgentBench-v2", "FHIR-AgentBench"};
static const char *const environments[] = {"alfworld", "webshop", "dbbench", "os"};
static const char *const methods[][2] = {
    {"memory_cycle", "Seq. Memory"}, {"batch_memory_cycle", "Batch Memory"},
    {"expel_cycle", "ExpeL"},        {"evo_memory_cycle", "Evo-MedAgent"},
    {"skillx_cycle", "SkillX"},      {"skill_cycle", "GRASP"},
};

/* Which runs a cell is made of. NULL: any. */
struct filter {
    const char *section, *subsection, *model, *benchmark, *method;
    const char *prefix; /* of the run's name; not those that a later one replaced (-old) */
    const char *last;   /* runs up to this name */
    bool own;
};

const char *method_label(const char *method)
{
    for (size_t i = 0; i < COUNT(methods); i++) {
        if (strcmp(methods[i][0], method) == 0)
            return methods[i][1];
    }
    return method;
}

static bool is(const char *wanted, const char *have)
{
    return !wanted || strcmp(wanted, have) == 0;
}

static bool matches(const struct filter *f, const struct run_facts *run)
{
    const struct run_key *key = &run->key;
    return f->own == run->own && is(f->section, key->section) &&
           is(f->subsection, key->subsection) && is(f->model, key->model) &&
           is(f->benchmark, key->benchmark) && is(f->method, key->method) &&
           (!f->prefix ||
            (str_starts(str_of(key->run), f->prefix) && !str_ends(str_of(key->run), "-old"))) &&
           (!f->last || strcmp(key->run, f->last) <= 0);
}

static void note_mixed(struct tables *tables, const struct table *table, const struct tally *first,
                       const struct tally *other)
{
    MEM_RESERVE(tables->notes, tables->note_count, tables->note_capacity);
    tables->notes[tables->note_count++] =
        arena_printf(&tables->arena,
                     "%s:%u: scores %lld samples where %s:%u scores %lld; a cell of table %s "
                     "averages both",
                     other->file, other->line, (long long)other->total, first->file, first->line,
                     (long long)first->total, table->id);
}

static struct cell aggregate(struct tables *tables, const struct table *table,
                             const struct facts *facts, const struct filter *filter,
                             enum measure measure)
{
    struct cell cell = {0};
    struct sample sample = {0};
    const struct tally *first = NULL, *other = NULL;
    for (size_t i = 0; i < facts->count; i++) {
        const struct run_facts *run = facts->runs[i];
        const struct tally *tally;
        if (!matches(filter, run))
            continue;
        cell.marked = cell.marked || run->damaged;
        tally = run_tally(run, measure);
        if (!tally)
            continue;
        sample_add(&sample, (double)tally->correct / (double)tally->total);
        if (!first)
            first = tally;
        else if (!other && tally->total != first->total)
            other = tally;
    }
    cell.n = sample.n;
    cell.mean = 100 * sample_mean(&sample);
    cell.sd = 100 * sample_sd(&sample);
    if (other) {
        cell.marked = true;
        note_mixed(tables, table, first, other);
    }
    sample_clear(&sample);
    return cell;
}

struct table *tables_begin(struct tables *tables, const char *id, const char *title,
                           const char *group_name, const char *row_name)
{
    MEM_RESERVE(tables->items, tables->count, tables->capacity);
    tables->items[tables->count] =
        (struct table){.id = id, .title = title, .group_name = group_name, .row_name = row_name};
    return &tables->items[tables->count++];
}

void table_column(struct table *table, const char *group, const char *name)
{
    MEM_RESERVE(table->columns, table->column_count, table->column_capacity);
    table->columns[table->column_count++] = (struct table_column){group, name};
}

struct table_row *table_row(struct tables *tables, struct table *table, const char *group,
                            const char *label)
{
    MEM_RESERVE(table->rows, table->row_count, table->row_capacity);
    struct table_row *new = &table->rows[table->row_count++];
    new->group = arena_dup(&tables->arena, group, strlen(group));
    new->label = arena_dup(&tables->arena, label, strlen(label));
    new->cells = arena_alloc(&tables->arena, table->column_count * sizeof(*new->cells));
    return new;
}

/* A row of which nothing is known is left out. */
static void drop_if_empty(struct table *table)
{
    const struct table_row *last = &table->rows[table->row_count - 1];
    for (size_t i = 0; i < table->column_count; i++) {
        if (last->cells[i].n || last->cells[i].marked)
            return;
    }
    table->row_count--;
}

/* One row: the measures, in turn, of the same runs. */
static void add_row(struct tables *tables, struct table *table, const struct facts *facts,
                    const char *group, const char *label, const struct filter *filter,
                    const enum measure *measures, size_t count)
{
    struct table_row *new = table_row(tables, table, group, label);
    for (size_t i = 0; i < count && i < table->column_count; i++)
        new->cells[i] = aggregate(tables, table, facts, filter, measures[i]);
    drop_if_empty(table);
}

static const enum measure base_measures[] = {MEASURE_VAL_BASE, MEASURE_TEST_BASE, MEASURE_OOD_BASE};
static const enum measure best_measures[] = {MEASURE_VAL_BEST, MEASURE_TEST_BEST, MEASURE_OOD_BEST};

/* Names that runs have beside the fixed ones, in the order of the runs. */
struct names {
    const char *items[64];
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0)
            return;
    }
    if (names->count < COUNT(names->items))
        names->items[names->count++] = name;
}

static bool is_environment(const char *benchmark)
{
    for (size_t i = 0; i < COUNT(environments); i++) {
        if (strcmp(environments[i], benchmark) == 0)
            return true;
    }
    return false;
}

static void names_of_main(const struct facts *facts, struct names *out_models,
                          struct names *out_benchmarks, struct names *out_methods,
                          struct names *out_own)
{
    for (size_t i = 0; i < COUNT(models); i++)
        add_name(out_models, models[i]);
    for (size_t i = 0; i < COUNT(benchmarks); i++)
        add_name(out_benchmarks, benchmarks[i]);
    for (size_t i = 0; i < COUNT(methods); i++)
        add_name(out_methods, methods[i][0]);
    for (size_t i = 0; i < facts->count; i++) {
        const struct run_facts *run = facts->runs[i];
        if (strcmp(run->key.section, "main") != 0 || is_environment(run->key.benchmark))
            continue;
        add_name(out_models, run->key.model);
        add_name(out_benchmarks, run->key.benchmark);
        add_name(run->own ? out_own : out_methods, run->key.method);
    }
}

static void main_row(struct tables *tables, struct table *table, const struct facts *facts,
                     const char *label, struct filter filter, const enum measure *measures)
{
    struct table_row *new = table_row(tables, table, filter.model, label);
    for (size_t i = 0; i < table->column_count; i++) {
        filter.benchmark = table->columns[i].group;
        new->cells[i] = aggregate(tables, table, facts, &filter, measures[i % 3]);
    }
    drop_if_empty(table);
}

static void main_rows(struct tables *tables, struct table *table, const struct facts *facts,
                      const char *model, const struct names *released, const struct names *own)
{
    struct filter all = {.section = "main", .model = model};
    main_row(tables, table, facts, "No skills", all, base_measures);
    for (size_t i = 0; i < released->count; i++) {
        all.method = released->items[i];
        main_row(tables, table, facts, method_label(all.method), all, best_measures);
    }
    all.own = true;
    all.method = NULL;
    main_row(tables, table, facts, "No skills (own)", all, base_measures);
    for (size_t i = 0; i < own->count; i++) {
        CLEANUP_FREE char *label = mem_printf("%s (own)", own->items[i]);
        all.method = own->items[i];
        main_row(tables, table, facts, label, all, best_measures);
    }
}

/* Benchmarks of which the rows that are shown have nothing. */
static void drop_empty_groups(struct table *table)
{
    size_t kept = 0;
    for (size_t first = 0; first < table->column_count; first += 3) {
        bool used = false;
        for (size_t i = 0; i < table->row_count * 3; i++) {
            const struct cell *cell = &table->rows[i / 3].cells[first + i % 3];
            used = used || cell->n || cell->marked;
        }
        for (size_t i = first; used && i < first + 3; i++, kept++) {
            table->columns[kept] = table->columns[i];
            for (size_t r = 0; r < table->row_count; r++)
                table->rows[r].cells[kept] = table->rows[r].cells[i];
        }
    }
    table->column_count = kept;
}

static void table_1(struct tables *tables, const struct facts *facts, const char *model)
{
    struct names all_models = {0}, all_benchmarks = {0}, released = {0}, own = {0};
    struct table *table =
        tables_begin(tables, "1", "Scores by model, benchmark and method", "model", "method");
    names_of_main(facts, &all_models, &all_benchmarks, &released, &own);
    for (size_t i = 0; i < all_benchmarks.count; i++) {
        table_column(table, all_benchmarks.items[i], "Val*");
        table_column(table, all_benchmarks.items[i], "Test");
        table_column(table, all_benchmarks.items[i], "OOD");
    }
    for (size_t i = 0; i < all_models.count; i++) {
        if (is(model, all_models.items[i]))
            main_rows(tables, table, facts, all_models.items[i], &released, &own);
    }
    drop_empty_groups(table);
}

/* Rows of one table, each with the runs behind it. */
struct row_spec {
    const char *group, *label;
    struct filter filter;
    bool base; /* without skills */
};

static void spec_rows(struct tables *tables, struct table *table, const struct facts *facts,
                      const struct row_spec *specs, size_t count, const char *model)
{
    for (size_t i = 0; i < count; i++) {
        if (is(model, specs[i].filter.model))
            add_row(tables, table, facts, specs[i].group, specs[i].label, &specs[i].filter,
                    (specs[i].base ? base_measures : best_measures) + 1, 2);
    }
}

#define MAIN(m) .section = "main", .model = (m), .benchmark = "MedAgentBench"
#define TRANSFER(s, m) .section = "transfer", .subsection = (s), .model = (m)
#define GEMINI_TRANSFER TRANSFER("cross_model/gemini-executor/transfer_eval", GEMINI)

static void table_2(struct tables *tables, const struct facts *facts, const char *model)
{
    static const struct row_spec specs[] = {
        {OSS, "no skills", {MAIN(OSS)}, true},
        {OSS, "own library", {MAIN(OSS), .method = "skill_cycle"}, false},
        {OSS,
         "gemini library",
         {TRANSFER("cross_benchmark", OSS), .benchmark = "MedAgentBench", .prefix = "gemini"},
         false},
        {OSS,
         "gpt-5.4 library",
         {TRANSFER("libraries/MedAgentBench/eval", OSS), .prefix = "gpt5-"},
         false},
        {OSS,
         "gpt-5.4 library, earlier",
         {TRANSFER("cross_benchmark", OSS), .benchmark = "MedAgentBench", .prefix = "gpt5_"},
         false},
        {GEMINI, "no skills", {MAIN(GEMINI)}, true},
        {GEMINI, "own library", {MAIN(GEMINI), .method = "skill_cycle"}, false},
        {GEMINI, "gpt-oss library", {TRANSFER("cross_model/gemini-executor/eval", GEMINI)}, false},
        {GEMINI, "gpt-5.4 library", {GEMINI_TRANSFER, .method = "skill"}, false},
        {GPT54, "no skills", {MAIN(GPT54)}, true},
        {GPT54, "own library", {MAIN(GPT54), .method = "skill_cycle"}, false},
        {GPT54,
         "gpt-oss library",
         {TRANSFER("cross_model/gpt54-executor", GPT54), .prefix = "oss-"},
         false},
        {GPT54,
         "gemini library",
         {TRANSFER("cross_model/gpt54-executor", GPT54), .prefix = "gemini-"},
         false},
    };
    struct table *table = tables_begin(tables, "2", "Skill libraries across models, MedAgentBench",
                                       "executor", "library");
    table_column(table, "", "Test");
    table_column(table, "", "OOD");
    spec_rows(tables, table, facts, specs, COUNT(specs), model);
}

static void table_3(struct tables *tables, const struct facts *facts, const char *model)
{
    /* Names with a number are seeds of one evaluation, the others are earlier single ones. */
    static const char *const sources[] = {"mab-00",     "mab5-00", "mab_",  "mabv2-00",
                                          "mabv2_",     "fhir-00", "fhir_", "fhir2_",
                                          "dbbench-00", "os_",     "base"};
    struct table *table =
        tables_begin(tables, "3", "Skill libraries across benchmarks, " OSS, "target", "source");
    table_column(table, "", "Test");
    table_column(table, "", "OOD");
    for (size_t b = 0; b < COUNT(benchmarks) && is(model, OSS); b++) {
        struct filter filter = {.section = "main", .model = OSS, .benchmark = benchmarks[b]};
        add_row(tables, table, facts, benchmarks[b], "no skills", &filter, base_measures + 1, 2);
        filter.method = "skill_cycle";
        add_row(tables, table, facts, benchmarks[b], "own library", &filter, best_measures + 1, 2);
        filter.section = "transfer";
        filter.subsection = "cross_benchmark";
        for (size_t i = 0; i < COUNT(sources); i++) {
            CLEANUP_FREE char *label = mem_printf("%s*", sources[i]);
            filter.prefix = sources[i];
            add_row(tables, table, facts, benchmarks[b], label, &filter, best_measures + 1, 2);
        }
    }
}

static void six_columns(struct table *table)
{
    table_column(table, "", "Val*");
    table_column(table, "", "Test");
    table_column(table, "", "OOD");
    table_column(table, "No skills", "Val");
    table_column(table, "No skills", "Test");
    table_column(table, "No skills", "OOD");
}

static void variant_rows(struct tables *tables, struct table *table, const struct facts *facts,
                         const char *section, const char *const *names, size_t count)
{
    static const enum measure measures[] = {MEASURE_VAL_BEST, MEASURE_TEST_BEST, MEASURE_OOD_BEST,
                                            MEASURE_VAL_BASE, MEASURE_TEST_BASE, MEASURE_OOD_BASE};
    struct filter full = {MAIN(OSS), .method = "skill_cycle"};
    add_row(tables, table, facts, "", "GRASP, all runs", &full, measures, COUNT(measures));
    full.last = "run_003";
    add_row(tables, table, facts, "", "GRASP, runs 1 to 3", &full, measures, COUNT(measures));
    for (size_t i = 0; i < count; i++) {
        struct filter filter = {.section = section, .method = names[i]};
        add_row(tables, table, facts, "", names[i], &filter, measures, COUNT(measures));
    }
}

static void table_4(struct tables *tables, const struct facts *facts, const char *model)
{
    static const char *const variants[] = {"no_cluster",     "no_reggate",  "fixes_only",
                                           "append_only",    "no_gate_k4",  "no_gate_k1",
                                           "blind_proposer", "blind_random"};
    struct table *table =
        tables_begin(tables, "4", "Ablations of GRASP, " OSS ", MedAgentBench", "", "variant");
    six_columns(table);
    if (is(model, OSS))
        variant_rows(tables, table, facts, "ablations", variants, COUNT(variants));
}

static void sensitivity(struct tables *tables, const struct facts *facts, const char *model)
{
    static const char *const sweeps[] = {"b24", "b96", "n16", "n72", "k1", "k8", "lam1", "lam4"};
    struct table *table = tables_begin(tables, "sensitivity",
                                       "Sensitivity of GRASP, " OSS
                                       ", MedAgentBench (default: B 48, N 36, K 4, lambda 2)",
                                       "", "sweep");
    six_columns(table);
    if (is(model, OSS))
        variant_rows(tables, table, facts, "sensitivity", sweeps, COUNT(sweeps));
}

static void environment_rows(struct tables *tables, struct table *table, const struct facts *facts,
                             const char *name)
{
    static const enum measure measures[] = {MEASURE_TEST_BASE, MEASURE_TEST_BEST};
    struct filter filter = {.section = "nonmedical", .benchmark = name};
    struct names own = {0};
    add_row(tables, table, facts, name, "GRASP", &filter, measures, COUNT(measures));
    for (size_t i = 0; i < facts->count; i++) {
        if (facts->runs[i]->own && strcmp(facts->runs[i]->key.benchmark, name) == 0)
            add_name(&own, facts->runs[i]->key.method);
    }
    filter.section = NULL;
    filter.own = true;
    for (size_t i = 0; i < own.count; i++) {
        CLEANUP_FREE char *label = mem_printf("%s (own)", own.items[i]);
        filter.method = own.items[i];
        add_row(tables, table, facts, name, label, &filter, measures, COUNT(measures));
    }
}

static void table_5(struct tables *tables, const struct facts *facts, const char *model)
{
    struct table *table =
        tables_begin(tables, "5", "AgentBench environments, " OSS, "environment", "method");
    table_column(table, "", "No skills");
    table_column(table, "", "Learned");
    for (size_t i = 0; i < COUNT(environments) && is(model, OSS); i++)
        environment_rows(tables, table, facts, environments[i]);
}

static void cross_writer(struct tables *tables, const struct facts *facts, const char *model)
{
    static const char *const written[] = {"memory",     "batch_memory", "expel",
                                          "evo_memory", "skillx",       "skill"};
    struct table *table =
        tables_begin(tables, "cross-writer", "Knowledge written by gpt-5.4, MedAgentBench",
                     "executor", "knowledge");
    table_column(table, "", "Test");
    table_column(table, "", "OOD");
    const struct filter from[] = {{TRANSFER("cross_writer", OSS)}, {GEMINI_TRANSFER}};
    for (size_t i = 0; i < COUNT(from); i++) {
        for (size_t k = 0; k < COUNT(written); k++) {
            struct row_spec spec = {from[i].model, written[k], from[i], false};
            spec.filter.method = written[k];
            spec_rows(tables, table, facts, &spec, 1, model);
        }
    }
}

void tables_add(struct tables *tables, const struct facts *facts, const char *id, const char *model)
{
    static void (*const makers[])(struct tables *, const struct facts *, const char *) = {
        table_1, table_2, table_3, table_4, table_5, sensitivity, cross_writer};
    for (size_t i = 0; table_ids[i]; i++) {
        if (strcmp(table_ids[i], id) == 0)
            makers[i](tables, facts, model);
    }
}

void tables_clear(struct tables *tables)
{
    for (size_t i = 0; i < tables->count; i++) {
        mem_free(tables->items[i].columns);
        mem_free(tables->items[i].rows);
    }
    mem_free(tables->items);
    mem_free(tables->notes);
    arena_clear(&tables->arena);
    *tables = (struct tables){0};
}
