/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/slice.h"
#include "statement.h"

static bool is_among(char c, const char *set)
{
    return c && strchr(set, c);
}

static grasp_str strip(grasp_str text, const char *set)
{
    while (text.len && is_among(*text.ptr, set))
        text = slice_from(text, 1);
    while (text.len && is_among(text.ptr[text.len - 1], set))
        text.len--;
    return text;
}

grasp_str hash_of_response(grasp_str response)
{
    size_t at;
    grasp_str text = strip(response, "[]()");
    if (slice_find(text, SLICE(","), 0, &at))
        text.len = at;
    return strip(slice_trim(text), "'");
}

static int order(const void *a, const void *b)
{
    return slice_cmp(*(const grasp_str *)a, *(const grasp_str *)b);
}

int32_t tables_hash(grasp_call *call, struct database *database, const struct entry *entry,
                    struct pool *pool, grasp_str *out)
{
    struct text joined CLEANUP_TEXT = {0};
    grasp_str *hashes = pool_array(pool, entry->table_count, sizeof(*hashes));
    for (size_t i = 0; i < entry->table_count; i++) {
        struct text sql CLEANUP_TEXT = {0}, response CLEANUP_TEXT = {0};
        enum sql_end end = SQL_TEXT;
        statement_hash(&sql, &entry->tables[i]);
        int32_t status = database->ops->run(call, database, text_view(&sql), &response, &end);
        if (status)
            return status;
        hashes[i] = pool_dup(pool, hash_of_response(text_view(&response)));
    }
    qsort(hashes, entry->table_count, sizeof(*hashes), order);
    for (size_t i = 0; i < entry->table_count; i++) {
        text_put(&joined, i ? "_" : "");
        text_str(&joined, hashes[i]);
    }
    *out = pool_dup(pool, text_view(&joined));
    return GRASP_OK;
}
