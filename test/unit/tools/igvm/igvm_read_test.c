/* The IGVM reader against a hand-made file: the whole of it, each prefix, each field damaged. */
#include "igvm_read.h"

#include <stdlib.h>

#include "unit.h"

#define POLICY UINT64_C(0x30000)
#define VMSA   UINT64_C(0xFFFFFFFFF000)

/* The headers of the good file, in order. The rows below name them. */
enum header {
	PLATFORM,
	GUEST_POLICY,
	AREA_0,
	AREA_1,
	MAP,
	COUNT,
	INSERT_0,
	INSERT_1,
	PAGE_0,
	PAGE_1,
	PAGE_SECRETS,
	PAGE_CPUID,
	MEMORY,
	VP,
	HEADERS
};

#define MAX_BYTES (4 * 4096)

struct image {
	uint8_t bytes[MAX_BYTES];
	size_t at;
	size_t header_at[HEADERS + 1];
	size_t count;
};

static struct image image;

static void put(const void *data, size_t bytes)
{
	memcpy(image.bytes + image.at, data, bytes);
	image.at += bytes;
}

static void put_header(uint32_t type, const void *payload, uint32_t bytes)
{
	struct igvm_header header = {.type = type, .bytes = bytes};

	image.header_at[image.count++] = image.at;
	put(&header, sizeof(header));
	put(payload, bytes);
	image.at = (image.at + 7) / 8 * 8;
}

static void put_page(uint64_t gpa, uint16_t type, uint32_t offset)
{
	struct igvm_page_data p = {
		.gpa = gpa, .compatibility_mask = 1, .file_offset = offset, .data_type = type};

	put_header(IGVM_PAGE_DATA, &p, sizeof(p));
}

static void put_parameters(void)
{
	struct igvm_parameter_area area = {.bytes = 4096};
	struct igvm_parameter parameter = {0};
	struct igvm_parameter_insert insert = {.gpa = 0x30000, .compatibility_mask = 1};

	put_header(IGVM_PARAMETER_AREA, &area, sizeof(area));
	area.index = 1;
	put_header(IGVM_PARAMETER_AREA, &area, sizeof(area));
	put_header(IGVM_MEMORY_MAP, &parameter, sizeof(parameter));
	parameter = (struct igvm_parameter){.area_index = 1, .byte_offset = 8};
	put_header(IGVM_VP_COUNT, &parameter, sizeof(parameter));
	put_header(IGVM_PARAMETER_INSERT, &insert, sizeof(insert));
	insert = (struct igvm_parameter_insert){0x31000, 1, 1};
	put_header(IGVM_PARAMETER_INSERT, &insert, sizeof(insert));
}

/* Makes the checksum right again after a change. */
static void seal(void)
{
	struct igvm_fixed_header *h = (struct igvm_fixed_header *)image.bytes;

	h->checksum = 0;
	h->checksum = igvm_crc32(0, image.bytes, h->headers_offset + h->headers_bytes);
}

static uint32_t data_offset(void)
{
	return (uint32_t)(image.header_at[VP] + 8 + 24);
}

static void make_image(void)
{
	struct igvm_fixed_header h = {IGVM_MAGIC, IGVM_VERSION, 24, 0, 0, 0};
	struct igvm_supported_platform platform = {1, 0, IGVM_PLATFORM_SNP, 1, 0};
	struct igvm_guest_policy policy = {POLICY, 1, 0};
	struct igvm_required_memory memory = {
		.gpa = 0x40000, .compatibility_mask = 1, .bytes = 0x2000};
	struct igvm_vp_context vp = {.gpa = VMSA, .compatibility_mask = 1};
	uint32_t data = 24 + 24 + 24 + 24 * 2 + 16 * 2 + 24 * 2 + 32 * 4 + 32 + 32;

	memset(&image, 0, sizeof(image));
	put(&h, sizeof(h));
	put_header(IGVM_SUPPORTED_PLATFORM, &platform, sizeof(platform));
	put_header(IGVM_GUEST_POLICY, &policy, sizeof(policy));
	put_parameters();
	put_page(0x10000, IGVM_PAGE_NORMAL, data);
	put_page(0x11000, IGVM_PAGE_NORMAL, 0);
	put_page(0x12000, IGVM_PAGE_SECRETS, 0);
	put_page(0x13000, IGVM_PAGE_CPUID, 0);
	put_header(IGVM_REQUIRED_MEMORY, &memory, sizeof(memory));
	vp.file_offset = data + 4096;
	put_header(IGVM_VP_CONTEXT, &vp, sizeof(vp));
	h.headers_bytes = (uint32_t)image.at - 24;
	memset(image.bytes + image.at, 0xA5, 4096);
	memset(image.bytes + image.at + 4096, 0x5A, 4096);
	image.at += 2 * 4096;
	h.file_bytes = (uint32_t)image.at;
	memcpy(image.bytes, &h, sizeof(h));
	seal();
}

