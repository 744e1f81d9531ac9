/* SPDX-License-Identifier: MIT */
/* golden_baselines FILE: the recorded cases of the five baseline methods. */
#include "golden_baselines.h"

#include <string.h>

#include "base/mem.h"

static const struct group *const lists[] = {memory_groups, expel_groups, evo_groups, skillx_groups,
                                            inject_groups, cycle_groups, host_groups};

static group_fn *find_group(struct str name)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
        for (const struct group *group = lists[i]; group->name; group++) {
            if (str_is(name, group->name))
                return group->check;
        }
    }
    return NULL;
}

static void check_case(struct golden *g, group_fn *check, bool informative, const struct json *c)
{
    if (informative)
        golden_skip(g, "informative: what the reference does when it should not");
    else if (!check)
        golden_fail(g, "no such group is known");
    else if (json_bool(json_get(c, "python_print"), false))
        golden_skip(g, "depends on how Python prints a value; JSON is used instead");
    else if (str_is(json_str(json_get(c, "note")), "literal fallback"))
        golden_skip(g, "the reference evaluates the reply as code, which is never done here");
    else
        check(g, json_get(c, "in"), json_get(c, "out"));
}

int main(int argc, char **argv)
{
    struct golden g;
    int status = golden_open(&g, argc, argv);
    if (status)
        return status;
    for (struct json_iter it = json_members(json_get(g.root, "groups")); json_next(&it);) {
        CLEANUP_FREE char *path = mem_printf("groups.%.*s.cases", (int)it.key.len, it.key.ptr);
        bool informative = json_bool(json_get(it.value, "informative"), false);
        group_fn *check = find_group(it.key);
        golden_section(&g, path);
        for (const struct json *c; (c = golden_next(&g));)
            check_case(&g, check, informative, c);
    }
    return golden_finish(&g);
}
