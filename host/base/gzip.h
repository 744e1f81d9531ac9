/* SPDX-License-Identifier: MIT */
/* Files packed with gzip that appear whole or not at all. The same text gives the same bytes: no
 * time and no name in them. Only gzip.c knows zlib. */
#pragma once

#include "base/err.h"

struct gzip_writer;
int gzip_writer_open(const char *path, struct gzip_writer **out, struct err *err);
/* False once something went wrong; gzip_writer_finish says what. */
bool gzip_writer_add(struct gzip_writer *writer, struct str text);
/* As those of file.h: finish makes the file appear, or says what went wrong since open; it and
 * cancel, which leaves nothing behind and takes NULL, end the writer. */
int gzip_writer_finish(struct gzip_writer *writer, struct err *err);
void gzip_writer_cancel(struct gzip_writer *writer);
