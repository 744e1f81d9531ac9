/* SPDX-License-Identifier: MIT */
/* SHA-2 (OpenSSL). */
#pragma once

#include "base/str.h"

#define HASH_HEX 65 /* 64 digits and NUL */

void hash_sha256_hex(struct str data, char out[HASH_HEX]);
void hash_sha512(struct str data, uint8_t out[64]);
uint64_t hash_sha256_u64(struct str data); /* the first 8 bytes, big-endian */

/* Over several pieces. Each piece is preceded by its length, so that pieces cannot be shifted
 * against each other. */
struct hash;
struct hash *hash_create(void);
void hash_piece(struct hash *hash, struct str piece);
void hash_finish_hex(struct hash *hash, char out[HASH_HEX]); /* destroys it */
