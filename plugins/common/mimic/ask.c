/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pyrepr.h"
#include "common/slice.h"
#include "mimic.h"

void mimic_slot(struct mimic_asking *a, const char *name, grasp_str value)
{
    a->slots[a->slot_count++] = (struct mimic_slot){name, pool_dup(&a->pool, value)};
}

void mimic_slot_text(struct mimic_asking *a, const char *name, const char *value)
{
    mimic_slot(a, name, (grasp_str){value, strlen(value)});
}

void mimic_slot_number(struct mimic_asking *a, const char *name, int64_t value)
{
    mimic_slot(a, name, pool_format(&a->pool, "%" PRId64, value));
}

/* Opens a row of one column. */
static void next_row(struct mimic_asking *a)
{
    text_put(&a->answer, a->rows++ ? "\n [" : "[");
}

void mimic_answer_text(struct mimic_asking *a, const char *value)
{
    next_row(a);
    pyrepr_string(&a->answer, (grasp_str){value, strlen(value)});
    text_char(&a->answer, ']');
}

void mimic_answer_time(struct mimic_asking *a, int64_t wall)
{
    char text[WALL_SQL_SIZE];
    mimic_wall_sql(wall, text);
    mimic_answer_text(a, text);
}

void mimic_answer_count(struct mimic_asking *a, int64_t value)
{
    next_row(a);
    text_format(&a->answer, "%" PRId64 "]", value);
}

/* NumPy writes a whole float with a point and nothing behind it. */
void mimic_answer_number(struct mimic_asking *a, int32_t hundredths)
{
    char text[DECIMAL_SIZE];
    mimic_decimal(hundredths, text);
    next_row(a);
    text_format(&a->answer, "%s%s]", text, strchr(text, '.') ? "" : ".");
}

void mimic_answer_id(struct mimic_asking *a, const char *type, const struct mimic_id *id)
{
    if (a->id_type != type && (!a->id_type || strcmp(a->id_type, type) != 0)) {
        text_format(&a->ids, "%s'%s': [", a->id_type ? "], " : "", type);
        a->id_type = type;
    } else {
        text_put(&a->ids, ", ");
    }
    text_format(&a->ids, "'%s'", id->text);
}

static const struct mimic_slot *find_slot(const struct mimic_asking *a, grasp_str name)
{
    for (uint32_t i = 0; i < a->slot_count; i++)
        if (slice_eq(name, (grasp_str){a->slots[i].name, strlen(a->slots[i].name)}))
            return &a->slots[i];
    return NULL;
}

grasp_str mimic_fill(struct mimic_asking *a, const char *text, bool sql)
{
    CLEANUP_TEXT struct text out = {0};
    while (*text) {
        size_t end = *text == '{' ? strcspn(text, "}") : 0;
        const struct mimic_slot *slot = end ? find_slot(a, (grasp_str){text + 1, end - 1}) : NULL;
        if (!slot) {
            text_char(&out, *text++);
            continue;
        }
        for (size_t i = 0; i < slot->value.len; i++) {
            text_char(&out, slot->value.ptr[i]);
            if (sql && slot->value.ptr[i] == '\'')
                text_char(&out, '\'');
        }
        text += end + 1;
    }
    return pool_dup(&a->pool, text_view(&out));
}

/* A field of a CSV; quoted when it has to be. */
static void field(struct text *out, grasp_str value, char after)
{
    bool quoted = false;
    for (size_t i = 0; i < value.len; i++)
        quoted = quoted || strchr(",\"\r\n", value.ptr[i]);
    if (!quoted) {
        text_str(out, value);
        text_char(out, after);
        return;
    }
    text_char(out, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"')
            text_char(out, '"');
        text_char(out, value.ptr[i]);
    }
    text_char(out, '"');
    text_char(out, after);
}

static void put_field(struct text *out, const char *value)
{
    field(out, (grasp_str){value, strlen(value)}, ',');
}

static void add_part(struct text *out, const char *part)
{
    if (out->len)
        text_char(out, ' ');
    text_put(out, part);
}

static void put_assumption(const struct mimic_asking *a, const struct mimic_template *template,
                           struct text *out)
{
    CLEANUP_TEXT struct text parts = {0};
    if (template->now)
        text_format(&parts, "The current time is %" PRId64 "-12-31 23:59:00.", a->t->anchor);
    if (template->names)
        add_part(&parts, "Upper and lower case and white space do not matter in names.");
    if (template->assumption)
        add_part(&parts, template->assumption);
    field(out, text_view(&parts), ',');
}

