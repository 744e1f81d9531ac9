/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "io/http_internal.h"

/* What curl would read from the text alone in the same way: no scheme to guess, no user. */
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
    if (urls->count == HTTP_MAX_URLS || !is_plain(url))
        return NULL;
    CURLU *parsed = curl_url();
    if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK) {
        curl_url_cleanup(parsed);
        parsed = NULL;
    }
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
        curl_url_cleanup(urls->items[i].parsed);
    }
    urls->count = 0;
}
