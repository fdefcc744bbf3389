/* A PSP that understands nothing: enough for those who only carry messages. */
#include "arch/psp.h"

#include <string.h>

#include "fake/fake.h"

struct fake_psp fake_psp;

enum err arch_psp_prepare(void)
{
	fake_psp.prepared++;
	return fake_psp.err;
}

enum err arch_psp_exchange(void *message, uint32_t certificate_pages, struct psp_answer *answer)
{
	uint8_t *m = message;

	fake_psp.exchanges++;
	fake_psp.certificate_pages = certificate_pages;
	*answer = fake_psp.answer;
	for (size_t i = 0; i < PAGE_SIZE; i++) {
		m[i] = (uint8_t)~m[i];
	}
	return fake_psp.err;
}

void arch_psp_certificates(uint32_t page, void *to)
{
	memset(to, (int)(0xC0 + page), PAGE_SIZE);
}
