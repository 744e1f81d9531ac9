/* SPDX-License-Identifier: MIT */
/* The statements that make an entry's tables. */
#pragma once

#include "common/text.h"
#include "entry.h"

/* ``CREATE TABLE IF NOT EXISTS `T` (`c1` TEXT,...)``; names are not escaped, as in the reference.
 */
void statement_create(struct text *out, const struct table *table);
/* ``INSERT INTO `T` (`c1`,...) VALUES (``, up to the values; a table without rows has none. */
void statement_insert(struct text *out, const struct table *table);
/* The statement whose one value is the hash of the table's rows. */
void statement_hash(struct text *out, const struct table *table);
