/*
 * Messages between a guest and the PSP (publication 56860, chapter 7 and section 8.26): the header
 * and the bodies Keel uses. AES-256-GCM under VMPCKn; the authenticated data are bytes 30..5F.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define GUEST_MSG_ALGO_AES_256_GCM 1
#define GUEST_MSG_HEADER_VERSION   1
#define GUEST_MSG_VERSION	   1
#define GUEST_MSG_PAYLOAD_MAX	   4000
#define GUEST_MSG_PAYLOAD_ALIGN	   16 /* payload_bytes is a multiple of it */
#define GUEST_MSG_TAG_BYTES	   16
#define GUEST_MSG_IV_BYTES	   12 /* the sequence number, then zeros */
#define GUEST_MSG_AAD_OFFSET	   0x30
#define GUEST_MSG_AAD_BYTES	   0x30

/*
 * What the firmware answers: SW_EXITINFO2[31:0] of a request, and `status` inside a response. A
 * request that does not authenticate or is out of sequence gets no response, only the former.
 */
#define PSP_SUCCESS	    UINT32_C(0x00)
#define PSP_POLICY_FAILURE  UINT32_C(0x07)
#define PSP_BAD_SIGNATURE   UINT32_C(0x0A)
#define PSP_BAD_MEASUREMENT UINT32_C(0x0B) /* wrong key, or a message that was changed */
#define PSP_HWERROR_PLATFORM UINT32_C(0x13)
#define PSP_INVALID_PARAM    UINT32_C(0x16)
#define PSP_AEAD_OFLOW	    UINT32_C(0x1D) /* wrong sequence number */
#define PSP_INVALID_KEY	    UINT32_C(0x27)

/* What the VMM answers: SW_EXITINFO2[63:32]. In both cases the firmware has not been asked. */
#define GUEST_REQUEST_INVALID_LEN 1 /* RBX: pages that the certificates take */
#define GUEST_REQUEST_BUSY	  2

#define GUEST_MSG_CPUID_REQ    1
#define GUEST_MSG_CPUID_RSP    2
#define GUEST_MSG_KEY_REQ      3
#define GUEST_MSG_KEY_RSP      4
#define GUEST_MSG_REPORT_REQ   5
#define GUEST_MSG_REPORT_RSP   6
#define GUEST_MSG_TSC_INFO_REQ 17
#define GUEST_MSG_TSC_INFO_RSP 18

struct guest_msg_header {
	uint8_t auth_tag[32];	/* 00, 16 used */
	uint64_t sequence;	/* 20 */
	uint64_t reserved_28;
	uint8_t algorithm;	/* 30 */
	uint8_t header_version; /* 31, 1 */
	uint16_t header_bytes;	/* 32, 0x60 */
	uint8_t type;		/* 34 */
	uint8_t version;	/* 35, 1 */
	uint16_t payload_bytes; /* 36 */
	uint32_t reserved_38;
	uint8_t vmpck;		/* 3C */
	uint8_t reserved_3d[35];
};
ABI_SIZE(struct guest_msg_header, 0x60);
ABI_OFFSET(struct guest_msg_header, sequence, 0x20);
ABI_OFFSET(struct guest_msg_header, algorithm, 0x30);
ABI_OFFSET(struct guest_msg_header, type, 0x34);
ABI_OFFSET(struct guest_msg_header, vmpck, 0x3C);

#define GUEST_KEY_SELECT    0x3 /* which key signs or is derived from */
#define GUEST_KEY_VLEK_VCEK 0
#define GUEST_KEY_VCEK	    1
#define GUEST_KEY_VLEK	    2

struct guest_report_req {
	uint8_t report_data[64];
	uint32_t vmpl;
	uint32_t flags; /* [1:0] GUEST_KEY_* */
	uint8_t reserved_48[24];
};
ABI_SIZE(struct guest_report_req, 0x60);

