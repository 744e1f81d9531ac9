/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "io/http_internal.h"

/* What is read in the same way by itself: no scheme to guess, no user. */
static bool is_plain(const char *url)
{
    return (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0) &&
           !strchr(url, '@');
}

void *http_urls_get(struct http_urls *urls, const char *url)
{
    for (size_t i = 0; i < urls->count; i++) {
        if (strcmp(urls->items[i].text, url) == 0)
            return urls->items[i].parsed;
    }
    void *parsed = urls->count < HTTP_MAX_URLS && is_plain(url) ? urls->parse(url) : NULL;
    if (parsed) {
        urls->items[urls->count].text = mem_dup(url, strlen(url));
        urls->items[urls->count++].parsed = parsed;
    }
    return parsed;
}

void http_urls_clear(struct http_urls *urls)
{
    for (size_t i = 0; i < urls->count; i++) {
        mem_free(urls->items[i].text);
        urls->free(urls->items[i].parsed);
    }
    urls->count = 0;
}