/* A copy of exactly the right size, so that a sanitizer sees a read beyond it. */
static enum err open_copy(struct igvm *igvm, size_t bytes)
{
	uint8_t *copy = malloc(bytes == 0 ? 1 : bytes);
	enum err err = ERR_NOMEM;

	if (CHECK(copy != NULL)) {
		memcpy(copy, image.bytes, bytes);
		err = igvm_open(igvm, copy, bytes);
	}
	free(copy);
	return err;
}

TEST(checksum_golden_vector)
{
	CHECK_EQ(igvm_crc32(0, "123456789", 9), 0xCBF43926);
	CHECK_EQ(igvm_crc32(igvm_crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
}

TEST(yields_the_items_in_order)
{
	static const uint32_t types[] = {
		IGVM_SUPPORTED_PLATFORM, IGVM_GUEST_POLICY,	IGVM_PARAMETER_AREA,
		IGVM_PARAMETER_AREA,	 IGVM_MEMORY_MAP,	IGVM_VP_COUNT,
		IGVM_PARAMETER_INSERT,	 IGVM_PARAMETER_INSERT, IGVM_PAGE_DATA,
		IGVM_PAGE_DATA,		 IGVM_PAGE_DATA,	IGVM_PAGE_DATA,
		IGVM_REQUIRED_MEMORY,	 IGVM_VP_CONTEXT,	IGVM_END,
	};
	struct igvm igvm;
	struct igvm_item item;

	make_image();
	CHECK_EQ(image.at, data_offset() + 2 * 4096);
	CHECK_EQ(igvm_open(&igvm, image.bytes, image.at), ERR_OK);
	CHECK_STR(igvm.defect, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		CHECK_EQ(igvm_next(&igvm, &item), ERR_OK);
		CHECK_EQ(item.type, types[i]);
		if (i == GUEST_POLICY) {
			CHECK_EQ(item.policy.policy, POLICY);
		} else if (i == PAGE_0) {
			CHECK(item.data == image.bytes + data_offset());
		} else if (i == PAGE_1) {
			CHECK(item.data == NULL);
			CHECK_EQ(item.page.gpa, 0x11000);
		} else if (i == VP) {
			CHECK(item.data == image.bytes + data_offset() + 4096);
		}
	}
	CHECK_EQ(igvm_next(&igvm, &item), ERR_OK);
	CHECK_EQ(item.type, IGVM_END);
}

TEST(refuses_every_shorter_prefix)
{
	struct igvm igvm;

	make_image();
	for (size_t bytes = 0; bytes < image.at; bytes++) {
		bool is_refused = open_copy(&igvm, bytes) != ERR_OK;

		if (!CHECK(is_refused) || !CHECK(igvm.defect != NULL)) {
			break;
		}
	}
	CHECK_EQ(open_copy(&igvm, image.at), ERR_OK);
}

/* The same with the fixed header made to agree, so that the cut reaches the headers themselves. */
TEST(refuses_every_shorter_header_list)
{
	struct igvm_fixed_header *h = (struct igvm_fixed_header *)image.bytes;
	struct igvm igvm;

	make_image();
	for (uint32_t bytes = h->headers_bytes; bytes-- > 0;) {
		h->headers_bytes = bytes;
		seal();
		if (!CHECK(open_copy(&igvm, image.at) != ERR_OK)) {
			break;
		}
	}
}

TEST(refuses_every_changed_header_byte)
{
	struct igvm igvm;

	make_image();
	for (size_t i = 0; i < data_offset(); i++) {
		image.bytes[i] ^= 0x10;
		if (!CHECK(open_copy(&igvm, image.at) != ERR_OK)) {
			fprintf(stderr, "at byte %zu\n", i);
		}
		image.bytes[i] ^= 0x10;
	}
}

TEST(refuses_a_damaged_fixed_header)
{
	static const struct {
		const char *name;
		size_t word;
		uint32_t value;
		enum err err;
		const char *defect;
	} rows[] = {
		{"magic", 0, 0x4D56474A, ERR_FORMAT, "this is no IGVM file: the magic is wrong"},
		{"version 2", 1, 2, ERR_UNSUPPORTED, "the IGVM format version is not 1"},
		{"offset", 2, 32, ERR_FORMAT, "the headers do not follow the fixed header"},
		{"headers too large", 3, 0xFFFFFFF8, ERR_FORMAT,
		 "the size of the headers is wrong"},
		{"headers unaligned", 3, 100, ERR_FORMAT, "the size of the headers is wrong"},
		{"no headers", 3, 0, ERR_FORMAT, "the checksum of the headers is wrong"},
		{"file size", 4, 24, ERR_FORMAT, "the file is shorter or longer than it says"},
		{"checksum", 5, 1, ERR_FORMAT, "the checksum of the headers is wrong"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct igvm igvm;

		ROW(rows[i].name);
		make_image();
		memcpy(image.bytes + rows[i].word * 4, &rows[i].value, 4);
		CHECK_EQ(open_copy(&igvm, image.at), rows[i].err);
		CHECK_STR(igvm.defect, rows[i].defect);
	}
}

/* One field of one header changed, the checksum right. */
static const struct {
	const char *name;
	enum header header;
	int offset; /* in the payload; TYPE and SIZE lie before it */
	size_t bytes;
	uint64_t value;
	const char *defect;
} damage[] = {
#define TYPE -8
#define SIZE -4
	{"platform native", PLATFORM, 5, 1, 0, "the platform is not SEV-SNP"},
	{"platform version", PLATFORM, 6, 2, 2, "the SEV-SNP platform version is not 1"},
	{"platform vtl", PLATFORM, 4, 1, 1, "the highest VTL is neither 0 nor 2"},
	{"platform mask none", PLATFORM, 0, 4, 0, "the platform's mask has not exactly one bit"},
	{"platform mask two", PLATFORM, 0, 4, 3, "the platform's mask has not exactly one bit"},
	{"platform mask other", PLATFORM, 0, 4, 2, "the compatibility mask is not the platform's"},
	{"platform size", PLATFORM, SIZE, 4, 24, "a header has the wrong size"},
	{"platform missing", PLATFORM, TYPE, 4, 0x302, "a header has the wrong size"},
	{"type unknown", AREA_0, TYPE, 4, 0x309, "a header has an unknown type"},
	{"type optional", AREA_0, TYPE, 4, 0x80000301, "a header has an unknown type"},
	{"type zero", AREA_0, TYPE, 4, 0, "a header has an unknown type"},
	{"size huge", PAGE_0, SIZE, 4, 0xFFFFFFFF, "a header has the wrong size"},
	{"second platform", GUEST_POLICY, TYPE, 4, 0x001, "more than one platform is supported"},
	{"section order", AREA_0, TYPE, 4, 0x001, "a header is out of its section's order"},
	{"section back", INSERT_0, TYPE, 4, 0x101, "a header is out of its section's order"},
	{"policy reserved bit", GUEST_POLICY, 0, 8, 0x10000,
	 "the guest policy has wrong reserved bits"},
	{"policy reserved field", GUEST_POLICY, 12, 4, 1,
	 "the guest policy has wrong reserved bits"},
	{"policy mask", GUEST_POLICY, 8, 4, 2, "the compatibility mask is not the platform's"},
	{"area index", AREA_1, 8, 4, 16, "a parameter area's index is above 15"},
	{"area twice", AREA_1, 8, 4, 0, "a parameter area is declared twice"},
	{"area empty", AREA_0, 0, 8, 0, "a parameter area is not of whole pages"},
	{"area size", AREA_0, 0, 8, 4097, "a parameter area is not of whole pages"},
	{"area huge", AREA_0, 0, 8, 0xFFFFFFFFFFFFF000, "a parameter area is not of whole pages"},
	{"area data", AREA_0, 12, 4, 4096,
	 "a parameter area has initial data, which loaders ignore"},
	{"map area unknown", MAP, 0, 4, 2, "a parameter area is used but not declared"},
	{"map area huge", MAP, 0, 4, 0xFFFFFFFF, "a parameter area is used but not declared"},
	{"map offset", MAP, 4, 4, 4, "a memory map does not start its area, where loaders put it"},
	{"count beyond", COUNT, 4, 4, 4096, "a parameter lies outside its area"},
	{"count unaligned", COUNT, 4, 4, 2, "a parameter lies outside its area"},
	{"insert area unknown", INSERT_0, 12, 4, 5, "a parameter area is used but not declared"},
	{"insert twice", INSERT_1, 12, 4, 0, "a parameter area is used after it was inserted"},
	{"insert unaligned", INSERT_0, 0, 8, 0x30800, "an address or size is not page aligned"},
	{"insert overlap", INSERT_1, 0, 8, 0x30000, "two parameter inserts overlap"},
	{"insert mask", INSERT_0, 8, 4, 3, "the compatibility mask is not the platform's"},
	{"insert high", INSERT_0, 0, 8, UINT64_C(1) << 47,
	 "a range is empty or reaches above gPA bit 46"},
	{"page unaligned", PAGE_0, 0, 8, 0x10001, "an address or size is not page aligned"},
	{"page high", PAGE_CPUID, 0, 8, 0xFFFFFFFFFFFFF000,
	 "a range is empty or reaches above gPA bit 46"},
	{"page twice", PAGE_1, 0, 8, 0x10000, "page data is not in ascending order"},
	{"page on insert", PAGE_CPUID, 0, 8, 0x31000, "page data overlaps a parameter insert"},
	{"page mask", PAGE_0, 8, 4, 0, "the compatibility mask is not the platform's"},
	{"page offset in headers", PAGE_0, 12, 4, 24,
	 "a page's data offset points into the headers"},
	{"page offset beyond", PAGE_0, 12, 4, 0xFFFFFFFF,
	 "a page's data lies beyond the end of the file"},
	{"page 2M", PAGE_0, 16, 4, IGVM_PAGE_FLAG_2M,
	 "page data is shared, of 2 MiB, or has reserved bits"},
	{"page shared", PAGE_0, 16, 4, IGVM_PAGE_FLAG_SHARED,
	 "page data is shared, of 2 MiB, or has reserved bits"},
	{"page reserved", PAGE_0, 22, 2, 1, "page data is shared, of 2 MiB, or has reserved bits"},
	{"page type", PAGE_0, 20, 2, IGVM_PAGE_CPUID_XF, "page data has an unknown type"},
	{"secrets twice", PAGE_1, 20, 2, IGVM_PAGE_SECRETS,
	 "there is a second secrets or CPUID page"},
	{"secrets data", PAGE_0, 20, 2, IGVM_PAGE_SECRETS,
	 "a secrets or CPUID page has flags or data"},
	{"memory empty", MEMORY, 12, 4, 0, "a range is empty or reaches above gPA bit 46"},
	{"memory size", MEMORY, 12, 4, 0x800, "an address or size is not page aligned"},
	{"memory flags", MEMORY, 16, 4, 1, "required memory has flags or reserved bits"},
	{"memory reserved", MEMORY, 20, 4, 1, "required memory has flags or reserved bits"},
	{"memory mask", MEMORY, 8, 4, 2, "the compatibility mask is not the platform's"},
	{"vp gpa", VP, 0, 8, 0x20000,
	 "the VP context is not at gPA 0xfffffffff000, where KVM measures it"},
	{"vp mask", VP, 8, 4, 2, "the compatibility mask is not the platform's"},
	{"vp no data", VP, 12, 4, 0, "the VP context has no data"},
	{"vp data beyond", VP, 12, 4, 0x10000, "a page's data lies beyond the end of the file"},
	{"vp index", VP, 16, 2, 1, "there is a VP context besides CPU 0's"},
	{"vp reserved", VP, 18, 2, 1, "there is a VP context besides CPU 0's"},
};

TEST(refuses_each_damaged_field)
{
	for (size_t i = 0; i < ARRAY_SIZE(damage); i++) {
		size_t header = 0;
		struct igvm igvm;

		ROW(damage[i].name);
		make_image();
		header = image.header_at[damage[i].header];
		memcpy(&image.bytes[(int)header + 8 + damage[i].offset], &damage[i].value,
		       damage[i].bytes);
		seal();
		CHECK(open_copy(&igvm, image.at) != ERR_OK);
		CHECK_STR(igvm.defect, damage[i].defect);
		CHECK(igvm.defect_at >= header || damage[i].header == AREA_1);
	}
}

/* Swaps two neighbours of the same size. */
static void swap_headers(enum header first, enum header second)
{
	uint8_t tmp[32];

	memcpy(tmp, image.bytes + image.header_at[first], sizeof(tmp));
	memmove(image.bytes + image.header_at[first], image.bytes + image.header_at[second],
		sizeof(tmp));
	memcpy(image.bytes + image.header_at[second], tmp, sizeof(tmp));
	seal();
}

TEST(refuses_pages_out_of_order)
{
	struct igvm igvm;

	make_image();
	swap_headers(PAGE_0, PAGE_1);
	CHECK(open_copy(&igvm, image.at) != ERR_OK);
	CHECK_STR(igvm.defect, "page data is not in ascending order");
	make_image();
	swap_headers(PAGE_CPUID, VP);
	CHECK(open_copy(&igvm, image.at) != ERR_OK);
	CHECK_STR(igvm.defect, "page data follows the VP context");
}

/* Replaces the last header by an ID block: the rest of the file is then its data. */
static enum err open_id_block(struct igvm *igvm, uint32_t mask)
{
	struct igvm_fixed_header *h = (struct igvm_fixed_header *)image.bytes;
	struct igvm_header header = {IGVM_SNP_ID_BLOCK, IGVM_ID_BLOCK_BYTES};
	uint8_t *at;

	make_image();
	at = image.bytes + image.header_at[VP];
	memset(at, 0, sizeof(header) + IGVM_ID_BLOCK_BYTES);
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), &mask, sizeof(mask));
	h->headers_bytes = (uint32_t)(image.header_at[VP] + 8 + IGVM_ID_BLOCK_BYTES - 24);
	/* The first page's data would lie in the headers now. */
	memset(image.bytes + image.header_at[PAGE_0] + 8 + 12, 0, 4);
	seal();
	return open_copy(igvm, image.at);
}

TEST(takes_an_id_block_of_the_platform)
{
	struct igvm igvm;

	CHECK(open_id_block(&igvm, 1) != ERR_OK);
	CHECK_STR(igvm.defect, "there is no VP context to start from");
	CHECK(open_id_block(&igvm, 2) != ERR_OK);
	CHECK_STR(igvm.defect, "the compatibility mask is not the platform's");
}

/* Builds only the headers the row asks for. */
TEST(refuses_incomplete_files)
{
	static const struct {
		const char *name;
		bool has_platform;
		bool has_policy;
		const char *defect;
	} rows[] = {
		{"nothing", false, false, "no platform is supported"},
		{"no platform", false, true, "no supported platform comes first"},
		{"no policy", true, false, "there is no guest policy"},
		{"no vp", true, true, "there is no VP context to start from"},
	};
	struct igvm_supported_platform platform = {1, 0, IGVM_PLATFORM_SNP, 1, 0};
	struct igvm_guest_policy policy = {POLICY, 1, 0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct igvm_fixed_header *h = (struct igvm_fixed_header *)image.bytes;
		struct igvm igvm;

		ROW(rows[i].name);
		memset(&image, 0, sizeof(image));
		*h = (struct igvm_fixed_header){IGVM_MAGIC, IGVM_VERSION, 24, 0, 0, 0};
		image.at = 24;
		if (rows[i].has_platform) {
			put_header(IGVM_SUPPORTED_PLATFORM, &platform, sizeof(platform));
		}
		if (rows[i].has_policy) {
			put_header(IGVM_GUEST_POLICY, &policy, sizeof(policy));
		}
		h->headers_bytes = (uint32_t)image.at - 24;
		h->file_bytes = (uint32_t)image.at;
		seal();
		CHECK_EQ(open_copy(&igvm, image.at), ERR_FORMAT);
		CHECK_STR(igvm.defect, rows[i].defect);
	}
}

/* An insert behind page data would be measured before it by a loader that groups pages. */
TEST(refuses_an_insert_after_pages)
{
	uint8_t insert[24];
	uint8_t page[32];
	uint8_t *at;
	struct igvm igvm;

	make_image();
	at = image.bytes + image.header_at[INSERT_1];
	memcpy(insert, at, sizeof(insert));
	memcpy(page, at + sizeof(insert), sizeof(page));
	memcpy(at, page, sizeof(page));
	memcpy(at + sizeof(page), insert, sizeof(insert));
	seal();
	CHECK(open_copy(&igvm, image.at) != ERR_OK);
	CHECK_STR(igvm.defect, "a parameter insert follows page data: loaders measure it before");
}

UNIT_MAIN(CASE(checksum_golden_vector), CASE(yields_the_items_in_order),
	  CASE(refuses_every_shorter_prefix), CASE(refuses_every_shorter_header_list),
	  CASE(refuses_every_changed_header_byte), CASE(refuses_a_damaged_fixed_header),
	  CASE(refuses_each_damaged_field), CASE(refuses_pages_out_of_order),
	  CASE(takes_an_id_block_of_the_platform), CASE(refuses_incomplete_files),
	  CASE(refuses_an_insert_after_pages))
