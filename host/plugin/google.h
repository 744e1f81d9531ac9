/* SPDX-License-Identifier: MIT */
/* Google's application default credentials for requests of plugins: one set for all of them, opened
 * when the first wants them. */
#pragma once

#include "base/err.h"
#include "io/http.h"

/* "Authorization: Bearer ...", to be freed by google_header_free. Waits for a token; not on the
 * loop thread. EXIT_CONFIG, EXIT_PERMISSION or EXIT_UNAVAILABLE with what to do. */
int google_header(struct http_client *http, char **out, struct err *err);
void google_header_free(char *header); /* NULL is fine */
/* The service does not take this one. False if there is no other to be had. */
bool google_refused(const char *header);
/* Forgets them. No plugin waits. */
void google_close(void);
