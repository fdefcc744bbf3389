/*
 * Attestation from a guest: both calls, what they write and return, and what is refused. Whether
 * report, signature and chain are right is for a verifier outside to say (test/system).
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "faulty.h"
#include "snp/guest_msg.h"
#include "svsm.h"
#include "svsm/attest.h"

#define ALL    SVSM_CALL(SVSM_PROTOCOL_ATTEST, SVSM_ATTEST_SERVICES)
#define SINGLE SVSM_CALL(SVSM_PROTOCOL_ATTEST, SVSM_ATTEST_SINGLE_SERVICE)

#define MANIFEST_PAGES	   2
#define CERTIFICATES_PAGES 4
#define OTHER		   UINT64_C(0x1111222233334444)
#define UNTOUCHED	   0xCC

static uint8_t report_page[PAGE_SIZE] ALIGNED(4096);
static uint8_t manifest_pages[MANIFEST_PAGES * PAGE_SIZE] ALIGNED(4096);
static uint8_t certificates_pages[CERTIFICATES_PAGES * PAGE_SIZE] ALIGNED(4096);
static uint8_t nonce[SVSM_ATTEST_NONCE_BYTES] ALIGNED(64);
static struct svsm_attest_single_service operation ALIGNED(128);

static uint64_t gpa_of(const void *data)
{
	return (uintptr_t)data;
}

/* A good request, without certificates. */
static void prepare(void)
{
	static const uint8_t guid[16] = FAULTY_GUID;

	memset(report_page, UNTOUCHED, sizeof(report_page));
	memset(manifest_pages, UNTOUCHED, sizeof(manifest_pages));
	memset(certificates_pages, UNTOUCHED, sizeof(certificates_pages));
	operation = (struct svsm_attest_single_service){
		.common =
			{
				.report_gpa = gpa_of(report_page),
				.report_bytes = sizeof(report_page),
				.nonce_gpa = gpa_of(nonce),
				.nonce_bytes = sizeof(nonce),
				.manifest_gpa = gpa_of(manifest_pages),
				.manifest_bytes = sizeof(manifest_pages),
			},
	};
	memcpy(operation.guid, guid, sizeof(guid));
}

static struct client_call attest(uint64_t rax)
{
	return (struct client_call){
		.rax = rax, .rcx = gpa_of(&operation), .rdx = UINT64_MAX, .r8 = UINT64_MAX};
}

/* The bytes of one field replaced: each is refused, and no register but RAX changes. */
static const struct {
	const char *name;
	uint64_t rax;
	uint32_t offset;
	uint32_t bytes;
	uint64_t value;
	uint32_t want;
} refusals[] = {
	/* clang-format off */
	{ "reserved 0c", ALL, 0x0C, 4, 1, SVSM_ERR_INVALID_PARAMETER },
	{ "reserved 1f", ALL, 0x1F, 1, 1, SVSM_ERR_INVALID_PARAMETER },
	{ "reserved 2c", ALL, 0x2C, 4, 1, SVSM_ERR_INVALID_PARAMETER },
	{ "reserved 3c", ALL, 0x3C, 4, 1, SVSM_ERR_INVALID_PARAMETER },
	{ "reserved 54", SINGLE, 0x54, 4, 1, SVSM_ERR_INVALID_PARAMETER },
	{ "report misaligned", ALL, 0x00, 1, 8, SVSM_ERR_INVALID_PARAMETER },
	{ "report wraps", ALL, 0x00, 8, UINT64_MAX - 0xFFF, SVSM_ERR_INVALID_PARAMETER },
	{ "manifest misaligned", ALL, 0x20, 1, 1, SVSM_ERR_INVALID_PARAMETER },
	{ "certificates misaligned", ALL, 0x30, 1, 16, SVSM_ERR_INVALID_PARAMETER },
	{ "nonce of 63 bytes", ALL, 0x18, 2, 63, SVSM_ERR_INVALID_PARAMETER },
	{ "nonce of nothing", SINGLE, 0x18, 2, 0, SVSM_ERR_INVALID_PARAMETER },
	{ "nonce crosses its page", ALL, 0x10, 8, 0xFFF, SVSM_ERR_INVALID_PARAMETER },
	{ "nonce in no memory", ALL, 0x10, 8, OTHER, SVSM_ERR_INVALID_ADDRESS },
	{ "unknown service", SINGLE, 0x4F, 1, 1, SVSM_ERR_UNSUPPORTED_PROTOCOL },
	{ "unknown manifest", SINGLE, 0x50, 4, FAULTY_MANIFEST_COUNT, SVSM_ERR_INVALID_PARAMETER },
	{ "last manifest there can be", SINGLE, 0x50, 4, UINT32_MAX, SVSM_ERR_INVALID_PARAMETER },
	{ "service exits", SINGLE, 0x50, 4, FAULTY_MANIFEST_EXIT, SVSM_ERR_KEEL_SERVICE_DIED },
	{ "manifest too long", SINGLE, 0x50, 4, FAULTY_MANIFEST_TOO_LONG,
	  SVSM_ERR_KEEL_SERVICE_DIED },
	/* clang-format on */
};

