/* SPDX-License-Identifier: MIT */
/*
 * Google's application-default credentials
 * (cloud.google.com/docs/authentication/application-default-credentials): the key file that the
 * preset names, else that of `gcloud auth application-default login`, else the metadata server of
 * a machine in the cloud.
 */
#pragma once

#include "model/auth.h"

/* For the preset `config`, read into `read`. A key file that cannot be used is an EXIT_CONFIG with
 * the file's name and what is wrong with it. */
int auth_google_open(const struct json *config, const struct chat_config *read,
                     struct http_client *http, struct auth **out, struct err *err);
