/*
 * Messages between a guest and the PSP (publication 56860, chapter 7 and section 8.26): the header
 * and the bodies Keel uses. AES-256-GCM under VMPCKn; the authenticated data are bytes 30..5F.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

#define GUEST_MSG_ALGO_AES_256_GCM 1
#define GUEST_MSG_PAYLOAD_MAX	   4000

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

struct guest_report_req {
	uint8_t report_data[64];
	uint32_t vmpl;
	uint32_t flags;
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
