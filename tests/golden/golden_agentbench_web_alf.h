/* SPDX-License-Identifier: MIT */
/* Sections of agentbench_web_alf_golden.json, by environment. */
#pragma once

#include "golden_common.h"
#include "plugin/mock_host.h"

void golden_alfworld_sections(struct golden *g);
void golden_webshop_text_sections(struct golden *g); /* search, reward, draws, words */
void golden_webshop_sections(struct golden *g);      /* loader, pages, sessions, the task's loop */

static inline grasp_str golden_in(struct str text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

static inline struct str golden_out(grasp_str text)
{
    return (struct str){text.ptr, text.len};
}
