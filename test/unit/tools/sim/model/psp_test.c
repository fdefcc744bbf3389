/*
 * Guest messages: responses that an independent implementation made (psp_vectors.py), every refusal
 * of the firmware with its code, and what may change and what may not when one is refused.
 */
#include "psp.h"

#include "aead.h"
#include "heap.h"
#include "psp_cert.h"
#include "psp_vectors.h"
#include "unit.h"

#define TCB PSP_TCB(4, 0, 22, 213)

/* A message in the clear; the tests seal and open it. */
struct page {
	struct guest_msg_header header;
	uint8_t payload[GUEST_MSG_PAYLOAD_MAX];
};

static struct psp psp;
static struct page request;
static struct page response;

static struct psp_chip chip(void)
{
	struct psp_chip c = {.tcb = TCB, .fms = 0xa00f11, .report_version = 2};

	for (size_t i = 0; i < sizeof(c.secret); i++) {
		c.secret[i] = (uint8_t)i;
	}
	memset(c.id, 0x5a, sizeof(c.id));
	return c;
}

static struct psp_guest guest(void)
{
	struct psp_guest g = {.policy = POLICY_DEFAULT};

	for (size_t n = 0; n < PSP_VMPCKS; n++) {
		for (size_t i = 0; i < VMPCK_BYTES; i++) {
			g.vmpck[n][i] = (uint8_t)(17 * n + i);
		}
	}
	for (size_t i = 0; i < sizeof(g.measurement); i++) {
		g.measurement[i] = (uint8_t)(3 * i);
	}
	for (size_t i = 0; i < sizeof(g.host_data); i++) {
		g.host_data[i] = (uint8_t)(0xa0 + i);
	}
	memset(g.vmrk, 0x77, sizeof(g.vmrk));
	memset(g.report_id, 0x1d, sizeof(g.report_id));
	return g;
}

static void start_with(uint32_t report_version)
{
	struct psp_chip c = chip();
	struct psp_guest g = guest();

	c.report_version = report_version;
	CHECK_EQ(psp_init(&psp, &c, &g), ERR_OK);
	memset(&response, 0xee, sizeof(response));
}

static void start(void)
{
	start_with(2);
}

static void make(uint8_t vmpck, uint64_t sequence, uint8_t type, const void *body, uint16_t bytes)
{
	request = (struct page){
		.header =
			{
				.sequence = sequence,
				.algorithm = GUEST_MSG_ALGO_AES_256_GCM,
				.header_version = GUEST_MSG_HEADER_VERSION,
				.header_bytes = sizeof(struct guest_msg_header),
				.type = type,
				.version = GUEST_MSG_VERSION,
				.payload_bytes = bytes,
				.vmpck = vmpck,
			},
	};
	memcpy(request.payload, body, bytes);
}

static struct aead_text text_of(struct page *page, uint8_t iv[AEAD_IV_BYTES])
{
	memset(iv, 0, AEAD_IV_BYTES);
	memcpy(iv, &page->header.sequence, sizeof(page->header.sequence));
	return (struct aead_text){
		.aad = (const uint8_t *)&page->header + GUEST_MSG_AAD_OFFSET,
		.aad_bytes = GUEST_MSG_AAD_BYTES,
		.in = page->payload,
		.out = page->payload,
		.bytes = page->header.payload_bytes,
	};
}

static void seal_with(uint8_t key)
{
	struct psp_guest g = guest();
	uint8_t iv[AEAD_IV_BYTES];
	struct aead_text text = text_of(&request, iv);

	if (text.bytes <= sizeof(request.payload)) {
		CHECK_EQ(aead_seal(g.vmpck[key % PSP_VMPCKS], iv, &text, request.header.auth_tag),
			 ERR_OK);
	}
}

static struct psp_result ask(void)
{
	return psp_request(&psp, (const uint8_t *)&request, (uint8_t *)&response);
}

static struct psp_result seal_and_ask(void)
{
	seal_with(request.header.vmpck);
	return ask();
}

