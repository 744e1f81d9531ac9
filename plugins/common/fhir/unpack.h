/* SPDX-License-Identifier: MIT */
/* Files that gzip made. Only unpack.c knows zlib. */
#pragma once

#include "store.h"

#define UNPACK_MAX ((uint64_t)16 << 30) /* bytes of one file's text */

/* Takes the next piece of the text; false ends it. */
typedef bool unpack_sink(void *arg, const char *piece, size_t len);

/* Unpacks all members of a gzip file, at most `limit` bytes of text. Returns NULL, "" if the sink
 * ended it, or what is wrong, borrowed. *out_len: how much text there was by then. */
const char *unpack(grasp_str packed, uint64_t limit, unpack_sink *sink, void *arg,
                   uint64_t *out_len);

/* "x.ndjson" of "x.ndjson.gz", else the length of the whole name. */
size_t unpack_name_len(const char *name);

/* Puts the text in the place of a mapped gzip file, mapped too: from the file in which an earlier
 * one left it, else unpacked. A text of `keep_from` bytes and more (negative: none) is kept in a
 * file beside the packed one, if that can be written; others in one without a name in TMPDIR, else
 * /tmp. */
int unpack_source(struct source *source, int64_t keep_from, struct fhir_error *error);

/* unpack_kept.c: ".x.ndjson.gz.fhir-text" of "x.ndjson.gz"; freed by the caller. */
char *unpack_kept_path(const struct source *source);
/* The text that was kept of a mapped gzip file: its descriptor and length, or -1 if there is none
 * that was made from this file, by its size and time. */
int unpack_kept_open(const struct source *source, uint64_t *out_len);
/* A file for the text beside the packed one, under another name (freed by the caller); -1 if there
 * can be none. */
int unpack_kept_create(const struct source *source, char **out_temporary);
/* Gives the file of `len` bytes of text its name, and frees `temporary`; its text can be used
 * whether that worked or not. */
void unpack_kept_finish(const struct source *source, int fd, uint64_t len, char *temporary);
void unpack_kept_drop(int fd, char *temporary);
