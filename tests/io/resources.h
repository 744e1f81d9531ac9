/* SPDX-License-Identifier: MIT */
/* What a test must not leave behind. */
#pragma once

#include <stddef.h>

/* Before and after a test: fails, and says so, if descriptors or children are left behind. */
int resources_setup(void **state);
int resources_teardown(void **state);

size_t resources_fds(void);      /* open descriptors of this process */
size_t resources_children(void); /* child processes, zombies too */
/* Processes anywhere whose command line holds the text. */
size_t resources_processes(const char *text);
/* The same, after waiting up to a few seconds for none to be left. */
size_t resources_processes_left(const char *text);
