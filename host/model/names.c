/* SPDX-License-Identifier: MIT */
#include "model/model.h"

const char *model_role_name(enum model_role role)
{
    switch (role) {
    case MODEL_EXECUTOR:
        return "executor";
    case MODEL_WRITER:
        return "writer";
    case MODEL_JUDGE:
        return "judge";
    }
    return "unknown";
}

const char *model_hold_name(enum model_hold hold)
{
    static const char *const names[] = {
        [MODEL_HOLD_NONE] = "none",
        [MODEL_HOLD_IN_FLIGHT] = "max_in_flight",
        [MODEL_HOLD_WINDOW] = "calls the server takes at once",
        [MODEL_HOLD_PACE] = "calls/s the server takes",
        [MODEL_HOLD_PAUSE] = "the server asked to wait",
        [MODEL_HOLD_REQUESTS] = "requests/min",
        [MODEL_HOLD_TOKENS] = "tokens/min",
        [MODEL_HOLD_BUDGET] = "budget",
    };
    return names[hold];
}