/* The response is whole, in sequence and for the request. */
static void open_response(uint16_t bytes)
{
	struct psp_guest g = guest();
	uint8_t iv[AEAD_IV_BYTES];
	struct aead_text text = text_of(&response, iv);

	CHECK_EQ(response.header.sequence, request.header.sequence + 1);
	CHECK_EQ(response.header.type, request.header.type + 1);
	CHECK_EQ(response.header.vmpck, request.header.vmpck);
	if (CHECK_EQ(response.header.payload_bytes, bytes)) {
		CHECK_EQ(aead_open(g.vmpck[request.header.vmpck % PSP_VMPCKS], iv, &text,
				   response.header.auth_tag),
			 ERR_OK);
	}
}

TEST(answers_as_vectors)
{
	start();
	ROW("derived key");
	memset(&request, 0, sizeof(request));
	memcpy(&request, vector_key_req, sizeof(vector_key_req));
	CHECK_EQ(ask().firmware, PSP_SUCCESS);
	CHECK_MEM(&response, vector_key_rsp, sizeof(vector_key_rsp));
	ROW("TSC information");
	memset(&request, 0, sizeof(request));
	memcpy(&request, vector_tsc_req, sizeof(vector_tsc_req));
	CHECK_EQ(ask().firmware, PSP_SUCCESS);
	CHECK_MEM(&response, vector_tsc_rsp, sizeof(vector_tsc_rsp));
	for (size_t i = sizeof(vector_tsc_rsp) - sizeof(response.header); i < 4000; i++) {
		CHECK_EQ(response.payload[i], 0);
	}
}

TEST(reports_each_version)
{
	static const char *const names[] = {"v2", "v3", "v4", "v5"};
	struct guest_report_req body = {.vmpl = 1};
	const struct guest_report_rsp *rsp = (const void *)response.payload;
	const struct guest_report *r = &rsp->report;
	struct psp_guest g = guest();

	memset(body.report_data, 0x42, sizeof(body.report_data));
	for (uint32_t version = 2; version <= 5; version++) {
		ROW(names[version - 2]);
		start_with(version);
		make(1, 1, GUEST_MSG_REPORT_REQ, &body, sizeof(body));
		CHECK_EQ(seal_and_ask().firmware, PSP_SUCCESS);
		open_response(sizeof(*rsp));
		CHECK_EQ(rsp->status, PSP_SUCCESS);
		CHECK_EQ(rsp->report_bytes, sizeof(*r));
		CHECK_EQ(r->version, version);
		CHECK_EQ(r->vmpl, 1);
		CHECK_EQ(r->policy, POLICY_DEFAULT);
		CHECK_EQ(r->signature_algo, 1);
		CHECK_EQ(r->flags, 0);
		CHECK_EQ(r->current_tcb, TCB);
		CHECK_EQ(r->reported_tcb, TCB);
		CHECK_EQ(r->cpuid_fms[0], version == 2 ? 0 : 0x19);
		CHECK_EQ(r->cpuid_fms[1], version == 2 ? 0 : 1);
		CHECK_EQ(r->cpuid_fms[2], version == 2 ? 0 : 1);
		CHECK_MEM(r->report_data, body.report_data, sizeof(r->report_data));
		CHECK_MEM(r->measurement, g.measurement, sizeof(r->measurement));
		CHECK_MEM(r->host_data, g.host_data, sizeof(r->host_data));
		CHECK_MEM(r->report_id, g.report_id, sizeof(r->report_id));
		CHECK_EQ(r->chip_id[0], 0x5a);
	}
}

TEST(signs_little_endian)
{
	struct guest_report_req body = {0};
	const struct guest_report *r = &((const struct guest_report_rsp *)response.payload)->report;
	struct p384_signature signature;
	uint8_t any = 0;

	start();
	make(0, 1, GUEST_MSG_REPORT_REQ, &body, sizeof(body));
	CHECK_EQ(seal_and_ask().status, PSP_SUCCESS);
	open_response(sizeof(struct guest_report_rsp));
	for (size_t i = 0; i < P384_BYTES; i++) {
		signature.r[i] = r->signature[P384_BYTES - 1 - i];
		signature.s[i] = r->signature[72 + P384_BYTES - 1 - i];
	}
	CHECK_EQ(p384_verify(&psp.vcek.point, r, 0x2a0, &signature), ERR_OK);
	CHECK_EQ(p384_verify(&psp.vcek.point, r, 0x29f, &signature), ERR_INVALID);
	for (size_t i = P384_BYTES; i < sizeof(r->signature); i++) {
		any |= i >= 72 && i < 72 + P384_BYTES ? 0 : r->signature[i];
	}
	CHECK_EQ(any, 0);
}

