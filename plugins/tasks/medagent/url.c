/* SPDX-License-Identifier: MIT */
#include "url.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <strings.h>

#include "common/slice.h"
#include "common/text.h"

static bool is_hex(grasp_str text, size_t at)
{
    return at < text.len && isxdigit((unsigned char)text.ptr[at]);
}

static bool is_escape(grasp_str text, size_t at)
{
    return text.ptr[at] == '%' && is_hex(text, at + 1) && is_hex(text, at + 2);
}

static bool is_allowed(char c, bool in_query)
{
    return isalnum((unsigned char)c) || (c && strchr("-._~!$&'()*+,;=:@/", c)) ||
           (in_query && c == '?');
}

/* A % that begins no escape makes every % of the part mean itself. */
static bool has_loose_percent(grasp_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '%' && !is_escape(text, i))
            return true;
    return false;
}

static void put_encoded(struct text *out, grasp_str part, bool in_query)
{
    bool loose = has_loose_percent(part);
    for (size_t i = 0; i < part.len; i++) {
        char c = part.ptr[i];
        if (is_allowed(c, in_query) || (c == '%' && !loose))
            text_char(out, c);
        else
            text_format(out, "%%%02X", (unsigned char)c);
    }
}

static size_t first_of(grasp_str text, size_t at, const char *stops)
{
    while (at < text.len && !(text.ptr[at] && strchr(stops, text.ptr[at])))
        at++;
    return at;
}

static bool is_plain(grasp_str host)
{
    for (size_t i = 0; i < host.len; i++)
        if ((unsigned char)host.ptr[i] <= ' ' || (unsigned char)host.ptr[i] > '~')
            return false;
    return true;
}

/* Where the path begins; 0 if there is no http scheme and host. */
static size_t path_at(grasp_str url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (int i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]), end;
        if (url.len <= len || strncasecmp(url.ptr, schemes[i], len) != 0)
            continue;
        end = first_of(url, len, "/?#");
        return end > len && is_plain(slice_cut(url, len, end)) ? end : 0;
    }
    return 0;
}

bool url_normalize(struct pool *pool, grasp_str url, grasp_str *out)
{
    struct text text CLEANUP_TEXT = {0};
    size_t path = path_at(url);
    if (!path)
        return false;
    for (size_t i = 0; i < path; i++)
        text_char(&text, (char)tolower((unsigned char)url.ptr[i]));
    size_t end = first_of(url, path, "#"), query = first_of(url, path, "?#");
    if (query == path)
        text_char(&text, '/');
    put_encoded(&text, slice_cut(url, path, query), false);
    if (query < end) {
        text_char(&text, '?');
        put_encoded(&text, slice_cut(url, query + 1, end), true);
    }
    if (text.failed)
        return false;
    *out = pool_dup(pool, text_view(&text));
    return true;
}

grasp_str url_origin(grasp_str url)
{
    return slice_cut(url, 0, path_at(url));
}

bool url_climbs(grasp_str url)
{
    size_t at, path = path_at(url), query = first_of(url, path, "?");
    grasp_str part = slice_cut(url, path, query);
    return slice_find(part, SLICE("/../"), 0, &at) || slice_ends(part, "/..");
}
