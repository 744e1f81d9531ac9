/* SPDX-License-Identifier: MIT */
/* gate_fuzz SEQUENCES: random duels, told random outcomes; what must hold of each is in
 * tests/unit/duel_random.c. */
#include <stdio.h>
#include <stdlib.h>

#include "duel_random.h"

int main(int argc, char **argv)
{
    unsigned long long count = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    uint64_t rollouts = 0, accepted = 0;
    for (unsigned long long seed = 0; seed < count; seed++) {
        const char *wrong = duel_random_check(seed, &rollouts, &accepted);
        if (wrong) {
            printf("seed %llu: %s\n", seed, wrong);
            return 1;
        }
    }
    printf(
        "%llu sequences with %llu rollouts, %llu acceptances: all end, none exceeds its cap, none "
        "accepts below its threshold\n",
        count, (unsigned long long)rollouts, (unsigned long long)accepted);
    return 0;
}
