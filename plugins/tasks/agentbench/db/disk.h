/* SPDX-License-Identifier: MIT */
/* What the databases of a private server take on disk. */
#pragma once

#include <stdint.h>

/* Bytes of the files of a database. folder: descriptor of the server's folder, which has its data
 * in data/NAME. 0 for what is not there. */
uint64_t disk_used(int folder, const char *name);
