/* Table walks and fetches are private whatever the C-bit says. Accessed and dirty bits stay. */
#include "walk.h"

#include <stddef.h>

#include "base/bits.h"
#include "base/mem.h"
#include "host.h"
#include "memory.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/regs.h"

struct mode {
	unsigned int levels; /* 0: no paging */
	unsigned int index_bits;
	unsigned int entry_bytes;
	uint64_t address_mask;
};

static struct mode paging_mode(const struct context *c)
{
	const struct vmsa *s = c->save;

	if ((s->cr0 & CR0_PG) == 0) {
		return (struct mode){0};
	}
	if ((s->efer & EFER_LMA) != 0) {
		return (struct mode){(s->cr4 & CR4_LA57) != 0 ? 5u : 4u, 9, 8, PTE_ADDRESS};
	}
	if ((s->cr4 & CR4_PAE) != 0) {
		return (struct mode){3, 9, 8, PTE_ADDRESS};
	}
	return (struct mode){2, 10, 4, MASK(31, 12)};
}

bool walk_is_always_private(const struct context *c)
{
	return (c->save->cr0 & CR0_PG) == 0 || (c->save->cr4 & CR4_PAE) == 0;
}

/* System memory of an access that the RMP lets through, or NULL. */
static void *access_page(const struct context *c, uint64_t gpa, bool is_private, uint8_t access)
{
	uint64_t spa;

	if (!memory_find(gpa, &spa)) {
		return NULL;
	}
	if (!is_private) {
		return rmp_is_assigned(&host_rmp, spa) ? NULL : memory_ptr(spa);
	}
	return rmp_check(&host_rmp, spa, gpa, c->vmpl, access) == RMP_PASS ? memory_ptr(spa) : NULL;
}

static enum walk_result read_entry(const struct context *c, const struct mode *m, uint64_t gpa,
				   uint64_t *entry)
{
	const void *at = access_page(c, gpa, true, VMPL_READ);

	*entry = 0;
	if (at == NULL) {
		return WALK_REFUSED;
	}
	memcpy(entry, at, m->entry_bytes);
	return WALK_OK;
}

static void finish(const struct context *c, uint64_t entry, uint64_t va, uint64_t page_bytes,
		   struct walk *walk)
{
	uint64_t address = entry & PTE_ADDRESS & ~host_c_bit();

	walk->gpa = align_down(address, page_bytes) | (va & (page_bytes - 1));
	walk->is_private = walk_is_always_private(c) || (entry & host_c_bit()) != 0;
	walk->page_bytes = page_bytes;
}

static uint64_t root_of(const struct context *c, const struct mode *m)
{
	uint64_t cr3 = c->save->cr3 & m->address_mask & ~host_c_bit();

	/* PAE: CR3 points to 32 bytes, not to a page. */
	return m->levels == 3 ? (c->save->cr3 & MASK(31, 5)) : cr3;
}

static unsigned int index_of(const struct mode *m, uint64_t va, unsigned int level)
{
	return (unsigned int)(va >> (PAGE_SHIFT + m->index_bits * level)) &
	       ((1u << m->index_bits) - 1);
}

/* Levels at which an entry may be a page: PD always (with PSE or PAE), PDPT in long mode. */
static bool is_leaf(const struct mode *m, uint64_t entry, unsigned int level)
{
	bool can_be_large = level == 1 || (level == 2 && m->levels >= 4);

	return level == 0 || (can_be_large && (entry & PTE_LARGE) != 0);
}

enum walk_result walk_translate(const struct context *c, uint64_t va, struct walk *walk)
{
	struct mode m = paging_mode(c);
	uint64_t table;
	uint64_t entry;
	enum walk_result r;

	*walk = (struct walk){.is_writable = true};
	if (m.levels == 0) {
		walk->gpa = va & 0xffffffff;
		walk->is_private = true;
		walk->page_bytes = PAGE_SIZE;
		return WALK_OK;
	}
	table = root_of(c, &m);
	for (unsigned int level = m.levels - 1;; level--) {
		uint64_t at = table + index_of(&m, va, level) * m.entry_bytes;

		/* The four PDPT entries of PAE are in the CPU; they are read again here. */
		r = read_entry(c, &m, at, &entry);
		if (r != WALK_OK) {
			return r;
		}
		if ((entry & PTE_PRESENT) == 0) {
			return WALK_FAULT;
		}
		if (!(m.levels == 3 && level == 2)) {
			walk->is_writable &= (entry & PTE_WRITE) != 0;
		}
		if (is_leaf(&m, entry, level)) {
			finish(c, entry & (m.address_mask | host_c_bit()), va,
			       PAGE_SIZE << (m.index_bits * level), walk);
			return WALK_OK;
		}
		table = entry & m.address_mask & ~host_c_bit();
	}
}

/* One piece within a page; `to` or `from` is NULL. */
static enum walk_result copy_piece(const struct context *c, uint64_t va, void *to, const void *from,
				   uint64_t bytes)
{
	struct walk walk;
	enum walk_result r = walk_translate(c, va, &walk);
	void *page;

	if (r != WALK_OK) {
		return r;
	}
	if (from != NULL && !walk.is_writable && (c->save->cr0 & CR0_WP) != 0) {
		return WALK_FAULT;
	}
	page = access_page(c, walk.gpa, walk.is_private, from != NULL ? VMPL_WRITE : VMPL_READ);
	if (page == NULL) {
		return WALK_REFUSED;
	}
	if (from != NULL) {
		memcpy(page, from, bytes);
	} else {
		memcpy(to, page, bytes);
	}
	return WALK_OK;
}

static uint64_t piece_bytes(uint64_t va, uint64_t bytes)
{
	uint64_t room = PAGE_SIZE - (va & (PAGE_SIZE - 1));

	return bytes < room ? bytes : room;
}

enum walk_result walk_read(const struct context *c, uint64_t va, void *to, uint64_t bytes)
{
	uint8_t *at = to;
	enum walk_result r = WALK_OK;

	while (bytes > 0 && r == WALK_OK) {
		uint64_t piece = piece_bytes(va, bytes);

		r = copy_piece(c, va, at, NULL, piece);
		va += piece;
		at += piece;
		bytes -= piece;
	}
	return r;
}

enum walk_result walk_write(const struct context *c, uint64_t va, const void *from, uint64_t bytes)
{
	const uint8_t *at = from;
	enum walk_result r = WALK_OK;

	while (bytes > 0 && r == WALK_OK) {
		uint64_t piece = piece_bytes(va, bytes);

		r = copy_piece(c, va, NULL, at, piece);
		va += piece;
		at += piece;
		bytes -= piece;
	}
	return r;
}

uint64_t walk_rip(const struct context *c)
{
	const struct vmsa *s = c->save;
	bool is_64 = (s->efer & EFER_LMA) != 0 && (s->cs.attributes & BIT32(9)) != 0;

	return is_64 ? s->rip : ((s->cs.base + s->rip) & 0xffffffff);
}

/* A fetch is private even through a mapping without the C-bit. */
unsigned int walk_fetch(const struct context *c, uint8_t *to, unsigned int bytes)
{
	uint64_t rip = walk_rip(c);
	struct walk walk;
	const void *page;
	unsigned int done = 0;

	while (done < bytes) {
		uint64_t piece = piece_bytes(rip + done, bytes - done);

		if (walk_translate(c, rip + done, &walk) != WALK_OK) {
			break;
		}
		page = access_page(c, walk.gpa, true, VMPL_READ);
		if (page == NULL) {
			break;
		}
		memcpy(to + done, page, piece);
		done += (unsigned int)piece;
	}
	return done;
}
