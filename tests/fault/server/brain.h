/* SPDX-License-Identifier: MIT */
/* Good answers: those of an OpenAI-compatible server behind this one, each asked for once. */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct brain;

int brain_open(const char *base_url, struct brain **out, struct err *err);
void brain_close(struct brain *brain); /* NULL is fine */
/* The reply to a completion request; lives as long as the brain. Any thread. Empty if the server
 * behind does not answer with 200. */
struct str brain_answer(struct brain *brain, struct str body);
