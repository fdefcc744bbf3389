/* Protocol 1, version 1: attestation (publication 58019, chapter 7). */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

#define SVSM_ATTEST_VERSION 1

#define SVSM_ATTEST_SERVICES	   0
#define SVSM_ATTEST_SINGLE_SERVICE 1

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

/* The services manifest: this header, count entries, then the data they point to. */
struct svsm_manifest {
	uint8_t guid[16]; /* 63849ebb-3d92-4670-a1ff-58f9c94b87bb */
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
