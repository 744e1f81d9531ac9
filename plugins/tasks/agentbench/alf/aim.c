/* SPDX-License-Identifier: MIT */
#include "aim.h"

#include <string.h>

#include "common/slice.h"
#include <grasp/helpers.h>

/* before OBJECT between TARGET; the more special come first. */
static const struct {
    const char *before, *between;
    enum aim_kind kind;
} forms[] = {
    {"put a clean ", " in ", AIM_CLEAN},
    {"put a hot ", " in ", AIM_HEAT},
    {"put a cool ", " in ", AIM_COOL},
    {"clean some ", " and put it in ", AIM_CLEAN},
    {"heat some ", " and put it in ", AIM_HEAT},
    {"cool some ", " and put it in ", AIM_COOL},
    {"put two ", " in ", AIM_TWO},
    {"find two ", " and put them in ", AIM_TWO},
    {"look at ", " under the ", AIM_LOOK},
    {"examine the ", " with the ", AIM_LOOK},
    {"put a ", " in ", AIM_PUT},
    {"put some ", " on ", AIM_PUT},
};

bool aim_read(grasp_str text, struct aim *out)
{
    size_t at, end;
    grasp_str mark = SLICE("Your task is to: ");
    if (!slice_find(text, mark, 0, &at))
        return false;
    text = slice_from(text, at + mark.len);
    end = 0;
    while (end < text.len && text.ptr[end] != '.' && text.ptr[end] != '\n')
        end++;
    text = slice_cut(text, 0, end);
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        size_t skip = strlen(forms[i].before);
        if (!grasp_starts(text, forms[i].before) ||
            !slice_find(text, grasp_cstr(forms[i].between), skip, &at))
            continue;
        *out = (struct aim){forms[i].kind, slice_cut(text, skip, at),
                            slice_from(text, at + strlen(forms[i].between))};
        return out->object.len && out->target.len;
    }
    return false;
}

bool aim_is(grasp_str name, grasp_str class)
{
    return name.len > class.len && name.ptr[class.len] == ' ' &&
           slice_eq(slice_cut(name, 0, class.len), class);
}

const char *aim_treatment(enum aim_kind kind)
{
    return kind == AIM_CLEAN  ? "clean"
           : kind == AIM_HEAT ? "heat"
           : kind == AIM_COOL ? "cool"
                              : NULL;
}
