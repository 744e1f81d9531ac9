/* SPDX-License-Identifier: MIT */
#pragma once

/* JSON Schema of the options, the same for both tasks. */
extern const char medagent_options[];
