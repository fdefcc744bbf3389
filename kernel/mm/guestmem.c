/* Checks first, then the architecture's window. */
#include "guestmem.h"

#include "arch/guest.h"
#include "mm/memmap.h"
#include "vcpu/registry.h"

static enum err check(gpa_t at, size_t bytes)
{
	if (bytes == 0) {
		return ERR_INVALID;
	}
	if (bytes > PAGE_SIZE - gpa_offset(at) || !memmap_has(at, bytes) ||
	    registry_is_vmsa(gpa_page(at), PAGE_SIZE)) {
		return ERR_ADDRESS;
	}
	return ERR_OK;
}

enum err guestmem_read(gpa_t from, void *to, size_t bytes)
{
	enum err err = check(from, bytes);

	return err == ERR_OK ? arch_guest_read(from, to, bytes) : err;
}

enum err guestmem_write(gpa_t to, const void *from, size_t bytes)
{
	enum err err = check(to, bytes);

	return err == ERR_OK ? arch_guest_write(to, from, bytes) : err;
}
