/* SPDX-License-Identifier: MIT */
#include "statement.h"

static void put_name(struct text *out, grasp_str name)
{
    text_char(out, '`');
    text_str(out, name);
    text_char(out, '`');
}

static void put_columns(struct text *out, const struct table *table, const char *after)
{
    for (size_t i = 0; i < table->column_count; i++) {
        text_put(out, i ? "," : "");
        put_name(out, table->columns[i]);
        text_put(out, after);
    }
}

void statement_create(struct text *out, const struct table *table)
{
    text_put(out, "CREATE TABLE IF NOT EXISTS ");
    put_name(out, table->name);
    text_put(out, " (");
    put_columns(out, table, " TEXT");
    text_put(out, ")");
}

void statement_insert(struct text *out, const struct table *table)
{
    text_put(out, "INSERT INTO ");
    put_name(out, table->name);
    text_put(out, " (");
    put_columns(out, table, "");
    text_put(out, ") VALUES ");
}

void statement_hash(struct text *out, const struct table *table)
{
    text_put(out, "select md5(group_concat(rowhash order by rowhash)) as hash from( SELECT "
                  "substring(MD5(CONCAT_WS(',', ");
    put_columns(out, table, "");
    text_put(out, ")), 1, 5) AS rowhash FROM ");
    put_name(out, table->name);
    text_put(out, ") as sub;");
}
