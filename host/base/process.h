/* SPDX-License-Identifier: MIT */
/* Is another process, of which a file tells, still alive? */
#pragma once

#include <stdint.h>

struct process_id {
    char place[80]; /* the boot and the set of process ids that pid belongs to */
    int64_t pid;
    uint64_t started; /* so that a number that is used again is told apart */
};

enum process_life {
    PROCESS_DEAD,
    PROCESS_ALIVE,
    PROCESS_ELSEWHERE, /* another machine, boot or container: it cannot be seen from here */
};

void process_self(struct process_id *out);
enum process_life process_look(const struct process_id *id);
