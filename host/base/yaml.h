/* SPDX-License-Identifier: MIT */
/*
 * YAML 1.1 as PyYAML reads it (scalars resolved by its rules: yes/no/on/off, octal and sexagesimal
 * integers, "1e3" a string; anchors and merges; dates stay text) into JSON values, and mappings
 * written so that PyYAML reads the same value back.
 */
#pragma once

#include "base/json.h"

/* Where the values of a document stand: for errors with file:line. */
struct yaml_lines;
/* The line (from 1) of the value at a dotted path, or of the nearest parent; 0 if unknown. */
int yaml_line(const struct yaml_lines *lines, const char *dotted);
void yaml_lines_free(struct yaml_lines *lines);

/* One document; empty text is null. name: for errors, "file:line: what". Duplicate keys, unknown
 * tags, more than 10,000 nodes by aliases and more than 100 levels are errors. out_lines may be
 * NULL. */
struct json *yaml_parse(struct str text, const char *name, struct yaml_lines **out_lines,
                        struct err *err);
/* Block style, keys sorted as PyYAML's safe_dump does, strings quoted where they must be. */
void yaml_write(struct buf *buf, const struct json *value);
