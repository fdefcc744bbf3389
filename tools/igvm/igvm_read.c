/* The cursor: fixed header, checksum, one header after another. igvm_check.c looks into them. */
#include "igvm_read.h"

#include "base/mem.h"
#include "igvm_check.h"

#define CHECKSUM_START offsetof(struct igvm_fixed_header, checksum)

/* The headers this reader takes: those of upstream QEMU's loader, which refuses all others too. */
static const struct {
	uint32_t type;
	uint32_t bytes;
} known_headers[] = {
	{IGVM_SUPPORTED_PLATFORM, sizeof(struct igvm_supported_platform)},
	{IGVM_GUEST_POLICY, sizeof(struct igvm_guest_policy)},
	{IGVM_PARAMETER_AREA, sizeof(struct igvm_parameter_area)},
	{IGVM_PAGE_DATA, sizeof(struct igvm_page_data)},
	{IGVM_PARAMETER_INSERT, sizeof(struct igvm_parameter_insert)},
	{IGVM_VP_CONTEXT, sizeof(struct igvm_vp_context)},
	{IGVM_REQUIRED_MEMORY, sizeof(struct igvm_required_memory)},
	{IGVM_VP_COUNT, sizeof(struct igvm_parameter)},
	{IGVM_SNP_ID_BLOCK, IGVM_ID_BLOCK_BYTES},
	{IGVM_MEMORY_MAP, sizeof(struct igvm_parameter)},
	{IGVM_ENVIRONMENT_INFO, sizeof(struct igvm_parameter)},
};

uint32_t igvm_crc32(uint32_t crc, const void *data, size_t bytes)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < bytes; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (0xEDB88320 & (0 - (crc & 1)));
		}
	}
	return ~crc;
}

/* Sections are ranges of 0x100 types and come in ascending order, platforms first. */
static enum err check_order(struct igvm *f, const struct igvm_item *item)
{
	if ((item->type - 1) >> 8 < (f->last_type - 1) >> 8 && f->last_type != 0) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a header is out of its section's order");
	}
	if (f->mask == 0 && item->type != IGVM_SUPPORTED_PLATFORM) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "no supported platform comes first");
	}
	f->last_type = item->type;
	return ERR_OK;
}

static enum err take_header(struct igvm *f, struct igvm_item *item)
{
	struct igvm_header header;
	const uint8_t *payload;
	size_t known = 0;

	if (!rdbuf_copy(&f->headers, &header, sizeof(header))) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at, "a header is cut off");
	}
	while (known < ARRAY_SIZE(known_headers) && known_headers[known].type != header.type) {
		known++;
	}
	if (known == ARRAY_SIZE(known_headers)) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "a header has an unknown type");
	}
	if (header.bytes != known_headers[known].bytes) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at, "a header has the wrong size");
	}
	payload = rdbuf_take(&f->headers, align_up(header.bytes, 8));
	if (payload == NULL) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at, "a header is cut off");
	}
	item->type = header.type;
	if (header.type == IGVM_SNP_ID_BLOCK) {
		item->data = payload;
	} else {
		memcpy(item->raw, payload, header.bytes);
	}
	return check_order(f, item);
}

static enum err check_end(struct igvm *f, const struct igvm_item *item)
{
	if (f->mask == 0) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at, "no platform is supported");
	}
	if (!f->has_policy) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at, "there is no guest policy");
	}
	if (!f->has_vmsa) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "there is no VP context to start from");
	}
	return ERR_OK;
}

enum err igvm_next(struct igvm *f, struct igvm_item *item)
{
	enum err err;

	memset(item, 0, sizeof(*item));
	item->at = (uint32_t)f->headers.at;
	if (f->defect != NULL) {
		return ERR_FORMAT;
	}
	if (f->headers.at == f->headers.bytes) {
		return check_end(f, item);
	}
	err = take_header(f, item);
	if (err == ERR_OK) {
		err = igvm_check_item(f, item);
	}
	return err;
}

static enum err check_fixed(struct igvm *f, const struct igvm_fixed_header *h, size_t bytes)
{
	if (h->magic != IGVM_MAGIC) {
		return igvm_check_refuse(f, ERR_FORMAT, 0,
					 "this is no IGVM file: the magic is wrong");
	}
	if (h->version != IGVM_VERSION) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, 4, "the IGVM format version is not 1");
	}
	if (h->headers_offset != sizeof(*h)) {
		return igvm_check_refuse(f, ERR_FORMAT, 8,
					 "the headers do not follow the fixed header");
	}
	if (h->file_bytes != bytes) {
		return igvm_check_refuse(f, ERR_FORMAT, 16,
					 "the file is shorter or longer than it says");
	}
	if (!is_aligned(h->headers_bytes, 8) || h->headers_bytes > bytes - sizeof(*h)) {
		return igvm_check_refuse(f, ERR_FORMAT, 12, "the size of the headers is wrong");
	}
	return ERR_OK;
}

static enum err check_crc(struct igvm *f, const struct igvm_fixed_header *h)
{
	static const uint8_t zeros[sizeof(h->checksum)];
	uint32_t crc = igvm_crc32(0, f->file, CHECKSUM_START);

	crc = igvm_crc32(crc, zeros, sizeof(zeros));
	crc = igvm_crc32(crc, f->file + sizeof(*h), h->headers_bytes);
	if (crc != h->checksum) {
		return igvm_check_refuse(f, ERR_FORMAT, CHECKSUM_START,
					 "the checksum of the headers is wrong");
	}
	return ERR_OK;
}

static enum err walk(struct igvm *f)
{
	struct igvm_item item;
	enum err err;

	do {
		err = igvm_next(f, &item);
	} while (err == ERR_OK && item.type != IGVM_END);
	return err;
}

enum err igvm_open(struct igvm *f, const void *file, size_t bytes)
{
	struct igvm_fixed_header h;
	struct igvm start;
	enum err err;

	memset(f, 0, sizeof(*f));
	if (bytes < sizeof(h)) {
		return igvm_check_refuse(f, ERR_FORMAT, 0,
					 "the file is too short for an IGVM header");
	}
	if (bytes > IGVM_FILE_MAX) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, 0, "the file is larger than 1 GiB");
	}
	memcpy(&h, file, sizeof(h));
	err = check_fixed(f, &h, bytes);
	if (err != ERR_OK) {
		return err;
	}
	f->file = file;
	f->file_bytes = h.file_bytes;
	f->data_offset = h.headers_offset + h.headers_bytes;
	f->headers = rdbuf_over(file, f->data_offset);
	f->headers.at = h.headers_offset;
	err = check_crc(f, &h);
	if (err != ERR_OK) {
		return err;
	}
	start = *f;
	err = walk(f);
	if (err == ERR_OK) {
		*f = start;
	}
	return err;
}
