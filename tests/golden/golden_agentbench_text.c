/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "common/pyrepr.h"
#include "golden_agentbench_os_db.h"
#include "tasks/agentbench/db/dbbench.h"
#include "tasks/agentbench/db/pyrow.h"
#include "tasks/agentbench/db/statement.h"

/* The bytes that a Python literal b'...' stands for. */
static void read_bytes(struct str literal, struct buf *out)
{
    size_t at, end = literal.len - 1;
    str_find(literal, STR("b"), &at);
    while (literal.ptr[at] != '\'' && literal.ptr[at] != '"')
        at++;
    while (literal.ptr[end] != literal.ptr[at])
        end--;
    for (size_t i = at + 1; i < end; i++) {
        if (str_starts((struct str){literal.ptr + i, end - i}, "\\x")) {
            char digits[3] = {literal.ptr[i + 2], literal.ptr[i + 3], 0};
            buf_char(out, (char)strtol(digits, NULL, 16));
            i += 3;
        } else {
            buf_char(out, literal.ptr[i]);
        }
    }
}

static void write_repr(struct text *out, struct str kind, struct str value)
{
    static const struct {
        const char *name;
        enum column_kind kind;
    } kinds[] = {{"str", COLUMN_TEXT},    {"float", COLUMN_REAL},
                 {"int", COLUMN_INTEGER}, {"decimal", COLUMN_DECIMAL},
                 {"date", COLUMN_DATE},   {"datetime", COLUMN_DATETIME},
                 {"time", COLUMN_TIME},   {"timedelta", COLUMN_TIME},
                 {"bytes", COLUMN_BYTES}, {"bytearray", COLUMN_BYTES}};
    CLEANUP_BUF struct buf bytes = {0};
    bool binary = str_starts(kind, "byte");
    if (binary)
        read_bytes(value, &bytes);
    struct value cell = {COLUMN_TEXT, str_is(kind, "none"),
                         golden_in(binary ? buf_view(&bytes) : value)};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (str_is(kind, kinds[i].name))
            cell.kind = kinds[i].kind;
    if (str_is(kind, "bytes"))
        pyrepr_bytes(out, cell.text);
    else
        pyrow_value(out, &cell);
}

static void pyrepr_cases(struct golden *g)
{
    golden_section(g, "dbbench.pyrepr");
    for (const struct json *c; (c = golden_next(g));) {
        struct text out CLEANUP_TEXT = {0};
        write_repr(&out, json_str(json_get(c, "kind")), json_str(json_get(c, "value")));
        golden_expect_str(g, "repr", golden_out(text_view(&out)), json_str(json_get(c, "repr")));
    }
}

/* The rows are named, not given. */
static void pyrepr_rows(struct golden *g)
{
    static const struct value a = {COLUMN_TEXT, false, {"a", 1}};
    static const struct value one = {COLUMN_INTEGER, false, {"1", 1}};
    static const struct value none = {COLUMN_TEXT, true, {"", 0}};
    static const struct value two = {COLUMN_REAL, false, {"2", 1}};
    golden_section(g, "dbbench.pyrepr_rows");
    for (const struct json *c; (c = golden_next(g));) {
        struct text out CLEANUP_TEXT = {0};
        struct str rows = json_str(json_get(c, "rows"));
        text_char(&out, '[');
        if (str_is(rows, "one row one col")) {
            pyrow_write(&out, &a, 1);
        } else if (str_is(rows, "two")) {
            pyrow_write(&out, (struct value[]){a, one}, 2);
            text_put(&out, ", ");
            pyrow_write(&out, (struct value[]){none, two}, 2);
        }
        text_char(&out, ']');
        golden_expect_str(g, "out", golden_out(text_view(&out)), json_str(json_get(c, "out")));
    }
}

static void truncate_cases(struct golden *g)
{
    golden_section(g, "dbbench.truncate");
    for (const struct json *c; (c = golden_next(g));) {
        struct text out CLEANUP_TEXT = {0};
        size_t len = (size_t)json_int(json_get(c, "len"), 0);
        CLEANUP_FREE char *text = mem_alloc(len + 1);
        memset(text, 'x', len);
        dbbench_show(&out, (grasp_str){text, len});
        golden_expect_int(g, "out_len", (int64_t)out.len, json_int(json_get(c, "out_len"), -1));
    }
}

static struct json *insert_json(const struct table *table)
{
    struct json *out = json_new_object(), *params = json_new_array();
    struct text sql CLEANUP_TEXT = {0};
    statement_insert(&sql, table);
    for (size_t row = 0; row < table->row_count; row++) {
        text_put(&sql, row ? ",(" : "(");
        for (size_t i = 0; i < table->column_count; i++) {
            text_put(&sql, i ? ",%s" : "%s");
            json_push(params,
                      json_new_str(golden_out(table->cells[row * table->column_count + i])));
        }
        text_char(&sql, ')');
    }
    json_set(out, "sql", json_new_str(golden_out(text_view(&sql))));
    json_set(out, "params", params);
    return out;
}

