/* Finds the table from the image's end, walks it downwards, then checks the metadata. */
#include "ovmf_read.h"

#include <string.h>

#include "base/bits.h"
#include "base/buf.h"
#include "base/overflow.h"
#include "snp/ovmf.h"

static const uint8_t footer_guid[16] = OVMF_GUID_FOOTER;
static const uint8_t metadata_guid[16] = OVMF_GUID_SEV_METADATA;

static enum err refuse(struct ovmf_image *image, uint64_t at, const char *what)
{
	image->defect = what;
	image->defect_at = at;
	return ERR_FORMAT;
}

/* The entry whose footer ends at `end`; its data must not start below `floor`. */
static bool take_entry(const uint8_t *file, size_t end, size_t floor, struct ovmf_entry *entry)
{
	if (end < floor || end - floor < sizeof(*entry)) {
		return false;
	}
	memcpy(entry, file + end - sizeof(*entry), sizeof(*entry));
	return entry->bytes >= sizeof(*entry) && entry->bytes <= end - floor;
}

/* Writes where the metadata's table entry says it is, from the image's start. */
static enum err find_metadata(struct ovmf_image *image, const uint8_t *file, size_t bytes,
			      size_t *metadata_at)
{
	size_t end = bytes - OVMF_TABLE_END_OFFSET;
	struct ovmf_entry entry;
	uint32_t offset;
	size_t floor;

	if (!take_entry(file, end, 0, &entry) ||
	    memcmp(entry.guid, footer_guid, sizeof(footer_guid)) != 0) {
		return refuse(image, end, "has no OVMF table at its end");
	}
	/* The footer counts the whole table. */
	floor = end - entry.bytes;
	end -= sizeof(entry);
	while (end > floor) {
		if (!take_entry(file, end, floor, &entry)) {
			return refuse(image, end, "has a damaged OVMF table");
		}
		if (memcmp(entry.guid, metadata_guid, sizeof(metadata_guid)) == 0) {
			break;
		}
		end -= entry.bytes;
	}
	if (end <= floor) {
		return refuse(image, floor, "has no SEV metadata: it cannot run as an SNP guest");
	}
	if (entry.bytes != sizeof(entry) + sizeof(offset)) {
		return refuse(image, end, "has a SEV metadata entry of a wrong size");
	}
	memcpy(&offset, file + end - entry.bytes, sizeof(offset));
	if (offset > bytes || offset < sizeof(struct ovmf_metadata)) {
		return refuse(image, end - entry.bytes, "has SEV metadata outside of itself");
	}
	*metadata_at = bytes - offset;
	return ERR_OK;
}

static bool is_known_type(uint32_t type)
{
	return (type >= OVMF_SECTION_MEMORY && type <= OVMF_SECTION_CAA) ||
	       type == OVMF_SECTION_KERNEL_HASHES;
}

static enum err check_section(struct ovmf_image *image, const struct ovmf_section *s, uint64_t at,
			      size_t firmware_bytes)
{
	if (!is_known_type(s->type)) {
		return refuse(image, at, "has a section of an unknown type");
	}
	if (!is_aligned(s->base, PAGE_SIZE) || !is_aligned(s->bytes, PAGE_SIZE)) {
		return refuse(image, at, "has a section that is not page aligned");
	}
	if (!range_within(s->base, s->bytes, 0, OVMF_TOP - firmware_bytes)) {
		return refuse(image, at,
			      "has a section that is empty or reaches into the firmware");
	}
	if (s->type != OVMF_SECTION_MEMORY && s->bytes != PAGE_SIZE) {
		return refuse(image, at, "has a special section of more than one page");
	}
	return ERR_OK;
}

/* Keeps the list ascending. */
static enum err insert_section(struct ovmf_image *image, const struct ovmf_section *s, uint64_t at)
{
	uint32_t i = image->section_count;

	if (i == IMAGE_SECTIONS) {
		return refuse(image, at, "has too many sections");
	}
	for (uint32_t k = 0; k < image->section_count; k++) {
		const struct image_section *other = &image->sections[k];

		if (ranges_overlap(s->base, s->bytes, other->base, other->bytes)) {
			return refuse(image, at, "has sections that overlap");
		}
	}
	while (i > 0 && image->sections[i - 1].base > s->base) {
		image->sections[i] = image->sections[i - 1];
		i--;
	}
	image->sections[i] =
		(struct image_section){.base = s->base, .bytes = s->bytes, .type = s->type};
	image->section_count++;
	return ERR_OK;
}

static uint32_t count_type(const struct ovmf_image *image, uint32_t type)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < image->section_count; i++) {
		count += image->sections[i].type == type;
	}
	return count;
}

static enum err check_specials(struct ovmf_image *image, uint64_t at)
{
	if (count_type(image, OVMF_SECTION_SECRETS) != 1 ||
	    count_type(image, OVMF_SECTION_CPUID) != 1) {
		return refuse(image, at, "has not exactly one secrets and one CPUID section");
	}
	if (count_type(image, OVMF_SECTION_CAA) != 1) {
		return refuse(image, at,
			      "has not exactly one SVSM calling area: it cannot run under an SVSM");
	}
	return ERR_OK;
}

static enum err read_metadata(struct ovmf_image *image, const uint8_t *file, size_t bytes,
			      size_t metadata_at)
{
	struct rdbuf b = rdbuf_over(file, bytes);
	struct ovmf_metadata m;
	enum err err = ERR_OK;

	if (!rdbuf_seek(&b, metadata_at) || !rdbuf_copy(&b, &m, sizeof(m)) ||
	    m.signature != OVMF_METADATA_SIGNATURE) {
		return refuse(image, metadata_at, "has SEV metadata without its signature");
	}
	if (m.version != OVMF_METADATA_VERSION) {
		return refuse(image, metadata_at, "has SEV metadata of a version other than 1");
	}
	if (m.count > IMAGE_SECTIONS ||
	    m.bytes != sizeof(m) + m.count * sizeof(struct ovmf_section)) {
		return refuse(image, metadata_at, "has too many sections or a wrong metadata size");
	}
	for (uint32_t i = 0; i < m.count && err == ERR_OK; i++) {
		uint64_t at = b.at;
		struct ovmf_section s;

		if (!rdbuf_copy(&b, &s, sizeof(s))) {
			return refuse(image, at, "has SEV metadata that is cut off");
		}
		err = check_section(image, &s, at, bytes);
		if (err == ERR_OK) {
			err = insert_section(image, &s, at);
		}
	}
	return err == ERR_OK ? check_specials(image, metadata_at) : err;
}

enum err ovmf_read(struct ovmf_image *image, const void *file, size_t bytes)
{
	size_t metadata_at = 0;
	enum err err;

	memset(image, 0, sizeof(*image));
	if (bytes == 0 || !is_aligned(bytes, PAGE_SIZE) || bytes > OVMF_MAX_BYTES) {
		return refuse(image, 0, "is not of whole pages up to 16 MiB");
	}
	err = find_metadata(image, file, bytes, &metadata_at);
	if (err == ERR_OK) {
		err = read_metadata(image, file, bytes, metadata_at);
	}
	return err;
}
