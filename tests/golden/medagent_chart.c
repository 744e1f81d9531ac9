/* SPDX-License-Identifier: MIT */
/* Searches as the file says that its server did them: an exact patient, lists of codes and
 * statuses, results in the order of the resources, no entry member when nothing matches. */
#include "medagent_chart.h"

#include <stdlib.h>
#include <string.h>

static bool in_list(struct str list, struct str word)
{
    for (size_t from = 0, to; from <= list.len; from = to + 1) {
        for (to = from; to < list.len && list.ptr[to] != ',';)
            to++;
        if (str_eq((struct str){list.ptr + from, to - from}, word))
            return true;
    }
    return false;
}

static bool any_in_list(const struct json *items, const char *key, struct str list)
{
    for (size_t i = 0; i < json_count(items); i++)
        if (in_list(list, json_str(json_get(json_at(items, i), key))))
            return true;
    return false;
}

static bool matches(const struct json *resource, struct str name, struct str value)
{
    struct str reference = json_str(json_path(resource, "subject.reference"));
    if (str_is(name, "patient"))
        return reference.len > 8 && memcmp(reference.ptr, "Patient/", 8) == 0 &&
               str_eq((struct str){reference.ptr + 8, reference.len - 8}, value);
    if (str_is(name, "code"))
        return any_in_list(json_path(resource, "code.coding"), "code", value);
    if (str_is(name, "identifier"))
        return any_in_list(json_get(resource, "identifier"), "value", value);
    return !str_is(name, "status") || in_list(value, json_str(json_get(resource, "status")));
}

static size_t find(struct str text, size_t at, char c)
{
    while (at < text.len && text.ptr[at] != c)
        at++;
    return at;
}

static bool matches_all(const struct json *resource, struct str query)
{
    for (size_t at = 0, end; at < query.len; at = end + 1) {
        end = find(query, at, '&');
        size_t is = find(query, at, '=');
        if (!matches(resource, (struct str){query.ptr + at, is - at},
                     (struct str){query.ptr + is + 1, end - is - 1}))
            return false;
    }
    return true;
}

struct chart_answer chart_get(const struct json *c, grasp_str url)
{
    struct str all = {url.ptr, url.len};
    size_t mark = find(all, 0, '?');
    struct str type = {url.ptr, mark}, query = {url.ptr + mark + 1, url.len - mark - 1};
    const struct json *resources = json_get(c, "resources");
    int64_t failing = json_int(json_get(c, "fail_status"), 0);
    if (failing)
        return (struct chart_answer){(int32_t)failing, false, strdup(""), 0};
    CLEANUP_JSON struct json *bundle = json_new_object();
    struct json *entries = json_new_array();
    for (size_t i = 0; i < json_count(resources); i++) {
        const struct json *resource = json_at(resources, i);
        if (!str_eq(json_str(json_get(resource, "resourceType")), type) ||
            !matches_all(resource, query))
            continue;
        struct json *entry = json_new_object();
        json_set(entry, "resource", json_copy(resource));
        json_push(entries, entry);
    }
    if (json_count(entries))
        json_set(bundle, "entry", entries);
    else
        json_free(entries);
    struct buf body = {0};
    json_write(&body, bundle, 0);
    bool plain = str_is(json_str(json_get(c, "content_type")), "application/json");
    size_t len = body.len;
    return (struct chart_answer){200, plain, buf_steal(&body), len};
}
