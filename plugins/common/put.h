/* SPDX-License-Identifier: MIT */
/*
 * JSON as text, put together from left to right, with the blanks that Python's json.dumps writes.
 * `key` names the member of the object that is open; NULL: the value stands in an array, or alone.
 * Commas come by themselves.
 *
 *     put_open(&out, NULL, '{');
 *     put_string(&out, "name", name);
 *     put_open(&out, "sizes", '[');
 *     put_int(&out, NULL, 3);
 *     put_close(&out, ']');
 *     put_close(&out, '}');
 */
#pragma once

#include "common/string_list.h"
#include "common/text.h"

void put_open(struct text *out, const char *key, char bracket);      /* '{' or '[' */
void put_close(struct text *out, char bracket);                      /* '}' or ']' */
void put_string(struct text *out, const char *key, grasp_str value); /* escaped as text_json does */
void put_strings(struct text *out, const char *key, const struct strings *list); /* an array */
void put_int(struct text *out, const char *key, int64_t value);
void put_bool(struct text *out, const char *key, bool value);
void put_json(struct text *out, const char *key, grasp_str json); /* as it is: must be JSON */
