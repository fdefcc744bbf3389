/* The firmware's metadata: a hand-made table and each byte of it changed. image_test.py has a row
 * for each refusal. */
#include "ovmf_read.h"

#include "base/bits.h"
#include "snp/ovmf.h"
#include "unit.h"

#define SECTIONS 4

/* The end of an image, as the table is read: downwards from `reserved`. */
struct tail {
	struct ovmf_metadata metadata;
	struct ovmf_section sections[SECTIONS];
	uint32_t metadata_offset;
	struct ovmf_entry metadata_entry;
	struct ovmf_entry footer;
	uint8_t reserved[OVMF_TABLE_END_OFFSET];
} PACKED;

#define TABLE_BYTES (sizeof(uint32_t) + 2 * sizeof(struct ovmf_entry))

static uint8_t firmware[2 * PAGE_SIZE];

static struct tail *make_firmware(void)
{
	struct tail *t = (struct tail *)(firmware + sizeof(firmware) - sizeof(*t));

	memset(firmware, 0, sizeof(firmware));
	*t = (struct tail){
		.metadata = {OVMF_METADATA_SIGNATURE, sizeof(t->metadata) + sizeof(t->sections),
			     OVMF_METADATA_VERSION, SECTIONS},
		.sections = {{0x80F000, 0x1000, OVMF_SECTION_CAA},
			     {0x800000, 0x9000, OVMF_SECTION_MEMORY},
			     {0x80D000, 0x1000, OVMF_SECTION_SECRETS},
			     {0x80E000, 0x1000, OVMF_SECTION_CPUID}},
		.metadata_offset = sizeof(*t),
		.metadata_entry = {sizeof(uint32_t) + sizeof(struct ovmf_entry),
				   OVMF_GUID_SEV_METADATA},
		.footer = {TABLE_BYTES, OVMF_GUID_FOOTER},
	};
	return t;
}

TEST(yields_sections_in_order)
{
	struct ovmf_image image;

	(void)make_firmware();
	CHECK_EQ(ovmf_read(&image, firmware, sizeof(firmware)), ERR_OK);
	CHECK_STR(image.defect, NULL);
	if (CHECK_EQ(image.section_count, SECTIONS)) {
		CHECK_EQ(image.sections[0].base, 0x800000);
		CHECK_EQ(image.sections[0].bytes, 0x9000);
		CHECK_EQ(image.sections[3].type, OVMF_SECTION_CAA);
	}
}

TEST(refuses_what_is_cut_off_in_front)
{
	struct ovmf_image image;

	(void)make_firmware();
	/* Whole pages still, but the metadata's offset leads out of them. */
	make_firmware()->metadata_offset = PAGE_SIZE + 1;
	CHECK_EQ(ovmf_read(&image, firmware + PAGE_SIZE, PAGE_SIZE), ERR_FORMAT);
	CHECK_STR(image.defect, "has SEV metadata outside of itself");
}

TEST(refuses_every_shorter_prefix)
{
	struct ovmf_image image;

	(void)make_firmware();
	for (size_t bytes = 0; bytes < sizeof(firmware); bytes++) {
		CHECK_EQ(ovmf_read(&image, firmware, bytes), ERR_FORMAT);
	}
}

TEST(refuses_damaged_sizes)
{
	static const struct {
		const char *name;
		size_t offset;
		uint16_t value;
	} rows[] = {
		{"footer empty", offsetof(struct tail, footer), 0},
		{"footer too small", offsetof(struct tail, footer), 17},
		{"footer too large", offsetof(struct tail, footer), 0xFFFF},
		{"table cut", offsetof(struct tail, footer), TABLE_BYTES - 1},
		{"entry empty", offsetof(struct tail, metadata_entry), 0},
		{"entry too small", offsetof(struct tail, metadata_entry), 17},
		{"entry without data", offsetof(struct tail, metadata_entry), 18},
		{"entry too large", offsetof(struct tail, metadata_entry), 23},
		{"entry huge", offsetof(struct tail, metadata_entry), 0xFFFF},
		{"metadata size", offsetof(struct tail, metadata.bytes), 63},
		{"metadata count", offsetof(struct tail, metadata.count), 5},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ovmf_image image;

		ROW(rows[i].name);
		memcpy((uint8_t *)make_firmware() + rows[i].offset, &rows[i].value, 2);
		CHECK_EQ(ovmf_read(&image, firmware, sizeof(firmware)), ERR_FORMAT);
		CHECK(image.defect != NULL);
	}
}

/* An entry of no bytes would be read for ever. */
TEST(refuses_an_empty_foreign_entry)
{
	struct ovmf_image image;
	struct tail *t = make_firmware();

	t->metadata_entry.guid[0] ^= 1;
	t->metadata_entry.bytes = 0;
	CHECK_EQ(ovmf_read(&image, firmware, sizeof(firmware)), ERR_FORMAT);
	CHECK_STR(image.defect, "has a damaged OVMF table");
}

/* A count that fits the array but reaches behind the image. */
TEST(refuses_sections_behind_the_end)
{
	struct ovmf_image image;
	struct tail *t = make_firmware();

	memmove(&t->reserved[16], t, sizeof(t->metadata));
	t->metadata_offset = sizeof(t->reserved) - 16;
	CHECK_EQ(ovmf_read(&image, firmware, sizeof(firmware)), ERR_FORMAT);
	CHECK_STR(image.defect, "has SEV metadata that is cut off");
}

UNIT_MAIN(CASE(yields_sections_in_order), CASE(refuses_what_is_cut_off_in_front),
	  CASE(refuses_every_shorter_prefix), CASE(refuses_damaged_sizes),
	  CASE(refuses_an_empty_foreign_entry), CASE(refuses_sections_behind_the_end))
