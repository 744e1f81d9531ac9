/* SPDX-License-Identifier: MIT */
#include "fhir_url.h"

#include <grasp/helpers.h>
#include <stdbool.h>
#include <string.h>

#include "common/slice.h"
#include "text.h"

static const char *const resources[] = {"Patient", "Observation"};

static const char *const filter_names[FILTER_COUNT] = {
    "identifier", "family", "given", "birthdate", "name", "patient", "code",
};

static bool find_char(grasp_str text, char c, size_t *out_at)
{
    const char *found = text.len ? memchr(text.ptr, c, text.len) : NULL;
    if (found)
        *out_at = (size_t)(found - text.ptr);
    return found != NULL;
}

static bool contains(grasp_str text, const char *prefix, const char *word)
{
    char needle[32];
    int len = snprintf(needle, sizeof(needle), "%s%s", prefix, word);
    return memmem(text.ptr, text.len, needle, (size_t)len) != NULL;
}

static grasp_str from(grasp_str text, size_t at)
{
    return (grasp_str){text.ptr + at, text.len - at};
}

/* Takes what precedes the first `c` off *rest, and `c`; all if there is none. */
static grasp_str cut(grasp_str *rest, char c)
{
    grasp_str head = *rest;
    size_t at;
    if (find_char(*rest, c, &at)) {
        head.len = at;
        *rest = from(*rest, at + 1);
    } else {
        *rest = from(*rest, rest->len);
    }
    return head;
}

static bool is_scheme(grasp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], lower = (char)(c | 0x20);
        bool letter = lower >= 'a' && lower <= 'z';
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
            return false;
    }
    return text.len > 0;
}

static grasp_str path_of(grasp_str url)
{
    size_t at;
    if (find_char(url, ':', &at) && is_scheme((grasp_str){url.ptr, at}))
        url = from(url, at + 1);
    if (grasp_starts(url, "//")) {
        url = from(url, 2);
        url = find_char(url, '/', &at) ? from(url, at) : from(url, url.len);
    }
    return url;
}

static grasp_str last_segment(grasp_str path)
{
    while (path.len && path.ptr[path.len - 1] == '/')
        path.len--;
    for (size_t i = path.len; i-- > 0;)
        if (path.ptr[i] == '/')
            return from(path, i + 1);
    return path;
}

static enum fhir_resource resource_of(grasp_str url, grasp_str segment)
{
    for (int i = 0; i < 2; i++)
        if (grasp_equal(segment, resources[i]))
            return FHIR_PATIENT + i;
    for (int i = 0; i < 2; i++)
        if (contains(url, "/", resources[i]) || grasp_starts(text_trim(url), resources[i]) ||
            contains(url, " ", resources[i]))
            return FHIR_PATIENT + i;
    return FHIR_UNKNOWN;
}

/* Stores the text with '+' and %XX decoded. */
static grasp_str decode(struct fhir_query *query, grasp_str text)
{
    char *start = query->storage + query->used;
    size_t len = slice_decode(text, start);
    query->used += len;
    return (grasp_str){start, len};
}

static bool same_name(grasp_str name, const char *filter)
{
    return name.len == strlen(filter) && strncasecmp(name.ptr, filter, name.len) == 0;
}

/* Puts the value where its filter is, unless there is one already. */
static void take_pair(struct fhir_query *query, grasp_str name, grasp_str value)
{
    for (int i = 0; i < FILTER_COUNT; i++)
        if (same_name(name, filter_names[i]) && !query->filters[i].len)
            query->filters[i] = value;
}

static void read_pairs(struct fhir_query *query, grasp_str text)
{
    while (text.len) {
        grasp_str value = cut(&text, '&'), name = cut(&value, '=');
        name = decode(query, name);
        take_pair(query, name, decode(query, value));
    }
}

/* Stores the URL without the tabs and line ends that no URL parser keeps. */
static grasp_str store_url(struct fhir_query *query, grasp_str url)
{
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] != '\t' && url.ptr[i] != '\r' && url.ptr[i] != '\n')
            query->storage[query->used++] = url.ptr[i];
    return (grasp_str){query->storage, query->used};
}

void fhir_query_read(struct fhir_query *query, grasp_str url)
{
    query->used = 0;
    memset(query->filters, 0, sizeof(query->filters));
    grasp_str whole = store_url(query, url), rest = whole;
    grasp_str pairs = cut(&rest, '#'), path = cut(&pairs, '?');
    grasp_str segment = last_segment(path_of(path));
    query->resource = resource_of(whole, segment);
    query->named = segment.len ? segment : whole;
    read_pairs(query, pairs);
}
