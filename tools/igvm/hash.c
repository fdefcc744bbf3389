/*
 * mbedtls' sha512.c as part of this unit (a system include: its warnings are its own), in the
 * smallest configuration.
 */
#include "hash.h"

#include "base/mem.h"

#include <sha512.c>

#define HASH_IS_384 1

/* mbedtls' own wipe is a file more; nothing here is secret. */
void hash_wipe(void *buf, size_t len)
{
	mem_wipe(buf, len);
}

/* Whole pages, as they are stored: zeros behind what the file has. */
static void add_pages(mbedtls_sha512_context *context, const struct elf_segment *segment,
		      uint64_t pages)
{
	for (uint64_t at = 0; at < pages * PAGE_SIZE; at += PAGE_SIZE) {
		uint64_t left = at < segment->file_bytes ? segment->file_bytes - at : 0;
		uint8_t page[PAGE_SIZE] = {0};

		memcpy(page, segment->data + (left > 0 ? at : 0),
		       left < PAGE_SIZE ? left : PAGE_SIZE);
		(void)mbedtls_sha512_update(context, page, sizeof(page));
	}
}

void hash_service(struct image_service *service, const struct elf_image *elf)
{
	mbedtls_sha512_context context;
	uint8_t digest[64];

	mbedtls_sha512_init(&context);
	(void)mbedtls_sha512_starts(&context, HASH_IS_384);
	for (uint32_t i = 0; i < service->segment_count; i++) {
		const struct image_segment *s = &service->segments[i];
		const uint64_t words[] = {
			s->va, ((uint64_t)s->pages + s->zero_pages) * PAGE_SIZE, s->flags};

		(void)mbedtls_sha512_update(&context, (const uint8_t *)words, sizeof(words));
		add_pages(&context, &elf->segments[i], s->pages);
	}
	(void)mbedtls_sha512_finish(&context, digest);
	memcpy(service->hash, digest, sizeof(service->hash));
}