static void init_sql(struct golden *g, const struct dataset *set)
{
    golden_section(g, "dbbench.init_sql");
    for (const struct json *c; (c = golden_next(g));) {
        if (!set) {
            golden_skip(g, "AgentBench's data is not there");
            continue;
        }
        const struct entry *entry = &set->entries[json_int(json_get(c, "index"), 0)];
        CLEANUP_JSON struct json *got = json_new_array();
        for (size_t i = 0; i < entry->table_count; i++) {
            struct text create CLEANUP_TEXT = {0};
            statement_create(&create, &entry->tables[i]);
            json_push(got, json_new_str(golden_out(text_view(&create))));
            json_push(got, insert_json(&entry->tables[i]));
        }
        golden_expect_json(g, "statements", got, json_get(c, "statements"));
    }
}

static void expect_types(struct golden *g, grasp_call *call, const struct db_split *split,
                         const struct json *want)
{
    CLEANUP_JSON struct json *types = json_new_object(), *mismatch = json_new_array();
    CLEANUP_JSON struct json *first = json_new_array();
    for (size_t i = 0; i < split->count; i++) {
        const struct db_sample *sample = &split->samples[i];
        struct str type = golden_out(grasp_json_string(call, sample->json, "type"));
        int64_t id = atoll(sample->entry->id.ptr);
        json_set_str(types, type, json_new_int(json_int(json_get_str(types, type), 0) + 1));
        if (i < 10)
            json_push(first, json_new_int(id));
        if (!str_eq(type, golden_out(sample->entry->type)))
            json_push(mismatch, json_new_int(id));
    }
    golden_expect_int(g, "n", (int64_t)split->count, json_int(json_get(want, "n"), -1));
    golden_expect_json(g, "types", types, json_get(want, "types"));
    golden_expect_json(g, "first10", first, json_get(want, "first10"));
    golden_expect_json(g, "mismatch", mismatch, json_get(want, "mismatch"));
}

static void split_audit(struct golden *g, grasp_call *call, const struct dataset *set)
{
    golden_case(g, "dbbench.split_audit");
    const struct json *audit = json_path(g->root, "dbbench.split_audit");
    golden_expect(g, json_count(audit) > 0, "the file has no such case");
    if (!set)
        golden_skip(g, "AgentBench's data is not there");
    for (int i = 0; set && i < DATA_SPLIT_COUNT; i++)
        expect_types(g, call, &set->splits[i], json_get(audit, set->splits[i].name));
}

/* Without its splits they are drawn. Entry 99 has another type in the release's splits, so that the
 * types from the first aggregation on are drawn otherwise. */
static void drawn_splits(struct golden *g, struct mock_host *host, const struct dataset *set)
{
    static const char *const files[] = {"standard.jsonl", "dev.jsonl", NULL};
    const size_t same[] = {120, 80, 60}, counts[] = {176, 124, 60};
    CLEANUP_FREE char *folder = golden_agentbench_plain("dbbench", files);
    struct dataset drawn = {0};
    golden_case(g, "dbbench splits, drawn");
    if (!folder || dataset_load(mock_call(host), &drawn, grasp_cstr(folder)))
        golden_fail(g, "%s", host->fail_text.ptr ? host->fail_text.ptr : "no folder");
    for (int i = 0; drawn.count && i < DATA_SPLIT_COUNT; i++) {
        golden_expect_int(g, "count", (int64_t)drawn.splits[i].count, (int64_t)counts[i]);
        for (size_t k = 0; k < same[i] && k < drawn.splits[i].count; k++) {
            grasp_str got = drawn.splits[i].samples[k].entry->id,
                      want = set->splits[i].samples[k].entry->id;
            golden_expect_str(g, "id", (struct str){got.ptr, got.len},
                              (struct str){want.ptr, want.len});
        }
    }
    dataset_free(&drawn);
    if (folder)
        file_remove_tree(folder, NULL);
}

void golden_db_text_sections(struct golden *g)
{
    struct mock_host *host = mock_host_create();
    struct dataset set = {0};
    const char *data = golden_agentbench_data();
    grasp_call *call = mock_call(host);
    if (data && dataset_load(call, &set, grasp_cstr(data)))
        abort();
    pyrepr_cases(g);
    pyrepr_rows(g);
    truncate_cases(g);
    init_sql(g, data ? &set : NULL);
    split_audit(g, call, data ? &set : NULL);
    if (data)
        drawn_splits(g, host, &set);
    dataset_free(&set);
    mock_host_destroy(host);
}
