/* A growing array of pages. */
#include "pages.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "snp/igvm.h"

static bool is_zero(const uint8_t *data, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (data[i] != 0) {
			return false;
		}
	}
	return true;
}

static enum err make_room(struct pages *pages)
{
	size_t room = pages->room == 0 ? 1024 : pages->room * 2;
	struct page *grown;

	if (pages->count < pages->room) {
		return ERR_OK;
	}
	grown = realloc(pages->list, room * sizeof(*grown));
	if (grown == NULL) {
		return ERR_NOMEM;
	}
	pages->list = grown;
	pages->room = room;
	return ERR_OK;
}

enum err pages_add(struct pages *pages, uint64_t gpa, uint16_t type, const void *data, size_t bytes)
{
	struct page page = {.gpa = gpa, .type = type};
	enum err err = make_room(pages);

	if (err != ERR_OK) {
		return err;
	}
	if (!is_zero(data, bytes)) {
		page.data = calloc(1, PAGE_SIZE);
		if (page.data == NULL) {
			return ERR_NOMEM;
		}
		memcpy(page.data, data, bytes);
	}
	pages->list[pages->count++] = page;
	return ERR_OK;
}

enum err pages_add_range(struct pages *pages, uint64_t gpa, uint64_t count, const void *data,
			 uint64_t bytes)
{
	const uint8_t *from = data;
	enum err err = ERR_OK;

	for (uint64_t i = 0; i < count && err == ERR_OK; i++) {
		uint64_t done = i * PAGE_SIZE;
		uint64_t left = bytes > done ? bytes - done : 0;

		err = pages_add(pages, gpa + done, IGVM_PAGE_NORMAL, left > 0 ? from + done : NULL,
				left < PAGE_SIZE ? left : PAGE_SIZE);
	}
	return err;
}

static int compare(const void *left, const void *right)
{
	const struct page *a = left;
	const struct page *b = right;

	return (a->gpa > b->gpa) - (a->gpa < b->gpa);
}

bool pages_sort(struct pages *pages)
{
	qsort(pages->list, pages->count, sizeof(*pages->list), compare);
	for (size_t i = 1; i < pages->count; i++) {
		if (pages->list[i].gpa == pages->list[i - 1].gpa) {
			return false;
		}
	}
	return true;
}

void pages_free(struct pages *pages)
{
	for (size_t i = 0; i < pages->count; i++) {
		free(pages->list[i].data);
	}
	free(pages->list);
	*pages = (struct pages){0};
}
