/* The chip of this run; see platform.h. */
#include "platform.h"

#include <stddef.h>

#include "base/mem.h"
#include "cpuid.h"
#include "log.h"
#include "model/psp_cert.h"
#include "params.h"
#include "platform_id.h"
#include "x86.h"

#define RDRAND_TRIES 16

/* A Milan with its firmware: boot loader, TEE, SNP, microcode. */
#define CHIP_TCB PSP_TCB(4, 0, 22, 213)

static struct psp psp;
static struct psp_chip chip;
static struct psp_guest guest;

static uint64_t random_word(void)
{
	uint64_t value;

	for (unsigned int i = 0; i < RDRAND_TRIES; i++) {
		if (rdrand(&value)) {
			return value;
		}
	}
	log_fatal("this CPU's RDRAND gives nothing: the VMPCKs would be guessable");
}

static void fill_random(void *out, size_t bytes)
{
	uint8_t *to = out;
	uint64_t word;

	for (size_t i = 0; i < bytes; i += sizeof(word)) {
		word = random_word();
		memcpy(to + i, &word, sizeof(word));
	}
}

void platform_start(void)
{
	chip.tcb = CHIP_TCB;
	chip.fms = cpuid(1, 0).eax;
	chip.report_version = params.report_version;
	fill_random(chip.id, sizeof(chip.id));
	fill_random(chip.secret, sizeof(chip.secret));
	fill_random(guest.vmpck, sizeof(guest.vmpck));
	fill_random(guest.report_id, sizeof(guest.report_id));
	fill_random(guest.vmrk, sizeof(guest.vmrk));
}

void platform_vmpcks(uint8_t vmpcks[PSP_VMPCKS][VMPCK_BYTES])
{
	memcpy(vmpcks, guest.vmpck, sizeof(guest.vmpck));
}

/* One line of hexadecimal digits, for whoever started the run. */
static void tell_cert(const char *name, enum psp_cert which)
{
	const uint8_t *page = platform_certs();
	struct guest_cert_entry entry;

	memcpy(&entry, page + which * sizeof(entry), sizeof(entry));
	log_part("sim: certificate %s ", name);
	for (uint32_t i = 0; i < entry.bytes; i++) {
		log_part("%02x", (unsigned int)page[entry.offset + i]);
	}
	log_part("\n");
}

void platform_finish(const uint8_t measurement[LAUNCH_DIGEST_BYTES], uint64_t policy,
		     const uint8_t *id_block)
{
	memcpy(guest.measurement, measurement, sizeof(guest.measurement));
	guest.policy = policy;
	if (id_block != NULL) {
		platform_id_check(&guest, id_block);
	}
	/* Parameters have been checked. */
	(void)psp_init(&psp, &chip, &guest);
	mem_wipe(guest.vmpck, sizeof(guest.vmpck));
	if (params.tell_certs) {
		tell_cert("ark", PSP_ARK);
		tell_cert("ask", PSP_ASK);
		tell_cert("vcek", PSP_VCEK);
	}
}

struct psp_result platform_request(const uint8_t request[PAGE_SIZE], uint8_t response[PAGE_SIZE])
{
	return psp_request(&psp, request, response);
}

const uint8_t *platform_certs(void)
{
	static uint8_t page[PAGE_SIZE];
	static bool is_made;

	if (!is_made && psp_cert_table(&chip, page) != ERR_OK) {
		log_fatal("the certificates of the simulated chip do not fit the heap");
	}
	is_made = true;
	return page;
}
