/* SPDX-License-Identifier: MIT */
/* The digests by which the reference's cache files know a tool call and a judged answer. */
#pragma once

#include <grasp/abi.h>

#define MD5_HEX 33
#define SHA256_HEX 65

void digest_md5(grasp_str data, char out[MD5_HEX]);       /* RFC 1321 */
void digest_sha256(grasp_str data, char out[SHA256_HEX]); /* FIPS 180-4 */
