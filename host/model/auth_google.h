/* SPDX-License-Identifier: MIT */
/*
 * Google's application-default credentials
 * (cloud.google.com/docs/authentication/application-default-credentials): the key file that is
 * named, else that of `gcloud auth application-default login`, else the metadata server of
 * a machine in the cloud.
 */
#pragma once

#include "model/auth.h"

/* key_file: a path, or empty for those that are there. A file that cannot be used is an EXIT_CONFIG
 * with its name and what is wrong with it. */
int auth_google_open(const char *key_file, struct http_client *http, struct auth **out,
                     struct err *err);
/* For the preset `config`, read into `read`: the error names the option too. */
int auth_google_open_preset(const struct json *config, const struct chat_config *read,
                            struct http_client *http, struct auth **out, struct err *err);
/* Whether what is secret may go there: over TLS, or to this machine. */
bool auth_google_is_safe(const char *url);