static bool is_untouched(void)
{
	return report_page[0] == UNTOUCHED && manifest_pages[0] == UNTOUCHED &&
	       certificates_pages[0] == UNTOUCHED;
}

static void check_refusals(void)
{
	struct client_call call;

	for (unsigned int i = 0; i < ARRAY_SIZE(refusals); i++) {
		prepare();
		memcpy((uint8_t *)&operation + refusals[i].offset, &refusals[i].value,
		       refusals[i].bytes);
		check_call(refusals[i].name, attest(refusals[i].rax), refusals[i].want);
	}
	check_true("refusals write nothing", is_untouched());
	call = attest(ALL);
	call.rcx += 4;
	check_call("structure misaligned", call, SVSM_ERR_INVALID_PARAMETER);
	call.rcx = gpa_of(report_page) + PAGE_SIZE - 0x38;
	check_call("structure crosses its page", call, SVSM_ERR_INVALID_PARAMETER);
	call.rcx = svsm_secrets()->svsm_base;
	check_call("structure in the SVSM", call, SVSM_ERR_INVALID_ADDRESS);
	prepare();
	operation.common.nonce_gpa = svsm_secrets()->svsm_base;
	check_call("nonce in the SVSM", attest(ALL), SVSM_ERR_INVALID_ADDRESS);
}

/* Nothing fits: the registers say what is needed, and that then is enough. */
static void check_lengths(void)
{
	struct client_call call;

	prepare();
	operation.common.report_bytes = 0;
	operation.common.manifest_bytes = 0;
	call = attest(ALL);
	check_equal("too small", svsm_call(&call), SVSM_ERR_INVALID_PARAMETER);
	check_equal("report's length", call.r8, sizeof(struct guest_report));
	check_equal("certificates' length", call.rdx, 0);
	check_true("manifest's length",
		   call.rcx > sizeof(struct svsm_manifest) && call.rcx <= sizeof(manifest_pages));
	check_true("nothing is written", is_untouched());
	operation.common.report_bytes = (uint32_t)call.r8;
	operation.common.manifest_bytes = (uint32_t)call.rcx;
	call = attest(ALL);
	check_equal("just large enough", svsm_call(&call), SVSM_SUCCESS);
}

static bool succeeds(const char *name, struct client_call *call)
{
	uint64_t rax = svsm_call(call);

	check_equal(name, rax, SVSM_SUCCESS);
	return rax == SVSM_SUCCESS;
}

static void check_report(uint64_t bytes)
{
	const struct guest_report *report = (const struct guest_report *)(void *)report_page;

	check_equal("report, bytes", bytes, sizeof(*report));
	check_equal("report, VMPL", report->vmpl, 0);
	check_equal("report, kind of signature", report->signature_algo, GUEST_REPORT_SIGN_P384);
	check_equal("behind the report", report_page[sizeof(*report)], UNTOUCHED);
}

/* Of the test image: the vTPM, the faulty service, and Keel's own at the end. */
enum { ENTRY_VTPM, ENTRY_FAULTY, ENTRY_KEEL, ENTRIES };

