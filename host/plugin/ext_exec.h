/* SPDX-License-Identifier: MIT */
#pragma once

struct owner;

/* Ends all sessions that belong to it. */
void sessions_close(struct owner *owner);
