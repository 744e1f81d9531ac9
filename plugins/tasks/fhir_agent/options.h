/* SPDX-License-Identifier: MIT */
#pragma once

/* JSON Schema of the options, the same for all strategies. */
extern const char fhir_agent_options[];
