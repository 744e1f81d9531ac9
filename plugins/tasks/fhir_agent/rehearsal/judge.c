/* SPDX-License-Identifier: MIT */
#include <grasp/helpers.h>
#include <math.h>

#include "../answer.h"
#include "common/slice.h"
#include "rehearsal.h"

/* The inside of <name> ... </name>. The last closing one counts for an answer. */
static bool find_part(grasp_str prompt, const char *name, grasp_str *out)
{
    struct text open CLEANUP_TEXT = {0}, close CLEANUP_TEXT = {0};
    size_t from, to;
    text_format(&open, "<%s>\n", name);
    text_format(&close, "\n</%s>", name);
    if (!slice_find(prompt, text_view(&open), 0, &from) ||
        !slice_find(prompt, text_view(&close), from, &to))
        return false;
    from += open.len;
    *out = to > from ? slice_cut(prompt, from, to) : SLICE("");
    return true;
}

static bool is_right(grasp_str truth, grasp_str answer)
{
    struct pool pool CLEANUP_POOL = {0};
    struct strings cells = answer_cells(&pool, truth);
    double number = NAN;
    if (!cells.count)
        return answer_denies(answer);
    int said = answer_yes_no(answer);
    bool one = cells.count == 1 && answer_cell_kind(cells.items[0], &number) == CELL_NUMBER;
    if (one && said >= 0 && (number == 0 || number == 1))
        return said == (number == 1);
    for (size_t i = 0; i < cells.count; i++)
        if (!answer_holds(answer, cells.items[i]))
            return false;
    return true;
}

bool rehearsal_judges(grasp_str prompt, bool *out_right)
{
    grasp_str question, truth, answer;
    if (!find_part(prompt, "question", &question) || !find_part(prompt, "truth", &truth) ||
        !find_part(prompt, "answer", &answer))
        return false;
    *out_right = is_right(truth, answer_behind_marker(answer));
    return true;
}
