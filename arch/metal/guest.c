/* The seam's guest memory and RMP instructions, all through windows. */
#include "arch/guest.h"

#include "arch/rmp.h"
#include "metal/access.h"
#include "metal/window.h"
#include "panic.h"

static enum err copy_done(bool done)
{
	window_close(window_of(WINDOW_COPY));
	return done ? ERR_OK : ERR_ADDRESS;
}

enum err arch_guest_read(gpa_t from, void *to, size_t bytes)
{
	const uint8_t *page = window_open(window_of(WINDOW_COPY), gpa_page(from));

	return copy_done(access_copy(to, page + gpa_offset(from), bytes));
}

enum err arch_guest_write(gpa_t to, const void *from, size_t bytes)
{
	uint8_t *page = window_open(window_of(WINDOW_COPY), gpa_page(to));

	return copy_done(access_copy(page + gpa_offset(to), from, bytes));
}

_Static_assert((int)WINDOW_COPY == (int)RMP_4K && (int)WINDOW_2M == (int)RMP_2M,
	       "a page's size is the number of its window");

static const struct window_slot *window_for(enum rmp_page_size size)
{
	return window_of((enum window)size);
}

enum err arch_guest_zero(gpa_t page, bool is_2m)
{
	const struct window_slot *window = window_for(is_2m ? RMP_2M : RMP_4K);
	bool done = access_zero(window_open(window, page), is_2m ? PAGE_2M_SIZE : PAGE_SIZE);

	window_close(window);
	return done ? ERR_OK : ERR_ADDRESS;
}

struct vmsa *arch_vmsa_map(gpa_t page)
{
	return window_open(window_of(WINDOW_VMSA), page);
}

bool arch_vmsa_runs(struct vmsa *mapped, unsigned int other)
{
	return access_rmpadjust(mapped, RMP_4K, RMPADJUST_ATTR(other, 0, true)) != RMP_OK;
}

void arch_vmsa_unmap(void)
{
	window_close(window_of(WINDOW_VMSA));
}

static struct rmp_result result_of(uint64_t raw)
{
	const union {
		uint64_t raw;
		struct rmp_result result;
	} both = {.raw = raw};

	return both.result;
}

struct rmp_result arch_pvalidate(gpa_t page, enum rmp_page_size size, bool validate)
{
	const struct window_slot *window = window_for(size);
	uint64_t raw = access_pvalidate(window_open(window, page), size, validate);

	window_close(window);
	return result_of(raw);
}

struct rmp_result arch_rmpadjust(gpa_t page, enum rmp_page_size size, unsigned int vmpl,
				 unsigned int permissions, bool vmsa)
{
	const struct window_slot *window = window_for(size);
	uint64_t raw = access_rmpadjust(window_open(window, page), size,
					RMPADJUST_ATTR(vmpl, permissions, vmsa));

	window_close(window);
	return result_of(raw);
}

struct rmp_result arch_rmpadjust_to(gpa_t page, enum rmp_page_size size, unsigned int last,
				    unsigned int permissions)
{
	const struct window_slot *window = window_for(size);
	uint64_t raw = access_rmpadjust_to(window_open(window, page), size,
					   RMPADJUST_ATTR(0, permissions, false), last);

	window_close(window);
	return result_of(raw);
}

void arch_flush_all(void)
{
	access_flush_all();
}
