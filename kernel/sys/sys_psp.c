/* What the service that talks to the PSP needs of the kernel: the way there, and its key. */
#include "arch/psp.h"
#include "base/mem.h"
#include "lock.h"
#include "secrets.h"
#include "sys/sys.h"

static struct lock lock; /* the shared pages; tried only: nobody spins while the PSP works */
static uint32_t offered_pages; /* of certificates, in the last exchange */
static uint32_t host_pages; /* of certificates, as the host said then */

static enum err exchange(struct sys_call *call, void *message, uint32_t pages)
{
	struct psp_answer answer = {0};
	enum err err;

	if (!lock_try(&lock)) {
		return ERR_BUSY;
	}
	err = arch_psp_exchange(message, pages, &answer);
	offered_pages = err == ERR_OK ? pages : 0;
	host_pages = answer.certificate_pages;
	lock_release(&lock);
	call->value = answer.status;
	return err;
}

enum err sys_psp(struct sys_call *call)
{
	void *message = sys_buffer(call, call->args[0], PAGE_SIZE);

	if (message == NULL || call->args[1] > SYS_PSP_CERTIFICATE_PAGES) {
		return ERR_INVALID;
	}
	return exchange(call, message, (uint32_t)call->args[1]);
}

enum err sys_psp_certificates(struct sys_call *call)
{
	void *to = sys_buffer(call, call->args[1], PAGE_SIZE);
	enum err err = ERR_INVALID;

	if (!lock_try(&lock)) {
		return ERR_BUSY;
	}
	if (to != NULL && call->args[0] < offered_pages) {
		arch_psp_certificates((uint32_t)call->args[0], to);
		err = ERR_OK;
	}
	call->value = host_pages;
	lock_release(&lock);
	return err;
}

enum err sys_vmpck(struct sys_call *call)
{
	void *to = sys_buffer(call, call->args[0], VMPCK_BYTES);

	return to != NULL ? secrets_take(SECRETS_VMPCK0, to) : ERR_INVALID;
}

enum err sys_launch_secret(struct sys_call *call)
{
	void *to = sys_buffer(call, call->args[0], VMPCK_BYTES);

	return to != NULL ? secrets_take(SECRETS_LAUNCH, to) : ERR_INVALID;
}
