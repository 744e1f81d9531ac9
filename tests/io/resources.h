/* SPDX-License-Identifier: MIT */
/* What a test must not leave behind. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Before and after a test: fails, and says so, if descriptors or children are left behind. */
int resources_setup(void **state);
int resources_teardown(void **state);

size_t resources_fds(void);      /* open descriptors of this process */
size_t resources_children(void); /* child processes, zombies too */
/* A number for command lines: one test of many that run side by side finds its own processes. */
const char *resources_mark(void);
const char *resources_mark_of(pid_t pid); /* another process's */
/* The script with the mark for every @; the last few stay valid. */
const char *resources_marked(const char *script);
/* Processes anywhere whose command line holds the text. */
size_t resources_processes(const char *text);
/* The same, after waiting for none to be left, or for one to be there. */
size_t resources_processes_left(const char *text);
size_t resources_processes_begun(const char *text);
