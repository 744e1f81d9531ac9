/* SPDX-License-Identifier: MIT */
/* WordNet's data files (Debian: wordnet-base), mapped and searched where they are. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

struct wordnet;

/* NULL when a file is missing; *out_missing is then its name. */
struct wordnet *wordnet_open(grasp_str folder, const char **out_missing);
void wordnet_close(struct wordnet *wordnet); /* takes NULL */

/* Is the lower-case word, as it is, in another form or as a name, one of these? And how often its
 * senses of that part of speech were counted in texts. */
struct wordnet_facts {
    bool noun, verb, adjective, adverb;
    uint64_t noun_count, verb_count, adjective_count, adverb_count;
};
void wordnet_look_up(const struct wordnet *wordnet, grasp_str word, struct wordnet_facts *out);
