/* SPDX-License-Identifier: MIT */
/* What the rehearsal reads in a conversation. All texts are slices of the messages. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "common/tag_table.h"

struct rehearsal_value {
    grasp_str text; /* as it stands in the Bundle; empty: there is none */
    int64_t time;
};

struct rehearsal_view {
    grasp_str base_url;
    grasp_str mrn;
    int64_t now; /* minutes */
    int64_t window;
    bool searched; /* there is a Bundle, and what follows was read in it */
    bool posted;
    struct rehearsal_value latest; /* newest in the window */
    struct rehearsal_value other;  /* another one in the window */
    struct rehearsal_value stale;  /* newest before the window */
    bool given;                    /* the Bundle was there from the start */
    struct tag_mentions tags;      /* in the guidance */
};

/* False for a conversation of another task, or one in which it is not the agent's turn. */
bool rehearsal_look(struct rehearsal_view *view, const grasp_rehearsal_request *request);
