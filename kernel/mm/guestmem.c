/* Checks first, then the architecture's window. */
#include "guestmem.h"

#include "arch/guest.h"
#include "mm/pagestate.h"

static enum err check(gpa_t at, size_t bytes)
{
	enum page_state state;

	if (bytes == 0) {
		return ERR_INVALID;
	}
	if (bytes > PAGE_SIZE - gpa_offset(at)) {
		return ERR_ADDRESS;
	}
	state = pagestate_get(gpa_page(at));
	return state == PAGE_GUEST || state == PAGE_CAA ? ERR_OK : ERR_ADDRESS;
}

enum err guestmem_read(gpa_t from, void *to, size_t bytes)
{
	enum err err;

	pagestate_lock(from);
	err = check(from, bytes);
	if (err == ERR_OK) {
		err = arch_guest_read(from, to, bytes);
	}
	pagestate_unlock(from);
	return err;
}

enum err guestmem_write_locked(gpa_t to, const void *from, size_t bytes)
{
	enum err err = check(to, bytes);

	return err == ERR_OK ? arch_guest_write(to, from, bytes) : err;
}

enum err guestmem_write(gpa_t to, const void *from, size_t bytes)
{
	enum err err;

	pagestate_lock(to);
	err = guestmem_write_locked(to, from, bytes);
	pagestate_unlock(to);
	return err;
}
