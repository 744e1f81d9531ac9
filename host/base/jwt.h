/* SPDX-License-Identifier: MIT */
/* Signed tokens: JSON Web Tokens (RFC 7519) with RSA and SHA-256 (RS256 of RFC 7518; OpenSSL). */
#pragma once

#include "base/str.h"

struct rsa_key;

/* Reads a private key in PEM form, PKCS#8 or PKCS#1; NULL if it is no RSA key of 2048 bits or more.
 */
struct rsa_key *rsa_key_read(struct str pem);
void rsa_key_free(struct rsa_key *key); /* NULL is fine */

/* header and claims: JSON. Appends header.claims.signature, each as base64url; false if it could
 * not be signed. */
bool jwt_sign(const struct rsa_key *key, struct str header, struct str claims, struct buf *out);
