/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <grasp/helpers.h>

#include "common/pyrepr.h"
#include "common/slice.h"

/* What MySQL takes, and more than any table of the data has. */
#define COLUMNS_MAX 1000
#define ROWS_MAX 100000
#define TABLES_MAX 64

bool type_is_mutation(grasp_str type)
{
    return grasp_equal(type, "INSERT") || grasp_equal(type, "UPDATE") ||
           grasp_equal(type, "DELETE");
}

struct reader {
    grasp_call *call;
    const grasp_json *json;
    struct pool *pool;
    const char *place;
};

static grasp_str text_of(const struct reader *r, const grasp_json_value *object, const char *key)
{
    return pool_dup(r->pool, r->json->as_string(r->json->get(object, grasp_cstr(key))));
}

/* str() in Python: a string as it is, anything else as it is printed. */
static grasp_str cell_of(const struct reader *r, const grasp_json_value *value)
{
    struct text out CLEANUP_TEXT = {0};
    if (r->json->kind(value) == GRASP_JSON_STRING)
        return pool_dup(r->pool, r->json->as_string(value));
    pyrepr(&out, r->json, value);
    return pool_dup(r->pool, text_view(&out));
}

static int32_t read_columns(const struct reader *r, const grasp_json_value *columns,
                            struct table *out)
{
    out->column_count = r->json->count(columns);
    if (!out->column_count || out->column_count > COLUMNS_MAX)
        return grasp_fail(r->call, GRASP_E_INVALID, "%s: a table has no columns, or over %d",
                          r->place, COLUMNS_MAX);
    out->columns = pool_array(r->pool, out->column_count, sizeof(*out->columns));
    for (size_t i = 0; i < out->column_count; i++)
        out->columns[i] = text_of(r, r->json->at(columns, i), "name");
    return GRASP_OK;
}

static int32_t read_rows(const struct reader *r, const grasp_json_value *rows, struct table *out)
{
    out->row_count = r->json->count(rows);
    if (out->row_count > ROWS_MAX)
        return grasp_fail(r->call, GRASP_E_INVALID, "%s: a table has over %d rows", r->place,
                          ROWS_MAX);
    out->cells = pool_array(r->pool, out->row_count * out->column_count + 1, sizeof(*out->cells));
    for (size_t i = 0; i < out->row_count; i++) {
        const grasp_json_value *row = r->json->at(rows, i);
        if (r->json->count(row) != out->column_count)
            return grasp_fail(r->call, GRASP_E_INVALID,
                              "%s: row %zu has %llu values, not %zu, one per column", r->place,
                              i + 1, (unsigned long long)r->json->count(row), out->column_count);
        for (size_t k = 0; k < out->column_count; k++)
            out->cells[i * out->column_count + k] = cell_of(r, r->json->at(row, k));
    }
    return GRASP_OK;
}

static int32_t read_table(const struct reader *r, const grasp_json_value *object, struct table *out)
{
    const grasp_json_value *info = r->json->get(object, SLICE("table_info"));
    out->name = text_of(r, object, "table_name");
    int32_t status = read_columns(r, r->json->get(info, SLICE("columns")), out);
    return status ? status : read_rows(r, r->json->get(info, SLICE("rows")), out);
}

static int32_t read_tables(const struct reader *r, const grasp_json_value *tables,
                           struct entry *out)
{
    bool list = r->json->kind(tables) == GRASP_JSON_ARRAY;
    out->table_count = list ? r->json->count(tables) : 1;
    if (!out->table_count || out->table_count > TABLES_MAX)
        return grasp_fail(r->call, GRASP_E_INVALID, "%s: no 'table', or over %d", r->place,
                          TABLES_MAX);
    out->tables = pool_array(r->pool, out->table_count, sizeof(*out->tables));
    for (size_t i = 0; i < out->table_count; i++) {
        int32_t status = read_table(r, list ? r->json->at(tables, i) : tables, &out->tables[i]);
        if (status)
            return status;
    }
    return GRASP_OK;
}

static int32_t read_truth(const struct reader *r, const grasp_json_value *object, struct entry *out)
{
    const char *key = type_is_mutation(out->type) ? "answer_md5" : "label";
    const grasp_json_value *truth = r->json->get(object, grasp_cstr(key));
    if (!truth)
        return grasp_fail(r->call, GRASP_E_INVALID, "%s: no '%s', which type %.*s needs", r->place,
                          key, (int)out->type.len, out->type.ptr);
    out->truth = pool_dup(r->pool, r->json->print(r->call, truth, 0));
    return GRASP_OK;
}

int32_t db_entry_read(grasp_call *call, struct pool *pool, const grasp_json_value *object,
                      const char *place, struct entry *out)
{
    const struct reader r = {call, grasp_json_of(call), pool, place};
    const grasp_json_value *types = r.json->get(object, SLICE("type"));
    const grasp_json_value *sql = r.json->get(r.json->get(object, SLICE("sql")), SLICE("query"));
    *out = (struct entry){
        .type = pool_dup(pool, r.json->as_string(r.json->at(types, 0))),
        .description = text_of(&r, object, "description"),
        .add_description = text_of(&r, object, "add_description"),
        .evidence = text_of(&r, object, "evidence"),
        .split = text_of(&r, object, "split"),
        .std_sql = pool_dup(pool, r.json->as_string(sql)),
        .has_std_sql = r.json->kind(sql) == GRASP_JSON_STRING,
    };
    if (!out->type.len || !out->description.len)
        return grasp_fail(call, GRASP_E_INVALID, "%s: no '%s'", place,
                          out->type.len ? "description" : "type");
    int32_t status = read_truth(&r, object, out);
    return status ? status : read_tables(&r, r.json->get(object, SLICE("table")), out);
}