struct guest_report {
	uint32_t version;	    /* 000 */
	uint32_t guest_svn;	    /* 004 */
	uint64_t policy;	    /* 008 */
	uint8_t family_id[16];	    /* 010 */
	uint8_t image_id[16];	    /* 020 */
	uint32_t vmpl;		    /* 030 */
	uint32_t signature_algo;    /* 034 */
	uint64_t current_tcb;	    /* 038 */
	uint64_t platform_info;	    /* 040 */
	uint32_t flags;		    /* 048 */
	uint32_t reserved_04c;
	uint8_t report_data[64];    /* 050 */
	uint8_t measurement[48];    /* 090 */
	uint8_t host_data[32];	    /* 0C0 */
	uint8_t id_key_digest[48];  /* 0E0 */
	uint8_t author_key_digest[48]; /* 110 */
	uint8_t report_id[32];	    /* 140 */
	uint8_t report_id_ma[32];   /* 160 */
	uint64_t reported_tcb;	    /* 180 */
	uint8_t cpuid_fms[3];	    /* 188, version 3 and later */
	uint8_t reserved_18b[21];
	uint8_t chip_id[64];	    /* 1A0 */
	uint64_t committed_tcb;	    /* 1E0 */
	uint8_t current_version[4]; /* 1E8: build, minor, major, reserved */
	uint8_t committed_version[4]; /* 1EC */
	uint64_t launch_tcb;	    /* 1F0 */
	uint64_t launch_mitigation; /* 1F8, version 5 and later */
	uint64_t current_mitigation; /* 200 */
	uint8_t reserved_208[152];
	uint8_t signature[512];	    /* 2A0, R and S, 72 bytes little-endian each, then zeros */
};
ABI_SIZE(struct guest_report, 0x4A0);
ABI_OFFSET(struct guest_report, report_data, 0x050);
ABI_OFFSET(struct guest_report, measurement, 0x090);
ABI_OFFSET(struct guest_report, reported_tcb, 0x180);
ABI_OFFSET(struct guest_report, chip_id, 0x1A0);
ABI_OFFSET(struct guest_report, launch_tcb, 0x1F0);
ABI_OFFSET(struct guest_report, signature, 0x2A0);

struct guest_report_rsp {
	uint32_t status;
	uint32_t report_bytes;
	uint8_t reserved_08[24];
	struct guest_report report;
};
ABI_SIZE(struct guest_report_rsp, 0x20 + 0x4A0);

#define GUEST_REPORT_SIGNED_BYTES 0x2A0 /* what the signature covers */
#define GUEST_REPORT_SIGN_P384	  1 /* signature_algo: ECDSA P-384 with SHA-384 */
#define GUEST_REPORT_AUTHOR_KEY	  BIT32(0) /* flags */
#define GUEST_REPORT_NUMBER_BYTES 72 /* of R, of S */

/* root_select of a key request: [0] 0 VCEK or VLEK, 1 VMRK; [2:1] GUEST_KEY_*. */
#define GUEST_KEY_ROOT_VMRK	BIT32(0)
#define GUEST_KEY_ROOT_RESERVED UINT32_C(0xFFFFFFF8)
#define GUEST_KEY_ROOT_SHIFT	1

/* What is mixed into a derived key. */
#define GUEST_FIELD_POLICY	BIT(0)
#define GUEST_FIELD_IMAGE_ID	BIT(1)
#define GUEST_FIELD_FAMILY_ID	BIT(2)
#define GUEST_FIELD_MEASUREMENT BIT(3)
#define GUEST_FIELD_SVN		BIT(4)
#define GUEST_FIELD_TCB		BIT(5)
#define GUEST_FIELD_ALL		MASK(5, 0)

struct guest_key_req {
	uint32_t root_select;
	uint32_t reserved_04;
	uint64_t field_select;
	uint32_t vmpl;
	uint32_t guest_svn;
	uint64_t tcb;
};
ABI_SIZE(struct guest_key_req, 0x20);

struct guest_key_rsp {
	uint32_t status;
	uint8_t reserved_04[28];
	uint8_t key[32];
};
ABI_SIZE(struct guest_key_rsp, 0x40);

struct guest_tsc_info_req {
	uint8_t reserved[128];
};
ABI_SIZE(struct guest_tsc_info_req, 0x80);

struct guest_tsc_info_rsp {
	uint32_t status;
	uint32_t reserved_04;
	uint64_t scale;
	uint64_t offset;
	uint32_t factor;
	uint8_t reserved_1c[100];
};
ABI_SIZE(struct guest_tsc_info_rsp, 0x80);

/*
 * The certificates of an extended request (publication 56421, section 4.1.8.1): entries, an entry
 * of zeros, then the certificates. GUIDs are stored as their text reads, byte for byte.
 */
struct guest_cert_entry {
	uint8_t guid[16];
	uint32_t offset; /* from the first entry */
	uint32_t bytes;
};
ABI_SIZE(struct guest_cert_entry, 24);
