/* Protocol 1, version 1: attestation (publication 58019, chapter 7). */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

#define SVSM_ATTEST_VERSION 1

#define SVSM_ATTEST_SERVICES	   0
#define SVSM_ATTEST_SINGLE_SERVICE 1

/* REPORT_DATA is SHA-512 of nonce and manifest; a nonce of one length makes that unambiguous. */
#define SVSM_ATTEST_NONCE_BYTES 64

/*
 * RCX: gPA of one of these, 8-byte aligned and within a page. Out: RCX bytes of the manifest, RDX
 * of the certificates, R8 of the report; with INVALID_PARAMETER what is needed of each, where the
 * buffers are too small.
 */

struct svsm_attest_services {
	uint64_t report_gpa;
	uint32_t report_bytes;
	uint32_t reserved_0c;
	uint64_t nonce_gpa;
	uint16_t nonce_bytes;
	uint8_t reserved_1a[6];
	uint64_t manifest_gpa;
	uint32_t manifest_bytes;
	uint32_t reserved_2c;
	uint64_t certificates_gpa;
	uint32_t certificates_bytes; /* 0: none wanted */
	uint32_t reserved_3c;
};
ABI_SIZE(struct svsm_attest_services, 0x40);

struct svsm_attest_single_service {
	struct svsm_attest_services common;
	uint8_t guid[16];
	uint32_t manifest_version;
	uint32_t reserved_54;
};
ABI_SIZE(struct svsm_attest_single_service, 0x58);

/* 63849ebb-3d92-4670-a1ff-58f9c94b87bb; GUIDs are mixed-endian, as UEFI writes them. */
#define SVSM_MANIFEST_GUID                                                                         \
	{                                                                                          \
		0xbb, 0x9e, 0x84, 0x63, 0x92, 0x3d, 0x70, 0x46, 0xa1, 0xff, 0x58, 0xf9, 0xc9,      \
			0x4b, 0x87, 0xbb                                                           \
	}

/*
 * Keel's own entry of the table, a6f52fc3-bdd9-4fd1-af44-99faff9834fe: all services in CBOR, by
 * docs/cddl/services-manifest.cddl. Version 0 of it can also be asked for alone.
 */
#define SVSM_MANIFEST_KEEL_GUID                                                                    \
	{                                                                                          \
		0xc3, 0x2f, 0xf5, 0xa6, 0xd9, 0xbd, 0xd1, 0x4f, 0xaf, 0x44, 0x99, 0xfa, 0xff,      \
			0x98, 0x34, 0xfe                                                           \
	}

/* The services manifest: this header, count entries, then the data they point to. */
struct svsm_manifest {
	uint8_t guid[16]; /* SVSM_MANIFEST_GUID */
	uint32_t bytes;
	uint32_t count;
};
ABI_SIZE(struct svsm_manifest, 24);

struct svsm_manifest_entry {
	uint8_t guid[16];
	uint32_t offset; /* from the manifest's start */
	uint32_t bytes;
};
ABI_SIZE(struct svsm_manifest_entry, 24);
