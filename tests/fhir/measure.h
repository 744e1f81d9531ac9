/* SPDX-License-Identifier: MIT */
/* What the programs of scripts measure of themselves. */
#pragma once

double measure_now(void); /* seconds of a clock that only goes on */
/* A line of /proc/self/status, "VmRSS:" or "VmHWM:"; 0 if it is not there. */
long measure_kib(const char *which);
