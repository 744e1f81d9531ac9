/* SPDX-License-Identifier: MIT */
/* Scratch folders of plugins, and what programs that were killed have left of theirs. */
#pragma once

#include "base/err.h"

struct scratch {
    char *path;
    int lock; /* descriptor of the folder, locked as long as this program uses it */
};

/* Makes a folder, mode 0700, below root. The first one made in a program also removes what dead
 * programs of the same user have left there: folders whose lock nobody holds. EXIT_UNAVAILABLE.
 * Any thread. */
int scratch_make(const char *root, struct scratch *out, struct err *err);
void scratch_remove(struct scratch *scratch); /* one that was not made is fine */