/* The binary table: its head and entries. */
static void check_table(uint64_t bytes)
{
	static const uint8_t table_guid[16] = SVSM_MANIFEST_GUID;
	static const uint8_t keel_guid[16] = SVSM_MANIFEST_KEEL_GUID;
	const struct svsm_manifest *table = (const struct svsm_manifest *)(void *)manifest_pages;
	const struct svsm_manifest_entry *entries =
		(const struct svsm_manifest_entry *)(const void *)(table + 1);
	const struct svsm_manifest_entry *faulty = &entries[ENTRY_FAULTY];
	const struct svsm_manifest_entry *keel = &entries[ENTRY_KEEL];

	check_true("table's GUID", memcmp(table->guid, table_guid, sizeof(table_guid)) == 0);
	check_equal("table's bytes", table->bytes, bytes);
	check_equal("table's entries", table->count, ENTRIES);
	check_true("the TPM says something of its keys", entries[ENTRY_VTPM].bytes > 100);
	check_true("a service", memcmp(faulty->guid, operation.guid, sizeof(faulty->guid)) == 0 &&
					faulty->bytes == sizeof(FAULTY_MANIFEST) - 1 &&
					memcmp(manifest_pages + faulty->offset, FAULTY_MANIFEST,
					       sizeof(FAULTY_MANIFEST) - 1) == 0);
	check_true("all services in CBOR", memcmp(keel->guid, keel_guid, sizeof(keel_guid)) == 0 &&
						   keel->offset + keel->bytes == bytes);
	check_equal("behind the table", manifest_pages[bytes], UNTOUCHED);
}

static void check_services(void)
{
	struct client_call call;
	uint8_t report_data[64];

	prepare();
	operation.common.certificates_gpa = gpa_of(certificates_pages);
	operation.common.certificates_bytes = sizeof(certificates_pages);
	call = attest(ALL);
	if (!succeeds("all services", &call)) {
		return;
	}
	check_report(call.r8);
	check_table(call.rcx);
	check_true("certificates", call.rdx <= sizeof(certificates_pages) &&
					   (call.rdx == 0) == (certificates_pages[0] == UNTOUCHED));
	memcpy(report_data, ((struct guest_report *)(void *)report_page)->report_data,
	       sizeof(report_data));
	nonce[63]++;
	call = attest(ALL);
	check_equal("another nonce", svsm_call(&call), SVSM_SUCCESS);
	check_true("is another report",
		   memcmp(report_data, ((struct guest_report *)(void *)report_page)->report_data,
			  sizeof(report_data)) != 0);
}

static void check_single(void)
{
	static const uint8_t keel_guid[16] = SVSM_MANIFEST_KEEL_GUID;
	struct client_call call;

	for (uint32_t version = FAULTY_MANIFEST_TEXT; version <= FAULTY_MANIFEST_YIELDS;
	     version++) {
		prepare();
		operation.manifest_version = version;
		call = attest(SINGLE);
		if (!succeeds("single service", &call)) {
			return;
		}
		check_report(call.r8);
		check_true("its manifest", call.rcx == sizeof(FAULTY_MANIFEST) - 1 &&
						   memcmp(manifest_pages, FAULTY_MANIFEST,
							  sizeof(FAULTY_MANIFEST) - 1) == 0);
		check_equal("behind its manifest", manifest_pages[call.rcx], UNTOUCHED);
	}
	prepare();
	operation.manifest_version = FAULTY_MANIFEST_FULL;
	call = attest(SINGLE);
	check_equal("longest manifest", svsm_call(&call), SVSM_SUCCESS);
	check_true("its last byte", call.rcx == PAGE_SIZE && manifest_pages[PAGE_SIZE - 1] == 'F' &&
					    manifest_pages[PAGE_SIZE] == UNTOUCHED);
	prepare();
	memcpy(operation.guid, keel_guid, sizeof(keel_guid));
	call = attest(SINGLE);
	check_equal("services in CBOR alone", svsm_call(&call), SVSM_SUCCESS);
	check_true("a map of two", call.rcx > 2 && manifest_pages[0] == 0xA2);
}

void cases_attest(void)
{
	uint64_t versions = 0;

	check_subject("attestation: ");
	if (client_query_protocol(svsm_client(), FAULTY_PROTOCOL, FAULTY_VERSION, &versions) !=
		    ERR_OK ||
	    versions == 0) {
		check_skip("both calls", "the faulty service is not in this image");
		return;
	}
	check_refusals();
	check_lengths();
	check_services();
	check_single();
}
