/*
 * The ID block (publication 56860, section 8.18.3): who owns an image. Its owner signs what the
 * launch must measure; LAUNCH_FINISH fails unless it does. Numbers are little-endian.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "snp/launch.h"

#define ID_BLOCK_VERSION  1
#define ID_ALGORITHM_P384 1 /* ECDSA P-384 with SHA-384 */
#define ID_CURVE_P384	  2
#define ID_NUMBER_BYTES	  72 /* of coordinates, R and S; padded with zeros */

struct id_block {
	uint8_t launch_digest[LAUNCH_DIGEST_BYTES]; /* 00 */
	uint8_t family_id[16];			    /* 30 */
	uint8_t image_id[16];			    /* 40 */
	uint32_t version;			    /* 50 */
	uint32_t guest_svn;			    /* 54 */
	uint64_t policy;			    /* 58 */
};
ABI_SIZE(struct id_block, 0x60);
ABI_OFFSET(struct id_block, version, 0x50);
ABI_OFFSET(struct id_block, policy, 0x58);

struct id_signature {
	uint8_t r[ID_NUMBER_BYTES];
	uint8_t s[ID_NUMBER_BYTES];
	uint8_t reserved_90[368];
};
ABI_SIZE(struct id_signature, 0x200);

/* The digest of a key in a report covers the whole structure. */
struct id_public_key {
	uint32_t curve;
	uint8_t qx[ID_NUMBER_BYTES];
	uint8_t qy[ID_NUMBER_BYTES];
	uint8_t reserved_94[880];
};
ABI_SIZE(struct id_public_key, 0x404);

struct id_auth {
	uint32_t id_key_algorithm;	   /* 000 */
	uint32_t author_key_algorithm;	   /* 004 */
	uint8_t reserved_008[56];
	struct id_signature block_signature; /* 040, by the ID key */
	struct id_public_key id_key;	   /* 240 */
	uint8_t reserved_644[60];
	struct id_signature key_signature; /* 680, of the ID key, by the author key */
	struct id_public_key author_key;   /* 880 */
	uint8_t reserved_c84[892];
};
ABI_SIZE(struct id_auth, 4096);
ABI_OFFSET(struct id_auth, block_signature, 0x040);
ABI_OFFSET(struct id_auth, id_key, 0x240);
ABI_OFFSET(struct id_auth, key_signature, 0x680);
ABI_OFFSET(struct id_auth, author_key, 0x880);
