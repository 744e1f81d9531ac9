/* SPDX-License-Identifier: MIT */
#pragma once

#include <grasp/abi.h>

struct call;
struct owner;

/* End all sessions, machines, data and interpreters that belong to it. */
void sessions_close(struct owner *owner);
void machines_close(struct owner *owner); /* ext_machine.c */
void pythons_close(struct owner *owner);  /* ext_python.c */

/* A JSON array of strings as a list ended by NULL, in the call's scratch; NULL after a fault. */
const char *const *call_words(struct call *call, grasp_str json, const char *what);
