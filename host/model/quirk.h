/* SPDX-License-Identifier: MIT */
/* What endpoints refuse although the request is sound, and the setting that helps. */
#pragma once

#include "base/str.h"

/* text: what the endpoint said, a static text otherwise; NULL if nothing is known to help. */
const char *quirk_hint(struct str text);
/* Events (text/event-stream) where a reply was asked for. */
bool quirk_is_stream(struct str body);
