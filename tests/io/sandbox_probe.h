/* SPDX-License-Identifier: MIT */
#pragma once

/* 0 if there can be a sandbox here, else the exit code of the test, 77 after "skipped: ...". Found
 * out by another process, since the check starts threads. */
int sandbox_probe(void);
