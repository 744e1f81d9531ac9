/* SPDX-License-Identifier: MIT */
/* R16: load takes whatever it is given, and augment fails on it. */
#include "base/method.h"

static int32_t bad_load(grasp_call *call, void *self, const grasp_files *files, void **out)
{
    (void)self;
    return copy_text(call, files->count ? files->items[0].text : grasp_cstr(HEAD), out);
}

static int32_t bad_augment(grasp_call *call, void *self, const void *knowledge,
                           const grasp_turn *turn)
{
    if (!grasp_starts(grasp_cstr(knowledge), HEAD))
        return grasp_fail(call, GRASP_E_INVALID, "the notes cannot be read");
    return good_augment(call, self, knowledge, turn);
}
#define METHOD_LOAD bad_load
#define METHOD_AUGMENT bad_augment
#include "base/method_table.h"
