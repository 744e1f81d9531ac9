/* SPDX-License-Identifier: MIT */
/* Keeps every rule. */
#include "base/method.h"
#include "base/method_table.h"
