/*
 * Guest requests (publication 56421, events 0x80000011 and 0x80000012). The shared pages are the
 * host's to change at any time: a message is copied there whole, and its answer back whole.
 */
#include "arch/psp.h"

#include <stdbool.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "metal/ghcb.h"
#include "mm/pool.h"
#include "msg/sys.h"

static struct {
	uint8_t request[PAGE_SIZE];
	uint8_t response[PAGE_SIZE];
	uint8_t certificates[SYS_PSP_CERTIFICATE_PAGES][PAGE_SIZE];
} * shared; /* made once at boot */

enum err arch_psp_prepare(void)
{
	if (shared == NULL) {
		shared = ghcb_alloc_shared(sizeof(*shared) / PAGE_SIZE);
	}
	return shared != NULL ? ERR_OK : ERR_HOST;
}

enum err arch_psp_exchange(void *message, uint32_t certificate_pages, struct psp_answer *answer)
{
	const bool is_extended = certificate_pages != 0;
	struct ghcb *g;
	enum err err;

	memcpy(shared->request, message, PAGE_SIZE);
	memset(shared->response, 0, PAGE_SIZE);
	g = ghcb_begin(is_extended ? GHCB_EVENT_EXT_REQUEST : GHCB_EVENT_GUEST_REQUEST,
		       pool_gpa(shared->request).value, pool_gpa(shared->response).value);
	if (is_extended) {
		memset(shared->certificates, 0, sizeof(shared->certificates));
		g->rax = pool_gpa(shared->certificates).value;
		g->rbx = certificate_pages;
		ghcb_set_valid(g, GHCB_VALID(rax));
		ghcb_set_valid(g, GHCB_VALID(rbx));
	}
	err = ghcb_finish(g, &answer->status);
	answer->certificate_pages = is_extended ? (uint32_t)READ_ONCE(g->rbx) : 0;
	memcpy(message, shared->response, PAGE_SIZE);
	return err;
}

void arch_psp_certificates(uint32_t page, void *to)
{
	memcpy(to, shared->certificates[page], PAGE_SIZE);
}
