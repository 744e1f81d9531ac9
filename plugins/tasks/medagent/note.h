/* SPDX-License-Identifier: MIT */
/* Notes behind accepted POSTs: what the server has of the patient whom the POST is about. The
 * reference's GRASP writes such notes into its log. Nothing that is posted is stored, so the
 * note shows an older resource, or that there is none. */
#pragma once

#include "action.h"
#include "medagent.h"

/* After the acceptance of `reply`, which was read as `post`: one message, if the task's option
 * post_notes asks for one, the address names an Observation, a MedicationRequest or a
 * ServiceRequest, and the body a patient. A server in trouble is no fault here: the note says it.
 */
int32_t note_post(grasp_call *call, const struct medagent *self, grasp_str reply,
                  const struct action *post);
