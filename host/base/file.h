/* SPDX-License-Identifier: MIT */
/* Files: whole reads with a limit, atomic writes (temporary file, fsync, rename, fsync of the
 * folder), folders. Errors name the path and the system's reason. */
#pragma once

#include "base/err.h"

#define FILE_MAX_CONFIG (4u << 20)

/* Adds the text to out; limit 0: 1 GiB. */
int file_read(const char *path, size_t limit, struct buf *out, struct err *err);
int file_write_atomic(const char *path, struct str text, struct err *err);
/* The same for a text that comes in pieces. finish makes the file appear, or says what went wrong
 * since open; it and cancel, which leaves nothing behind and takes NULL, end the writer. */
struct file_writer;
int file_writer_open(const char *path, struct file_writer **out, struct err *err);
void file_writer_add(struct file_writer *writer, struct str text);
bool file_writer_failed(const struct file_writer *writer); /* nothing more is written then */
int file_writer_finish(struct file_writer *writer, struct err *err);
void file_writer_cancel(struct file_writer *writer);
int file_make_dirs(const char *path, struct err *err);   /* like mkdir -p */
int file_remove_tree(const char *path, struct err *err); /* missing is fine; never follows links */
bool file_exists(const char *path);
bool file_is_dir(const char *path);
/* Names of the regular files below a folder, relative, sorted by bytes, hidden ones too, links
 * not; more than `limit`, or folders 32 deep, is an error. Free each and the array. */
int file_list(const char *dir, bool recursive, size_t limit, char ***out_names, size_t *out_count,
              struct err *err);
char *file_join(const char *dir, const char *name); /* name alone if it is absolute */
char *file_dir_name(const char *path);
/* Is this a safe relative name as in abi.h, grasp_file? */
bool file_name_ok(struct str name);
int file_sync_dir(const char *path, struct err *err);
/* All of the text, however often the system takes a part of it or is interrupted; 0 or errno. */
int fd_write_all(int fd, struct str text);
void fd_cleanup_(int *fd);
#define CLEANUP_FD __attribute__((cleanup(fd_cleanup_)))
