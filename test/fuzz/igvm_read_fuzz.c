/* The IGVM reader: whatever opens can be walked to its end, and all its data lies in the file. */
#include "igvm_read.h"

#include <string.h>

#include "fuzz.h"

#define ITEMS_MAX 0x100000

static void check_item(const struct igvm_item *item, const uint8_t *file, size_t bytes)
{
	size_t data_bytes = item->type == IGVM_SNP_ID_BLOCK ? IGVM_ID_BLOCK_BYTES : 4096;

	FUZZ_CHECK(item->at >= sizeof(struct igvm_fixed_header) && item->at < bytes);
	if (item->data != NULL) {
		FUZZ_CHECK(item->data >= file && item->data < file + bytes);
		FUZZ_CHECK((size_t)(file + bytes - item->data) >= data_bytes);
	}
	FUZZ_CHECK(item->type != IGVM_VP_CONTEXT || item->data != NULL);
}

static void read_all(const uint8_t *file, size_t bytes)
{
	struct igvm igvm;
	struct igvm_item item;
	unsigned int count = 0;

	if (igvm_open(&igvm, file, bytes) != ERR_OK) {
		FUZZ_CHECK(igvm.defect != NULL);
		return;
	}
	FUZZ_CHECK(igvm.defect == NULL);
	do {
		FUZZ_CHECK(igvm_next(&igvm, &item) == ERR_OK);
		FUZZ_CHECK(count++ < ITEMS_MAX);
		if (item.type != IGVM_END) {
			check_item(&item, file, bytes);
		}
	} while (item.type != IGVM_END);
}

/* Makes sizes and checksum agree with the bytes there are: else hardly an input gets past them. */
static void seal(uint8_t *file, size_t bytes)
{
	struct igvm_fixed_header h;

	memcpy(&h, file, sizeof(h));
	h.file_bytes = (uint32_t)bytes;
	h.checksum = 0;
	memcpy(file, &h, sizeof(h));
	if (h.headers_bytes <= bytes - sizeof(h)) {
		h.checksum = igvm_crc32(0, file, sizeof(h) + h.headers_bytes);
		memcpy(file, &h, sizeof(h));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	uint8_t *copy;

	read_all(data, bytes);
	if (bytes < sizeof(struct igvm_fixed_header)) {
		return 0;
	}
	copy = malloc(bytes);
	if (copy != NULL) {
		memcpy(copy, data, bytes);
		seal(copy, bytes);
		read_all(copy, bytes);
		free(copy);
	}
	return 0;
}