static void put_values(const struct mimic_asking *a, struct text *out)
{
    CLEANUP_TEXT struct text dict = {0};
    text_put(&dict, "{'val_placeholder': {");
    for (uint32_t i = 0; i < a->slot_count; i++) {
        text_format(&dict, "%s'%s': ", i ? ", " : "", a->slots[i].name);
        pyrepr_string(&dict, a->slots[i].value);
    }
    text_put(&dict, "}, 'time_placeholder': {}}");
    field(out, text_view(&dict), ',');
}

/* The word after the first FROM. */
static grasp_str main_table(const char *sql)
{
    const char *table = strstr(sql, "FROM ") + 5;
    return (grasp_str){table, strcspn(table, " ")};
}

static void put_row(struct mimic_asking *a, const struct mimic_template *template, const char *id,
                    const char *split, struct text *out)
{
    CLEANUP_TEXT struct text answer = {0};
    CLEANUP_TEXT struct text ids = {0};
    grasp_str sql = mimic_fill(a, template->sql, true);
    text_format(&answer, "[%s]", a->rows ? pool_dup(&a->pool, text_view(&a->answer)).ptr : "");
    text_format(&ids, "{%s%s}", a->id_type ? pool_dup(&a->pool, text_view(&a->ids)).ptr : "",
                a->id_type ? "]" : "");
    put_field(out, split);
    put_field(out, id);
    field(out, mimic_fill(a, template->question, false), ',');
    field(out, sql, ',');
    field(out, text_view(&answer), ',');
    put_assumption(a, template, out);
    put_field(out, a->t->id.text);
    put_field(out, template->question);
    put_values(a, out);
    field(out, sql, ',');
    field(out, main_table(template->sql), ',');
    put_field(out, "True");
    field(out, text_view(&ids), '\n');
}

static void add_row(struct mimic_rows *rows, const char *id, const struct text *text)
{
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? rows->capacity * 2 : 256;
        rows->items = realloc(rows->items, rows->capacity * sizeof(*rows->items));
        if (!rows->items)
            abort();
    }
    struct mimic_row *row = &rows->items[rows->count++];
    snprintf(row->id, sizeof(row->id), "%s", id);
    row->text = text_view(text);
}

void mimic_ask(const struct mimic_tables *t, struct mimic_rows *rows)
{
    for (uint32_t i = 0; i < MIMIC_TEMPLATES; i++) {
        struct mimic_asking a = {.t = t, .dice = dice_of(t->seed, t->number, 'q' << 8 | i)};
        struct text row = {0};
        char id[48];
        uint64_t high = dice_next(&a.dice), low = dice_next(&a.dice);
        uint32_t lot = dice_below(&a.dice, 100);
        snprintf(id, sizeof(id), "%016" PRIx64 "%08" PRIx64, high, low >> 32);
        mimic_slot_number(&a, "patient_id", t->subject);
        if (mimic_templates[i].now)
            mimic_slot_number(&a, "now_year", t->anchor);
        if (mimic_templates[i].ask(&a)) {
            put_row(&a, &mimic_templates[i], id,
                    lot < 50   ? "train"
                    : lot < 75 ? "valid"
                               : "test",
                    &row);
            add_row(rows, id, &row);
        }
        text_free(&a.answer);
        text_free(&a.ids);
        pool_free(&a.pool);
    }
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct mimic_row *)a)->id, ((const struct mimic_row *)b)->id);
}

void mimic_rows_write(struct mimic_rows *rows, struct text *out)
{
    if (rows->count)
        qsort(rows->items, rows->count, sizeof(*rows->items), by_id);
    text_put(out, "split,question_id,question,sql_query,true_answer,assumption,patient_fhir_id,"
                  "template,val_dict,proc_query,main_table_name,mappable_to_fhir,true_fhir_ids\n");
    for (size_t i = 0; i < rows->count; i++)
        text_str(out, rows->items[i].text);
}

void mimic_rows_free(struct mimic_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free((char *)rows->items[i].text.ptr);
    free(rows->items);
    *rows = (struct mimic_rows){0};
}