TEST(counts_each_key)
{
	struct guest_tsc_info_req body = {0};

	start();
	for (uint64_t round = 0; round < 3; round++) {
		for (uint8_t vmpck = 0; vmpck < PSP_VMPCKS; vmpck++) {
			make(vmpck, 1 + 2 * round, GUEST_MSG_TSC_INFO_REQ, &body, sizeof(body));
			CHECK_EQ(seal_and_ask().firmware, PSP_SUCCESS);
			open_response(sizeof(struct guest_tsc_info_rsp));
		}
	}
	ROW("the last number");
	start();
	psp.counts[0] = UINT64_MAX - 3;
	make(0, UINT64_MAX - 2, GUEST_MSG_TSC_INFO_REQ, &body, sizeof(body));
	CHECK_EQ(seal_and_ask().firmware, PSP_SUCCESS);
	make(0, UINT64_MAX, GUEST_MSG_TSC_INFO_REQ, &body, sizeof(body));
	CHECK_EQ(seal_and_ask().firmware, PSP_AEAD_OFLOW);
}

/* One mistake in a message that is otherwise good: two of its bytes are set. */
static const struct {
	const char *name;
	bool is_after; /* it was sealed */
	size_t offset;
	uint16_t value;
	uint32_t firmware;
} refusals[] = {
	{"algorithm", false, 0x30, 0x0102, PSP_INVALID_PARAM},
	{"header version", false, 0x30, 0x0201, PSP_INVALID_PARAM},
	{"header size", false, 0x32, 0x50, PSP_INVALID_PARAM},
	{"no payload", false, 0x36, 0, PSP_INVALID_PARAM},
	{"no payload, whatever the tag", true, 0x36, 0, PSP_INVALID_PARAM},
	{"payload not in sixteens", false, 0x36, 100, PSP_INVALID_PARAM},
	{"payload over the page", false, 0x36, 4016, PSP_INVALID_PARAM},
	{"payload too short for its type", false, 0x36, 0x50, PSP_INVALID_PARAM},
	{"VMPCK 4", false, 0x3c, 4, PSP_INVALID_PARAM},
	{"reserved 28", false, 0x2e, 0x8000, PSP_INVALID_PARAM},
	{"reserved 38", false, 0x38, 1, PSP_INVALID_PARAM},
	{"reserved 3D", false, 0x5e, 0x0100, PSP_INVALID_PARAM},
	{"tag of more than 16 bytes", true, 0x10, 1, PSP_INVALID_PARAM},
	{"type 0", false, 0x34, 0x0100, PSP_INVALID_PARAM},
	{"type of a response", false, 0x34, 0x0106, PSP_INVALID_PARAM},
	{"type this PSP does not have", false, 0x34, 0x0107, PSP_INVALID_PARAM},
	{"message version 0", false, 0x34, 0x0005, PSP_INVALID_PARAM},
	{"message version 2", false, 0x34, 0x0205, PSP_INVALID_PARAM},
	{"sequence 0", false, 0x20, 0, PSP_AEAD_OFLOW},
	{"sequence of the response", false, 0x20, 2, PSP_AEAD_OFLOW},
	{"sequence too high", false, 0x20, 3, PSP_AEAD_OFLOW},
	{"text changed", true, 0x62, 1, PSP_BAD_MEASUREMENT},
	{"tag changed", true, 0x00, 0, PSP_BAD_MEASUREMENT},
	{"header changed", true, 0x34, 0x0103, PSP_BAD_MEASUREMENT},
	{"sequence changed", true, 0x20, 3, PSP_BAD_MEASUREMENT},
	{"another VMPCK's key", true, 0x3c, 1, PSP_BAD_MEASUREMENT},
};

static void spoil(size_t i)
{
	memcpy((uint8_t *)&request + refusals[i].offset, &refusals[i].value,
	       sizeof(refusals[i].value));
}

