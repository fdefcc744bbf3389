/* Builds address spaces. Sizes come from the measured image map, and are checked all the same. */
#include "loader.h"

#include "base/mem.h"
#include "base/overflow.h"
#include "mm/pool.h"
#include "msg/sys.h"

static size_t stack_pages(const struct loaded *l)
{
	return l->entry->stack_pages != 0 ? l->entry->stack_pages : SERVICE_STACK_PAGES;
}

static const void *image_page(const struct image_segment *s, uint64_t index)
{
	return pool_at(gpa_add(pool_region().base, s->region_offset + index * PAGE_SIZE));
}

static bool is_sane(const struct image_segment *s)
{
	uint64_t bytes = ((uint64_t)s->pages + s->zero_pages) * PAGE_SIZE;

	return is_aligned(s->va, PAGE_SIZE) && is_aligned(s->region_offset, PAGE_SIZE) &&
	       range_within(s->va, bytes, SERVICE_IMAGE_VA, SERVICE_IMAGE_MAX) &&
	       s->region_offset + (uint64_t)s->pages * PAGE_SIZE <= pool_image_bytes() &&
	       (s->flags & (IMAGE_WRITE | IMAGE_EXEC)) != (IMAGE_WRITE | IMAGE_EXEC) &&
	       ((s->flags & IMAGE_WRITE) != 0 || s->zero_pages == 0);
}

static void reset_segment(const struct loaded *l, unsigned int i)
{
	const struct image_segment *s = &l->image->segments[i];
	uint8_t *data = l->data[i];

	for (uint64_t p = 0; p < s->pages; p++) {
		memcpy(data + p * PAGE_SIZE, image_page(s, p), PAGE_SIZE);
	}
	memset(data + s->pages * PAGE_SIZE, 0, s->zero_pages * PAGE_SIZE);
}

static enum err map_segment(struct loaded *l, unsigned int i)
{
	const struct image_segment *s = &l->image->segments[i];
	uint64_t pages = (uint64_t)s->pages + s->zero_pages;
	enum err err = ERR_OK;

	if ((s->flags & IMAGE_WRITE) != 0) {
		l->data[i] = pool_alloc(pages);
		if (l->data[i] == NULL) {
			return ERR_NOMEM;
		}
		reset_segment(l, i);
	}
	for (uint64_t p = 0; p < pages && err == ERR_OK; p++) {
		const void *page = l->data[i] != NULL ? (uint8_t *)l->data[i] + p * PAGE_SIZE
						      : image_page(s, p);

		err = arch_space_map(&l->space, uva(s->va + p * PAGE_SIZE), page, s->flags);
	}
	return err;
}

enum err loader_load(struct loaded *loaded, const struct image_service *image,
		     const struct service_entry *entry)
{
	enum err err;

	*loaded = (struct loaded){.image = image, .entry = entry};
	if (image->segment_count == 0 || image->segment_count > IMAGE_SERVICE_SEGMENTS ||
	    entry->heap_pages > HEAP_PAGES_MAX || entry->stack_pages > SERVICE_STACK_MAX) {
		return ERR_FORMAT;
	}
	loaded->heap.pages = entry->heap_pages;
	err = arch_space_create(&loaded->space);
	for (unsigned int i = 0; i < image->segment_count && err == ERR_OK; i++) {
		const struct image_segment *s = &image->segments[i];

		err = is_sane(s) && (uint64_t)s->pages + s->zero_pages > 0 ? map_segment(loaded, i)
									   : ERR_FORMAT;
	}
	return err;
}

void loader_reset(struct loaded *loaded)
{
	for (unsigned int i = 0; i < loaded->image->segment_count; i++) {
		if (loaded->data[i] != NULL) {
			reset_segment(loaded, i);
		}
	}
	heap_reset(&loaded->heap, &loaded->space);
}

void loader_wipe(struct loaded *loaded)
{
	for (unsigned int i = 0; i < loaded->image->segment_count; i++) {
		const struct image_segment *s = &loaded->image->segments[i];

		if (loaded->data[i] != NULL) {
			mem_wipe(loaded->data[i], ((uint64_t)s->pages + s->zero_pages) * PAGE_SIZE);
		}
	}
	heap_reset(&loaded->heap, &loaded->space);
}

static enum err map_pages(struct space *space, uint64_t at, void *first, size_t bytes)
{
	enum err err = ERR_OK;

	for (size_t offset = 0; offset < bytes && err == ERR_OK; offset += PAGE_SIZE) {
		err = arch_space_map(space, uva(at + offset), (uint8_t *)first + offset,
				     IMAGE_READ | IMAGE_WRITE);
	}
	return err;
}

static uint64_t msg_va(unsigned int index)
{
	return SERVICE_MSG_VA + index * SERVICE_MSG_STRIDE;
}

static uint64_t stack_top(unsigned int index)
{
	return SERVICE_STACK_VA + (index + 1) * SERVICE_STACK_STRIDE - PAGE_SIZE;
}

enum err loader_add_cpu(struct loaded *loaded, struct loaded_cpu *cpu, unsigned int index)
{
	const size_t stack_bytes = stack_pages(loaded) * PAGE_SIZE;
	enum err err;

	cpu->msg = pool_alloc(sizeof(*cpu->msg) / PAGE_SIZE);
	cpu->stack = pool_alloc(stack_pages(loaded));
	cpu->fpu = loaded->entry->uses_fpu ? pool_alloc(1) : NULL;
	if (cpu->msg == NULL || cpu->stack == NULL ||
	    (cpu->fpu == NULL && loaded->entry->uses_fpu)) {
		return ERR_NOMEM;
	}
	err = map_pages(&loaded->space, msg_va(index), cpu->msg, sizeof(*cpu->msg));
	if (err == ERR_OK) {
		err = map_pages(&loaded->space, stack_top(index) - stack_bytes, cpu->stack,
				stack_bytes);
	}
	return err;
}

void loader_reset_cpu(const struct loaded *loaded, const struct loaded_cpu *cpu, unsigned int index,
		      bool is_first, struct user_ctx *ctx)
{
	memset(cpu->msg, 0, sizeof(*cpu->msg));
	memset(cpu->stack, 0, stack_pages(loaded) * PAGE_SIZE);
	if (cpu->fpu != NULL) {
		arch_fpu_reset(cpu->fpu);
	}
	*ctx = (struct user_ctx){
		.rip = loaded->image->entry,
		.rsp = stack_top(index),
		.rdi = msg_va(index),
		.rsi = is_first,
		.fpu = cpu->fpu,
	};
}
