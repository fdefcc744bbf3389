/*
 * Requests to the host. An answer that says the host is broken ends the guest: nothing it could
 * print would be believed.
 */
#include "ghcb.h"

#include "base/bits.h"
#include "base/mem.h"
#include "cpu.h"
#include "layout.h"
#include "sim/probe.h"
#include "snp/ghcb_msr.h"
#include "x86/paging.h"

#define REASON_HOST  2
#define PSC_ATTEMPTS 1024
#define PSC_OP_SHIFT 52

struct ghcb *ghcb_page(void)
{
	return (struct ghcb *)(uintptr_t)GHCB_GPA;
}

static uint64_t msr_exchange(uint64_t request)
{
	cpu_wrmsr(MSR_GHCB, request);
	cpu_vmgexit();
	return cpu_rdmsr(MSR_GHCB);
}

uint64_t ghcb_msr_request(uint64_t request)
{
	uint64_t answer = msr_exchange(request);

	cpu_wrmsr(MSR_GHCB, GHCB_GPA);
	return answer;
}

void ghcb_terminate(uint8_t reason)
{
	for (;;) {
		(void)msr_exchange(GHCB_MSR_TERMINATE(GHCB_TERM_SET_GENERAL, reason));
		cpu_halt();
	}
}

void ghcb_start(void)
{
	uint64_t answer = msr_exchange(GHCB_MSR_PSC_REQ | GHCB_MSR_PSC_SHARED | GHCB_GPA);

	if (answer != GHCB_MSR_PSC_RESP) {
		ghcb_terminate(REASON_HOST);
	}
	answer = msr_exchange(GHCB_MSR_REGISTER_GPA_REQ | GHCB_GPA);
	if (answer != (GHCB_MSR_REGISTER_GPA_RESP | GHCB_GPA)) {
		ghcb_terminate(REASON_HOST);
	}
	cpu_wrmsr(MSR_GHCB, GHCB_GPA);
	memset(ghcb_page(), 0, sizeof(struct ghcb));
}

static void set_valid(struct ghcb *ghcb, size_t bit)
{
	ghcb->valid_bitmap[bit / 8] |= (uint8_t)(1U << (bit % 8));
}

static void begin(uint64_t code, uint64_t info_1, uint64_t info_2)
{
	struct ghcb *ghcb = ghcb_page();

	memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
	ghcb->protocol_version = GHCB_PROTOCOL_2;
	ghcb->usage = 0;
	ghcb->exit_code = code;
	ghcb->exit_info_1 = info_1;
	ghcb->exit_info_2 = info_2;
	set_valid(ghcb, GHCB_VALID(exit_code));
	set_valid(ghcb, GHCB_VALID(exit_info_1));
	set_valid(ghcb, GHCB_VALID(exit_info_2));
}

static void begin_with_buffer(uint64_t code, uint64_t info_1, uint64_t info_2)
{
	begin(code, info_1, info_2);
	ghcb_page()->scratch = GHCB_GPA + offsetof(struct ghcb, buffer);
	set_valid(ghcb_page(), GHCB_VALID(scratch));
}

/* False: the host refuses. */
static bool try_finish(void)
{
	compiler_barrier();
	cpu_vmgexit();
	compiler_barrier();
	return (uint32_t)ghcb_page()->exit_info_1 == GHCB_RESULT_OK;
}

static void finish(void)
{
	if (!try_finish()) {
		ghcb_terminate(REASON_HOST);
	}
}

static void put_rax(uint64_t rax)
{
	ghcb_page()->rax = rax;
	set_valid(ghcb_page(), GHCB_VALID(rax));
}

uint64_t ghcb_ioio(uint64_t info, uint64_t rax)
{
	begin(EXIT_IOIO, info, 0);
	put_rax(rax);
	finish();
	return ghcb_page()->rax;
}

void ghcb_port_write_string(uint16_t port, const char *text, uint32_t bytes)
{
	uint64_t info = ((uint64_t)port << IOIO_PORT_SHIFT) | IOIO_STRING | IOIO_REP | IOIO_SIZE_8 |
			IOIO_ADDR_64;

	while (bytes > 0) {
		uint32_t chunk = bytes < GHCB_BUFFER_BYTES ? bytes : GHCB_BUFFER_BYTES;

		begin_with_buffer(EXIT_IOIO, info, chunk);
		memcpy(ghcb_page()->buffer, text, chunk);
		finish();
		text += chunk;
		bytes -= chunk;
	}
}

void ghcb_mmio_write(uint64_t gpa, uint32_t value)
{
	memcpy(ghcb_page()->buffer, &value, sizeof(value));
	begin_with_buffer(GHCB_EVENT_MMIO_WRITE, gpa, sizeof(value));
	finish();
}

bool ghcb_page_state(uint64_t gpa, bool is_2m, bool is_private)
{
	struct psc_header header = {0};
	uint64_t operation = is_private ? PSC_OP_PRIVATE : PSC_OP_SHARED;
	uint64_t entry = gpa | (operation << PSC_OP_SHIFT) | (is_2m ? PSC_2M : 0);

	memcpy(ghcb_page()->buffer, &header, sizeof(header));
	memcpy(ghcb_page()->buffer + sizeof(header), &entry, sizeof(entry));
	/* A host may stop half-way and want to be asked again. */
	for (int i = 0; i < PSC_ATTEMPTS; i++) {
		begin_with_buffer(GHCB_EVENT_PSC, 0, 0);
		finish();
		if (ghcb_page()->exit_info_2 != 0) {
			return false;
		}
		memcpy(&header, ghcb_page()->buffer, sizeof(header));
		if (header.cur_entry > header.end_entry) {
			return true;
		}
	}
	return false;
}

bool ghcb_ap_creation(uint64_t info, uint64_t vmsa_gpa, uint64_t sev_features)
{
	begin(GHCB_EVENT_AP_CREATION, info, vmsa_gpa);
	put_rax(sev_features);
	return try_finish();
}

bool ghcb_probe(uint64_t gpa, uint64_t *answer)
{
	begin(PROBE_EVENT, gpa, 0);
	if (!try_finish()) {
		return false;
	}
	*answer = ghcb_page()->rax;
	return true;
}

/* The page that the host writes the ids to: shared like the GHCB, once and for all. */
static bool share_page(uint64_t gpa)
{
	uint64_t *entry = (uint64_t *)(uintptr_t)PT_GPA + (gpa - TABLES_GPA) / PAGE_SIZE;

	if (!ghcb_page_state(gpa, false, false)) {
		return false;
	}
	*entry = gpa | PTE_PRESENT | PTE_WRITE;
	cpu_flush_tlb();
	return true;
}

uint32_t ghcb_apic_ids(uint32_t ids[GHCB_APIC_IDS_MAX])
{
	const uint32_t *page = (const uint32_t *)(uintptr_t)SHARED_GPA;
	uint32_t count = 0;

	if (!share_page(SHARED_GPA)) {
		return 0;
	}
	begin(GHCB_EVENT_GET_APIC_IDS, SHARED_GPA, 0);
	put_rax(1); /* page */
	if (!try_finish() || ghcb_page()->rax != 1) {
		return 0;
	}
	count = READ_ONCE(page[0]);
	count = count <= GHCB_APIC_IDS_MAX ? count : GHCB_APIC_IDS_MAX;
	for (uint32_t i = 0; i < count; i++) {
		ids[i] = READ_ONCE(page[1 + i]);
	}
	return count;
}