TEST(refuses_messages)
{
	struct guest_report_req body = {0};
	struct page untouched;

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		ROW(refusals[i].name);
		start();
		untouched = response;
		make(0, 1, GUEST_MSG_REPORT_REQ, &body, sizeof(body));
		if (!refusals[i].is_after) {
			spoil(i);
		}
		seal_with(request.header.vmpck);
		if (refusals[i].is_after) {
			spoil(i);
		}
		CHECK_EQ(ask().firmware, refusals[i].firmware);
		CHECK_MEM(&response, &untouched, sizeof(response));
		for (size_t v = 0; v < PSP_VMPCKS; v++) {
			CHECK_EQ(psp.counts[v], 0);
		}
		/* The right one still goes through. */
		make(0, 1, GUEST_MSG_REPORT_REQ, &body, sizeof(body));
		CHECK_EQ(seal_and_ask().firmware, PSP_SUCCESS);
	}
}

TEST(refuses_a_replay)
{
	struct guest_report_req body = {0};
	struct page again;

	start();
	make(2, 1, GUEST_MSG_REPORT_REQ, &body, sizeof(body));
	((struct guest_report_req *)request.payload)->vmpl = 2;
	CHECK_EQ(seal_and_ask().firmware, PSP_SUCCESS);
	CHECK_EQ(ask().firmware, PSP_AEAD_OFLOW);
	ROW("its own response");
	again = request;
	request = response;
	CHECK_EQ(ask().firmware, PSP_AEAD_OFLOW);
	request = again;
}

static const struct {
	const char *name;
	uint8_t vmpck;
	struct guest_report_req body;
	uint32_t status;
} reports[] = {
	{"VMPCK0 for VMPL0", 0, {.vmpl = 0}, PSP_SUCCESS},
	{"VMPCK0 for VMPL3", 0, {.vmpl = 3}, PSP_SUCCESS},
	{"VMPCK2 for VMPL2", 2, {.vmpl = 2}, PSP_SUCCESS},
	{"the VCEK", 0, {.flags = GUEST_KEY_VCEK}, PSP_SUCCESS},
	{"VMPCK2 for VMPL0", 2, {.vmpl = 0}, PSP_INVALID_PARAM},
	{"VMPCK3 for VMPL2", 3, {.vmpl = 2}, PSP_INVALID_PARAM},
	{"VMPL4", 0, {.vmpl = 4}, PSP_INVALID_PARAM},
	{"VMPL with all bits", 0, {.vmpl = UINT32_MAX}, PSP_INVALID_PARAM},
	{"reserved flag", 0, {.flags = 4}, PSP_INVALID_PARAM},
	{"reserved 48", 0, {.reserved_48 = {[23] = 1}}, PSP_INVALID_PARAM},
	{"the VLEK, which is not there", 0, {.flags = GUEST_KEY_VLEK}, PSP_INVALID_KEY},
	{"key 3", 0, {.flags = 3}, PSP_INVALID_KEY},
};

TEST(checks_report_requests)
{
	const struct guest_report_rsp *rsp = (const void *)response.payload;
	struct psp_result result;

	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		ROW(reports[i].name);
		start();
		make(reports[i].vmpck, 1, GUEST_MSG_REPORT_REQ, &reports[i].body,
		     sizeof(reports[i].body));
		result = seal_and_ask();
		/* A request that is refused is answered all the same. */
		CHECK_EQ(result.firmware, PSP_SUCCESS);
		CHECK_EQ(result.status, reports[i].status);
		open_response(sizeof(*rsp));
		CHECK_EQ(rsp->status, reports[i].status);
		CHECK_EQ(rsp->report.version, reports[i].status == PSP_SUCCESS ? 2 : 0);
		CHECK_EQ(rsp->report.vmpl,
			 reports[i].status == PSP_SUCCESS ? reports[i].body.vmpl : 0);
		CHECK_EQ(psp.counts[reports[i].vmpck], 2);
	}
}

