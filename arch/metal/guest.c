/* The seam's guest memory and RMP instructions, all through windows. */
#include "arch/guest.h"

#include "arch/rmp.h"
#include "metal/access.h"
#include "metal/window.h"
#include "panic.h"

static enum err copy_done(bool done)
{
	window_close(WINDOW_COPY);
	return done ? ERR_OK : ERR_ADDRESS;
}

enum err arch_guest_read(gpa_t from, void *to, size_t bytes)
{
	const uint8_t *page = window_open(WINDOW_COPY, gpa_page(from));

	return copy_done(access_copy(to, page + gpa_offset(from), bytes));
}

enum err arch_guest_write(gpa_t to, const void *from, size_t bytes)
{
	uint8_t *page = window_open(WINDOW_COPY, gpa_page(to));

	return copy_done(access_copy(page + gpa_offset(to), from, bytes));
}

static enum window window_for(bool is_2m)
{
	return is_2m ? WINDOW_2M : WINDOW_COPY;
}

enum err arch_guest_zero(gpa_t page, bool is_2m)
{
	void *at = window_open(window_for(is_2m), page);
	bool done = access_zero(at, is_2m ? PAGE_2M_SIZE : PAGE_SIZE);

	window_close(window_for(is_2m));
	return done ? ERR_OK : ERR_ADDRESS;
}

struct vmsa *arch_vmsa_map(gpa_t page)
{
	return window_open(WINDOW_VMSA, page);
}

void arch_vmsa_unmap(void)
{
	window_close(WINDOW_VMSA);
}

static struct rmp_result result_of(uint64_t raw)
{
	return (struct rmp_result){
		.status = (unsigned int)raw & 0xFF,
		.unchanged = (raw & BIT(32)) != 0,
		.faulted = raw == ACCESS_FAULTED,
	};
}

struct rmp_result arch_pvalidate(gpa_t page, enum rmp_page_size size, bool validate)
{
	void *at = window_open(window_for(size == RMP_2M), page);
	uint64_t raw = access_pvalidate(at, size, validate);

	window_close(window_for(size == RMP_2M));
	return result_of(raw);
}

struct rmp_result arch_rmpadjust(gpa_t page, enum rmp_page_size size, unsigned int vmpl,
				 unsigned int permissions, bool vmsa)
{
	void *at = window_open(window_for(size == RMP_2M), page);
	uint64_t raw = access_rmpadjust(at, size, RMPADJUST_ATTR(vmpl, permissions, vmsa));

	window_close(window_for(size == RMP_2M));
	return result_of(raw);
}

struct rmp_result arch_rmpadjust_to(gpa_t page, enum rmp_page_size size, unsigned int last,
				    unsigned int permissions)
{
	enum window window = window_for(size == RMP_2M);
	void *at = window_open(window, page);
	uint64_t raw = RMP_OK;

	for (unsigned int vmpl = 1; vmpl <= last && raw == RMP_OK; vmpl++) {
		raw = access_rmpadjust(at, size, RMPADJUST_ATTR(vmpl, permissions, false));
	}
	window_close(window);
	return result_of(raw);
}

void arch_flush_all(void)
{
	access_flush_all();
}
