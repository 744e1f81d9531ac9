/* SPDX-License-Identifier: MIT */
/* How an episode of AgentBench ends. */
#pragma once

#define STATUS_COMPLETED "completed"
#define STATUS_TASK_LIMIT "task limit reached"
#define STATUS_CONTEXT_LIMIT "agent context limit"
#define STATUS_INVALID_ACTION "agent invalid action"
#define STATUS_VALIDATION_FAILED "agent validation failed"
#define STATUS_TASK_ERROR "task error"
#define STATUS_UNKNOWN "unknown" /* the environment could not be set up as the sample wants it */
