/* SPDX-License-Identifier: MIT */
/* Which of the present commands a model meant. */
#pragma once

#include <grasp/abi.h>

#include "common/pool.h"

/* NLTK's sentence_bleu with smoothing method 4 and equal weights up to four words. */
double bleu(struct pool *pool, grasp_str reference, grasp_str candidate);

/* The output's first line in lower case; if that is none of the commands, the first of those that
 * are most like it, or itself when none is. The result lives in the pool or is a command's text. */
grasp_str bleu_match(struct pool *pool, grasp_str output, const grasp_str *commands, size_t count);
