/* Checks first, then the architecture's window. */
#include "guestmem.h"

#include "arch/guest.h"
#include "mm/pagestate.h"

static enum err check(gpa_t at, size_t bytes, unsigned int vmpl)
{
	if (bytes == 0) {
		return ERR_INVALID;
	}
	if (bytes > PAGE_SIZE - gpa_offset(at)) {
		return ERR_ADDRESS;
	}
	return pagestate_is_within_reach(gpa_page(at), vmpl) ? ERR_OK : ERR_ADDRESS;
}

enum err guestmem_read(gpa_t from, void *to, size_t bytes, unsigned int vmpl)
{
	enum err err;

	pagestate_lock(from);
	err = check(from, bytes, vmpl);
	if (err == ERR_OK) {
		err = arch_guest_read(from, to, bytes);
	}
	pagestate_unlock(from);
	return err;
}

enum err guestmem_write_locked(gpa_t to, const void *from, size_t bytes, unsigned int vmpl)
{
	enum err err = check(to, bytes, vmpl);

	return err == ERR_OK ? arch_guest_write(to, from, bytes) : err;
}

enum err guestmem_write(gpa_t to, const void *from, size_t bytes, unsigned int vmpl)
{
	enum err err;

	pagestate_lock(to);
	err = guestmem_write_locked(to, from, bytes, vmpl);
	pagestate_unlock(to);
	return err;
}