static const struct {
	const char *name;
	uint8_t vmpck;
	struct guest_key_req body;
	uint32_t status;
} keys[] = {
	{"nothing selected", 0, {0}, PSP_SUCCESS},
	{"VMRK", 0, {.root_select = 1}, PSP_SUCCESS},
	{"VCEK named", 0, {.root_select = 2}, PSP_SUCCESS},
	{"all fields", 0, {.field_select = 0x3f, .tcb = TCB, .guest_svn = 0}, PSP_SUCCESS},
	{"older TCB", 0, {.field_select = 0x20, .tcb = PSP_TCB(3, 0, 22, 0)}, PSP_SUCCESS},
	{"newer TCB, not selected", 0, {.tcb = UINT64_MAX}, PSP_SUCCESS},
	{"newer boot loader",
	 0,
	 {.field_select = 0x20, .tcb = PSP_TCB(5, 0, 0, 0)},
	 PSP_INVALID_PARAM},
	{"newer microcode",
	 0,
	 {.field_select = 0x20, .tcb = PSP_TCB(0, 0, 0, 214)},
	 PSP_INVALID_PARAM},
	{"reserved part of the TCB", 0, {.field_select = 0x20, .tcb = 0x10000}, PSP_INVALID_PARAM},
	{"newer guest", 0, {.field_select = 0x10, .guest_svn = 1}, PSP_INVALID_PARAM},
	{"unknown field", 0, {.field_select = 0x40}, PSP_INVALID_PARAM},
	{"VMPCK1 for VMPL0", 1, {.vmpl = 0}, PSP_INVALID_PARAM},
	{"VMPL4", 0, {.vmpl = 4}, PSP_INVALID_PARAM},
	{"reserved root bit", 0, {.root_select = 8}, PSP_INVALID_PARAM},
	{"reserved 04", 0, {.reserved_04 = 1}, PSP_INVALID_PARAM},
	{"VLEK", 0, {.root_select = 4}, PSP_INVALID_KEY},
	{"key 3", 0, {.root_select = 6}, PSP_INVALID_KEY},
};

TEST(checks_key_requests)
{
	const struct guest_key_rsp *rsp = (const void *)response.payload;
	static const uint8_t nothing[32];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		ROW(keys[i].name);
		start();
		make(keys[i].vmpck, 1, GUEST_MSG_KEY_REQ, &keys[i].body, sizeof(keys[i].body));
		CHECK_EQ(seal_and_ask().status, keys[i].status);
		open_response(sizeof(*rsp));
		CHECK_EQ(rsp->status, keys[i].status);
		CHECK_EQ(memcmp(rsp->key, nothing, sizeof(nothing)) != 0,
			 keys[i].status == PSP_SUCCESS);
	}
}

TEST(checks_tsc_requests)
{
	const struct guest_tsc_info_rsp *rsp = (const void *)response.payload;
	struct guest_tsc_info_req body = {.reserved = {[127] = 1}};

	start();
	make(1, 1, GUEST_MSG_TSC_INFO_REQ, &body, sizeof(body));
	CHECK_EQ(seal_and_ask().status, PSP_INVALID_PARAM);
	open_response(sizeof(*rsp));
	CHECK_EQ(rsp->status, PSP_INVALID_PARAM);
	CHECK_EQ(rsp->scale, 0);
}

static void derive(const struct guest_key_req *body, uint8_t out[32])
{
	make(0, psp.counts[0] + 1, GUEST_MSG_KEY_REQ, body, sizeof(*body));
	CHECK_EQ(seal_and_ask().status, PSP_SUCCESS);
	open_response(sizeof(struct guest_key_rsp));
	memcpy(out, ((const struct guest_key_rsp *)response.payload)->key, 32);
}

/* Does a key change when one bit of what it may be made of does? */
static const struct {
	const char *name;
	struct guest_key_req body;
	size_t offset; /* of the bit's byte in struct psp */
	bool differs;
} mixes[] = {
	{"a count, of course not", {.field_select = 0x3f}, offsetof(struct psp, counts[3]), false},
	{"measurement", {.field_select = 0x08}, offsetof(struct psp, guest.measurement), true},
	{"measurement, not selected",
	 {.field_select = 0x37},
	 offsetof(struct psp, guest.measurement),
	 false},
	{"policy", {.field_select = 0x01}, offsetof(struct psp, guest.policy), true},
	{"policy, not selected", {.field_select = 0x3e}, offsetof(struct psp, guest.policy), false},
	{"family", {.field_select = 0x04}, offsetof(struct psp, guest.family_id), true},
	{"family, not selected",
	 {.field_select = 0x3b},
	 offsetof(struct psp, guest.family_id),
	 false},
	{"image", {.field_select = 0x02}, offsetof(struct psp, guest.image_id), true},
	{"image, not selected",
	 {.field_select = 0x3d},
	 offsetof(struct psp, guest.image_id),
	 false},
	{"host data, always", {0}, offsetof(struct psp, guest.host_data), true},
	{"owner, always", {0}, offsetof(struct psp, guest.has_id_block), true},
	{"author, always", {0}, offsetof(struct psp, guest.has_author_key), true},
	{"chip, for the VCEK", {0}, offsetof(struct psp, chip.secret), true},
	{"chip, for the VMRK", {.root_select = 1}, offsetof(struct psp, chip.secret), false},
	{"VMRK, for the VCEK", {0}, offsetof(struct psp, guest.vmrk), false},
	{"VMRK, for the VMRK", {.root_select = 1}, offsetof(struct psp, guest.vmrk), true},
};

