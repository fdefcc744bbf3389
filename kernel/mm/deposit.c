/*
 * Free pages form a list through their own first words: they are reachable by VMPL0 alone. A slot's
 * number says where a page is mapped; slots of pages that were withdrawn are used again.
 */
#include "deposit.h"

#include "arch/deposit.h"
#include "arch/rmp.h"
#include "base/mem.h"
#include "lock.h"
#include "mm/page.h"
#include "mm/pagestate.h"
#include "panic.h"

struct free_page {
	struct free_page *next;
	gpa_t page;
	uint32_t slot;
};

static struct lock lock; /* guards all below */
static struct free_page *free_list;
static uint8_t slots[DEPOSIT_SLOTS / 8]; /* in use */
static uint32_t first_slot; /* none below it is free */
static uint32_t end_slot; /* none from it on was ever used */
static uint32_t slot_count; /* in use */

static void flip_slot(uint32_t s)
{
	slots[s / 8] = (uint8_t)(slots[s / 8] ^ 1u << (s % 8));
}

/* There is a free one: keep() looked. */
static uint32_t take_slot(void)
{
	while ((slots[first_slot / 8] >> (first_slot % 8) & 1) != 0) {
		first_slot++;
	}
	flip_slot(first_slot);
	slot_count++;
	end_slot = first_slot >= end_slot ? first_slot + 1 : end_slot;
	return first_slot++;
}

static void give_slot(uint32_t s)
{
	flip_slot(s);
	slot_count--;
	first_slot = s < first_slot ? s : first_slot;
}

static void keep_one(gpa_t page)
{
	uint32_t slot = take_slot();
	struct free_page *p = arch_deposit_map(slot, page);

	ASSERT(p != NULL);
	memset(p, 0, PAGE_SIZE);
	*p = (struct free_page){.next = free_list, .page = page, .slot = slot};
	free_list = p;
}

/* Are there so many slots, with page tables behind them? Those that were used before come first. */
static bool has_slots(uint32_t count)
{
	uint32_t again = end_slot - slot_count;
	uint32_t fresh = count > again ? count - again : 0;

	return fresh <= DEPOSIT_SLOTS - end_slot && arch_deposit_prepare(end_slot + fresh);
}

/* All of it or nothing: slots and the page tables behind them are looked at first. */
static enum err keep(gpa_t page, uint64_t bytes)
{
	uint32_t count = (uint32_t)(bytes / PAGE_SIZE);
	enum err err = ERR_NOMEM;

	lock_take(&lock);
	if (has_slots(count)) {
		for (uint64_t at = 0; at < bytes; at += PAGE_SIZE) {
			keep_one(gpa_add(page, at));
		}
		err = ERR_OK;
	}
	lock_release(&lock);
	return err;
}

static enum err give_back(gpa_t page, uint64_t bytes, unsigned int vmpl)
{
	enum err err = ERR_OK;

	for (uint64_t at = 0; at < bytes && err == ERR_OK; at += PAGE_SIZE) {
		err = page_grant(gpa_add(page, at), vmpl);
	}
	return err;
}

/* The page's lock is held. Nobody below may reach it before it is used: revoke, flush, then touch.
 */
static enum err take_over(gpa_t page, enum rmp_page_size size, unsigned int vmpl,
			  unsigned int *status)
{
	uint64_t bytes = page_bytes(size);
	enum err err;

	*status = 0;
	if (!is_aligned(page.value, bytes) || !pagestate_all(page, bytes, PAGE_GUEST, vmpl)) {
		return ERR_ADDRESS;
	}
	err = page_revoke(page, size, status);
	if (err != ERR_OK) {
		return err;
	}
	arch_flush_all();
	err = keep(page, bytes);
	if (err != ERR_OK) {
		return give_back(page, bytes, vmpl) == ERR_OK ? err : ERR_FAULT;
	}
	pagestate_set(page, bytes, PAGE_SVSM, PAGE_NOBODY);
	return ERR_OK;
}

enum err deposit_add(gpa_t page, enum rmp_page_size size, unsigned int vmpl, unsigned int *status)
{
	enum err err;

	pagestate_lock(page);
	err = take_over(page, size, vmpl, status);
	pagestate_unlock(page);
	return err;
}

static struct free_page *pop(void)
{
	struct free_page *p;

	lock_take(&lock);
	p = free_list;
	if (p != NULL) {
		free_list = p->next;
	}
	lock_release(&lock);
	return p;
}

void *deposit_take(void)
{
	struct free_page *p = pop();

	if (p != NULL) {
		memset(p, 0, sizeof(*p));
	}
	return p;
}

enum err deposit_withdraw(unsigned int vmpl, gpa_t *page)
{
	struct free_page *p = pop();
	enum err err;
	uint32_t slot;

	if (p == NULL) {
		return ERR_NOMEM;
	}
	*page = p->page;
	slot = p->slot;
	mem_wipe(p, sizeof(*p));
	arch_deposit_unmap(slot);
	/*
	 * No CPU may find the kernel's old mapping once the page is the guest's; nor once the slot
	 * is another page's, or what a guest left there would be taken for this list.
	 */
	arch_flush_all();
	lock_take(&lock);
	give_slot(slot);
	lock_release(&lock);
	pagestate_lock(*page);
	err = page_grant(*page, vmpl);
	pagestate_set(*page, PAGE_SIZE, PAGE_GUEST, vmpl);
	pagestate_unlock(*page);
	return err;
}

bool deposit_is_available(void)
{
	return __atomic_load_n(&free_list, __ATOMIC_RELAXED) != NULL;
}
