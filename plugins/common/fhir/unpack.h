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

/* Puts the text in the place of a mapped gzip file: mapped too, from a file without a name in
 * TMPDIR, else /tmp. */
int unpack_source(struct source *source, struct fhir_error *error);