TEST(mixes_what_was_asked)
{
	uint8_t first[32];
	uint8_t second[32];

	for (size_t i = 0; i < ARRAY_SIZE(mixes); i++) {
		ROW(mixes[i].name);
		start();
		derive(&mixes[i].body, first);
		((uint8_t *)&psp)[mixes[i].offset] ^= 1;
		derive(&mixes[i].body, second);
		CHECK_EQ(memcmp(first, second, sizeof(first)) != 0, mixes[i].differs);
	}
}

/* What they say is checked by tools/sim/test/psp_test.py; here, how they lie in the page. */
TEST(lists_certificates)
{
	static const uint8_t first_bytes[PSP_CERTS] = {0xc0, 0x4a, 0x63};
	static const struct guest_cert_entry end;
	static uint8_t page[PAGE_SIZE];
	static uint8_t again[PAGE_SIZE];
	struct guest_cert_entry entries[PSP_CERTS + 1];
	struct psp_chip c = chip();
	uint32_t at = sizeof(entries);

	CHECK_EQ(psp_cert_table(&c, page), ERR_OK);
	memcpy(entries, page, sizeof(entries));
	for (size_t i = 0; i < PSP_CERTS; i++) {
		CHECK_EQ(entries[i].guid[0], first_bytes[i]);
		CHECK_EQ(entries[i].offset, at);
		/* A SEQUENCE with two bytes of length, to the end. */
		CHECK_EQ(page[at], 0x30);
		CHECK_EQ(page[at + 1], 0x82);
		CHECK_EQ((page[at + 2] << 8 | page[at + 3]) + 4, entries[i].bytes);
		at += entries[i].bytes;
	}
	CHECK_MEM(&entries[PSP_CERTS], &end, sizeof(end));
	CHECK_EQ(psp_cert_table(&c, again), ERR_OK);
	CHECK_MEM(page, again, sizeof(page));
	CHECK(heap_peak() < HEAP_BYTES / 2);
}

TEST(lives_without_memory)
{
	struct guest_report_req body = {0};
	const struct guest_report_rsp *rsp = (const void *)response.payload;
	static uint8_t page[PAGE_SIZE];
	struct psp_chip c = chip();
	void *all = heap_take(1, HEAP_BYTES - 16);

	CHECK(all != NULL);
	start();
	make(0, 1, GUEST_MSG_REPORT_REQ, &body, sizeof(body));
	CHECK_EQ(seal_and_ask().status, PSP_HWERROR_PLATFORM);
	open_response(sizeof(*rsp));
	CHECK_EQ(rsp->report.version, 0);
	CHECK_EQ(psp_cert_table(&c, page), ERR_NOMEM);
	heap_give(all);
	make(0, 3, GUEST_MSG_REPORT_REQ, &body, sizeof(body));
	CHECK_EQ(seal_and_ask().status, PSP_SUCCESS);
}

TEST(refuses_unknown_report_versions)
{
	static const uint32_t versions[] = {0, 1, 6, UINT32_MAX};
	struct psp_chip c = chip();
	struct psp_guest g = guest();

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		c.report_version = versions[i];
		CHECK_EQ(psp_init(&psp, &c, &g), ERR_INVALID);
	}
}

UNIT_MAIN(CASE(answers_as_vectors), CASE(reports_each_version), CASE(signs_little_endian),
	  CASE(counts_each_key), CASE(refuses_messages), CASE(refuses_a_replay),
	  CASE(checks_report_requests), CASE(checks_key_requests), CASE(checks_tsc_requests),
	  CASE(mixes_what_was_asked), CASE(lists_certificates), CASE(lives_without_memory),
	  CASE(refuses_unknown_report_versions))
